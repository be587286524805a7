// Schedules, and which of them have a slot that is due.
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { AccountId, ScheduleId } from '../domain/id.ts';
import type { Schedule } from '../domain/schedule.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { halts, schedules } from './schema.ts';

const toSchedule = (row: typeof schedules.$inferSelect): Schedule => ({
  ...fromRow<Schedule>(row),
  units: BigInt(row.units),
  recurrence: fromJson(row.recurrence),
});

export async function findSchedule(database: Database, scope: Scope, id: ScheduleId): Promise<Schedule | undefined> {
  const row = await database
    .select()
    .from(schedules)
    .where(and(within(scope, schedules.accountId), eq(schedules.id, id)))
    .get();
  return row && toSchedule(row);
}

/** Newest first; of one account, or of all for staff. */
export async function listSchedules(
  database: Database,
  filter: { accountId?: AccountId | undefined },
  page: { before?: string | undefined; limit: number },
): Promise<Schedule[]> {
  const rows = await database
    .select()
    .from(schedules)
    .where(
      and(
        filter.accountId === undefined ? undefined : eq(schedules.accountId, filter.accountId),
        olderThan(schedules.id, page.before),
      ),
    )
    .orderBy(desc(schedules.id))
    .limit(page.limit)
    .all();
  return rows.map(toSchedule);
}

/**
 * Active schedules with a slot up to `at`, the longest due first. One under a halt waits for its lifting, unless its
 * catch-up rule says that missed slots are skipped.
 */
export async function listDueSchedules(
  database: Database,
  at: Timestamp,
  limit: number,
): Promise<Schedule<'active'>[]> {
  const rows = await database
    .select()
    .from(schedules)
    .where(
      and(
        eq(schedules.status, 'active'),
        sql`${schedules.nextSlot} <= ${at}`,
        sql`(${schedules.catchUp} = 'skip' OR NOT EXISTS (SELECT 1 FROM ${halts} WHERE ${halts.status} = 'active' AND (
          ${halts.level} = 'all' OR (${halts.level} = 'account' AND ${halts.accountId} = ${schedules.accountId})
          OR (${halts.level} = 'mandate' AND ${halts.accountId} = ${schedules.accountId} AND ${halts.mandateId} = ${schedules.mandateId}))))`,
      ),
    )
    .orderBy(asc(schedules.nextSlot))
    .limit(limit)
    .all();
  return rows.map(toSchedule).filter((schedule) => schedule.status === 'active');
}

export const scheduleChange = changesOf<Schedule>(schedules, 'schedule', ({ accountId }) => accountId);
