// Schedules, which of them have a slot that is due, and the release of thousands at once.
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { AccountId, DestinationId, ScheduleId } from '../domain/id.ts';
import type { MandateStatus } from '../domain/mandate.ts';
import type { Order } from '../domain/order.ts';
import type { RunResult, Schedule, TriggerKind } from '../domain/schedule.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Bulk } from './commit.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import type { EntryDraft } from './journal.ts';
import { orderChange, toHowMuch } from './orders.ts';
import { changesOf, fromJson, fromRow, toRow } from './records.ts';
import { inSlices, insertRows, type Row, updateRows } from './rows.ts';
import { halts, mandates, orders, schedules } from './schema.ts';

export const toSchedule = (row: typeof schedules.$inferSelect): Schedule => ({
  ...fromRow<Schedule>(row),
  ...toHowMuch(row),
  recurrence: fromJson(row.recurrence),
  fired: row.fired === null ? null : fromJson(row.fired),
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

/** A due schedule with what decides about its slots, read in one go. */
export interface DueSchedule {
  readonly schedule: Schedule<'active'>;
  readonly mandate: { readonly status: MandateStatus; readonly destinationId: DestinationId };
  /** Why a halt stops it; only schedules that skip what they miss are listed under one. */
  readonly haltReason: string | null;
  /** Of its newest orders since a person looked, newest first. */
  readonly results: readonly RunResult[];
}

/** As many of the newest orders tell of failures in a row: the greatest `failuresMax` that the API takes. */
const RESULTS_MAX = 10;

const haltOf = (schedule: typeof schedules) => sql`FROM ${halts} WHERE ${halts.status} = 'active' AND (
  ${halts.level} = 'all' OR (${halts.level} = 'account' AND ${halts.accountId} = ${schedule.accountId})
  OR (${halts.level} = 'mandate' AND ${halts.accountId} = ${schedule.accountId} AND ${halts.mandateId} = ${schedule.mandateId}))`;

/**
 * Only those that tell something: orders may be on their way for longer than ten slots. A stop by a halt is no failure of the
 * schedule. Columns are written out with their tables: in a list of what is selected
 * drizzle leaves the table away, and within the subquery the name would then mean another column.
 */
const resultsOfSchedule = sql<string>`(SELECT json_group_array(result) FROM (
  SELECT CASE WHEN orders.status = 'executed' THEN 'succeeded'
    ELSE 'failed' END AS result
  FROM orders WHERE orders.schedule_id = schedules.id AND orders.created_at >= schedules.failures_since
    AND (orders.status IN ('executed', 'failed', 'rejected')
      OR (orders.status = 'blocked' AND orders.facts ->> 'rule' IS NOT 'halted'))
  ORDER BY orders.id DESC LIMIT ${RESULTS_MAX}))`;

/**
 * Active schedules with a slot up to `at`, the longest due first. One under a halt waits for its lifting, unless its
 * catch-up rule says that missed slots are skipped.
 */
export async function listDueSchedules(database: Database, at: Timestamp, limit: number): Promise<DueSchedule[]> {
  const rows = await database
    .select({
      schedule: schedules,
      mandate: { status: mandates.status, destinationId: mandates.destinationId },
      haltReason: sql<string | null>`(SELECT ${halts.reason} ${haltOf(schedules)} LIMIT 1)`,
      results: resultsOfSchedule,
    })
    .from(schedules)
    .innerJoin(mandates, eq(mandates.id, schedules.mandateId))
    .where(
      and(
        eq(schedules.status, 'active'),
        sql`${schedules.nextSlot} <= ${at}`,
        sql`(${schedules.catchUp} = 'skip' OR NOT EXISTS (SELECT 1 ${haltOf(schedules)}))`,
      ),
    )
    .orderBy(asc(schedules.nextSlot))
    .limit(limit)
    .all();
  return rows.flatMap(({ schedule: row, results, ...more }) => {
    const schedule = toSchedule(row);
    return schedule.status === 'active' ? [{ ...more, schedule, results: resultsIn(results) }] : [];
  });
}

const resultsIn = (text: string): RunResult[] => fromJson<(RunResult | null)[]>(text).map((one) => one ?? undefined);

/** What became of a schedule's newest orders since a person looked, newest first. */
export async function listResults(database: Database, { id }: Schedule): Promise<RunResult[]> {
  const row = await database.select({ results: resultsOfSchedule }).from(schedules).where(eq(schedules.id, id)).get();
  return resultsIn(row?.results ?? '[]');
}

/** Active schedules that wait for something of this kind, of one account or of all, oldest first. */
export async function listTriggered(
  database: Database,
  kind: TriggerKind,
  accountId: AccountId | undefined,
  limit: number,
): Promise<Schedule<'active'>[]> {
  const rows = await database
    .select()
    .from(schedules)
    .where(
      and(
        eq(schedules.status, 'active'),
        eq(schedules.triggerKind, kind),
        accountId === undefined ? undefined : eq(schedules.accountId, accountId),
      ),
    )
    .orderBy(asc(schedules.accountId), asc(schedules.id))
    .limit(limit)
    .all();
  return rows.map(toSchedule).filter((schedule) => schedule.status === 'active');
}

export const scheduleChange = changesOf<Schedule>(schedules, 'schedule', ({ accountId }) => accountId);

/** What one fire releases: the schedules move on and their orders are there, or nothing is. Cron wakes orders by itself. */
export interface Release {
  readonly run: EntryDraft;
  readonly steps: readonly { readonly before: Schedule; readonly after: Schedule; readonly kind: string | undefined }[];
  /** At version 0: the first own step of each writes its first entry. */
  readonly released: readonly Order[];
  /** At version 1: there is no further step, so each has its entry here. */
  readonly skipped: readonly Order[];
}

/** What a release changes of a schedule. */
const moved = ['id', 'version', 'status', 'facts', 'runs', 'nextSlot'] as const;

export const releaseBulk = ({ run, steps, released, skipped }: Release): Bulk => ({
  run,
  entries: [
    ...steps.map(({ before, after, kind }) => scheduleChange(before, after, kind).entry),
    ...skipped.map((order) => orderChange(undefined, order).entry),
  ],
  writes: (database) => [
    ...inSlices(steps).flatMap((slice) =>
      updateRows(
        database,
        schedules,
        slice.map(({ after }) => movedRow(after)),
      ),
    ),
    // An order of this slot that is there already was released before: nothing to do, nothing lost.
    ...inSlices([...released, ...skipped].map((order) => toRow(orders, order))).map((rows) =>
      insertRows(database, orders, rows, 'keep'),
    ),
  ],
});

function movedRow(schedule: Schedule): Row {
  const row = toRow(schedules, schedule);
  return Object.fromEntries(moved.map((name) => [name, row[name] ?? null]));
}
