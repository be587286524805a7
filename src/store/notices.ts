// Notices and their way: read from the journal, and one row for each place that one goes to. The rows are marks on deliveries,
// not facts of the business: any later run may repeat them, so they have no entries of their own.
import { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm';
import type { DeliveryId } from '../domain/id.ts';
import { afterOf, type Channel, type Notice, type NoticeKind, noticeIdOf, noticeOf } from '../domain/notice.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, olderThan } from './database.ts';
import type { OutboxRow } from './outbox.ts';
import { insertRows } from './rows.ts';
import { journal, noticeDeliveries, outbox } from './schema.ts';

/** The notices that these entries raise. */
export async function listNotices(database: Database, entryIds: readonly string[]): Promise<Notice[]> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(entryIds)}))`;
  const rows = await database.select().from(journal).where(inArray(journal.id, these)).all();
  return rows.flatMap((row): Notice[] => {
    const data: unknown = JSON.parse(row.data);
    const kind = noticeOf({ kind: row.kind, data });
    const { subjectId, accountId, at } = row;
    return kind === undefined
      ? []
      : [{ id: noticeIdOf(row.id), kind, entryId: row.id, subjectId, accountId, at, after: afterOf(data) }];
  });
}

export type Delivery = typeof noticeDeliveries.$inferSelect;

export const newDelivery = (
  id: DeliveryId,
  of: { entryId: string; kind: NoticeKind; channel: Channel; target: string },
  at: Timestamp,
): Delivery => ({
  ...of,
  id,
  createdAt: at,
  attempts: 0,
  nextAttemptAt: at,
  lastAttemptAt: null,
  sentAt: null,
  lastStatus: null,
  lastProblem: null,
});

/** One that is there already was raised before: it keeps its way. What goes on from here waits in the outbox. */
export const keepDeliveries = (database: Database, deliveries: readonly Delivery[], next: readonly OutboxRow[] = []) =>
  database.batch([
    insertRows(database, noticeDeliveries, deliveries, 'keep'),
    insertRows(database, outbox, next, 'keep'),
  ]);

/** Takes one that is due for one sender. It is due again at `until`, if the sender dies. */
export async function claimDelivery(
  database: Database,
  id: DeliveryId,
  at: Timestamp,
  until: Timestamp,
): Promise<Delivery | undefined> {
  const claimed = await database
    .update(noticeDeliveries)
    .set({ nextAttemptAt: until })
    .where(and(eq(noticeDeliveries.id, id), lte(noticeDeliveries.nextAttemptAt, at)))
    .returning()
    .all();
  return claimed[0];
}

export type Attempt = Pick<
  Delivery,
  'attempts' | 'nextAttemptAt' | 'lastAttemptAt' | 'sentAt' | 'lastStatus' | 'lastProblem'
>;

export const recordAttempt = (database: Database, id: DeliveryId, attempt: Attempt) =>
  database.update(noticeDeliveries).set(attempt).where(eq(noticeDeliveries.id, id)).run();

export const listDeliveriesDue = (database: Database, at: Timestamp, limit: number): Promise<{ id: DeliveryId }[]> =>
  database
    .select({ id: noticeDeliveries.id })
    .from(noticeDeliveries)
    .where(and(isNotNull(noticeDeliveries.nextAttemptAt), lte(noticeDeliveries.nextAttemptAt, at)))
    .orderBy(asc(noticeDeliveries.nextAttemptAt))
    .limit(limit)
    .all();

/** The log of one place, newest first. */
export const listDeliveries = (
  database: Database,
  target: string,
  page: { before?: string | undefined; limit: number },
): Promise<Delivery[]> =>
  database
    .select()
    .from(noticeDeliveries)
    .where(and(eq(noticeDeliveries.target, target), olderThan(noticeDeliveries.id, page.before)))
    .orderBy(desc(noticeDeliveries.id))
    .limit(page.limit)
    .all();

/** Whether anything has arrived there since. */
export async function findSentSince(database: Database, target: string, since: Timestamp): Promise<boolean> {
  const row = await database
    .select({ id: noticeDeliveries.id })
    .from(noticeDeliveries)
    .where(and(eq(noticeDeliveries.target, target), gte(noticeDeliveries.sentAt, since)))
    .limit(1)
    .get();
  return row !== undefined;
}

/** It answers again: what waits for its next try need not wait. */
export const hurryDeliveries = (database: Database, target: string, at: Timestamp) =>
  database
    .update(noticeDeliveries)
    .set({ nextAttemptAt: at })
    .where(and(eq(noticeDeliveries.target, target), gt(noticeDeliveries.nextAttemptAt, at)))
    .run();

const again = (at: Timestamp) => ({ attempts: 0, nextAttemptAt: at });

/** One that is over goes out again, arrived or not. */
export const resendDelivery = (database: Database, target: string, id: DeliveryId, at: Timestamp) =>
  database
    .update(noticeDeliveries)
    .set(again(at))
    .where(
      and(eq(noticeDeliveries.id, id), eq(noticeDeliveries.target, target), isNull(noticeDeliveries.nextAttemptAt)),
    )
    .returning({ id: noticeDeliveries.id })
    .all();

/** Those that never arrived and are not tried any more, the oldest first. */
export const resendFailed = (database: Database, target: string, since: Timestamp, at: Timestamp, limit: number) => {
  const failed = database
    .select({ id: noticeDeliveries.id })
    .from(noticeDeliveries)
    .where(
      and(
        eq(noticeDeliveries.target, target),
        gte(noticeDeliveries.createdAt, since),
        isNull(noticeDeliveries.nextAttemptAt),
        isNull(noticeDeliveries.sentAt),
      ),
    )
    .orderBy(asc(noticeDeliveries.id))
    .limit(limit);
  return database
    .update(noticeDeliveries)
    .set(again(at))
    .where(inArray(noticeDeliveries.id, failed))
    .returning({ id: noticeDeliveries.id })
    .all();
};

/** The log is kept for a while only; what is still on its way stays. */
export const forgetDeliveries = (database: Database, before: Timestamp, limit: number) => {
  const old = database
    .select({ id: noticeDeliveries.id })
    .from(noticeDeliveries)
    .where(and(lt(noticeDeliveries.createdAt, before), isNull(noticeDeliveries.nextAttemptAt)))
    .limit(limit);
  return database.delete(noticeDeliveries).where(inArray(noticeDeliveries.id, old)).run();
};
