// Messages still to send. A message is stored by the commit that makes it necessary, sent after it, and deleted when its
// consumer is done: one that gets lost in between is sent again.
import { and, asc, eq, inArray, isNull, lte, or } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import type { Message } from './commit.ts';
import type { Database } from './database.ts';
import { outbox } from './schema.ts';

export type QueueName = 'money' | 'events';

/** `make` gets the new message id and returns the body. */
export const message = (queue: QueueName, make: (id: string) => object): Message => ({
  insert: (database, by) => {
    const id = by.newId('msg');
    return database
      .insert(outbox)
      .values({ id, queue, body: JSON.stringify(make(id)), createdAt: by.at, sentAt: null });
  },
});

export type OutboxRow = typeof outbox.$inferSelect;

/** Never sent, or sent before `staleBefore` and not finished since. */
export const listUnsent = (database: Database, staleBefore: Timestamp, limit: number): Promise<OutboxRow[]> =>
  database
    .select()
    .from(outbox)
    .where(or(isNull(outbox.sentAt), lte(outbox.sentAt, staleBefore)))
    .orderBy(asc(outbox.id))
    .limit(limit)
    .all();

// Marks on deliveries, not facts of the business: they are hints that any later run may repeat, so they need no entry.
export const markSent = (database: Database, ids: readonly string[], at: Timestamp) =>
  database
    .update(outbox)
    .set({ sentAt: at })
    .where(inArray(outbox.id, [...ids]))
    .run();

export const finish = (database: Database, id: string) =>
  database
    .delete(outbox)
    .where(and(eq(outbox.id, id)))
    .run();
