// A file becomes a batch: its rows are stored by the slice while it is `loading`, and it is a batch when all of them are there.
// The same file is the same batch, also one whose loading broke off: it goes on where it stopped. A load that was begun because
// the file is meant again goes on only for who means it again too; for all others the file is the batch that is there.
import type { App } from '../../app/app.ts';
import { externalIdOf } from '../../app/external-id.ts';
import { nameOf } from '../../domain/actor.ts';
import { sha256 } from '../../domain/digest.ts';
import { originOfRow, type Payout, readRow, recount } from '../../domain/payout.ts';
import { type Batch, completeLoading } from '../../domain/payout-batch.ts';
import { accept, type Result } from '../../domain/result.ts';
import { checkBatch } from '../../kit/messages.ts';
import { commit, type Requirement } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import {
  batchChange,
  batchIsIn,
  findBatchOfFile,
  findCounts,
  findLastUpload,
  type Standing,
} from '../../store/payout-batches.ts';
import { payoutRows } from '../../store/payouts.ts';
import { countRows, type FileRow, type PayoutFile, rowsOf } from './file.ts';
import type { Keep } from './steer.ts';

const ROWS_PER_STATEMENT = 500;

export interface Uploaded extends Standing {
  /** The file was here before: nothing was made. */
  readonly isKnown: boolean;
}

interface Asked {
  readonly label: string;
  /** A person says that the same file is meant once more. */
  readonly again: boolean;
  /** A repeat of the request begins no further batch, which nobody would complete: the first one's answer is its own. */
  readonly unanswered: Requirement;
}

export async function uploadBatch(
  app: App,
  by: Provenance,
  file: PayoutFile,
  { label, again, unanswered }: Asked,
  keep: Keep,
): Promise<Result<Uploaded>> {
  const rowCount = await countRows(file);
  if (!rowCount.ok) return rowCount;
  const fileHash = await sha256(file.text);
  const known = await (again ? findLastUpload : findBatchOfFile)(app.database, fileHash);
  if (known?.status === 'loading') return load(app, by, known, file, keep);
  if (known !== undefined && !again) return knownBefore(app, known);
  const batch: Batch<'loading'> = {
    ...{ id: by.newId('bat'), version: 1, status: 'loading', label, fileHash, rowCount: rowCount.value },
    ...{ upload: (known?.upload ?? 0) + 1, uploadedBy: nameOf(by.actor), editors: [], retryOf: null, createdAt: by.at },
  };
  const begun = await commit(app.database, { by, changes: [batchChange(undefined, batch)], requires: [unanswered] });
  return begun.ok ? load(app, by, batch, file, keep) : begun;
}

export const knownBefore = async (app: App, batch: Batch): Promise<Result<Uploaded>> =>
  accept({ batch, counts: await findCounts(app.database, batch.id), isKnown: true });

async function load(
  app: App,
  by: Provenance,
  batch: Batch<'loading'>,
  file: PayoutFile,
  keep: Keep,
): Promise<Result<Uploaded>> {
  let slice: Payout[] = [];
  for await (const row of rowsOf(file)) {
    slice.push(await toPayout(by, batch, row));
    if (slice.length < ROWS_PER_STATEMENT) continue;
    const stored = await storeRows(app, by, batch, slice);
    if (!stored.ok) return stored;
    slice = [];
  }
  return completeBatch(app, by, batch, slice, keep);
}

/** Of a batch that was canceled meanwhile none is stored: nothing would come by again that cancels them. */
export const storeRows = (
  app: App,
  by: Provenance,
  batch: Batch<'loading'>,
  rows: readonly Payout[],
): Promise<Result<void>> =>
  commit(app.database, {
    by,
    changes: [],
    requires: [{ holds: batchIsIn(batch.id, 'loading'), refusal: { code: 'version_conflict' } }],
    once: [payoutRows(rows)],
  });

/** With the last rows; from here on it is a batch, and is checked. */
export async function completeBatch(
  app: App,
  by: Provenance,
  batch: Batch<'loading'>,
  rest: readonly Payout[],
  keep: Keep,
): Promise<Result<Uploaded>> {
  const draft = completeLoading(batch);
  const counts = recount(await findCounts(app.database, batch.id), rest);
  const uploaded: Uploaded = { batch: draft, counts, isKnown: false };
  const completed = await commit(app.database, {
    by,
    changes: [batchChange(batch, draft)],
    messages: [message('events', checkBatch({ batchId: batch.id }))],
    once: [...(rest.length === 0 ? [] : [payoutRows(rest)]), ...keep(uploaded)],
  });
  return completed.ok ? accept(uploaded) : completed;
}

async function toPayout(by: Provenance, batch: Batch<'loading'>, { line, text, problems }: FileRow): Promise<Payout> {
  const read = readRow(text, problems);
  const origin = originOfRow(batch, line);
  const core = {
    ...read.text,
    ...{ id: by.newId('pay'), version: 0, batchId: batch.id, line, units: read.units, origin },
    ...{ externalId: await externalIdOf(origin), transferId: null, createdAt: by.at },
  };
  return read.problems.length === 0
    ? { ...core, status: 'ready' }
    : { ...core, status: 'invalid', problems: read.problems };
}
