// Custody applied a change at once: no guard covers the list. The account is halted, the old list put back, people told.

import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import { giveUpOn } from '../../domain/destination.ts';
import { failSubmission, type PolicyChange } from '../../domain/policy-change.ts';
import { checkFence } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationChange, findDestination, policyChangeChange } from '../../store/destinations.ts';
import { findFenceHalt, haltChange } from '../../store/halts.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';

const REASON = 'Custody changed the approved list without asking an officer.';

export async function recordUngated(
  app: App,
  by: Provenance,
  change: PolicyChange<'submitting'>,
  tag: string,
): Promise<Outcome> {
  const { accountId } = change;
  const database = databaseFor(app, accountId);
  const destination = await findDestination(database, 'staff', change.destinationId);
  const ended = destination && giveUpOn(destination, REASON);
  const isHalted = (await findFenceHalt(database, accountId)) !== undefined;
  const halt = haltChange(undefined, {
    id: by.newId('hlt'),
    version: 1,
    status: 'active',
    level: 'account',
    accountId,
    mandateId: null,
    kind: 'fence',
    reason: REASON,
    madeBy: `system:${by.actor.subject}`,
    makerRank: 2,
    createdAt: by.at,
  });
  const incident = await openIncident(database, by, {
    kind: 'change_was_not_guarded',
    about: accountId,
    accountId,
    detail: REASON,
  });
  const committed = await commit(database, {
    by,
    changes: [
      policyChangeChange(change, failSubmission(change, REASON)),
      ...(destination && ended ? [destinationChange(destination, ended)] : []),
      ...(isHalted ? [] : [halt]),
      ...incident,
    ],
    messages: [message('events', checkFence({ accountId }))],
  });
  if (!committed.ok) return 'again';
  await putBack(app, change, tag);
  return 'done';
}

/** Best effort: without a guard it takes effect at once, with one it waits for an officer; the fence check tells which. */
async function putBack(app: App, change: PolicyChange<'submitting'>, tag: string): Promise<void> {
  const policy = await app.custody.findPolicy(change.policyId);
  if (policy === undefined) return;
  const answer = await app.custody.replaceApprovedList({
    policyId: policy.id,
    name: policy.name,
    tag,
    addresses: change.addressesBefore,
  });
  app.log.info('approved_list.put_back', { accountId: change.accountId, answer: answer.kind });
}
