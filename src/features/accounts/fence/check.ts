// The fence check: on events, after changes of ours and by cron. What breaks the fence halts the account in one commit.

import type { App } from '../../../app/app.ts';
import { consumer, type Outcome } from '../../../app/consumer.ts';
import type { Job } from '../../../app/job.ts';
import { CustodyUnavailable } from '../../../dfns/custody.ts';
import type { Account } from '../../../domain/account.ts';
import { type Fence, resultOf, summarize, unreadable } from '../../../domain/fence.ts';
import { deskSays } from '../../../domain/fence-advice.ts';
import { fenceHalt } from '../../../domain/halt.ts';
import { addSeconds } from '../../../domain/time.ts';
import { CheckFence, checkFence as checkFenceMessage, markStops, syncWallet } from '../../../kit/messages.ts';
import { findAccount, listAccountsToCheck, listWallets } from '../../../store/accounts.ts';
import { type Change, commit, type Once } from '../../../store/commit.ts';
import { databaseFor } from '../../../store/database.ts';
import { fenceChange, findFence, listFenceRecords } from '../../../store/fences.ts';
import { findFenceHalt, haltChange } from '../../../store/halts.ts';
import { openIncident } from '../../../store/incidents.ts';
import type { Provenance } from '../../../store/journal.ts';
import { message } from '../../../store/outbox.ts';
import { readProofStanding } from '../../../store/permission-proofs.ts';
import { attestFence } from './attest.ts';
import { ownRecords, type ReadFence, readFence, wantedOf } from './read.ts';

/** The queue's quick tries; later ones wait in the outbox and count anew. */
const UNREADABLE_ATTEMPTS = 3;

export interface RecordedFence {
  readonly changes: readonly Change[];
  readonly once: readonly Once[];
}

/**
 * What records a reading: the check itself, its attestation and, when it breaks, the halt and the incident.
 * @param before the last check as it stood before custody was read: a reading that was overtaken loses its version
 */
export async function recordFence(
  app: App,
  by: Provenance,
  account: Account,
  read: ReadFence,
  before: Fence | undefined,
): Promise<RecordedFence> {
  const result = read.findings.includes(unreadable) ? 'unknown' : resultOf(read.findings);
  const after: Fence = {
    accountId: account.id,
    version: (before?.version ?? 0) + 1,
    result,
    findings: read.findings,
    checkedAt: read.readAt,
    found: result === 'unknown' ? (before?.found ?? null) : summarize(read.wanted, read.found),
  };
  return {
    changes: [fenceChange(before, after), ...(result === 'broken' ? await haltForFence(app, by, account, read) : [])],
    once: [await attestFence(app, account, read, after)],
  };
}

async function haltForFence(app: App, by: Provenance, account: Account, { findings }: ReadFence): Promise<Change[]> {
  const database = databaseFor(app, account.id);
  const broken = findings.filter(({ severity }) => severity === 'breaks');
  const reason = broken.map(({ says }) => says).join(' ');
  const detail = broken.map(deskSays).join(' ');
  const incident = await openIncident(database, by, {
    kind: 'fence_broken',
    about: account.id,
    accountId: account.id,
    detail,
  });
  if ((await findFenceHalt(database, account.id)) !== undefined) return incident;
  return [
    haltChange(undefined, fenceHalt({ id: by.newId('hlt'), accountId: account.id, reason, by: by.actor, at: by.at })),
    ...incident,
  ];
}

export const checkAccountFence = consumer('events', CheckFence, async (app, { accountId }, by, attempts) => {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, 'staff', accountId);
  if (account?.status !== 'active') return 'done';
  const before = await findFence(database, accountId);
  const read = await readFence(app, account, by.at).catch((fault) => {
    // A moment without an answer is nothing; what stays unreadable is known to nobody, and said so.
    if (!(fault instanceof CustodyUnavailable) || attempts < UNREADABLE_ATTEMPTS) throw fault;
    return undefined;
  });
  if (read === undefined) return recordUnknown(app, by, account, before);
  const wallets = await listWallets(database, 'staff', accountId);
  const committed = await commit(database, {
    by,
    ...(await recordFence(app, by, account, read, before)),
    // Events of deposits may be lost; the history behind them is not.
    messages: [
      ...wallets.map(({ id }) => message('events', syncWallet({ walletId: id, isUrgent: false }))),
      ...(read.findings.some(({ severity }) => severity === 'breaks')
        ? [message('events', markStops({ accountId, after: null }))]
        : []),
    ],
  });
  return committed.ok ? 'done' : 'again';
});

/** Additions and new orders wait; nothing is stopped, and what was found broken stays so. */
async function recordUnknown(app: App, by: Provenance, account: Account, before: Fence | undefined): Promise<Outcome> {
  if (before?.result === 'unknown' || before?.result === 'broken') return 'again';
  const records = await listFenceRecords(app.database, [account.id]);
  const read: ReadFence = {
    wanted: wantedOf(account, records),
    found: { wallets: [], policies: [], strays: [], proof: await readProofStanding(app.database, by.at) },
    findings: [unreadable],
    records: ownRecords(account, records),
    readAt: by.at,
  };
  await commit(databaseFor(app, account.id), { by, ...(await recordFence(app, by, account, read, before)) });
  return 'again';
}

/** Two sweeps missed: an account that was not reached by them is checked by itself. */
const RECHECK_SECONDS = 13 * 3600;
const ACCOUNTS_PER_RUN = 90;

export const checkOldFences: Job = async (app, { scheduledTime }) => {
  const due = await listAccountsToCheck(app.database, addSeconds(scheduledTime, -RECHECK_SECONDS), ACCOUNTS_PER_RUN);
  if (due.length > 0)
    await app.bindings.EVENTS.sendBatch(due.map(({ id }) => ({ body: checkFenceMessage({ accountId: id })(null) })));
};
