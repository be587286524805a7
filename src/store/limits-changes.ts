// Changes of an account's limits that wait for people or for custody.
import { and, asc, desc, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { DailyChange, LimitsChange } from '../domain/account-limits.ts';
import type { AccountId, LimitsChangeId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, type Scope, within } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { limitsChanges } from './schema.ts';

export const toLimitsChange = (row: typeof limitsChanges.$inferSelect): LimitsChange => ({
  ...fromRow<LimitsChange>(row),
  dailyChanges: fromJson<DailyChange[]>(row.dailyChanges),
});

export async function findLimitsChange(
  database: Database,
  scope: Scope,
  id: LimitsChangeId,
): Promise<LimitsChange | undefined> {
  const row = await database
    .select()
    .from(limitsChanges)
    .where(and(within(scope, limitsChanges.accountId), eq(limitsChanges.id, id)))
    .get();
  return row && toLimitsChange(row);
}

// Word for word the condition of the partial indexes: bound values would hide from the planner that they apply.
export const isOpen: SQL = sql`${limitsChanges.status} IN ('proposed', 'confirmed')`;

/** At most one raise and one lowering. */
export async function listOpenLimitsChanges(database: Database, accountId: AccountId): Promise<LimitsChange[]> {
  const rows = await database
    .select()
    .from(limitsChanges)
    .where(and(eq(limitsChanges.accountId, accountId), isOpen))
    .all();
  return rows.map(toLimitsChange);
}

/** Newest first. */
export async function listLimitsChanges(
  database: Database,
  accountId: AccountId,
  limit: number,
): Promise<LimitsChange[]> {
  const rows = await database
    .select()
    .from(limitsChanges)
    .where(eq(limitsChanges.accountId, accountId))
    .orderBy(desc(limitsChanges.id))
    .limit(limit)
    .all();
  return rows.map(toLimitsChange);
}

/** Open and due to be looked at: to expire, or to ask custody. */
export async function listLimitsChangesDue(database: Database, at: Timestamp, limit: number): Promise<LimitsChange[]> {
  const rows = await database
    .select()
    .from(limitsChanges)
    .where(and(isOpen, lte(limitsChanges.nextLookAt, at)))
    .orderBy(asc(limitsChanges.nextLookAt))
    .limit(limit)
    .all();
  return rows.map(toLimitsChange);
}

export const limitsChangeChange = changesOf<LimitsChange>(limitsChanges, 'limits_change', ({ accountId }) => accountId);
