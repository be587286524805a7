// What the whole pool may let out of an asset: per row, per batch, within any hour and within any day. Custody counts for each
// wallet only, so these sums are our own, each a subject of its own: two payouts that both fit can not both win. A payout is let out
// when it is handed over to custody. What waits for people there leaves when they say so, maybe all at once.
import type { AssetId } from './asset.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

/** Of one asset, in base units. */
export interface PayoutLimits {
  readonly perRow: bigint;
  readonly perBatch: bigint;
  readonly perHour: bigint;
  readonly perDay: bigint;
  /** A batch that moves more of it takes two persons. */
  readonly twoReleasersAbove: bigint | null;
}
/** An asset that is not named here is not paid out. */
export type LimitsByAsset = ReadonlyMap<AssetId, PayoutLimits>;

const MINUTE_MILLISECONDS = 60_000;
/**
 * Each window slides in steps of its bucket: everything of a bucket counts until its end has left the window, so that never more
 * than the limit is handed over within any span of its length.
 */
const windows = {
  hour: { minutes: 60, bucketMinutes: 1 },
  day: { minutes: 1440, bucketMinutes: 15 },
} as const;
type Period = keyof typeof windows;
const periods: readonly Period[] = ['hour', 'day'];

/** What was let out of an asset within one bucket of a window. */
export interface PayoutSum {
  readonly id: string;
  readonly version: number;
  readonly asset: AssetId;
  readonly period: Period;
  /** As an instant without its seconds. */
  readonly begins: string;
  readonly reserved: bigint;
}

const CHARACTERS_OF_MINUTE = 16;
const minuteOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, CHARACTERS_OF_MINUTE);

/** The bucket of each window in which a payout of this instant counts, with nothing in it yet. */
export const freshSums = (asset: AssetId, at: Timestamp): readonly PayoutSum[] =>
  periods.map((period) => {
    const size = windows[period].bucketMinutes * MINUTE_MILLISECONDS;
    const begins = minuteOf(Math.floor(Date.parse(at) / size) * size);
    return { id: `cap:${asset}:${period}:${begins}`, version: 0, asset, period, begins, reserved: 0n };
  });

export type CountsAfter = Readonly<Record<Period, string>>;

/** Of each window: buckets that begin after this count at this instant. */
export function countsAfter(at: Timestamp): CountsAfter {
  const after = ({ minutes, bucketMinutes }: (typeof windows)[Period]) =>
    minuteOf(Date.parse(at) - (minutes + bucketMinutes) * MINUTE_MILLISECONDS);
  return { hour: after(windows.hour), day: after(windows.day) };
}

/** The sums of an asset as they stand at an instant. */
export interface PoolSums {
  /** The buckets in which a payout of this instant counts. */
  readonly current: readonly PayoutSum[];
  readonly used: Readonly<Record<Period, bigint>>;
  /** Of all that count: it rises with every write of one. */
  readonly versions: number;
}

/** @param counting every bucket that counts at this instant */
export function poolSums(asset: AssetId, at: Timestamp, counting: readonly PayoutSum[]): PoolSums {
  const used = { hour: 0n, day: 0n };
  let versions = 0;
  for (const { period, reserved, version } of counting) {
    used[period] += reserved;
    versions += version;
  }
  const current = freshSums(asset, at).map((sum) => counting.find(({ id }) => id === sum.id) ?? sum);
  return { current, used, versions };
}

/** How much a single row may move of it now. */
export function roomOf({ used }: PoolSums, { perRow, perHour, perDay }: PayoutLimits): bigint {
  const least = [perRow, perHour - used.hour, perDay - used.day].reduce((one, other) => (other < one ? other : one));
  return least > 0n ? least : 0n;
}

/** The current buckets with these units, or the first window that would hold too much. */
export function reserveSums(
  { current, used }: PoolSums,
  units: bigint,
  limits: PayoutLimits,
): Result<readonly PayoutSum[]> {
  for (const { period, asset } of current) {
    const limit = period === 'hour' ? limits.perHour : limits.perDay;
    if (used[period] + units > limit) {
      const numbers = { limit: limit.toString(), used: used[period].toString(), requested: units.toString() };
      return refuse({ code: 'payout_cap_reached', asset, period, ...numbers });
    }
  }
  return accept(current.map((sum) => countIn(sum, units)));
}

/** It was handed over, whatever a limit says. */
export const countIn = (sum: PayoutSum, units: bigint): PayoutSum => ({
  ...sum,
  version: sum.version + 1,
  reserved: sum.reserved + units,
});

/** Only for a transfer proven to have had no effect. */
export function releaseSum(sum: PayoutSum, units: bigint): PayoutSum {
  if (units > sum.reserved) throw new RangeError(`released ${units} of ${sum.reserved} reserved in ${sum.id}`);
  return { ...sum, version: sum.version + 1, reserved: sum.reserved - units };
}
