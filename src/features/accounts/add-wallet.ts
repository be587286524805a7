// One more network for an active account: asked for here, made by the queue exactly once, and its address shown only after
// the whole fence was read back with it inside.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { retryConflict } from '../../app/retry.ts';
import { readShared } from '../../app/shared-policies.ts';
import type { Account } from '../../domain/account.ts';
import { checkGuard } from '../../domain/fence.ts';
import type { AccountId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import type { OpenableNetwork } from '../../domain/network.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { activateWallet, createAgain, failWallet, newWallet, type Wallet } from '../../domain/wallet.ts';
import { AddWallet, addWallet, checkFence } from '../../kit/messages.ts';
import {
  accountIsActive,
  findAccount,
  findAccountWithWallets,
  findWallet,
  listWalletsToAdd,
  walletChange,
} from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import { findFence } from '../../store/fences.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { ensureWallet } from './create.ts';
import { recordFence } from './fence/check.ts';
import { type ReadFence, readFence } from './fence/read.ts';

interface Asked {
  readonly scope: Scope;
  readonly accountId: AccountId;
  readonly network: OpenableNetwork;
}
type Keep = (wallet: Wallet) => readonly Once[];

export const askForWallet = (app: App, by: Provenance, asked: Asked, keep: Keep): Promise<Result<Wallet>> =>
  retryConflict(() => askOnce(app, by, asked, keep));

async function askOnce(
  app: App,
  by: Provenance,
  { scope, accountId, network }: Asked,
  keep: Keep,
): Promise<Result<Wallet>> {
  const offered = app.config.networks;
  if (!offered.includes(network)) return refuse({ code: 'network_not_offered', network, offered });
  const database = databaseFor(app, accountId);
  const found = await findAccountWithWallets(database, scope, accountId);
  if (found === undefined) return refuse({ code: 'not_found' });
  const { account, wallets } = found;
  if (account.status !== 'active') return refuse({ code: 'account_not_active', found: account.status });
  const held = wallets.find((wallet) => wallet.network === network);
  if (held !== undefined && held.status !== 'failed')
    return refuse({ code: 'network_held', network, walletId: held.id });
  const wallet =
    held === undefined ? newWallet({ id: by.newId('wal'), accountId, network, at: by.at }) : createAgain(held);
  const committed = await commit(database, {
    by,
    changes: [walletChange(held, wallet)],
    messages: [message('money', addWallet({ walletId: wallet.id }))],
    requires: [{ holds: accountIsActive(accountId), refusal: { code: 'version_conflict' } }],
    once: keep(wallet),
  });
  return committed.ok ? accept(wallet) : committed;
}

export const addWalletStep = consumer('money', AddWallet, async (app, { walletId }, by) => {
  const wallet = await findWallet(app.database, walletId);
  if (wallet?.status !== 'creating') return 'done';
  const account = await findAccount(databaseFor(app, wallet.accountId), 'staff', wallet.accountId);
  // The wallets of an account that is opening are its saga's.
  if (account?.status !== 'active') return 'done';
  const problems = checkGuard(await readShared(app, by.at, { isDirect: true }));
  if (problems.length > 0) return giveUp(app, by, wallet, problems.map(({ says }) => says).join(' '));
  const made = await ensureWallet(app, by, { account, wallet, giveUp: (reason) => giveUp(app, by, wallet, reason) });
  return typeof made === 'string' ? made : finish(app, by, account, made);
});

/** Only a fence that stands with the new wallet inside makes its address visible. */
async function finish(
  app: App,
  by: Provenance,
  account: Account<'active'>,
  wallet: Wallet<'creating'>,
): Promise<Outcome> {
  const database = databaseFor(app, account.id);
  const before = await findFence(database, account.id);
  const read = await readFence(app, account, by.at);
  const broken = read.findings.filter(({ severity }) => severity === 'breaks');
  if (broken.length > 0) return giveUp(app, by, wallet, broken.map(({ says }) => says).join(' '));
  const { custodyId, address } = wallet;
  if (custodyId === null || address === null || !holds(read, custodyId)) return 'again';
  const recorded = await recordFence(app, by, account, read, before);
  const committed = await commit(database, {
    by,
    changes: [walletChange(wallet, activateWallet(wallet, custodyId, address)), ...recorded.changes],
    once: recorded.once,
  });
  return committed.ok ? 'done' : 'again';
}

const holds = ({ wanted }: ReadFence, custodyId: string): boolean => wanted.custodyWalletIds.includes(custodyId);

async function giveUp(app: App, by: Provenance, asked: Wallet<'creating'>, reason: string): Promise<Outcome> {
  const database = databaseFor(app, asked.accountId);
  // An attempt may have been counted since.
  const latest = await findWallet(database, asked.id);
  const wallet = latest && inStatus('wallet', latest, 'creating');
  if (wallet?.ok !== true) return 'done';
  const incident = await openIncident(database, by, {
    kind: 'wallet_failed',
    about: asked.id,
    accountId: asked.accountId,
    detail: reason,
  });
  const committed = await commit(database, {
    by,
    changes: [walletChange(wallet.value, failWallet(wallet.value, reason)), ...incident],
    // What kept the wallet out may concern the whole account.
    messages: [message('events', checkFence({ accountId: asked.accountId }))],
  });
  return committed.ok ? 'done' : 'again';
}

const WALLETS_PER_RUN = 90;

/** Wallets whose message was lost. */
export const wakeWallets: Job = async (app) => {
  const waiting = await listWalletsToAdd(app.database, WALLETS_PER_RUN);
  if (waiting.length > 0)
    await app.bindings.MONEY.sendBatch(waiting.map(({ id }) => ({ body: addWallet({ walletId: id })(null) })));
};
