// The opening saga: guard, approved list, wallets, read-back, active. Each step is recorded before and after, so a crash at
// any await is taken up where it stood. Creations at custody are not idempotent: whoever comes later looks before asking.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { readShared } from '../../app/shared-policies.ts';
import { type Account, activate, fail, limitsTagOf } from '../../domain/account.ts';
import type { CreateAnswer, CustodyPolicy } from '../../domain/custody.ts';
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
  const problems = checkGuard(await readShared(app, by.at, true));
  if (problems.length > 0) return giveUp(app, by, account, problems.map(({ says }) => says).join(' '));
  const listed = await ensureList(app, by, account);
  if (typeof listed === 'string') return listed;
  for (const wallet of await listWallets(databaseFor(app, accountId), 'staff', accountId)) {
    if (wallet.status === 'creating' && wallet.custodyId === null) {
      const outcome = await ensureWallet(app, by, listed.done, wallet);
      if (outcome !== 'made') return outcome;
    }
  }
  return finish(app, by, listed.done);
});

interface Creation<T extends { readonly id: string }> {
  /** What custody shows of it already: a creation is not idempotent there, so whoever repeats it looks first. */
  readonly found: readonly T[];
  readonly attemptedAt: Timestamp | null;
  /** Commits that custody is asked now; false when somebody else came first. */
  readonly intend: () => Promise<boolean>;
  readonly ask: () => Promise<CreateAnswer<T>>;
}

/** It exists exactly once: found at custody and adopted, or made now. Duplicates are reported with it. */
async function findOrCreate<T extends { readonly id: string }>(
  app: App,
  by: Provenance,
  account: Account<'opening'>,
  { found, attemptedAt, intend, ask }: Creation<T>,
): Promise<{ readonly known: T; readonly report: readonly Change[] } | Outcome> {
  const [adopted, ...others] = [...found].sort((one, other) => (one.id < other.id ? -1 : 1));
  if (adopted !== undefined) {
    return { known: adopted, report: others.length > 0 ? await reportDuplicates(app, by, account, found) : [] };
  }
  if (!isSettled(attemptedAt, by.at) || !(await intend())) return 'again';
  const answer = await ask();
  return answer.kind === 'created' ? { known: answer.created, report: [] } : hindered(app, by, account, answer);
}

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
  const made = await findOrCreate(app, by, account, {
    // A first attempt has nothing to look for; the scan through all policies of the organisation is for repeats.
    found: account.attemptedAt === null ? [] : await findLists(app, account),
    attemptedAt: account.attemptedAt,
    intend: async () => {
      latest = amend(account, { attemptedAt: by.at });
      return (await commit(database, { by, changes: [accountChange(account, latest, 'account.list_attempted')] })).ok;
    },
    ask: () => app.custody.createApprovedList({ name: listName(account), tag: account.tag }),
  });
  if (typeof made === 'string') return made;
  const known = amend(latest, { policyId: made.known.id });
  const committed = await commit(database, {
    by,
    changes: [accountChange(latest, known, 'account.list_known'), ...made.report],
  });
  return committed.ok ? { done: known } : 'again';
}

/** The wallet exists exactly once and is known by id. Its label at custody is our wallet id; its tags come with the call. */
async function ensureWallet(
  app: App,
  by: Provenance,
  account: Account<'opening'>,
  wallet: Wallet<'creating'>,
): Promise<Outcome | 'made'> {
  const database = databaseFor(app, account.id);
  let latest = wallet;
  const made = await findOrCreate(app, by, account, {
    // A first attempt has nothing to look for; the scan through all wallets of the organisation is for repeats.
    found: wallet.attemptedAt === null ? [] : await app.custody.listWalletsByExternalId(wallet.id),
    attemptedAt: wallet.attemptedAt,
    intend: async () => {
      latest = amend(wallet, { attemptedAt: by.at });
      return (await commit(database, { by, changes: [walletChange(wallet, latest, 'wallet.attempted')] })).ok;
    },
    ask: () =>
      app.custody.createWallet({
        network: wallet.network,
        name: `${account.id} ${wallet.network}`,
        externalId: wallet.id,
        tags: [account.tag, limitsTagOf(account.limitsTemplate)],
      }),
  });
  if (typeof made === 'string') return made;
  // Custody may name the address later than the wallet.
  const address = made.known.address ?? (await app.custody.findWallet(made.known.id))?.address;
  if (address === undefined) return 'again';
  const known = amend(latest, { custodyId: made.known.id, address });
  const committed = await commit(database, {
    by,
    changes: [walletChange(latest, known, 'wallet.known'), ...made.report],
  });
  return committed.ok ? 'made' : 'again';
}

/** Reads everything back; only a fence that stands makes the account active and its addresses visible. */
async function finish(app: App, by: Provenance, account: Account<'opening'>): Promise<Outcome> {
  const database = databaseFor(app, account.id);
  const before = await findFence(database, account.id);
  const read = await readFence(app, account, by.at);
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

const reportDuplicates = (
  app: App,
  by: Provenance,
  account: Account,
  found: readonly { readonly id: string }[],
): Promise<Change[]> =>
  openIncident(databaseFor(app, account.id), by, {
    kind: 'duplicate_at_custody',
    about: account.id,
    accountId: account.id,
    detail: `Made more than once at custody, the first is used and the others are to be archived: ${found
      .map(({ id }) => id)
      .sort()
      .join(', ')}`,
  });

const ACCOUNTS_PER_RUN = 90;

/** Openings whose message was lost. */
export const wakeOpenings: Job = async (app) => {
  const opening = await listOpeningAccounts(app.database, ACCOUNTS_PER_RUN);
  if (opening.length > 0)
    await app.bindings.MONEY.sendBatch(opening.map(({ id }) => ({ body: openAccount({ accountId: id })(null) })));
};
