// Transfers of ours at custody that a restored database does not know. Written once; one is taken up when a transfer of this
// database has its external id.
import { and, eq, sql } from 'drizzle-orm';
import type { Recovery } from '../domain/recovery.ts';
import type { Database } from './database.ts';
import { changesOf, fromJson } from './records.ts';
import { recoveries, transfers } from './schema.ts';

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

export const recoveryChange = changesOf<Recovery>(recoveries, 'transfer', ({ accountId }) => accountId);
