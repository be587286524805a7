// What became of a submitted change: the officer's decision is read from the approval, the list from the policy. Only a
// list that was read back makes a destination approved.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { nameOf } from '../../domain/actor.ts';
import type { CustodyApproval, CustodyPolicy } from '../../domain/custody.ts';
import {
  approve,
  approveUnwanted,
  completeRemoval,
  type Destination,
  expire,
  giveUpOn,
  keepSuspended,
  reject,
} from '../../domain/destination.ts';
import { amend } from '../../domain/machine.ts';
import { followDestination } from '../../domain/mandate.ts';
import {
  apply,
  expireChange,
  failChange,
  isSameList,
  type PolicyChange,
  rejectChange,
} from '../../domain/policy-change.ts';
import { addSeconds, secondsBetween } from '../../domain/time.ts';
import { changePolicy, checkFence, RefreshPolicyChange } from '../../kit/messages.ts';
import { type Change, commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationChange, findDestination, findPolicyChange, policyChangeChange } from '../../store/destinations.ts';
import type { Provenance } from '../../store/journal.ts';
import { listMandatesTo, mandateChange } from '../../store/mandates.ts';
import { message } from '../../store/outbox.ts';
import { named, newChange } from './change.ts';

const MANDATES_MAX = 50;
const LOOK_AGAIN_SECONDS = 300;
/** The guard ends a request after a day at most; an approved one that is not applied an hour later never will be. */
const APPLY_SECONDS_MAX = 25 * 3600;

export const refreshPolicyChange = consumer('events', RefreshPolicyChange, async (app, { changeId }, by) => {
  const change = await findPolicyChange(app.database, changeId);
  if (change?.status !== 'submitted') return 'done';
  const [approval, policy] = await Promise.all([
    app.custody.findApproval(change.approvalId),
    app.custody.findPolicy(change.policyId),
  ]);
  if (approval === undefined || policy === undefined)
    return settle(app, by, change, failChange(change, 'Custody no longer knows the change.'));
  switch (approval.status) {
    case 'pending':
      return lookAgain(app, by, change);
    case 'approved':
      return takeApplied(app, by, change, policy);
    case 'denied':
      if (policy.pendingChange?.id === change.changeRequestId) return 'again';
      return settle(app, by, change, toDenied(change, approval));
    case 'expired':
      if (policy.pendingChange?.id === change.changeRequestId) return 'again';
      return settle(app, by, change, toExpired(change));
  }
});

const toExpired = (change: PolicyChange<'submitted'>) => expireChange(change, 'Nobody decided in time.');

/** Custody may call an approval denied that ran out of time; then nobody denied it. */
function toDenied(change: PolicyChange<'submitted'>, { decisions }: CustodyApproval) {
  const denial = decisions.find(({ value }) => value === 'denied');
  return denial === undefined ? toExpired(change) : rejectChange(change, denial.reason ?? 'Denied without a reason.');
}

/** Approved is not yet applied: only the list itself tells. */
async function takeApplied(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitted'>,
  policy: CustodyPolicy,
): Promise<Outcome> {
  const addresses = policy.rule.kind === 'approved_list' ? policy.rule.addresses : [];
  const isApplied =
    isSameList(addresses, change.addressesWanted) && policy.pendingChange?.id !== change.changeRequestId;
  if (isApplied) return settle(app, by, change, apply(change, addresses, by.at));
  if (secondsBetween(change.submittedAt, by.at) > APPLY_SECONDS_MAX) {
    return settle(
      app,
      by,
      change,
      failChange(change, 'Approved, but the list at custody is not the one that was asked for.'),
    );
  }
  return 'again';
}

async function lookAgain(app: App, by: Provenance, change: PolicyChange<'submitted'>): Promise<Outcome> {
  if (by.at < change.nextLookAt) return 'done';
  const later = amend(change, { nextLookAt: addSeconds(by.at, LOOK_AGAIN_SECONDS) });
  const committed = await commit(databaseFor(app, change.accountId), {
    by,
    changes: [policyChangeChange(change, later, 'policy_change.still_waiting')],
  });
  return committed.ok ? 'done' : 'again';
}

type Settled = PolicyChange<'applied' | 'rejected' | 'expired' | 'failed'>;

async function settle(app: App, by: Provenance, before: PolicyChange<'submitted'>, after: Settled): Promise<Outcome> {
  const database = databaseFor(app, before.accountId);
  const destination = await findDestination(database, 'staff', before.destinationId);
  const next = destination && nextOf(app, destination, after, by);
  const committed = await commit(database, {
    by,
    changes: [
      policyChangeChange(before, after),
      ...(destination && next ? [destinationChange(destination, next), ...(await mandatesOf(app, by, next))] : []),
      // Applied against the client's will: its removal is next in the queue.
      ...(destination?.status === 'in_review' && destination.unwantedAt !== undefined && next?.status === 'suspended'
        ? [policyChangeChange(undefined, newChange(by, before.policyId, next, 'remove'))]
        : []),
    ],
    messages: [
      message('money', changePolicy({ accountId: before.accountId })),
      message('events', checkFence({ accountId: before.accountId })),
    ],
  });
  return committed.ok ? 'done' : 'again';
}

function nextOf(app: App, destination: Destination, change: Settled, by: Provenance): Destination | undefined {
  if (destination.status === 'in_review') {
    if (change.status === 'applied') {
      const approved =
        destination.unwantedAt === undefined
          ? approve(destination, change, app.config.coolingOffHours)
          : approveUnwanted(destination, change, nameOf(by.actor));
      return approved.ok ? approved.value : undefined;
    }
    if (change.status === 'failed') return giveUpOn(destination, change.reason, named(by));
    return change.status === 'expired' ? expire(destination, change.reason) : reject(destination, change.reason);
  }
  if (destination.status !== 'removing') return undefined;
  if (change.status !== 'applied')
    return keepSuspended(destination, `The removal was not applied: ${change.reason}`, named(by));
  const removed = completeRemoval(destination, change);
  return removed.ok ? removed.value : undefined;
}

/** Mandates that waited for the destination become active with it, or are rejected with it; more of them by the sweep. */
async function mandatesOf(app: App, by: Provenance, destination: Destination): Promise<Change[]> {
  const waiting = await listMandatesTo(
    databaseFor(app, destination.accountId),
    destination.id,
    ['granted'],
    MANDATES_MAX,
  );
  return waiting.flatMap((mandate) => {
    const next = mandate.status === 'granted' ? followDestination(mandate, destination.status, by.at) : undefined;
    return next === undefined ? [] : [mandateChange(mandate, next)];
  });
}
