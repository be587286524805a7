// One feed of an account, newest first: the journal, in words a client can read.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import type { AccountId } from '../../domain/id.ts';
import { databaseFor } from '../../store/database.ts';
import { type JournalRow, listEntries } from '../../store/journal.ts';
import type { ActivityItem } from './schemas.ts';

/** What a client is told; entries of other kinds are for the auditor. */
const sayings: Readonly<Record<string, string>> = {
  'account.opening': 'The account is being opened.',
  'account.active': 'The account is open: its fence was read back from custody.',
  'account.failed': 'The account could not be opened.',
  'account.closed': 'The account was closed.',
  'account.limits_lowered': 'Limits of the account were lowered; they bind.',
  'account.limits_raised': 'Limits of the account were raised.',
  'limits_change.proposed': 'It was proposed to raise limits; the client has the word.',
  'limits_change.confirmed': 'A change of limits is wanted.',
  'limits_change.approved': 'An officer approved to raise limits; custody has to follow.',
  'limits_change.applied': 'The change of limits is in force.',
  'limits_change.withdrawn': 'The change of limits was withdrawn.',
  'limits_change.rejected': 'The change of limits was rejected.',
  'limits_change.expired': 'Nobody decided about the change of limits in time.',
  'wallet.creating': 'A wallet was asked for.',
  'wallet.active': 'The wallet is inside the fence; its address is shown.',
  'wallet.failed': 'The wallet could not be made.',
  'wallet.archived': 'The wallet is no longer used.',
  'destination.requested': 'An address was asked for.',
  'destination.in_review': 'An officer was asked to approve the address.',
  'destination.approved': 'The address was approved and stands on the list at custody.',
  'destination.rejected': 'The address was not approved.',
  'destination.expired': 'Nobody decided about the address in time.',
  'destination.refused': 'The address could not be asked for at custody.',
  'destination.failed': 'The change of the list failed.',
  'destination.withdrawn': 'The request was withdrawn.',
  'destination.removing': 'The address is being removed; nothing is sent there any more.',
  'destination.removed': 'The address is off the list.',
  'destination.suspended': 'The address is shut on our side.',
  'mandate.granted': 'A mandate was granted.',
  'mandate.active': 'The mandate is in force.',
  'mandate.revoked': 'The mandate was revoked.',
  'mandate.rejected': 'The mandate did not come into force.',
  'mandate.expired': 'The mandate ended.',
  'schedule.active': 'A schedule was made or resumed.',
  'schedule.paused': 'The schedule was paused.',
  'schedule.ended': 'The schedule ended.',
  'order.scheduled': 'An order was placed for later.',
  'order.released': 'An order is due.',
  'order.prepared': 'An order is due.',
  'order.executing': 'The order was handed to custody.',
  'order.executed': 'The order was carried out.',
  'order.failed': 'The order failed.',
  'order.rejected': 'The order was rejected at custody.',
  'order.blocked': 'The order was stopped by a rule; nothing left.',
  'order.skipped': 'The order was skipped.',
  'order.canceled': 'The order was canceled.',
  'transfer.submitting': 'The transfer is being handed to custody.',
  'transfer.submitted': 'Custody has the transfer.',
  'transfer.awaiting_approval': 'The transfer waits for a person at custody.',
  'transfer.broadcast': 'The transfer was sent to the network.',
  'transfer.confirmed': 'The transfer is confirmed on the network.',
  'transfer.failed': 'The transfer failed.',
  'transfer.rejected': 'The transfer was rejected at custody.',
  'transfer.needs_review': 'A person is looking into the transfer.',
  'transfer.canceled': 'The transfer was canceled before custody had it.',
  'arrival.arrived': 'The venue shows the money.',
  'arrival.unknown': 'Whether the venue credited the money cannot be told from its balance.',
  'movement.received': 'Money arrived.',
  'movement.sent': 'Money left.',
  'halt.active': 'New money movements were halted.',
  'halt.lifted': 'A halt was lifted.',
  'fence.checked': 'The fence of the account was checked at custody.',
};

export async function listActivity(
  app: App,
  accountId: AccountId,
  page: { before: string | undefined; limit: number },
) {
  const rows = await listEntries(databaseFor(app, accountId), { accountId, kinds: Object.keys(sayings) }, page);
  return rows.map(viewActivity);
}

/** What an entry tells a client. Names of people, exact requests, counters and times of retries are the auditor's. */
const told = [
  ...[
    'status',
    'reason',
    'liftReason',
    'rule',
    'level',
    'kind',
    'result',
    'network',
    'address',
    'label',
    'venue',
    'strategy',
  ],
  ...[
    'asset',
    'units',
    'direction',
    'from',
    'to',
    'feeAsset',
    'feeUnits',
    'limits',
    'dailyLimits',
    'dailyChanges',
    'limitsTemplate',
    'template',
    'validFrom',
    'validUntil',
    'recurrence',
  ],
  ...['slot', 'dueAt', 'notAfter', 'startAt', 'endAt', 'runsMax', 'endReason', 'approvedAt', 'transactionHash', 'at'],
  ...[
    'orderId',
    'transferId',
    'scheduleId',
    'mandateId',
    'destinationId',
    'walletId',
    'changeId',
    'approvalId',
    'custodyId',
  ],
];

function viewActivity(row: JournalRow): z.infer<typeof ActivityItem> {
  const { after }: { after: Record<string, unknown> } = JSON.parse(row.data);
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    subjectId: row.subjectId,
    by: partOf(row.actorRole),
    says: sayings[row.kind] ?? row.kind,
    details: Object.fromEntries(Object.entries(after).filter(([name]) => told.includes(name))),
  };
}

/** Names of people are the journal's; the feed says in whose part the act was. */
function partOf(actorRole: string): string {
  if (actorRole === 'system' || actorRole === 'client') return actorRole;
  return actorRole.split(' ').includes('compliance') ? 'officer' : 'desk';
}
