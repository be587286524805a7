// Running sums: what a mandate has let out of one asset on one UTC day. The sum is a subject of its own in the journal,
// so two orders that both fit can not both win.
import type { AssetId } from './asset.ts';
import type { AccountId, MandateId } from './id.ts';
import type { MandateLimit } from './mandate.ts';
import { accept, type Result, refuse } from './result.ts';

export interface LimitDay {
  readonly id: string;
  readonly version: number;
  readonly accountId: AccountId;
  readonly mandateId: MandateId;
  readonly asset: AssetId;
  readonly day: string;
  readonly reserved: bigint;
}

export const limitDayId = (mandateId: MandateId, asset: AssetId, day: string): string =>
  `limit:${mandateId}:${asset}:${day}`;

/** Nothing reserved yet; the first reservation writes it. */
export const freshLimitDay = (of: Pick<LimitDay, 'accountId' | 'mandateId' | 'asset' | 'day'>): LimitDay => ({
  ...of,
  id: limitDayId(of.mandateId, of.asset, of.day),
  version: 0,
  reserved: 0n,
});

export function reserve(today: LimitDay, units: bigint, limit: MandateLimit): Result<LimitDay> {
  if (today.reserved + units > limit.perDay) {
    return refuse({
      code: 'daily_limit_exceeded',
      asset: today.asset,
      limit: limit.perDay.toString(),
      used: today.reserved.toString(),
      requested: units.toString(),
    });
  }
  return accept({ ...today, version: today.version + 1, reserved: today.reserved + units });
}

/** Only for a transfer proven to have had no effect. */
export function release(day: LimitDay, units: bigint): LimitDay {
  if (units > day.reserved) throw new RangeError(`released ${units} of ${day.reserved} reserved in ${day.id}`);
  return { ...day, version: day.version + 1, reserved: day.reserved - units };
}
