// Signed checkpoints of the journal and the ranges of entries that they cover. A row is written once and never changed.
import { and, asc, desc, eq, gt, gte, lte, max, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import type { Once } from './commit.ts';
import type { Database } from './database.ts';
import type { JournalRow } from './journal.ts';
import { checkpoints, journal } from './schema.ts';

export type CheckpointRow = typeof checkpoints.$inferSelect;

/** The last one: where the signed part of the journal ends. */
export const findLastCheckpoint = (database: Database): Promise<CheckpointRow | undefined> =>
  database
    .select()
    .from(checkpoints)
    .where(eq(checkpoints.sequence, sql`(SELECT max(sequence) FROM ${checkpoints})`))
    .get();

export const findCheckpoint = (database: Database, sequence: number): Promise<CheckpointRow | undefined> =>
  database.select().from(checkpoints).where(eq(checkpoints.sequence, sequence)).get();

/** The first one that reaches this place. */
export const findCheckpointOver = (database: Database, place: number): Promise<CheckpointRow | undefined> =>
  database
    .select()
    .from(checkpoints)
    .where(gte(checkpoints.toPlace, place))
    .orderBy(asc(checkpoints.toPlace))
    .limit(1)
    .get();

/** Oldest first. */
export const listCheckpoints = (database: Database, from: number, limit: number): Promise<CheckpointRow[]> =>
  database
    .select()
    .from(checkpoints)
    .where(gte(checkpoints.sequence, from))
    .orderBy(asc(checkpoints.sequence))
    .limit(limit)
    .all();

/** Another run that came first has this sequence. */
export const checkpointOnce = (row: CheckpointRow): Once => ({
  table: 'checkpoints',
  insert: (database) => database.insert(checkpoints).values(row),
  taken: { code: 'version_conflict' },
});

/** Places and hashes behind a place, in order. */
export const listHashesAfter = (
  database: Database,
  place: number,
  limit: number,
): Promise<Pick<JournalRow, 'place' | 'hash'>[]> =>
  database
    .select({ place: journal.place, hash: journal.hash })
    .from(journal)
    .where(gt(journal.place, place))
    .orderBy(asc(journal.place))
    .limit(limit)
    .all();

/** Whole entries of a range, in order. */
export const listEntriesBetween = (
  database: Database,
  { from, to }: { readonly from: number; readonly to: number },
  limit: number,
): Promise<JournalRow[]> =>
  database
    .select()
    .from(journal)
    .where(and(gte(journal.place, from), lte(journal.place, to)))
    .orderBy(asc(journal.place))
    .limit(limit)
    .all();

/** The last place that was given; 0 in an empty journal. */
export async function findLastPlace(database: Database): Promise<number> {
  const row = await database
    .select({ place: max(journal.place) })
    .from(journal)
    .get();
  return row?.place ?? 0;
}

/** The first entry of a range whose subject's entry before it is not where it has to be: at an earlier place. */
export const findOrphan = (
  database: Database,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Pick<JournalRow, 'id' | 'place' | 'subjectId' | 'version'> | undefined> =>
  database
    .select({ id: journal.id, place: journal.place, subjectId: journal.subjectId, version: journal.version })
    .from(journal)
    .where(
      and(
        gte(journal.place, from),
        lte(journal.place, to),
        gt(journal.version, 1),
        sql`NOT EXISTS (SELECT 1 FROM journal AS earlier WHERE earlier.subject_id = ${journal.subjectId} AND earlier.version = ${journal.version} - 1 AND earlier.place < ${journal.place})`,
      ),
    )
    .orderBy(asc(journal.place))
    .limit(1)
    .get();

/** The last restore that the journal tells of, up to a place. */
export const findRestoreUpTo = (database: Database, place: number): Promise<{ place: number } | undefined> =>
  database
    .select({ place: journal.place })
    .from(journal)
    .where(and(eq(journal.kind, 'system.restored'), lte(journal.place, place)))
    .orderBy(desc(journal.place))
    .limit(1)
    .get();

/** A restore that the journal tells of, at this instant or later. */
export const findRestoreSince = (database: Database, at: Timestamp): Promise<{ place: number } | undefined> =>
  database
    .select({ place: journal.place })
    .from(journal)
    .where(and(eq(journal.kind, 'system.restored'), gte(journal.at, at)))
    .limit(1)
    .get();
