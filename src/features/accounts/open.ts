// The opening saga: guard, approved list, wallets, read-back, active. Each step is recorded before and after, so a crash at
// any await is taken up where it stood. Creations at custody are not idempotent: whoever comes later looks before asking.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { type Account, activate, fail, limitsTagOf } from '../../domain/account.ts';
import type { CreateAnswer, CustodyPolicy, CustodyWallet } from '../../domain/custody.ts';
import { checkGuard } from '../../domain/fence.ts';
import { amend } from '../../domain/machine.ts';
import { secondsBetween, type Timestamp } from '../../domain/time.ts';
import { activateWallet, type Wallet } from '../../domain/wallet.ts';
import { OpenAccount, openAccount } from '../../kit/messages.ts';
import { accountChange, findAccount, listOpeningAccounts, listWallets, walletChange } from '../../store/accounts.ts';
import { type Change, commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { findFence } from '../../store/fences.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { recordFence } from './fence/check.ts';
import { readFence } from './fence/read.ts';

/** A creation without an answer may still arrive at custody; nobody asks again before this. */
const SETTLE_SECONDS = 90;
const isSettled = (attemptedAt: Timestamp | null, at: Timestamp): boolean =>
  attemptedAt === null || secondsBetween(attemptedAt, at) >= SETTLE_SECONDS;

type Step = { readonly done: Account<'opening'> } | Outcome;

export const openAccountStep = consumer('money', OpenAccount, async (app, { accountId }, by) => {
  const account = await findAccount(databaseFor(app, accountId), 'staff', accountId);
  if (account?.status !== 'opening') return 'done';
  const policies = await app.custody.listPolicies();
  const problems = checkGuard(policies);
  if (problems.length > 0) return giveUp(app, by, account, problems.map(({ says }) => says).join(' '));
  const listed = await ensureList(app, by, account, policies);
  if (typeof listed === 'string') return listed;
  for (const wallet of await listWallets(databaseFor(app, accountId), 'staff', accountId)) {
    if (wallet.status === 'creating' && wallet.custodyId === null) {
      const outcome = await ensureWallet(app, by, listed.done, wallet);
      if (outcome !== 'done') return outcome;
    }
  }
  return finish(app, by, listed.done);
});

const listName = (account: Account): string => `Fiducia approved list of ${account.tag}`;

/** The approved list exists exactly once and is known by id: found at custody, or made now. */
async function ensureList(
  app: App,
  by: Provenance,
  account: Account<'opening'>,
  policies: readonly CustodyPolicy[],
): Promise<Step> {
  if (account.policyId !== null) return { done: account };
  const found = policies.filter(
    (policy) => policy.name === listName(account) && policy.walletTagsAll.includes(account.tag),
  );
  const adopted = found.map(({ id }) => id).sort()[0];
  if (adopted !== undefined) {
    const duplicates =
      found.length > 1
        ? await reportDuplicates(
            app,
            by,
            account,
            found.map(({ id }) => id),
          )
        : [];
    return keepList(app, by, account, adopted, duplicates);
  }
  if (!isSettled(account.attemptedAt, by.at)) return 'again';
  const attempting = amend(account, { attemptedAt: by.at });
  const intended = await commit(databaseFor(app, account.id), {
    by,
    changes: [accountChange(account, attempting, 'account.list_attempted')],
  });
  if (!intended.ok) return 'again';
  const answer = await app.custody.createApprovedList({ name: listName(account), tag: account.tag });
  return answer.kind === 'created'
    ? keepList(app, by, attempting, answer.created.id, [])
    : hindered(app, by, attempting, answer);
}

async function keepList(
  app: App,
  by: Provenance,
  account: Account<'opening'>,
  policyId: string,
  more: readonly Change[],
): Promise<Step> {
  const known = amend(account, { policyId });
  const committed = await commit(databaseFor(app, account.id), {
    by,
    changes: [accountChange(account, known, 'account.list_known'), ...more],
  });
  return committed.ok ? { done: known } : 'again';
}

/** The wallet exists exactly once and is known by id. Its label at custody is our wallet id; its tags come with the call. */
async function ensureWallet(
  app: App,
  by: Provenance,
  account: Account<'opening'>,
  wallet: Wallet<'creating'>,
): Promise<Outcome> {
  // A first attempt has nothing to look for; the scan through all wallets of the organisation is for repeats.
  const found = wallet.attemptedAt === null ? [] : await app.custody.listWalletsByExternalId(wallet.id);
  const adopted = [...found].sort((one, other) => (one.id < other.id ? -1 : 1))[0];
  if (adopted !== undefined) {
    const duplicates =
      found.length > 1
        ? await reportDuplicates(
            app,
            by,
            account,
            found.map(({ id }) => id),
          )
        : [];
    return keepWallet(app, by, wallet, adopted, duplicates);
  }
  if (!isSettled(wallet.attemptedAt, by.at)) return 'again';
  const attempting = amend(wallet, { attemptedAt: by.at });
  const intended = await commit(databaseFor(app, account.id), {
    by,
    changes: [walletChange(wallet, attempting, 'wallet.attempted')],
  });
  if (!intended.ok) return 'again';
  const answer = await app.custody.createWallet({
    network: wallet.network,
    name: `${account.id} ${wallet.network}`,
    externalId: wallet.id,
    tags: [account.tag, limitsTagOf(account.limitsTemplate)],
  });
  return answer.kind === 'created'
    ? keepWallet(app, by, attempting, answer.created, [])
    : hindered(app, by, account, answer);
}

async function keepWallet(
  app: App,
  by: Provenance,
  wallet: Wallet<'creating'>,
  found: CustodyWallet,
  more: readonly Change[],
): Promise<Outcome> {
  // Custody may name the address later than the wallet.
  const address = found.address ?? (await app.custody.findWallet(found.id))?.address;
  if (address === undefined) return 'again';
  const known = amend(wallet, { custodyId: found.id, address });
  const committed = await commit(databaseFor(app, wallet.accountId), {
    by,
    changes: [walletChange(wallet, known, 'wallet.known'), ...more],
  });
  return committed.ok ? 'done' : 'again';
}

/** Reads everything back; only a fence that stands makes the account active and its addresses visible. */
async function finish(app: App, by: Provenance, account: Account<'opening'>): Promise<Outcome> {
  const database = databaseFor(app, account.id);
  const before = await findFence(database, account.id);
  const read = await readFence(app, account);
  if (read.findings.length > 0) return giveUp(app, by, account, read.findings.map(({ says }) => says).join(' '));
  const wallets = await listWallets(database, 'staff', account.id);
  const activated = wallets.flatMap((wallet) =>
    wallet.status === 'creating' && wallet.custodyId !== null && wallet.address !== null
      ? [walletChange(wallet, activateWallet(wallet, wallet.custodyId, wallet.address))]
      : [],
  );
  const committed = await commit(database, {
    by,
    changes: [
      accountChange(account, activate(account, by.at)),
      ...activated,
      ...(await recordFence(app, by, account, read, before)),
    ],
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

/** A refusal ends the opening; everything else is tried again, after a look. */
async function hindered(
  app: App,
  by: Provenance,
  account: Account<'opening'>,
  answer: Exclude<CreateAnswer<unknown>, { kind: 'created' }>,
): Promise<Outcome> {
  if (answer.kind === 'refused') return giveUp(app, by, account, `Custody refused: ${answer.message}`);
  if (answer.kind === 'barred') {
    const changes = await openIncident(databaseFor(app, account.id), by, {
      kind: 'custody_barred',
      about: 'maker',
      accountId: null,
      detail: `Custody does not accept our credential (${answer.status}): ${answer.message}`,
    });
    await commit(databaseFor(app, account.id), { by, changes });
  }
  return 'again';
}

const reportDuplicates = (app: App, by: Provenance, account: Account, ids: readonly string[]): Promise<Change[]> =>
  openIncident(databaseFor(app, account.id), by, {
    kind: 'duplicate_at_custody',
    about: account.id,
    accountId: account.id,
    detail: `Made more than once at custody, the first is used and the others are to be archived: ${[...ids].sort().join(', ')}`,
  });

const ACCOUNTS_PER_RUN = 90;

/** Openings whose message was lost. */
export const wakeOpenings: Job = async (app) => {
  const opening = await listOpeningAccounts(app.database, ACCOUNTS_PER_RUN);
  if (opening.length > 0)
    await app.bindings.MONEY.sendBatch(opening.map(({ id }) => ({ body: openAccount({ accountId: id })(null) })));
};
