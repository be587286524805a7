// Webhook events seen. The key says which fact an event reports; the first commit with it wins, all others are duplicates.
import { eq, sql } from 'drizzle-orm';
import type { Once } from './commit.ts';
import type { Database } from './database.ts';
import { deliveries, inbox } from './schema.ts';

export type InboxRow = typeof inbox.$inferInsert;

export const findInboxKey = (database: Database, key: string) =>
  database.select().from(inbox).where(eq(inbox.key, key)).get();

/** The first attempt of the delivery chain in which this event stands, if it was seen. */
export const findRoot = async (database: Database, eventId: string): Promise<string | undefined> =>
  (await database.select().from(deliveries).where(eq(deliveries.eventId, eventId)).get())?.rootId;

export const inboxOnce = (row: InboxRow): Once => ({
  table: 'inbox',
  insert: (database) => database.insert(inbox).values(row),
  taken: { code: 'version_conflict' },
});

/** Also for duplicates: the chain of a later retry may lead over them. */
export const deliveryRow = (row: typeof deliveries.$inferInsert): Once => ({
  table: 'deliveries',
  insert: (database) => database.insert(deliveries).values(row).onConflictDoNothing(),
  taken: { code: 'version_conflict' },
});

/** Which of these events no delivery has brought yet; any number of them is one bound parameter. */
export async function listUnseen(database: Database, eventIds: readonly string[]): Promise<string[]> {
  const rows = await database.all<{ id: string }>(
    sql`SELECT value AS id FROM json_each(${JSON.stringify(eventIds)}) WHERE value NOT IN (SELECT ${deliveries.eventId} FROM ${deliveries})`,
  );
  return rows.map(({ id }) => id);
}
