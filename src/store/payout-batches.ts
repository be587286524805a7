// Batches of payouts, and what is counted of them.
import { and, asc, desc, eq, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { BatchId } from '../domain/id.ts';
import type { Counts } from '../domain/payout.ts';
import type { Batch, BatchStatus } from '../domain/payout-batch.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, newerThan, olderThan } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { payoutBatches, payoutCounts, payoutFlags } from './schema.ts';

const toBatch = (row: typeof payoutBatches.$inferSelect): Batch => ({
  ...fromRow<Batch>(row),
  editors: fromJson(row.editors),
});

export async function findBatch(database: Database, id: BatchId): Promise<Batch | undefined> {
  const row = await database.select().from(payoutBatches).where(eq(payoutBatches.id, id)).get();
  return row && toBatch(row);
}

async function findFirstOfFile(database: Database, fileHash: string, ...order: SQL[]): Promise<Batch | undefined> {
  const row = await database
    .select()
    .from(payoutBatches)
    .where(eq(payoutBatches.fileHash, fileHash))
    .orderBy(...order)
    .get();
  return row && toBatch(row);
}
const lastUpload = desc(payoutBatches.upload);

/** The last upload of a file, whatever became of it. */
export const findLastUpload = (database: Database, fileHash: string) => findFirstOfFile(database, fileHash, lastUpload);

/** What a file is here: its last upload that was stored to the end, and only where there is none the last that was begun. */
export const findBatchOfFile = (database: Database, fileHash: string) =>
  // From the end of its load on a batch has a check, also when it is canceled.
  findFirstOfFile(database, fileHash, sql`${payoutBatches.facts} ->> 'check' IS NULL`, lastUpload);

/** Newest first. */
export async function listBatches(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<Batch[]> {
  const rows = await database
    .select()
    .from(payoutBatches)
    .where(olderThan(payoutBatches.id, page.before))
    .orderBy(desc(payoutBatches.id))
    .limit(page.limit)
    .all();
  return rows.map(toBatch);
}

/** Oldest first. */
export async function listBatchesIn(
  database: Database,
  status: BatchStatus,
  page: { after?: string | undefined; limit: number },
): Promise<Batch[]> {
  const rows = await database
    .select()
    .from(payoutBatches)
    .where(and(eq(payoutBatches.status, status), newerThan(payoutBatches.id, page.after)))
    .orderBy(asc(payoutBatches.id))
    .limit(page.limit)
    .all();
  return rows.map(toBatch);
}

/** Uploads begun before this that were not stored to the end, the oldest first; a retry goes on whenever it is asked for. */
export async function listLoadsOfFiles(
  database: Database,
  before: Timestamp,
  limit: number,
): Promise<Batch<'loading'>[]> {
  const rows = await database
    .select()
    .from(payoutBatches)
    .where(and(eq(payoutBatches.status, 'loading'), isNull(payoutBatches.retryOf), lt(payoutBatches.createdAt, before)))
    .orderBy(asc(payoutBatches.id))
    .limit(limit)
    .all();
  return rows.map(toBatch).filter((batch) => batch.status === 'loading');
}

/** Running ones of which no row waits or is on its way, the oldest first. */
export async function listBatchesOver(database: Database, limit: number): Promise<Batch<'running'>[]> {
  const rows = await database
    .select()
    .from(payoutBatches)
    .where(
      and(
        eq(payoutBatches.status, 'running'),
        sql`NOT EXISTS (SELECT 1 FROM ${payoutCounts} WHERE ${payoutCounts.batchId} = ${payoutBatches.id}
          AND ${payoutCounts.status} IN ('ready', 'executing') AND ${payoutCounts.rows} > 0)`,
      ),
    )
    .orderBy(asc(payoutBatches.id))
    .limit(limit)
    .all();
  return rows.map(toBatch).filter((batch) => batch.status === 'running');
}

export const batchChange = changesOf<Batch>(payoutBatches, 'payout_batch', () => null);

/** At the instant of the commit. */
export const batchIsIn = (id: BatchId, status: BatchStatus): SQL =>
  sql`EXISTS (SELECT 1 FROM ${payoutBatches} WHERE ${payoutBatches.id} = ${id} AND ${payoutBatches.status} = ${status})`;

/** A batch and its rows by status. */
export interface Standing {
  readonly batch: Batch;
  readonly counts: Counts;
}

export const findCounts = async (database: Database, batchId: BatchId): Promise<Counts> =>
  (await listCounts(database, [batchId])).get(batchId) ?? {};

/** Of many batches by one statement. */
export async function listCounts(
  database: Database,
  batchIds: readonly BatchId[],
): Promise<ReadonlyMap<BatchId, Counts>> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(batchIds)}))`;
  const rows = await database.select().from(payoutCounts).where(inArray(payoutCounts.batchId, these)).all();
  const found = new Map<BatchId, Counts>();
  for (const { batchId, status, rows: count } of rows)
    if (count > 0) found.set(batchId, { ...found.get(batchId), [status]: count });
  return found;
}

/** What a check found worth a look, in the order of the lines. */
export const listFlags = (
  database: Database,
  { batchId, number }: { batchId: BatchId; number: number },
  page: { after: number; limit: number },
): Promise<{ line: number; flag: string; detail: string }[]> =>
  database
    .select({ line: payoutFlags.line, flag: payoutFlags.flag, detail: payoutFlags.detail })
    .from(payoutFlags)
    .where(
      and(
        eq(payoutFlags.batchId, batchId),
        eq(payoutFlags.checkNumber, number),
        sql`${payoutFlags.line} > ${page.after}`,
      ),
    )
    .orderBy(asc(payoutFlags.line), asc(payoutFlags.flag))
    .limit(page.limit)
    .all();
