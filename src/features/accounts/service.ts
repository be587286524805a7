// Asking for an account. What is promised here is carried out by the opening saga.

import type { App } from '../../app/app.ts';
import { type Account, reopen, tagOf } from '../../domain/account.ts';
import type { AccountId } from '../../domain/id.ts';
import type { OpenableNetwork } from '../../domain/network.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { newWallet, type Wallet } from '../../domain/wallet.ts';
import { openAccount } from '../../kit/messages.ts';
import { accountChange, findAccountWithWallets, listAccounts, walletChange } from '../../store/accounts.ts';
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
  asked: { client: { issuer: string; subject: string }; networks: readonly OpenableNetwork[] },
  keep: (opened: AccountWithWallets) => readonly Once[],
): Promise<Result<AccountWithWallets>> {
  const offered = app.config.networks;
  const foreign = asked.networks.find((network) => !offered.includes(network));
  if (foreign !== undefined) return refuse({ code: 'network_not_offered', network: foreign, offered });
  const existing = await findClient(app.database, asked.client);
  if (existing !== undefined) return openAgain(app, by, existing.accountId, asked.networks, keep);
  const clientId = by.newId('cli');
  const account: Account<'opening'> = {
    id: by.newId('acc'),
    version: 1,
    status: 'opening',
    clientId,
    tag: tagOf(clientId),
    limitsTemplate: app.config.limitsTemplate,
    dailyLimits: [],
    policyId: null,
    attemptedAt: null,
    createdAt: by.at,
  };
  const wallets = walletsOn(by, account.id, asked.networks);
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

const walletsOn = (by: Provenance, accountId: AccountId, networks: readonly OpenableNetwork[]): Wallet<'creating'>[] =>
  [...new Set(networks)].map((network) => newWallet({ id: by.newId('wal'), accountId, network, at: by.at }));

/** A client has one account; one whose opening failed is taken up again, with what custody made for it so far. */
async function openAgain(
  app: App,
  by: Provenance,
  accountId: AccountId,
  networks: readonly OpenableNetwork[],
  keep: (opened: AccountWithWallets) => readonly Once[],
): Promise<Result<AccountWithWallets>> {
  const found = await findAccountWithWallets(databaseFor(app, accountId), { accountId }, accountId);
  if (found?.account.status !== 'failed') return refuse({ code: 'account_exists', accountId });
  const { account, wallets } = found;
  const reopened = reopen(account);
  const more = walletsOn(
    by,
    accountId,
    networks.filter((network) => !wallets.some((wallet) => wallet.network === network)),
  );
  const opened = { account: reopened, wallets: [...wallets, ...more] };
  const committed = await commit(databaseFor(app, accountId), {
    by,
    changes: [accountChange(account, reopened), ...more.map((wallet) => walletChange(undefined, wallet))],
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
