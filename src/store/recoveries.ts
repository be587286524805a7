// Transfers of ours at custody that a restored database does not know. Written once; one is taken up when a transfer of this
// database has its external id.
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { PayoutId } from '../domain/id.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { Database } from './database.ts';
import { changesOf, fromJson } from './records.ts';
import { payoutBatches, payouts, recoveries, transfers } from './schema.ts';

const isOpen = sql`NOT EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.externalId} = ${recoveries.id})`;
// The wallet is of the account, or of the pool where there is none: rows are written from that type.
const toRecovery = (row: typeof recoveries.$inferSelect) =>
  ({
    ...row,
    units: BigInt(row.units),
    mandateLimitDayIds: row.mandateLimitDayIds === null ? [] : fromJson<string[]>(row.mandateLimitDayIds),
  }) as Recovery;

/** That nothing here has taken up yet. */
export async function findRecovery(database: Database, externalId: string): Promise<Recovery | undefined> {
  const row = await database
    .select()
    .from(recoveries)
    .where(and(eq(recoveries.id, externalId), isOpen))
    .get();
  return row && toRecovery(row);
}

/**
 * Rows that custody paid in a time that this database forgot and that stand here as not paid, of batches that were let go or
 * canceled. It begins with the recoveries of the pool: where there are none, nothing is read. A row that has not begun has no
 * transfer, so its recovery is open.
 */
export async function listPayoutsToTakeUp(database: Database, limit: number): Promise<PayoutId[]> {
  const found = await database.all<{ id: PayoutId }>(sql`SELECT ${payouts.id} AS id
    FROM ${recoveries} CROSS JOIN ${payouts} ON ${payouts.externalId} = ${recoveries.id}
    WHERE ${recoveries.accountId} IS NULL AND +${payouts.status} IN ('ready', 'invalid')
      AND (SELECT status FROM ${payoutBatches} WHERE ${payoutBatches.id} = ${payouts.batchId})
        IN ('running', 'paused', 'canceled')
    LIMIT ${limit}`);
  return found.map(({ id }) => id);
}

/** Which of these nothing here has taken up yet. */
export async function listRecovered(database: Database, externalIds: readonly string[]): Promise<string[]> {
  const rows = await database
    .select({ id: recoveries.id })
    .from(recoveries)
    .where(and(inArray(recoveries.id, sql`(SELECT value FROM json_each(${JSON.stringify(externalIds)}))`), isOpen))
    .all();
  return rows.map(({ id }) => id);
}

export const recoveryChange = changesOf<Recovery>(recoveries, 'transfer', ({ accountId }) => accountId);
