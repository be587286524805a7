// A batch of payouts: uploaded by one person, checked, released by another, run, and finished.
import { type AssetId, findAsset } from './asset.ts';
import type { BatchId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import type { Network } from './network.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const batchMachine = machine({
  loading: ['draft', 'canceled'],
  draft: ['checked', 'canceled'],
  checked: ['draft', 'released', 'canceled'],
  released: ['running', 'canceled'],
  running: ['paused', 'finished', 'canceled'],
  paused: ['running', 'canceled'],
  finished: [],
  canceled: [],
});

export const ROWS_MAX = 50_000;

interface BatchCore {
  readonly id: BatchId;
  readonly version: number;
  readonly label: string;
  readonly fileHash: string;
  readonly upload: number;
  readonly rowCount: number;
  readonly uploadedBy: string;
  /** Whoever changed a row counts as uploader too. */
  readonly editors: readonly string[];
  readonly retryOf: BatchId | null;
  readonly createdAt: Timestamp;
}

export interface AssetTotal {
  readonly asset: AssetId;
  readonly rows: number;
  readonly units: string;
}

/** How far a check has come; what is counted so far. */
export interface CheckProgress {
  readonly number: number;
  /** The last line that was checked. */
  readonly line: number;
  /** Over the rows so far. */
  readonly rowsHash: string;
  readonly totals: readonly AssetTotal[];
  readonly invalidRows: number;
  readonly flags: Readonly<Record<string, number>>;
}

export interface Checked {
  readonly check: CheckProgress;
  /** Of the batch as a whole: its sums, the float. */
  readonly problems: readonly string[];
  readonly checkedAt: Timestamp;
}
export interface Release {
  readonly by: string;
  readonly at: Timestamp;
}
interface Released extends Checked {
  readonly releases: readonly Release[];
}

interface BatchFacts {
  loading: object;
  draft: { readonly check: CheckProgress };
  checked: Released;
  released: Released;
  running: Released & { readonly startedAt: Timestamp };
  paused: Released & { readonly startedAt: Timestamp; readonly pausedBy: string };
  finished: Released & { readonly startedAt: Timestamp; readonly finishedAt: Timestamp };
  canceled: { readonly reason: string; readonly canceledBy: string };
}

export type BatchStatus = keyof typeof batchMachine;
export type Batch<S extends BatchStatus = BatchStatus> = InStatus<BatchCore, BatchFacts, S>;

const become = transitions<typeof batchMachine, BatchCore, BatchFacts>();

export const freshCheck = (number: number): CheckProgress => ({
  ...{ number, line: 0, rowsHash: '', totals: [], invalidRows: 0, flags: {} },
});

/** Every row is stored. */
export const completeLoading = (batch: Batch<'loading'>): Batch<'draft'> =>
  become(batch, 'draft', { check: freshCheck(1) });

/** Any edit: it is checked anew, and whoever edited may not release it. */
export function reopen(batch: Batch<'draft' | 'checked'>, editor: string | undefined): Batch<'draft'> {
  const editors = editor === undefined || batch.editors.includes(editor) ? batch.editors : [...batch.editors, editor];
  const check = freshCheck(batch.check.number + 1);
  if (batch.status === 'draft') return amend(batch, { editors, check });
  // A transition keeps facts; what was found, and who let that go, is over.
  const { problems: _problems, checkedAt: _checkedAt, releases: _releases, ...open } = batch;
  return { ...become(open, 'draft', { check }), editors };
}

export const completeCheck = (
  batch: Batch<'draft'>,
  check: CheckProgress,
  problems: readonly string[],
  at: Timestamp,
): Batch<'checked'> => become(batch, 'checked', { check, problems, checkedAt: at, releases: [] });

const hasHandIn = ({ uploadedBy, editors }: BatchCore, person: string): boolean =>
  person === uploadedBy || editors.includes(person);

/** Its checked rows were let go, and by nobody who had a hand in them. */
export const isReleasedByOthers = (batch: Batch): boolean =>
  'releases' in batch && batch.releases.length > 0 && !batch.releases.some(({ by }) => hasHandIn(batch, by));

/**
 * Another person lets it go, who has seen exactly these rows.
 * @param needed how many persons it takes
 */
export function releaseBatch(
  batch: Batch<'checked'>,
  { by, rowsHash, needed, at }: { by: string; rowsHash: string; needed: number; at: Timestamp },
): Result<Batch<'checked' | 'released'>> {
  const { check, problems } = batch;
  if (hasHandIn(batch, by)) return refuse({ code: 'payout_release_needs_another_person' });
  if (rowsHash !== check.rowsHash) return refuse({ code: 'payout_rows_differ', checked: check.rowsHash });
  if (check.invalidRows > 0 || problems.length > 0)
    return refuse({ code: 'payout_batch_has_errors', invalidRows: check.invalidRows, problems });
  if (batch.releases.some((one) => one.by === by)) return refuse({ code: 'payout_release_needs_another_person' });
  const releases = [...batch.releases, { by, at }];
  return accept(releases.length < needed ? amend(batch, { releases }) : become(batch, 'released', { releases }));
}

/** On which its rows are paid, as far as they were checked. */
export const networksOf = ({ totals }: CheckProgress): readonly Network[] => [
  ...new Set(totals.flatMap(({ asset }) => findAsset(asset)?.network ?? [])),
];

export const start = (batch: Batch<'released'>, at: Timestamp): Batch<'running'> =>
  become(batch, 'running', { startedAt: at });
export const pause = (batch: Batch<'running'>, by: string): Batch<'paused'> =>
  become(batch, 'paused', { pausedBy: by });
export const resume = (batch: Batch<'paused'>): Batch<'running'> => become(batch, 'running', {});
export const finish = (batch: Batch<'running'>, at: Timestamp): Batch<'finished'> =>
  become(batch, 'finished', { finishedAt: at });
export const cancelBatch = (
  batch: Batch<'loading' | 'draft' | 'checked' | 'released' | 'running' | 'paused'>,
  reason: string,
  by: string,
): Batch<'canceled'> => become(batch, 'canceled', { reason, canceledBy: by });
