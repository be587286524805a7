// Webhook events seen. The key says which fact an event reports; the first commit with it wins, all others are duplicates.
import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import { insertRows, type Once } from './commit.ts';
import type { Database } from './database.ts';
import { deliveries, eventDays, inbox } from './schema.ts';

export type InboxRow = typeof inbox.$inferSelect;
export type DeliveryRow = typeof deliveries.$inferSelect;

/** The first attempts of the delivery chains in which these events stand, as far as they were seen. */
export async function listRoots(database: Database, eventIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await database
    .select({ eventId: deliveries.eventId, rootId: deliveries.rootId })
    .from(deliveries)
    .where(inArray(deliveries.eventId, sql`(SELECT value FROM json_each(${JSON.stringify(eventIds)}))`))
    .all();
  return new Map(rows.map(({ eventId, rootId }) => [eventId, rootId]));
}

export const inboxOnce = (rows: readonly InboxRow[]): Once => ({
  table: 'inbox',
  insert: (database) => insertRows(database, inbox, rows),
  taken: { code: 'version_conflict' },
});

/** Also for duplicates: the chain of a later retry may lead over them. */
export const deliveryRows = (rows: readonly DeliveryRow[]): Once => ({
  table: 'deliveries',
  insert: (database) => insertRows(database, deliveries, rows, 'keep'),
  taken: { code: 'version_conflict' },
});

/** Which of these events no delivery has brought yet; any number of them is one bound parameter. */
export async function listUnseen(database: Database, eventIds: readonly string[]): Promise<string[]> {
  const rows = await database.all<{ id: string }>(
    sql`SELECT value AS id FROM json_each(${JSON.stringify(eventIds)}) WHERE value NOT IN (SELECT ${deliveries.eventId} FROM ${deliveries})`,
  );
  return rows.map(({ id }) => id);
}

/** Events about something that was not known, whose time to be looked at again has come; the longest due first. */
export const listOrphansDue = (database: Database, at: Timestamp, limit: number): Promise<InboxRow[]> =>
  database
    .select()
    .from(inbox)
    .where(and(sql`outcome = 'orphan'`, lte(inbox.nextLookAt, at)))
    .orderBy(asc(inbox.nextLookAt))
    .limit(limit)
    .all();

/** One that is no orphan any more is left as it is: whoever was first has woken what it is about. */
export const orphanStep = (key: string, step: Pick<InboxRow, 'outcome' | 'nextLookAt' | 'looks'>): Once => ({
  table: 'inbox',
  insert: (database) =>
    database
      .update(inbox)
      .set(step)
      .where(and(eq(inbox.key, key), eq(inbox.outcome, 'orphan'))),
  taken: { code: 'version_conflict' },
});

export type EventDay = typeof eventDays.$inferSelect;

/** Adds to the counts of a day, in the very commit that they are about. */
export const countEvents = (counts: EventDay): Once => ({
  table: 'event_days',
  insert: (database) =>
    database
      .insert(eventDays)
      .values(counts)
      .onConflictDoUpdate({
        target: eventDays.day,
        set: {
          received: sql`${eventDays.received} + excluded.received`,
          duplicates: sql`${eventDays.duplicates} + excluded.duplicates`,
          outOfOrder: sql`${eventDays.outOfOrder} + excluded.out_of_order`,
          backfilled: sql`${eventDays.backfilled} + excluded.backfilled`,
          orphans: sql`${eventDays.orphans} + excluded.orphans`,
          strange: sql`${eventDays.strange} + excluded.strange`,
          lagSecondsSum: sql`${eventDays.lagSecondsSum} + excluded.lag_seconds_sum`,
          lagSecondsMax: sql`max(${eventDays.lagSecondsMax}, excluded.lag_seconds_max)`,
        },
      }),
  taken: { code: 'version_conflict' },
});
