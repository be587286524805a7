// What the whole pool may let out of an asset: per row, per batch, per hour and per day of the UTC clock. Custody counts for
// each wallet only, so these sums are our own, each a subject of its own: two payouts that both fit can not both win.
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

const periods = ['hour', 'day'] as const;
type Period = (typeof periods)[number];

export interface PayoutSum {
  readonly id: string;
  readonly version: number;
  readonly asset: AssetId;
  readonly period: Period;
  readonly begins: string;
  readonly reserved: bigint;
}

/** As much of an instant as names its hour, or its day. */
const charactersOf: Readonly<Record<Period, number>> = { hour: 13, day: 10 };

export const freshSums = (asset: AssetId, at: Timestamp): readonly PayoutSum[] =>
  periods.map((period) => {
    const begins = at.slice(0, charactersOf[period]);
    return { id: `cap:${asset}:${begins}`, version: 0, asset, period, begins, reserved: 0n };
  });

/** Both sums with these units, or the first that would be too much. */
export function reserveSums(
  sums: readonly PayoutSum[],
  units: bigint,
  limits: PayoutLimits,
): Result<readonly PayoutSum[]> {
  for (const { period, asset, reserved } of sums) {
    const limit = period === 'hour' ? limits.perHour : limits.perDay;
    if (reserved + units > limit) {
      const numbers = { limit: limit.toString(), used: reserved.toString(), requested: units.toString() };
      return refuse({ code: 'payout_cap_reached', asset, period, ...numbers });
    }
  }
  return accept(sums.map((sum) => countIn(sum, units)));
}

/** It has left, whatever a limit says. */
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
