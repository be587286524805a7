// The limits after a restore: what custody moved in the lost time has left, whatever a limit says, and its sums count it.
import type { App } from '../../app/app.ts';
import type { CustodyTransfer } from '../../domain/custody.ts';
import type { AccountId, MandateId } from '../../domain/id.ts';
import { freshLimitDay, type LimitDay, limitDayId, reserveOfAccount } from '../../domain/limit.ts';
import { type Timestamp, utcDay } from '../../domain/time.ts';
import type { Change } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { findLimitDay, limitDayChange, listLivingMandatesTo } from '../../store/mandates.ts';

/** The UTC day on which custody was asked. */
export const dayOf = ({ requestedAt }: CustodyTransfer, at: Timestamp): string => utcDay(requestedAt ?? at);

export async function sumOf(
  app: App,
  accountId: AccountId,
  holder: AccountId | MandateId,
  asset: string,
  day: string,
): Promise<LimitDay> {
  const found = await findLimitDay(databaseFor(app, accountId), limitDayId(holder, asset, day));
  return found ?? freshLimitDay({ accountId, holder, asset, day });
}

export function counted(before: LimitDay, units: bigint): Change {
  const after = reserveOfAccount(before, units, undefined);
  if (!after.ok) throw new TypeError('without a limit nothing exceeds it');
  return limitDayChange(before, after.value);
}

/** Of each mandate that may have let it out: which of them it was is known only when its wish comes again. */
export async function sumsOfMandates(
  app: App,
  { accountId, asset, to, day }: { accountId: AccountId; asset: string; to: string; day: string },
): Promise<LimitDay[]> {
  const mandates = await listLivingMandatesTo(databaseFor(app, accountId), accountId, to);
  const named = mandates.filter(({ limits }) => limits.some((limit) => limit.asset === asset));
  return Promise.all(named.map(({ id }) => sumOf(app, accountId, id, asset, day)));
}
