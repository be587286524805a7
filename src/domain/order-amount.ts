// How much an order moves: what a caller asks for, read into what is known from the beginning or found when it runs.
import { readUnits } from './amount.ts';
import { accept, type Result } from './result.ts';

export const orderKinds = ['trade_funding', 'sweep', 'withdrawal'] as const;
export type OrderKind = (typeof orderKinds)[number];
/** A schedule stands under a mandate and is the desk's: a client withdraws by orders only. */
export type ScheduledKind = Exclude<OrderKind, 'withdrawal'>;

/** How much: known from the beginning, or found when it runs and then frozen in `units`. */
export type OrderAmount =
  | { readonly kind: 'fixed' }
  /** Of what is available; 10,000 is all of it. */
  | { readonly kind: 'share'; readonly basisPoints: number }
  /** All that is available above the floor. */
  | { readonly kind: 'above'; readonly floor: bigint };

export interface HowMuch {
  readonly amount: OrderAmount;
  /** Null until it is found when the order runs. */
  readonly units: bigint | null;
}

/** As it comes over the wire. */
export type AmountWish = { readonly units: string } | { readonly shareBasisPoints: number };

export function readAmount(wish: AmountWish): Result<HowMuch> {
  if ('shareBasisPoints' in wish)
    return accept({ amount: { kind: 'share', basisPoints: wish.shareBasisPoints }, units: null });
  const units = readUnits(wish.units);
  return units.ok ? accept({ amount: { kind: 'fixed' }, units: units.value }) : units;
}

export function readFloor(text: string): Result<HowMuch> {
  const floor = text === '0' ? accept(0n) : readUnits(text);
  return floor.ok ? accept({ amount: { kind: 'above', floor: floor.value }, units: null }) : floor;
}

const BASIS_POINTS = 10_000n;

/** Rounded down: never more than was asked for. */
export function unitsOf(amount: Exclude<OrderAmount, { kind: 'fixed' }>, available: bigint): bigint {
  const units =
    amount.kind === 'share' ? (available * BigInt(amount.basisPoints)) / BASIS_POINTS : available - amount.floor;
  return units > 0n ? units : 0n;
}
