// Carries changes of an approved list to custody, one at a time. Custody replaces whole lists, so before each PUT the list
// there must be ours: an address that somebody slipped in must not ride along.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { readShared } from '../../app/shared-policies.ts';
import type { ApprovedChange } from '../../dfns/custody.ts';
import type { ChangeAnswer, CustodyPolicy } from '../../domain/custody.ts';
import { startRemoval } from '../../domain/destination.ts';
import { checkGuard, standsAt } from '../../domain/fence.ts';
import type { AccountId } from '../../domain/id.ts';
import { amend, isIn } from '../../domain/machine.ts';
import { isSameList, type PolicyChange, requeue, startSubmission } from '../../domain/policy-change.ts';
import { addSeconds } from '../../domain/time.ts';
import { ChangePolicy, changePolicy as changePolicyMessage } from '../../kit/messages.ts';
import { findAccount } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import {
  destinationChange,
  findDestination,
  listChangeRequestIds,
  listListedAddresses,
  listUnsettledChanges,
  policyChangeChange,
} from '../../store/destinations.ts';
import { findFence } from '../../store/fences.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import {
  giveUp,
  isSanctioned,
  keepSubmitted,
  listOf,
  refuseSanctioned,
  stopForConflict,
  WAIT_SECONDS,
} from './change-outcome.ts';
import { recordUngated } from './ungated.ts';

const CHANGES_MAX = 100;
/** A submission that is not answered after this long is looked at again. */
const ATTEMPT_SECONDS = 90;

export const changePolicy = consumer('money', ChangePolicy, async (app, { accountId }, by) => {
  const changes = await listUnsettledChanges(databaseFor(app, accountId), accountId, CHANGES_MAX);
  const inFlight = changes.find((change) => isIn(change, ['submitting', 'submitted']));
  if (inFlight?.status === 'submitted') return 'done';
  if (inFlight?.status === 'submitting') {
    // Within this time another delivery of the same message is at work on it.
    return by.at < inFlight.nextLookAt ? 'done' : takeUp(app, by, inFlight);
  }
  const stuck = changes.find((change) => change.status === 'conflict');
  if (stuck?.status === 'conflict' && by.at >= stuck.nextLookAt) return lookAtConflict(app, by, stuck);
  const queued = changes.filter((change) => change.status === 'queued');
  const next = queued.find(({ operation }) => operation === 'remove') ?? queued[0];
  return next === undefined ? 'done' : start(app, by, accountId, next);
});

/** Commits the intent with the whole wanted list, then asks custody. */
async function start(app: App, by: Provenance, accountId: AccountId, change: PolicyChange<'queued'>): Promise<Outcome> {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, 'staff', accountId);
  if (account?.status !== 'active') return 'done';
  const fence = standsAt(await findFence(database, accountId), by.at);
  if (change.operation === 'add' && (fence === 'broken' || fence === 'unknown'))
    return wait(app, by, change, 'policy_change.waits_for_fence');
  const listed = await listListedAddresses(database, accountId);
  const submitting = { ...startSubmission(change, listed), nextLookAt: addSeconds(by.at, ATTEMPT_SECONDS) };
  const destination = await findDestination(database, 'staff', change.destinationId);
  // Withdrawn in review and applied anyway: its removal starts here.
  const removing =
    change.operation === 'remove' && destination?.status === 'suspended'
      ? [destinationChange(destination, startRemoval(destination, by.at))]
      : [];
  const intended = await commit(database, { by, changes: [policyChangeChange(change, submitting), ...removing] });
  return intended.ok ? ask(app, by, submitting, account.tag, false) : 'again';
}

/** A submission whose answer was lost: counted, then looked for before anything is sent again. */
async function takeUp(app: App, by: Provenance, change: PolicyChange<'submitting'>): Promise<Outcome> {
  const account = await findAccount(databaseFor(app, change.accountId), 'staff', change.accountId);
  if (account === undefined) throw new TypeError('a change without its account');
  const again = { ...amend(change, {}), nextLookAt: addSeconds(by.at, ATTEMPT_SECONDS) };
  const counted = await commit(databaseFor(app, change.accountId), {
    by,
    changes: [policyChangeChange(change, again, 'policy_change.attempted_again')],
  });
  return counted.ok ? ask(app, by, again, account.tag, true) : 'again';
}

/**
 * Reads guard and list in the same step, then puts the new list.
 * @param isRepeat an earlier attempt was not answered, so what it may have done is looked for first
 */
async function ask(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  tag: string,
  isRepeat: boolean,
): Promise<Outcome> {
  const [shared, policy] = await Promise.all([
    readShared(app, by.at, { isDirect: true }),
    app.custody.findPolicy(change.policyId),
  ]);
  const problems = checkGuard(shared);
  if (policy === undefined || !policy.isActive || policy.rule.kind !== 'approved_list') {
    return giveUp(app, by, change, 'The approved list is not in force at custody.');
  }
  const ours = isRepeat ? await findOurs(app, change, policy) : undefined;
  if (ours === 'applied without an officer') return recordUngated(app, by, change);
  if (ours !== undefined) return keepSubmitted(app, by, change, ours);
  if (change.operation === 'add' && (await isSanctioned(app, change))) return refuseSanctioned(app, by, change);
  if (problems.length > 0) return giveUp(app, by, change, problems.map(({ says }) => says).join(' '));
  if (policy.pendingChange !== undefined) {
    return stopForConflict(app, by, change, policy, 'Another change of the list waits for approval at custody.');
  }
  if (!isSameList(policy.rule.addresses, change.addressesBefore)) {
    return stopForConflict(app, by, change, policy, 'The list at custody is not the list that was approved here.');
  }
  const { addressesWanted: addresses } = change;
  const answer = await app.custody.replaceApprovedList({ policyId: policy.id, name: policy.name, tag, addresses });
  return hear(app, by, change, policy, answer);
}

/** What became of an attempt without an answer: it waits for an officer, was approved by one, or took effect without any. */
async function findOurs(
  app: App,
  change: PolicyChange<'submitting'>,
  policy: CustodyPolicy,
): Promise<ApprovedChange | 'applied without an officer' | undefined> {
  const { pendingChange } = policy;
  if (
    pendingChange?.addresses !== undefined &&
    !pendingChange.archives &&
    isSameList(pendingChange.addresses, change.addressesWanted)
  ) {
    return { changeRequestId: pendingChange.id, approvalId: pendingChange.approvalId };
  }
  const isLive =
    !isSameList(change.addressesBefore, change.addressesWanted) && isSameList(listOf(policy), change.addressesWanted);
  if (!isLive) return undefined;
  // The same list may have been approved before, for an earlier change of ours: that approval covers this one not.
  const known = await listChangeRequestIds(databaseFor(app, change.accountId), change.accountId);
  const approved = await app.custody.listApprovedChanges(policy.id, change.addressesWanted);
  return approved.find(({ changeRequestId }) => !known.includes(changeRequestId)) ?? 'applied without an officer';
}

/** The list is ours again and nothing waits: the wish goes back into the queue. */
async function lookAtConflict(app: App, by: Provenance, change: PolicyChange<'conflict'>): Promise<Outcome> {
  const database = databaseFor(app, change.accountId);
  const policy = await app.custody.findPolicy(change.policyId);
  const listed = await listListedAddresses(database, change.accountId);
  const isOver = policy !== undefined && policy.pendingChange === undefined && isSameList(listOf(policy), listed);
  const next = isOver
    ? { ...requeue(change), nextLookAt: by.at }
    : amend(change, { nextLookAt: addSeconds(by.at, WAIT_SECONDS) });
  const committed = await commit(database, {
    by,
    changes: [policyChangeChange(change, next, isOver ? undefined : 'policy_change.still_in_conflict')],
    messages: [message('money', changePolicyMessage({ accountId: change.accountId }))],
  });
  return committed.ok ? 'done' : 'again';
}

async function hear(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  policy: CustodyPolicy,
  answer: ChangeAnswer,
): Promise<Outcome> {
  switch (answer.kind) {
    case 'pending':
      return keepSubmitted(app, by, change, answer);
    case 'applied':
      return recordUngated(app, by, change);
    case 'refused':
      return secondLook(app, by, change, policy, answer);
    case 'barred': {
      const detail = `Custody does not accept our credential (${answer.status}): ${answer.message}`;
      const changes = await openIncident(databaseFor(app, change.accountId), by, {
        kind: 'custody_barred',
        about: 'maker',
        accountId: null,
        detail,
      });
      await commit(databaseFor(app, change.accountId), { by, changes });
      return 'done';
    }
    // The intent stands; the reconciler takes it up when its time has come, and looks before asking.
    case 'limited':
    case 'unknown':
      return 'done';
  }
}

/** How custody may say that another change came first; it is not documented, so what it shows counts too. */
const OVERTAKEN_STATUSES: readonly number[] = [409, 412];

/** Something may have come first: perhaps an earlier attempt of ours, whose answer was lost. */
async function secondLook(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  seen: CustodyPolicy,
  { status, message: says }: Extract<ChangeAnswer, { kind: 'refused' }>,
): Promise<Outcome> {
  const policy = (await app.custody.findPolicy(change.policyId)) ?? seen;
  const ours = await findOurs(app, change, policy);
  if (typeof ours === 'object') return keepSubmitted(app, by, change, ours);
  const isOvertaken =
    OVERTAKEN_STATUSES.includes(status) ||
    policy.pendingChange !== undefined ||
    !isSameList(listOf(policy), change.addressesBefore);
  return isOvertaken
    ? stopForConflict(app, by, change, policy, 'Another change of the list came first at custody.')
    : giveUp(app, by, change, `Custody refused the change: ${says}`);
}

async function wait(app: App, by: Provenance, change: PolicyChange<'queued'>, kind: string): Promise<Outcome> {
  const later = amend(change, { nextLookAt: addSeconds(by.at, WAIT_SECONDS) });
  const committed = await commit(databaseFor(app, change.accountId), {
    by,
    changes: [policyChangeChange(change, later, kind)],
  });
  return committed.ok ? 'done' : 'again';
}
