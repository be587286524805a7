// The opening saga: guard, approved list, wallets, read-back, active. Each step is recorded before and after, so a crash at
// any await is taken up where it stood.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { readShared } from '../../app/shared-policies.ts';
import { type Account, activate, fail } from '../../domain/account.ts';
import type { CustodyPolicy } from '../../domain/custody.ts';
import { checkGuard } from '../../domain/fence.ts';
import { amend } from '../../domain/machine.ts';
import { activateWallet } from '../../domain/wallet.ts';
import { OpenAccount, openAccount } from '../../kit/messages.ts';
import { accountChange, findAccount, listOpeningAccounts, listWallets, walletChange } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { findFence } from '../../store/fences.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { ensureWallet, findOrCreate } from './create.ts';
import { recordFence } from './fence/check.ts';
import { readFence } from './fence/read.ts';

type Step = { readonly done: Account<'opening'> } | Outcome;

export const openAccountStep = consumer('money', OpenAccount, async (app, { accountId }, by) => {
  const account = await findAccount(databaseFor(app, accountId), 'staff', accountId);
  if (account?.status !== 'opening') return 'done';
  const problems = checkGuard(await readShared(app, by.at, { isDirect: true }));
  if (problems.length > 0) return giveUp(app, by, account, problems.map(({ says }) => says).join(' '));
  const listed = await ensureList(app, by, account);
  if (typeof listed === 'string') return listed;
  const known = listed.done;
  for (const wallet of await listWallets(databaseFor(app, accountId), 'staff', accountId)) {
    if (wallet.status !== 'creating') continue;
    const made = await ensureWallet(app, by, {
      account: known,
      wallet,
      giveUp: (reason) => giveUp(app, by, known, reason),
    });
    if (typeof made === 'string') return made;
  }
  return finish(app, by, known);
});

const listName = (account: Account): string => `Fiducia approved list of ${account.tag}`;

const findLists = async (app: App, account: Account): Promise<readonly CustodyPolicy[]> =>
  (await app.custody.listPolicies()).filter(
    ({ name, walletTagsAll }) => name === listName(account) && walletTagsAll.includes(account.tag),
  );

/** The approved list exists exactly once and is known by id. */
async function ensureList(app: App, by: Provenance, account: Account<'opening'>): Promise<Step> {
  if (account.policyId !== null) return { done: account };
  const database = databaseFor(app, account.id);
  let latest = account;
  const made = await findOrCreate(app, by, {
    accountId: account.id,
    // A first attempt has nothing to look for; the scan through all policies of the organisation is for repeats.
    found: account.attemptedAt === null ? [] : await findLists(app, account),
    attemptedAt: account.attemptedAt,
    intend: async () => {
      latest = amend(account, { attemptedAt: by.at });
      return (await commit(database, { by, changes: [accountChange(account, latest, 'account.list_attempted')] })).ok;
    },
    ask: () => app.custody.createApprovedList({ name: listName(account), tag: account.tag }),
    giveUp: (reason) => giveUp(app, by, latest, reason),
  });
  if (typeof made === 'string') return made;
  const known = amend(latest, { policyId: made.known.id });
  const committed = await commit(database, {
    by,
    changes: [accountChange(latest, known, 'account.list_known'), ...made.report],
  });
  return committed.ok ? { done: known } : 'again';
}

/** Reads everything back; only a fence that stands makes the account active and its addresses visible. */
async function finish(app: App, by: Provenance, account: Account<'opening'>): Promise<Outcome> {
  const database = databaseFor(app, account.id);
  const before = await findFence(database, account.id);
  const read = await readFence(app, account, by.at);
  const broken = read.findings.filter(({ severity }) => severity === 'breaks');
  if (broken.length > 0) return giveUp(app, by, account, broken.map(({ says }) => says).join(' '));
  const wallets = await listWallets(database, 'staff', account.id);
  const activated = wallets.flatMap((wallet) =>
    wallet.status === 'creating' && wallet.custodyId !== null && wallet.address !== null
      ? [walletChange(wallet, activateWallet(wallet, wallet.custodyId, wallet.address))]
      : [],
  );
  const recorded = await recordFence(app, by, account, read, before);
  const committed = await commit(database, {
    by,
    changes: [accountChange(account, activate(account, by.at)), ...activated, ...recorded.changes],
    once: recorded.once,
  });
  return committed.ok ? 'done' : 'again';
}

async function giveUp(app: App, by: Provenance, account: Account<'opening'>, reason: string): Promise<Outcome> {
  const database = databaseFor(app, account.id);
  const incident = await openIncident(database, by, {
    kind: 'guard_unsound',
    about: account.id,
    accountId: account.id,
    detail: reason,
  });
  const committed = await commit(database, {
    by,
    changes: [accountChange(account, fail(account, reason)), ...incident],
  });
  return committed.ok ? 'done' : 'again';
}

const ACCOUNTS_PER_RUN = 90;

/** Openings whose message was lost. */
export const wakeOpenings: Job = async (app) => {
  const opening = await listOpeningAccounts(app.database, ACCOUNTS_PER_RUN);
  if (opening.length > 0)
    await app.bindings.MONEY.sendBatch(opening.map(({ id }) => ({ body: openAccount({ accountId: id })(null) })));
};
