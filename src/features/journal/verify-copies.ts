// Checkpoints in D1 against their copies in the archive: the same text, the same entries, and no second history beside them.
import type { App } from '../../app/app.ts';
import { rootOf } from '../../domain/merkle.ts';
import { addSeconds } from '../../domain/time.ts';
import { verifyCheckpoint } from '../../kit/checkpoint.ts';
import type { KeySet } from '../../kit/signed.ts';
import { type CheckpointRow, findRestoreSince, findRestoreUpTo } from '../../store/checkpoints.ts';
import { type Broken, broken, isBroken } from './broken.ts';
import { findCopy, listCopies } from './copies.ts';

/** A copy follows its checkpoint through the queue. */
const COPY_SECONDS_MAX = 3600;

export interface ListedCopies {
  readonly epochsOf: (sequence: number) => readonly string[];
  /** Of the present epoch. */
  readonly lastSequence: number;
}

export async function listedCopies(app: App, from: number): Promise<ListedCopies> {
  const listed = await listCopies(app.bindings.ARCHIVE, from);
  return {
    epochsOf: (sequence) => listed.filter((copy) => copy.sequence === sequence).map(({ epoch }) => epoch),
    lastSequence: listed.filter(({ epoch }) => epoch === app.config.restoreEpoch).at(-1)?.sequence ?? 0,
  };
}

/** The hashes as they were signed; undefined while there is no copy. */
export interface Compared {
  readonly hashes: readonly string[] | undefined;
  readonly notes: readonly string[];
}

export async function compareCopies(
  app: App,
  row: CheckpointRow,
  { keys, copies }: { readonly keys: KeySet; readonly copies: ListedCopies },
): Promise<Compared | Broken> {
  const at = { checkpoint: row.sequence, place: row.fromPlace };
  const left = await leftBehind(app, row, { keys, copies });
  if (isBroken(left)) return left;
  const copy = await findCopy(app.bindings.ARCHIVE, row);
  if (copy === undefined) {
    if (row.at < addSeconds(app.clock.now(), -COPY_SECONDS_MAX))
      return broken('copy_missing', at, 'The archive has no copy of it.');
    return { hashes: undefined, notes: [...left.notes, `Checkpoint ${row.sequence} is on its way to the archive.`] };
  }
  if (copy === 'unreadable') return broken('copy_altered', at, 'The copy in the archive cannot be read.');
  if (copy.jws !== row.jws) {
    const other = await verifyCheckpoint(copy.jws, keys);
    return other.ok
      ? broken('checkpoint_forked', at, 'The archive holds another checkpoint of this number, and both are signed.')
      : broken('copy_altered', at, 'The copy in the archive is another text, which the manager did not sign.');
  }
  const isWhole = copy.hashes.length === row.toPlace - row.fromPlace + 1;
  if (!isWhole || (await rootOf(copy.hashes)) !== row.root)
    return broken('copy_altered', at, 'The hashes in the copy are not those that were signed.');
  return { hashes: copy.hashes, notes: left.notes };
}

/** Copies of another epoch are what a restore left behind, if the journal tells of one; otherwise they are a second history. */
async function leftBehind(
  app: App,
  row: CheckpointRow,
  { keys, copies }: { readonly keys: KeySet; readonly copies: ListedCopies },
): Promise<{ notes: string[] } | Broken> {
  const others = copies.epochsOf(row.sequence).filter((epoch) => epoch !== row.epoch);
  if (others.length === 0) return { notes: [] };
  const isTold =
    (await findRestoreUpTo(app.database, row.toPlace)) !== undefined ||
    (await Promise.all(others.map((epoch) => wasLeftLater(app, { sequence: row.sequence, epoch }, keys)))).every(
      Boolean,
    );
  if (!isTold)
    return broken(
      'checkpoint_forked',
      { checkpoint: row.sequence, place: row.fromPlace },
      `The archive holds one of this number of the epoch ${others.join(', ')} too, and the journal tells of no restore.`,
    );
  return { notes: [`Checkpoint ${row.sequence} of the epoch ${others.join(', ')} was left behind by a restore.`] };
}

/** Signed before a restore: one that went back to a time that an earlier restore had left, whose own time it left in turn. */
async function wasLeftLater(app: App, of: { sequence: number; epoch: string }, keys: KeySet): Promise<boolean> {
  const copy = await findCopy(app.bindings.ARCHIVE, of);
  if (copy === undefined || copy === 'unreadable') return false;
  const other = await verifyCheckpoint(copy.jws, keys);
  return other.ok && (await findRestoreSince(app.database, other.claims.at)) !== undefined;
}
