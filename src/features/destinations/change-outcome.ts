// What is booked of a change of a list at custody: it waits for an officer, was given up, or found another change in its way.
import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import type { ApprovedChange } from '../../dfns/custody.ts';
import type { CustodyPolicy } from '../../domain/custody.ts';
import { giveUpOn, REFUSED_BY_SCREENING, review } from '../../domain/destination.ts';
import { failSubmission, findConflict, type PolicyChange, submit } from '../../domain/policy-change.ts';
import { addSeconds } from '../../domain/time.ts';
import { changePolicy, refreshPolicyChange } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationChange, findDestination, policyChangeChange } from '../../store/destinations.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { named } from './change.ts';

/** Until a change that waits is looked at again. */
export const WAIT_SECONDS = 300;

export const listOf = (policy: CustodyPolicy): readonly string[] =>
  policy.rule.kind === 'approved_list' ? policy.rule.addresses : [];

export async function keepSubmitted(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  asked: ApprovedChange,
): Promise<Outcome> {
  const database = databaseFor(app, change.accountId);
  const submitted = { ...submit(change, { ...asked, at: by.at }), nextLookAt: addSeconds(by.at, WAIT_SECONDS) };
  const destination = await findDestination(database, 'staff', change.destinationId);
  const reviewed =
    destination?.status === 'requested' ? [destinationChange(destination, review(destination, submitted))] : [];
  const committed = await commit(database, {
    by,
    changes: [policyChangeChange(change, submitted), ...reviewed],
    // It may have been decided already, before we knew of it.
    messages: [message('events', refreshPolicyChange({ changeId: change.id }))],
  });
  return committed.ok ? 'done' : 'again';
}

/** Nothing reached custody, or custody said no: the client reads why. */
export async function giveUp(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  reason: string,
): Promise<Outcome> {
  const incident = {
    kind: 'guard_unsound' as const,
    about: change.accountId,
    accountId: change.accountId,
    detail: reason,
  };
  return settle(app, by, change, failSubmission(change, reason), reason, incident);
}

/** A sanctions list came to name the address while its change was under way. */
export async function isSanctioned(app: App, { accountId, destinationId }: PolicyChange): Promise<boolean> {
  const destination = await findDestination(databaseFor(app, accountId), 'staff', destinationId);
  return destination?.sanctionsHit != null;
}

export const refuseSanctioned = (app: App, by: Provenance, change: PolicyChange<'submitting'>): Promise<Outcome> =>
  settle(app, by, change, failSubmission(change, REFUSED_BY_SCREENING), REFUSED_BY_SCREENING, {
    kind: 'sanctions_hit',
    about: change.destinationId,
    accountId: change.accountId,
    detail: 'The address came onto a sanctions list before custody was asked; the request was refused.',
  });

export async function stopForConflict(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  policy: CustodyPolicy,
  reason: string,
): Promise<Outcome> {
  const found = listOf(policy);
  const detail = `${reason} Ours: ${change.addressesBefore.join(', ') || 'empty'}. At custody: ${found.join(', ') || 'empty'}.`;
  const database = databaseFor(app, change.accountId);
  const incident = await openIncident(database, by, {
    kind: 'change_conflict',
    about: change.accountId,
    accountId: change.accountId,
    detail,
  });
  const conflict = { ...findConflict(change, reason, found), nextLookAt: addSeconds(by.at, WAIT_SECONDS) };
  const committed = await commit(database, { by, changes: [policyChangeChange(change, conflict), ...incident] });
  return committed.ok ? 'done' : 'again';
}

async function settle(
  app: App,
  by: Provenance,
  before: PolicyChange<'submitting'>,
  after: PolicyChange,
  reason: string,
  incident: Parameters<typeof openIncident>[2],
): Promise<Outcome> {
  const database = databaseFor(app, before.accountId);
  const destination = await findDestination(database, 'staff', before.destinationId);
  const ended = destination && giveUpOn(destination, reason, named(by));
  const opened = await openIncident(database, by, incident);
  const committed = await commit(database, {
    by,
    changes: [
      policyChangeChange(before, after),
      ...(destination && ended ? [destinationChange(destination, ended)] : []),
      ...opened,
    ],
    messages: [message('money', changePolicy({ accountId: before.accountId }))],
  });
  return committed.ok ? 'done' : 'again';
}
