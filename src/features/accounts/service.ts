// Asking for an account. What is promised here is carried out by the opening saga.

import type { App } from '../../app/app.ts';
import { type Account, reopen, tagOf } from '../../domain/account.ts';
import type { AccountId } from '../../domain/id.ts';
import type { Network } from '../../domain/network.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Wallet } from '../../domain/wallet.ts';
import { openAccount } from '../../kit/messages.ts';
import {
  accountChange,
  findAccount,
  findAccountWithWallets,
  listAccounts,
  listWallets,
  walletChange,
} from '../../store/accounts.ts';
import { clientChange, findClient } from '../../store/clients.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';

export interface AccountWithWallets {
  readonly account: Account;
  readonly wallets: readonly Wallet[];
}

export async function askForAccount(
  app: App,
  by: Provenance,
  asked: { client: { issuer: string; subject: string }; networks: readonly Network[] },
  keep: (opened: AccountWithWallets) => readonly Once[],
): Promise<Result<AccountWithWallets>> {
  const existing = await findClient(app.database, asked.client);
  if (existing !== undefined) return openAgain(app, by, existing.accountId, keep);
  const clientId = by.newId('cli');
  const account: Account<'opening'> = {
    id: by.newId('acc'),
    version: 1,
    status: 'opening',
    clientId,
    tag: tagOf(clientId),
    limitsTemplate: app.config.limitsTemplate,
    policyId: null,
    attemptedAt: null,
    createdAt: by.at,
  };
  const wallets = [...new Set(asked.networks)].map(
    (network): Wallet<'creating'> => ({
      id: by.newId('wal'),
      version: 1,
      status: 'creating',
      accountId: account.id,
      network,
      custodyId: null,
      address: null,
      attemptedAt: null,
      createdAt: by.at,
    }),
  );
  const opened = { account, wallets };
  const client = { id: clientId, version: 1, accountId: account.id, createdAt: by.at, ...asked.client };
  const committed = await commit(app.database, {
    by,
    changes: [
      clientChange(undefined, client, 'client.known'),
      accountChange(undefined, account),
      ...wallets.map((wallet) => walletChange(undefined, wallet)),
    ],
    messages: [message('money', openAccount({ accountId: account.id }))],
    once: keep(opened),
  });
  return committed.ok ? accept(opened) : committed;
}

/** A client has one account; one whose opening failed is taken up again, with what custody made for it so far. */
async function openAgain(
  app: App,
  by: Provenance,
  accountId: AccountId,
  keep: (opened: AccountWithWallets) => readonly Once[],
): Promise<Result<AccountWithWallets>> {
  const account = await findAccount(databaseFor(app, accountId), { accountId }, accountId);
  if (account?.status !== 'failed') return refuse({ code: 'account_exists', accountId });
  const reopened = reopen(account);
  const opened = {
    account: reopened,
    wallets: await listWallets(databaseFor(app, accountId), { accountId }, accountId),
  };
  const committed = await commit(databaseFor(app, accountId), {
    by,
    changes: [accountChange(account, reopened)],
    messages: [message('money', openAccount({ accountId }))],
    once: keep(opened),
  });
  return committed.ok ? accept(opened) : committed;
}

export async function readAccount(app: App, scope: Scope, id: AccountId): Promise<Result<AccountWithWallets>> {
  const found = await findAccountWithWallets(databaseFor(app, id), scope, id);
  return found === undefined ? refuse({ code: 'not_found' }) : accept(found);
}

export async function readAccounts(app: App, page: { after: string | undefined; limit: number }): Promise<Account[]> {
  return listAccounts(app.database, page);
}
