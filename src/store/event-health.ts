// How the way of events stands: what came on which day, and what is not at an end.
import { asc, desc, eq, lte, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import type { Database } from './database.ts';
import type { EventDay } from './inbox.ts';
import { deadLetters, eventDays, inbox, outbox } from './schema.ts';

const DAYS = 31;

/** What waits is counted up to here: more is as bad. */
export const WAITING_COUNTED_MAX = 1000;

export interface Waiting {
  readonly count: number;
  readonly oldestAt: Timestamp | null;
}

export interface EventHealth {
  readonly days: readonly EventDay[];
  readonly newest: NewestEvent | undefined;
  readonly orphans: Waiting;
  readonly deadLetters: Waiting;
  /** Messages that are due and not done. */
  readonly messages: Waiting;
}

export interface NewestEvent {
  readonly receivedAt: Timestamp;
  readonly date: string | null;
}

const newest = (database: Database) =>
  database
    .select({ receivedAt: inbox.receivedAt, date: inbox.date })
    .from(inbox)
    .orderBy(desc(inbox.receivedAt))
    .limit(1);

/** The event that came last; what custody says of its time stands beside ours. */
export const findNewestEvent = async (database: Database): Promise<NewestEvent | undefined> => newest(database).get();

const dueMessages = (database: Database, at: Timestamp, limit: number) =>
  database
    .select({ at: outbox.createdAt })
    .from(outbox)
    .where(lte(outbox.dueAt, at))
    .orderBy(asc(outbox.dueAt))
    .limit(limit);

export async function findEventHealth(database: Database, at: Timestamp): Promise<EventHealth> {
  const [days, [last], orphans, letters, messages] = await database.batch([
    database.select().from(eventDays).orderBy(desc(eventDays.day)).limit(DAYS),
    newest(database),
    database
      .select({ at: inbox.receivedAt })
      .from(inbox)
      .where(sql`outcome = 'orphan'`)
      .orderBy(asc(inbox.nextLookAt))
      .limit(WAITING_COUNTED_MAX),
    database
      .select({ at: deadLetters.receivedAt })
      .from(deadLetters)
      .where(eq(deadLetters.status, 'waiting'))
      .orderBy(asc(deadLetters.id))
      .limit(WAITING_COUNTED_MAX),
    dueMessages(database, at, WAITING_COUNTED_MAX),
  ]);
  return {
    days,
    newest: last,
    orphans: waitingOf(orphans),
    deadLetters: waitingOf(letters),
    messages: waitingOf(messages),
  };
}

const waitingOf = (rows: readonly { readonly at: Timestamp }[]): Waiting => ({
  count: rows.length,
  oldestAt: rows.map(({ at }) => at).toSorted()[0] ?? null,
});

/** A message that was due before this instant and is not done: its queue or its consumer is behind. */
export const findOverdueMessage = async (database: Database, before: Timestamp): Promise<Timestamp | undefined> =>
  (await dueMessages(database, before, 1).get())?.at;
