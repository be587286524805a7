// Custody applied a change at once: no guard covers the list. The account is halted, the old list put back, people told.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { giveUpOn } from '../../domain/destination.ts';
import { fenceHalt } from '../../domain/halt.ts';
import { failSubmission, isSameList, type PolicyChange, sortedList } from '../../domain/policy-change.ts';
import { checkFence, markStops, PutListBack, putListBack as putListBackMessage } from '../../kit/messages.ts';
import { findAccount } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import {
  destinationChange,
  findDestination,
  listListedAddresses,
  policyChangeChange,
} from '../../store/destinations.ts';
import { findFenceHalt, haltChange } from '../../store/halts.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { named } from './change.ts';

const REASON = 'Custody changed the approved list without asking an officer.';

export async function recordUngated(app: App, by: Provenance, change: PolicyChange<'submitting'>): Promise<Outcome> {
  const { accountId } = change;
  const database = databaseFor(app, accountId);
  const destination = await findDestination(database, 'staff', change.destinationId);
  const ended = destination && giveUpOn(destination, REASON, named(by));
  const isHalted = (await findFenceHalt(database, accountId)) !== undefined;
  const halt = haltChange(
    undefined,
    fenceHalt({ id: by.newId('hlt'), accountId, reason: REASON, by: by.actor, at: by.at }),
  );
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
    messages: [
      message('money', putListBackMessage({ accountId })),
      message('events', checkFence({ accountId })),
      message('events', markStops({ accountId, after: null })),
    ],
  });
  return committed.ok ? 'done' : 'again';
}

/** Our records are what was approved: custody's list becomes them again, however often it takes to be answered. */
export const putListBack = consumer('money', PutListBack, async (app, { accountId }) => {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, 'staff', accountId);
  const policy = account?.policyId == null ? undefined : await app.custody.findPolicy(account.policyId);
  if (account === undefined || policy === undefined || policy.rule.kind !== 'approved_list') return 'done';
  const addresses = await listListedAddresses(database, accountId);
  if (isSameList(policy.rule.addresses, addresses)) return 'done';
  const pending = policy.pendingChange?.addresses;
  if (pending !== undefined && isSameList(pending, addresses)) return 'done';
  const list = { policyId: policy.id, name: policy.name, tag: account.tag, addresses: sortedList(addresses) };
  const answer = await app.custody.replaceApprovedList(list);
  app.log.info('approved_list.put_back', { accountId, answer: answer.kind });
  // Answered or not, the next try reads before it writes and ends when the list, or what waits for an officer, is ours.
  return answer.kind === 'pending' ? 'done' : 'again';
});
