// How payouts and orders share a minute of the pace: payouts are one more party beside the accounts whose orders wait.
import type { Timestamp } from './time.ts';

const MINUTE_MILLISECONDS = 60_000;
/** What a lane sends holds it for some seconds: it would find more turns busy. */
const TURNS_PER_LANE_MAX = 20;

interface Minute {
  /** When it was to begin. */
  readonly at: Timestamp;
  /** How many transfers it can begin. */
  readonly room: number;
  /** Accounts with orders that wait. */
  readonly parties: number;
}

/**
 * Which lanes get a turn, one after another. Where no order waits each lane gets one, and what it sends wakes it again. Where
 * orders wait, that message comes after all that were sent before it: turns between the orders keep the share of the lanes.
 * Each minute begins with another lane, so that none waits for ever where the share is smaller than their number.
 */
export function turnsOf<T>(lanes: readonly T[], { at, room, parties }: Minute): readonly T[] {
  if (lanes.length === 0 || room < 1) return [];
  const share = parties === 0 ? lanes.length : Math.max(1, Math.floor(room / (parties + 1)));
  const most = Math.min(share, lanes.length * TURNS_PER_LANE_MAX);
  const first = Math.floor(Date.parse(at) / MINUTE_MILLISECONDS) % lanes.length;
  const inOrder = [...lanes.slice(first), ...lanes.slice(0, first)];
  const turns: T[] = [];
  while (turns.length < most) turns.push(...inOrder.slice(0, most - turns.length));
  return turns;
}

/** Both in their order, the fewer spread evenly over the more: neither waits for the end of the other. */
export function interleave<T>(one: readonly T[], other: readonly T[]): readonly T[] {
  const placed = [one, other].flatMap((items) =>
    items.map((item, index) => ({ item, place: (index + 1) / (items.length + 1) })),
  );
  return placed.sort((left, right) => left.place - right.place).map(({ item }) => item);
}
