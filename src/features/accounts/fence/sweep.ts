// The sweep over all fences, in slices that keep to a pace: policies and wallets are listed once for everyone, then each
// account is compared with what was seen. Only what differs is read by itself; last, each wallet's history is read, since an
// event of a deposit may be lost. A sweep that is lost is followed by the next.
import type { App } from '../../../app/app.ts';
import { consumer, type Outcome } from '../../../app/consumer.ts';
import type { Job } from '../../../app/job.ts';
import { readShared } from '../../../app/shared-policies.ts';
import { orSilence } from '../../../app/silence.ts';
import type { Page } from '../../../dfns/custody.ts';
import type { Account } from '../../../domain/account.ts';
import type { CustodyPolicy, CustodyWallet } from '../../../domain/custody.ts';
import { checkFence, type Fence, isShared, resultOf } from '../../../domain/fence.ts';
import type { ProofStanding } from '../../../domain/permission-proof.ts';
import type { Timestamp } from '../../../domain/time.ts';
import {
  bodies,
  checkFence as checkFenceMessage,
  SweepFences,
  sweepFences,
  syncWallet,
} from '../../../kit/messages.ts';
import { listActiveAccounts, listActiveWallets, listKnownLists, listKnownWallets } from '../../../store/accounts.ts';
import { commit } from '../../../store/commit.ts';
import { listFenceRecords } from '../../../store/fences.ts';
import type { Provenance } from '../../../store/journal.ts';
import { readProofStanding } from '../../../store/permission-proofs.ts';
import {
  keepSightings,
  listSharedSightings,
  listSightingsSince,
  listStrays,
  type Sighting,
} from '../../../store/sightings.ts';
import { type RecordedFence, recordFence } from './check.ts';
import { confirmFence, keysOf, ownRecords, type ReadFence, wantedOf } from './read.ts';

/** Four times a day, well inside the day after which a check proves nothing. */
const SWEEP_HOURS = 6;
/** A quarter of custody's 1000 calls a minute is 250: twenty pages every six seconds stay below it. */
const PAGES_PER_SLICE = 20;
const SLICE_SECONDS = 6;
const ACCOUNTS_PER_SLICE = 50;
const WALLETS_PER_SLICE = 10;
/** D1 takes one commit as one batch; a conflict of one account must not cost all the others theirs. */
const ACCOUNTS_PER_COMMIT = 10;

export const startSweep: Job = async (app, { scheduledTime }) => {
  const at = new Date(scheduledTime);
  if (at.getUTCHours() % SWEEP_HOURS === 0 && at.getUTCMinutes() === 0)
    await goOn(app, { startedAt: scheduledTime, stage: 'policies', cursor: null });
};

export const sweepFencesStep = consumer('events', SweepFences, async (app, { startedAt, stage, cursor }, by) => {
  switch (stage) {
    case 'policies':
      return lookThrough(
        app,
        by,
        { startedAt, stage, cursor, next: 'wallets' },
        app.custody.pageOfPolicies,
        ofPolicies,
      );
    case 'wallets':
      return lookThrough(app, by, { startedAt, stage, cursor, next: 'accounts' }, app.custody.pageOfWallets, ofWallets);
    case 'accounts':
      return compare(app, by, startedAt, cursor ?? undefined);
    case 'histories':
      return readHistories(app, startedAt, cursor ?? undefined);
  }
});

type Slice = { startedAt: Timestamp; cursor: string | null } & (
  | { stage: 'policies'; next: 'wallets' }
  | { stage: 'wallets'; next: 'accounts' }
);

/** Lists some pages, keeps what concerns us, and goes on after a pause. */
async function lookThrough<T>(
  app: App,
  by: Provenance,
  { startedAt, stage, cursor, next }: Slice,
  page: (after: string | undefined) => Promise<Page<T>>,
  sightingsOf: (app: App, items: readonly T[], seenAt: Timestamp) => Promise<readonly Sighting[]>,
): Promise<Outcome> {
  let after = cursor ?? undefined;
  for (let pages = 0; pages < PAGES_PER_SLICE; pages += 1) {
    const { items, next: more } = await page(after);
    await keepSightings(app.database, await sightingsOf(app, items, by.at));
    after = more;
    if (more === undefined) break;
  }
  return after === undefined
    ? goOn(app, { startedAt, stage: next, cursor: null }, SLICE_SECONDS)
    : goOn(app, { startedAt, stage, cursor: after }, SLICE_SECONDS);
}

async function ofPolicies(app: App, policies: readonly CustodyPolicy[], seenAt: Timestamp) {
  const ids = policies.map(({ id }) => id);
  const known = await listKnownLists(app.database, ids);
  return policies.flatMap((found): Sighting[] => {
    if (known.has(found.id)) return [{ custodyId: found.id, kind: 'list', found, seenAt }];
    return isShared(found) ? [{ custodyId: found.id, kind: 'shared', found, seenAt }] : [];
  });
}

async function ofWallets(app: App, wallets: readonly CustodyWallet[], seenAt: Timestamp) {
  const known = await listKnownWallets(app.database, wallets);
  return wallets.flatMap((found): Sighting[] => {
    if (known.ids.has(found.id)) return [{ custodyId: found.id, kind: 'wallet', found, seenAt }];
    return known.keyIds.has(found.keyId) ? [{ custodyId: found.id, kind: 'stray', found, seenAt }] : [];
  });
}

/** Compares some accounts with what was seen; what differs, or was not seen, is read by itself before anything is said. */
async function compare(app: App, by: Provenance, startedAt: Timestamp, after: string | undefined): Promise<Outcome> {
  const accounts = await listActiveAccounts(app.database, { after, limit: ACCOUNTS_PER_SLICE });
  const last = accounts.at(-1);
  if (last === undefined) return goOn(app, { startedAt, stage: 'histories', cursor: null });
  const records = await listFenceRecords(
    app.database,
    accounts.map(({ id }) => id),
  );
  const seen = await lookUp(app, by, startedAt, accounts, records);
  const judged: (Judged & { readonly read: Judgement })[] = [];
  const unread: Account[] = [];
  // One after another: what differs costs a call to custody each.
  for (const account of accounts) {
    const before = records.fences.find(({ accountId }) => accountId === account.id);
    const read = await orSilence(judge(app, by, account, records, seen));
    if (read === undefined) unread.push(account);
    else judged.push({ account, before, read });
  }
  // A check of its own that came after what was seen here knows better.
  const fresh = judged.filter(({ before, read }) => before === undefined || before.checkedAt < read.readAt);
  for (let from = 0; from < fresh.length; from += ACCOUNTS_PER_COMMIT) {
    await record(app, by, fresh.slice(from, from + ACCOUNTS_PER_COMMIT));
  }
  // One that cannot be read is tried again by itself, and keeps nobody else from being compared.
  if (unread.length > 0)
    await app.bindings.EVENTS.sendBatch(bodies(unread.map(({ id }) => checkFenceMessage({ accountId: id })(null))));
  const confirmed = judged.filter(({ read }) => read.isConfirmed).length;
  const delaySeconds = Math.ceil((confirmed / PAGES_PER_SLICE) * SLICE_SECONDS);
  return accounts.length < ACCOUNTS_PER_SLICE
    ? goOn(app, { startedAt, stage: 'histories', cursor: null }, delaySeconds)
    : goOn(app, { startedAt, stage: 'accounts', cursor: last.id }, delaySeconds);
}

async function goOn(app: App, next: Parameters<typeof sweepFences>[0], delaySeconds = 0): Promise<Outcome> {
  await app.bindings.EVENTS.send(sweepFences(next)(null), { delaySeconds });
  return 'done';
}

/** Events of deposits may be lost; the history behind them is not. A read for each wallet, at the same pace. */
async function readHistories(app: App, startedAt: Timestamp, after: string | undefined): Promise<Outcome> {
  const wallets = await listActiveWallets(app.database, { after, limit: WALLETS_PER_SLICE });
  const last = wallets.at(-1);
  if (last === undefined) return 'done';
  await app.bindings.EVENTS.sendBatch(
    bodies(wallets.map(({ id }) => syncWallet({ walletId: id, isUrgent: false })(null))),
  );
  return wallets.length < WALLETS_PER_SLICE
    ? 'done'
    : goOn(app, { startedAt, stage: 'histories', cursor: last.id }, SLICE_SECONDS);
}

type Records = Awaited<ReturnType<typeof listFenceRecords>>;
interface SeenAtCustody {
  readonly byId: ReadonlyMap<string, Sighting>;
  readonly shared: readonly CustodyPolicy[];
  readonly sharedAt: Timestamp;
  readonly proof: ProofStanding;
  readonly strays: readonly CustodyWallet[];
}

async function lookUp(
  app: App,
  by: Provenance,
  startedAt: Timestamp,
  accounts: readonly Account[],
  records: Records,
): Promise<SeenAtCustody> {
  const ids = [
    ...accounts.flatMap(({ policyId }) => (policyId === null ? [] : [policyId])),
    ...records.wallets.flatMap(({ custodyId }) => (custodyId === null ? [] : [custodyId])),
  ];
  const proof = await readProofStanding(app.database, by.at);
  const seen = await listSightingsSince(app.database, ids, startedAt);
  const shared = await listSharedSightings(app.database);
  const isOfThisSweep = shared.length > 0 && shared.every(({ seenAt }) => seenAt >= startedAt);
  return {
    proof,
    strays: await listStrays(app.database, keysOf(records.wallets)),
    byId: new Map(seen.map((one) => [one.custodyId, one])),
    // One of them was not on the list any more: read once for everyone, not once for each account.
    shared: isOfThisSweep ? shared.map(({ found }) => found) : await readShared(app, by.at, { isDirect: true }),
    sharedAt: isOfThisSweep ? oldest(shared.map(({ seenAt }) => seenAt)) : by.at,
  };
}

const oldest = (instants: readonly Timestamp[]): Timestamp =>
  instants.reduce((one, other) => (one < other ? one : other));

type Judgement = ReadFence & { readonly isConfirmed: boolean };

async function judge(
  app: App,
  by: Provenance,
  account: Account,
  records: Records,
  { byId, shared, sharedAt, proof, strays }: SeenAtCustody,
): Promise<Judgement> {
  const wanted = wantedOf(account, records);
  const own = ownRecords(account, records);
  const list = wanted.policyId === null ? undefined : byId.get(wanted.policyId);
  const held = wanted.custodyWalletIds.map((id) => byId.get(id));
  const found = {
    wallets: held.map((one) => (one?.kind === 'wallet' ? one.found : undefined)),
    policies: list?.kind === 'list' ? [list.found, ...shared] : shared,
    proof,
    strays: strays.filter(({ keyId }) => own.keyIds.includes(keyId)),
  };
  const findings = checkFence(wanted, found);
  if (resultOf(findings) === 'broken')
    return { ...(await confirmFence(app, account, found, by.at)), isConfirmed: true };
  const parts = [list, ...held].flatMap((one) => (one === undefined ? [] : [one.seenAt]));
  return { wanted, found, findings, records: own, readAt: oldest([...parts, sharedAt]), isConfirmed: false };
}

interface Judged {
  readonly account: Account;
  readonly before: Fence | undefined;
  readonly read: ReadFence;
}

/** One commit for some; when one of them was overtaken by a newer check, each for itself. */
async function record(app: App, by: Provenance, judged: readonly Judged[]): Promise<void> {
  const recorded: RecordedFence[] = [];
  for (const { account, before, read } of judged) recorded.push(await recordFence(app, by, account, read, before));
  const committed = await commit(app.database, {
    by,
    changes: recorded.flatMap(({ changes }) => changes),
    once: recorded.flatMap(({ once }) => once),
  });
  if (committed.ok || judged.length === 1) return;
  for (const one of judged) await record(app, by, [one]);
}
