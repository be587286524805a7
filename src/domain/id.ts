// Ids are a prefix and 26 sortable characters (a ULID). The prefix is part of the type, so ids cannot be swapped.

export type IdPrefix =
  | 'acc'
  | 'arr'
  | 'bat'
  | 'chg'
  | 'cli'
  | 'ctc'
  | 'dlt'
  | 'dlv'
  | 'dst'
  | 'evt'
  | 'hot'
  | 'hlt'
  | 'inc'
  | 'jnl'
  | 'key'
  | 'lim'
  | 'mnd'
  | 'mov'
  | 'msg'
  | 'ntc'
  | 'ord'
  | 'pay'
  | 'pye'
  | 'prf'
  | 'sch'
  | 'scl'
  | 'stm'
  | 'wal'
  | 'whe'
  | 'xfr';
export type Id<P extends IdPrefix> = `${P}_${string}`;

export type AccountId = Id<'acc'>;
export type AccountKeyId = Id<'key'>;
export type ArrivalId = Id<'arr'>;
export type BatchId = Id<'bat'>;
export type ClientId = Id<'cli'>;
export type DeadLetterId = Id<'dlt'>;
export type ContactId = Id<'ctc'>;
export type DeliveryId = Id<'dlv'>;
export type DestinationId = Id<'dst'>;
export type HaltId = Id<'hlt'>;
export type HotWalletId = Id<'hot'>;
export type IncidentId = Id<'inc'>;
export type LimitsChangeId = Id<'lim'>;
export type MandateId = Id<'mnd'>;
export type MovementId = Id<'mov'>;
export type NoticeId = Id<'ntc'>;
export type OrderId = Id<'ord'>;
export type PayeeId = Id<'pye'>;
export type PayoutId = Id<'pay'>;
export type PermissionProofId = Id<'prf'>;
export type PolicyChangeId = Id<'chg'>;
export type ScheduleId = Id<'sch'>;
export type ScreeningListId = Id<'scl'>;
export type StatementId = Id<'stm'>;
export type TransferId = Id<'xfr'>;
export type WalletId = Id<'wal'>;
export type WebhookEndpointId = Id<'whe'>;

/** Makes a new id; random and clock come with the implementation, which the application owns. */
export type NewId = <P extends IdPrefix>(prefix: P) => Id<P>;

export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  return text.startsWith(`${prefix}_`) && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text.slice(prefix.length + 1));
}
