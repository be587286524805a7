// Entries against what was signed of their range, and entries that nothing signed binds yet against one another.
import { hashOfEntry } from '../../domain/journal.ts';
import { type Difference, firstDifference } from '../../domain/journal-difference.ts';
import { rootOf } from '../../domain/merkle.ts';
import { type CheckpointRow, findOrphan, listEntriesBetween } from '../../store/checkpoints.ts';
import type { Database } from '../../store/database.ts';
import type { JournalRow } from '../../store/journal.ts';
import { type Broken, broken, isBroken } from './broken.ts';

const ENTRIES_PER_PAGE = 1_000;

type Hashed = Pick<JournalRow, 'id' | 'place' | 'hash'>;
interface Places {
  readonly from: number;
  readonly to: number;
}

const how: Readonly<Record<Difference['what'], string>> = {
  changed: 'It was exchanged for another text with another hash.',
  removed: 'It is not there.',
  inserted: 'It was slipped in: it was not there when the range was signed.',
  swapped: 'It stands where another belongs.',
};

/** @param signed the hashes as they were signed, from the copy; undefined where there is none */
export async function verifyRange(
  database: Database,
  { sequence, fromPlace: from, toPlace: to, root }: CheckpointRow,
  signed: readonly string[] | undefined,
): Promise<Broken | undefined> {
  const found = await readHashes(database, { from, to }, sequence);
  if (isBroken(found)) return found;
  const isWhole = found.length === to - from + 1;
  if (!isWhole || (await rootOf(found.map(({ hash }) => hash))) !== root) {
    const difference = firstDifference(from, signed ?? [], found) ?? withoutCopy(from, found);
    const { what, place } = difference;
    const entryId = found.find((entry) => entry.place === place)?.id;
    const says = what === 'swapped' ? `What belongs there stands at place ${difference.with}.` : how[what];
    return broken(what, { checkpoint: sequence, place, entryId }, says);
  }
  return orphanIn(database, { from, to }, sequence);
}

/** Without the hashes as signed, a text that was exchanged together with its hash is only known to be in the range. */
function withoutCopy(from: number, found: readonly Hashed[]): Difference {
  const gap = found.findIndex(({ place }, index) => place !== from + index);
  return gap < 0 ? { what: 'changed', place: from } : { what: 'removed', place: from + gap };
}

/** What is behind the last checkpoint: how many entries, or what is wrong with them. */
export async function verifyTail(database: Database, places: Places): Promise<number | Broken> {
  const found = await readHashes(database, places, null);
  if (isBroken(found)) return found;
  const gap = found.findIndex(({ place }, index) => place !== places.from + index);
  if (gap >= 0) return broken('removed', { place: places.from + gap }, how.removed);
  return (await orphanIn(database, places, null)) ?? found.length;
}

async function readHashes(
  database: Database,
  { from, to }: Places,
  checkpoint: number | null,
): Promise<Hashed[] | Broken> {
  const found: Hashed[] = [];
  for (let at = from; at <= to; ) {
    const page = await listEntriesBetween(database, { from: at, to }, ENTRIES_PER_PAGE);
    for (const entry of page) {
      const { id, place, hash } = entry;
      if ((await hashOfEntry(entry)) !== hash)
        return broken('changed', { checkpoint, place, entryId: id }, 'Its hash is not that of what it says.');
      found.push({ id, place, hash });
    }
    if (page.length < ENTRIES_PER_PAGE) break;
    at = (page.at(-1)?.place ?? to) + 1;
  }
  return found;
}

async function orphanIn(database: Database, places: Places, checkpoint: number | null): Promise<Broken | undefined> {
  const orphan = await findOrphan(database, places);
  if (orphan === undefined) return undefined;
  const { id, place, subjectId, version } = orphan;
  const says = `The entry before it, version ${version - 1} of ${subjectId}, is not there.`;
  return broken('removed', { checkpoint, place, entryId: id }, says);
}
