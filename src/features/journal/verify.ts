// Proves the journal against what was signed about it: every entry by its hash, every range by its tree, every checkpoint by
// its signature, its link to the one before and its copy in the archive. The first thing that is not as it was is named.
import type { App } from '../../app/app.ts';
import { publishedKeys } from '../../kit/attestation-keys.ts';
import { type Checkpoint, gapBetweenCheckpoints, verifyCheckpoint } from '../../kit/checkpoint.ts';
import { type KeySet, readKeys } from '../../kit/signed.ts';
import {
  type CheckpointRow,
  findCheckpoint,
  findCheckpointOver,
  findLastCheckpoint,
  listCheckpoints,
} from '../../store/checkpoints.ts';
import { type Broken, broken, isBroken } from './broken.ts';
import { compareCopies, type ListedCopies, listedCopies } from './verify-copies.ts';
import { verifyRange, verifyTail } from './verify-entries.ts';

const CHECKPOINTS_PER_CALL = 100;
const ENTRIES_PER_CALL = 20_000;

interface Range {
  readonly from: number;
  readonly to: number;
}
interface Progress {
  checkpoints: Range | null;
  places: Range | null;
  /** Entries behind the last checkpoint, which nothing signed binds yet. */
  unsigned: number;
  readonly notes: string[];
  /** The place where the next call goes on; null when there is nothing more. */
  next: number | null;
}
export interface Verified extends Readonly<Progress> {
  readonly result: 'sound' | 'broken';
  readonly broken: Broken | null;
}

/** From the checkpoint that holds the first place to the one that holds the last, as far as one call goes. */
export async function verifyJournal(app: App, asked: Range): Promise<Verified> {
  const progress: Progress = { checkpoints: null, places: null, unsigned: 0, notes: [], next: null };
  const wrong = await walk(app, asked, progress);
  return { ...progress, result: wrong === undefined ? 'sound' : 'broken', broken: wrong ?? null };
}

async function walk(app: App, asked: Range, progress: Progress): Promise<Broken | undefined> {
  const keys = await readKeys(JSON.stringify(await publishedKeys(app.config.attestation)));
  if (!keys.ok) throw new TypeError(keys.problem);
  const first = await findCheckpointOver(app.database, asked.from);
  const rows = first === undefined ? [] : await listCheckpoints(app.database, first.sequence, CHECKPOINTS_PER_CALL + 1);
  const copies = await listedCopies(app, first?.sequence ?? 1);
  let before = await signedBefore(app, first, keys);
  let entries = 0;
  for (const [index, row] of rows.entries()) {
    if (isBroken(before)) return before;
    if (row.fromPlace > asked.to) return undefined;
    entries += row.toPlace - row.fromPlace + 1;
    if (index === CHECKPOINTS_PER_CALL || (index > 0 && entries > ENTRIES_PER_CALL)) {
      progress.next = row.fromPlace;
      return undefined;
    }
    before = await verifyOne(app, row, { before, keys, copies, progress });
  }
  if (isBroken(before)) return before;
  const last = before ?? (await signedLast(app, keys));
  return isBroken(last) ? last : verifyEnd(app, asked, { last, copies, progress });
}

interface Standing {
  readonly before: Checkpoint | undefined;
  readonly keys: KeySet;
  readonly copies: ListedCopies;
  readonly progress: Progress;
}

async function verifyOne(
  app: App,
  row: CheckpointRow,
  { before, keys, copies, progress }: Standing,
): Promise<Checkpoint | Broken> {
  const expected = (before?.claims.sequence ?? 0) + 1;
  if (row.sequence !== expected)
    return broken('checkpoint_removed', { checkpoint: expected }, `After it comes ${row.sequence}.`);
  const checkpoint = await signed(row, keys);
  if (isBroken(checkpoint)) return checkpoint;
  const gap = gapBetweenCheckpoints(before, checkpoint);
  if (gap !== undefined) return broken('checkpoint_unlinked', { checkpoint: row.sequence, place: row.fromPlace }, gap);
  const compared = await compareCopies(app, row, { keys, copies });
  if (isBroken(compared)) return compared;
  progress.notes.push(...compared.notes);
  const wrong = await verifyRange(app.database, row, compared.hashes);
  if (wrong !== undefined) return wrong;
  progress.checkpoints = { from: progress.checkpoints?.from ?? row.sequence, to: row.sequence };
  progress.places = { from: progress.places?.from ?? row.fromPlace, to: row.toPlace };
  return checkpoint;
}

/** A checkpoint that is signed and beside which stands what is signed. */
async function signed(row: CheckpointRow, keys: KeySet): Promise<Checkpoint | Broken> {
  const at = { checkpoint: row.sequence, place: row.fromPlace };
  const verified = await verifyCheckpoint(row.jws, keys);
  if (!verified.ok) return broken('checkpoint_forged', at, verified.problem);
  const { sequence, epoch, from, to, root, at: made } = verified.claims;
  const says = [sequence, epoch, from, to, root, made, verified.hash];
  const stands = [row.sequence, row.epoch, row.fromPlace, row.toPlace, row.root, row.at, row.hash];
  return says.every((value, index) => value === stands[index])
    ? verified
    : broken('checkpoint_forged', at, 'What stands beside it is not what is signed.');
}

async function signedBefore(
  app: App,
  row: CheckpointRow | undefined,
  keys: KeySet,
): Promise<Checkpoint | Broken | undefined> {
  if (row === undefined || row.sequence === 1) return undefined;
  const before = await findCheckpoint(app.database, row.sequence - 1);
  return before === undefined
    ? broken('checkpoint_removed', { checkpoint: row.sequence - 1 }, `After it comes ${row.sequence}.`)
    : signed(before, keys);
}

/** Asked for places behind every checkpoint: they follow the last one. */
async function signedLast(app: App, keys: KeySet): Promise<Checkpoint | Broken | undefined> {
  const last = await findLastCheckpoint(app.database);
  return last && signed(last, keys);
}

/** What follows the last checkpoint, and copies of checkpoints that D1 no longer has. */
async function verifyEnd(
  app: App,
  asked: Range,
  { last, copies, progress }: { last: Checkpoint | undefined; copies: ListedCopies; progress: Progress },
): Promise<Broken | undefined> {
  const { sequence, to } = last?.claims ?? { sequence: 0, to: 0 };
  if (copies.lastSequence > sequence)
    return broken(
      'checkpoint_removed',
      { checkpoint: sequence + 1 },
      `The archive has copies up to ${copies.lastSequence}.`,
    );
  const from = to + 1;
  if (from > asked.to) return undefined;
  const tail = await verifyTail(app.database, { from, to: Math.min(asked.to, from + ENTRIES_PER_CALL - 1) });
  if (typeof tail !== 'number') return tail;
  progress.unsigned = tail;
  return undefined;
}
