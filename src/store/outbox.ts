// Messages still to send. A message is stored by the commit that makes it necessary, sent after it, and deleted when its
// consumer is done: one that gets lost in between is sent again. The time of the next try is here, not in the queue.
import { asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import { insertRows, type Message, type Once } from './commit.ts';
import type { Database } from './database.ts';
import type { Provenance } from './journal.ts';
import { outbox } from './schema.ts';

export type QueueName = 'money' | 'events' | 'notify';

/** `make` gets the new message id and returns the body. */
export const message = (queue: QueueName, make: (id: string) => object): Message => ({
  insert: (database, by) => database.insert(outbox).values(messageRow(by, queue, make)),
});

export const messageRow = (by: Provenance, queue: QueueName, make: (id: string) => object): OutboxRow => {
  const id = by.newId('msg');
  return { id, queue, body: JSON.stringify(make(id)), createdAt: by.at, dueAt: by.at, postponed: 0 };
};

export type OutboxRow = typeof outbox.$inferSelect;

/** Many of them by one statement of a commit. */
export const outboxRows = (rows: readonly OutboxRow[]): Once => ({
  table: 'outbox',
  insert: (database) => insertRows(database, outbox, rows),
  taken: { code: 'version_conflict' },
});

// Marks on deliveries, not facts of the business: they are hints that any later run may repeat, so they need no entry.

/**
 * Takes what is due for one sender, in one statement: of two that relay at once, each gets other messages. Those of a sender
 * that dies come again at `until`, as do all that are not finished by then.
 */
export const claimDueMessages = (
  database: Database,
  at: Timestamp,
  until: Timestamp,
  limit: number,
): Promise<OutboxRow[]> => {
  const due = database
    .select({ id: outbox.id })
    .from(outbox)
    .where(lte(outbox.dueAt, at))
    .orderBy(asc(outbox.dueAt))
    .limit(limit);
  return database.update(outbox).set({ dueAt: until }).where(inArray(outbox.id, due)).returning().all();
};

/** When the message that was due first should have been sent; undefined when none waits. */
export const findOldestDue = (database: Database): Promise<{ dueAt: Timestamp } | undefined> =>
  database.select({ dueAt: outbox.dueAt }).from(outbox).orderBy(asc(outbox.dueAt)).limit(1).get();

/** Could not be sent: due again at once. */
export const giveBack = (database: Database, ids: readonly string[], dueAt: Timestamp) =>
  database
    .update(outbox)
    .set({ dueAt })
    .where(inArray(outbox.id, [...ids]))
    .run();

/** Not done: it comes again then. */
export const postpone = (database: Database, id: string, dueAt: Timestamp) =>
  database
    .update(outbox)
    .set({ dueAt, postponed: sql`${outbox.postponed} + 1` })
    .where(eq(outbox.id, id))
    .run();

export const findMessage = (database: Database, id: string): Promise<OutboxRow | undefined> =>
  database.select().from(outbox).where(eq(outbox.id, id)).get();

export const finish = (database: Database, id: string) => database.delete(outbox).where(eq(outbox.id, id)).run();
