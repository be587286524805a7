// Ids are a prefix and 26 sortable characters (a ULID). The prefix is part of the type, so ids cannot be swapped.

export type IdPrefix =
  | 'acc'
  | 'bat'
  | 'chg'
  | 'cli'
  | 'dlt'
  | 'dst'
  | 'evt'
  | 'hot'
  | 'hlt'
  | 'inc'
  | 'jnl'
  | 'lim'
  | 'mnd'
  | 'mov'
  | 'msg'
  | 'ord'
  | 'pay'
  | 'pye'
  | 'prf'
  | 'sch'
  | 'scl'
  | 'wal'
  | 'xfr';
export type Id<P extends IdPrefix> = `${P}_${string}`;

export type AccountId = Id<'acc'>;
export type BatchId = Id<'bat'>;
export type ClientId = Id<'cli'>;
export type DeadLetterId = Id<'dlt'>;
export type DestinationId = Id<'dst'>;
export type HaltId = Id<'hlt'>;
export type HotWalletId = Id<'hot'>;
export type IncidentId = Id<'inc'>;
export type LimitsChangeId = Id<'lim'>;
export type MandateId = Id<'mnd'>;
export type MovementId = Id<'mov'>;
export type OrderId = Id<'ord'>;
export type PayeeId = Id<'pye'>;
export type PayoutId = Id<'pay'>;
export type PermissionProofId = Id<'prf'>;
export type PolicyChangeId = Id<'chg'>;
export type ScheduleId = Id<'sch'>;
export type ScreeningListId = Id<'scl'>;
export type TransferId = Id<'xfr'>;
export type WalletId = Id<'wal'>;

/** Makes a new id; random and clock come with the implementation, which the application owns. */
export type NewId = <P extends IdPrefix>(prefix: P) => Id<P>;

export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  return text.startsWith(`${prefix}_`) && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text.slice(prefix.length + 1));
}
