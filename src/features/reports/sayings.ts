// What an entry of the journal says to a client: which kinds are told, in which words, and under which topic they are found.
/** What a client is told; entries of other kinds are for the auditor. */
export const sayings: Readonly<Record<string, string>> = {
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
  'movement.doubted': 'Something arrived that nobody asked for.',
  'account_key.active': 'A read-only key was made.',
  'account_key.revoked': 'A read-only key was revoked.',
  'account_key.used': 'A report was read with a key.',
  'halt.active': 'New money movements were halted.',
  'halt.lifted': 'A halt was lifted.',
  'fence.changed': 'A check of the fence at custody found something new.',
};

export const topics = [
  ...([
    'account',
    'deposit',
    'transfer',
    'order',
    'schedule',
    'destination',
    'mandate',
    'limits',
    'halt',
    'fence',
    'key',
  ] as const),
];
export type Topic = (typeof topics)[number];

const told = Object.keys(sayings);
/** Entries that concern every account as well: a halt of all. */
const subjectsOfAll = ['halt'];
/** Left out unless asked for. */
const doubtful = ['movement.doubted'];

const subjectsOf: Readonly<Record<Topic, readonly string[]>> = {
  account: ['account', 'wallet'],
  deposit: ['movement.received', 'movement.doubted'],
  transfer: ['transfer', 'movement.sent', 'arrival'],
  order: ['order'],
  schedule: ['schedule'],
  destination: ['destination'],
  mandate: ['mandate'],
  limits: ['limits_change', 'account.limits_lowered', 'account.limits_raised'],
  halt: ['halt'],
  fence: ['fence'],
  key: ['account_key'],
};

/** So many that they would crowd out the rest: told to whoever asks for their topic. */
const onlyByTopic = ['account_key.used'];

const wordOf = (kind: string): string => kind.slice(0, kind.indexOf('.'));
const statusOf = (kind: string): string => kind.slice(kind.indexOf('.') + 1);
export const statuses = [...new Set(told.map(statusOf))].sort();

export interface Wanted {
  readonly kind?: Topic | undefined;
  readonly status?: string | undefined;
  readonly includeSpam: boolean;
}

/** The kinds of entries that a filter means, those that it hides, and those of them that concern every account. */
export function kindsOf({ kind, status, includeSpam }: Wanted) {
  const subjects = kind === undefined ? undefined : subjectsOf[kind];
  const meant = told.filter(
    (one) =>
      (subjects === undefined
        ? !onlyByTopic.includes(one)
        : subjects.includes(one) || subjects.includes(wordOf(one))) &&
      (status === undefined || statusOf(one) === status),
  );
  return {
    kinds: meant.filter((one) => includeSpam || !doubtful.includes(one)),
    hiddenKinds: meant.filter((one) => !includeSpam && doubtful.includes(one)),
    kindsOfAll: meant.filter((one) => subjectsOfAll.includes(wordOf(one))),
  };
}
