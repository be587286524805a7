// Running sums: what a mandate, and what an account in all, has let out of one asset on one UTC day. The sum is a subject of
// its own in the journal, so two orders that both fit can not both win.
import type { DailyLimit } from './account-limits.ts';
import type { AssetId } from './asset.ts';
import type { AccountId, MandateId } from './id.ts';
import type { MandateLimit } from './mandate.ts';
import { accept, type Result, refuse } from './result.ts';

export interface LimitDay {
  readonly id: string;
  readonly version: number;
  readonly accountId: AccountId;
  readonly holder: MandateId | AccountId;
  readonly asset: AssetId;
  readonly day: string;
  readonly reserved: bigint;
}

export const limitDayId = (holder: MandateId | AccountId, asset: AssetId, day: string): string =>
  `limit:${holder}:${asset}:${day}`;

/** Nothing reserved yet; the first reservation writes it. */
export const freshLimitDay = (of: Pick<LimitDay, 'accountId' | 'holder' | 'asset' | 'day'>): LimitDay => ({
  ...of,
  id: limitDayId(of.holder, of.asset, of.day),
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
  return accept(reserved(today, units));
}

const reserved = (today: LimitDay, units: bigint): LimitDay => ({
  ...today,
  version: today.version + 1,
  reserved: today.reserved + units,
});

/** Counted also where no limit is set, so that one set in the middle of a day knows what has left. */
export function reserveOfAccount(today: LimitDay, units: bigint, limit: DailyLimit | undefined): Result<LimitDay> {
  if (limit !== undefined && today.reserved + units > limit.units) {
    return refuse({
      code: 'account_limit_exceeded',
      asset: today.asset,
      limit: limit.units.toString(),
      used: today.reserved.toString(),
      requested: units.toString(),
    });
  }
  return accept(reserved(today, units));
}

/** Only for a transfer proven to have had no effect. */
export function release(day: LimitDay, units: bigint): LimitDay {
  if (units > day.reserved) throw new RangeError(`released ${units} of ${day.reserved} reserved in ${day.id}`);
  return { ...day, version: day.version + 1, reserved: day.reserved - units };
}
