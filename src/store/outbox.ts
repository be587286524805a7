// Messages still to send. A message is stored by the commit that makes it necessary, sent after it, and deleted when its
// consumer is done: one that gets lost in between is sent again. The time of the next try is here, not in the queue.
import { asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import type { Message, Once } from './commit.ts';
import type { Database } from './database.ts';
import type { Provenance } from './journal.ts';
import { insertRows } from './rows.ts';
import { outbox } from './schema.ts';

export type QueueName = 'money' | 'events' | 'notify';

/** `make` gets the new message id and returns the body. */
export const message = (queue: QueueName, make: (id: string) => object): Message => ({
  insert: (database, by) => database.insert(outbox).values(messageRow(by, queue, make)),
});

export const messageRow = (by: Provenance, queue: QueueName, make: (id: string) => object): OutboxRow => {
  const id = by.newId('msg');
  return { id, queue, body: JSON.stringify(make(id)), createdAt: by.at, dueAt: by.at, postponed: 0, wake: null };
};

/** A message that makes its consumer read what is true then, so one that waits to be sent does for all that ask for it. */
export const wakeRow = (by: Provenance, queue: QueueName, make: (id: string) => object): OutboxRow => ({
  ...messageRow(by, queue, make),
  wake: JSON.stringify([queue, make('')]),
});

export type OutboxRow = typeof outbox.$inferSelect;

/** Many of them by one statement of a commit; those that wait already are not kept again. */
export const wakeRows = (rows: readonly OutboxRow[]): Once => ({
  table: 'outbox',
  insert: (database) => insertRows(database, outbox, rows, 'keep'),
  taken: { code: 'version_conflict' },
});

/** By itself, for work that changes no record and is done again by whoever asks again. */
export const keepWake = (database: Database, row: OutboxRow) =>
  database.batch([insertRows(database, outbox, [row], 'keep')]);

// Marks on deliveries, not facts of the business: they are hints that any later run may repeat, so they need no entry.

export interface Claim {
  readonly at: Timestamp;
  /** When what is not finished by then is due again. */
  readonly until: Timestamp;
  /** Of each queue, so that no backlog of one keeps the others waiting. */
  readonly limit: number;
  /** How many events may have been sent and not be finished. */
  readonly eventsInFlightMax: number;
}

/**
 * Takes what is due for one sender, in one statement: of two that relay at once, each gets other messages. Those of a sender
 * that dies come again at `until`, as do all that are not finished by then.
 */
export function claimDueMessages(
  database: Database,
  { at, until, limit, eventsInFlightMax }: Claim,
): Promise<OutboxRow[]> {
  const due = (queue: QueueName, most: SQL) => sql`SELECT id FROM (SELECT id FROM ${outbox}
    WHERE queue = ${queue} AND due_at <= ${at} ORDER BY due_at LIMIT ${most})`;
  const inFlight = sql`(SELECT count(*) FROM (SELECT 1 FROM ${outbox}
    WHERE queue = 'events' AND postponed = 0 AND due_at > ${at} LIMIT ${eventsInFlightMax}))`;
  const ids = sql`(${due('money', sql`${limit}`)} UNION ALL ${due('notify', sql`${limit}`)}
    UNION ALL ${due('events', sql`min(${limit}, ${eventsInFlightMax} - ${inFlight})`)})`;
  return database.update(outbox).set({ dueAt: until, wake: null }).where(inArray(outbox.id, ids)).returning().all();
}

/** When the message that was due first should have been sent; undefined when none waits. */
export const findOldestDue = (database: Database): Promise<{ dueAt: Timestamp } | undefined> =>
  database.select({ dueAt: outbox.dueAt }).from(outbox).orderBy(asc(outbox.dueAt)).limit(1).get();

/** Could not be sent: due again at once. */
export const giveBack = (database: Database, ids: readonly string[], dueAt: Timestamp) =>
  database
    .update(outbox)
    .set({ dueAt })
    .where(inArray(outbox.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`))
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
