// What failed or was rejected is tried once more, as a new batch that links to the old: checked and released like any other.
import type { App } from '../../app/app.ts';
import { externalIdOf } from '../../app/external-id.ts';
import { nameOf } from '../../domain/actor.ts';
import { sha256 } from '../../domain/digest.ts';
import type { BatchId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { originOfRetry, type Payout } from '../../domain/payout.ts';
import type { Batch } from '../../domain/payout-batch.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { commit } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { batchChange, findBatch, findBatchOfFile, findCounts } from '../../store/payout-batches.ts';
import { listPayouts } from '../../store/payouts.ts';
import type { Keep } from './steer.ts';
import { completeBatch, knownBefore, storeRows, type Uploaded } from './upload.ts';

const ROWS_PER_STATEMENT = 500;

export async function retryBatch(app: App, by: Provenance, id: BatchId, keep: Keep): Promise<Result<Uploaded>> {
  const found = await findBatch(app.database, id);
  if (found === undefined) return refuse({ code: 'not_found' });
  const old = inStatus('payout batch', found, 'finished', 'canceled');
  if (!old.ok) return old;
  const { ready = 0, executing = 0, failed = 0, rejected = 0 } = await findCounts(app.database, id);
  // A batch is retried once: what is still on its way after a cancellation, or what custody did with it is still to be taken up,
  // may fail too, and belongs in the same retry.
  if (ready + executing > 0) return refuse({ code: 'payout_rows_under_way', rows: ready + executing });
  if (failed + rejected === 0) return refuse({ code: 'payout_nothing_to_retry' });
  const fileHash = await sha256(`${id}|retry`);
  const known = await findBatchOfFile(app.database, fileHash);
  if (known !== undefined && known.status !== 'loading') return knownBefore(app, known);
  const batch: Batch<'loading'> = known ?? {
    ...{ id: by.newId('bat'), version: 1, status: 'loading', label: old.value.label, fileHash, upload: 1 },
    ...{ rowCount: failed + rejected, uploadedBy: nameOf(by.actor), editors: [], retryOf: id, createdAt: by.at },
  };
  const begun = known === undefined && (await commit(app.database, { by, changes: [batchChange(undefined, batch)] }));
  if (begun !== false && !begun.ok) return begun;
  for (const status of ['failed', 'rejected'] as const) {
    const copied = await copyRows(app, by, batch, { id, status });
    if (!copied.ok) return copied;
  }
  return completeBatch(app, by, batch, [], keep);
}

async function copyRows(
  app: App,
  by: Provenance,
  batch: Batch<'loading'>,
  { id, status }: { id: BatchId; status: 'failed' | 'rejected' },
): Promise<Result<void>> {
  for (let after = 0; ; ) {
    const rows = await listPayouts(app.database, { batchId: id, status }, { after, limit: ROWS_PER_STATEMENT });
    const last = rows.at(-1);
    if (last === undefined) return accept(undefined);
    const copies = await Promise.all(rows.map((row) => copyOf(by, batch, row)));
    const stored = await storeRows(app, by, batch, copies);
    if (!stored.ok) return stored;
    after = last.line;
  }
}

async function copyOf(by: Provenance, batch: Batch<'loading'>, row: Payout): Promise<Payout<'ready'>> {
  const { line, network, asset, address, amount, reference, units } = row;
  const origin = originOfRetry(row.origin);
  return {
    ...{ id: by.newId('pay'), version: 0, status: 'ready', batchId: batch.id, transferId: null, createdAt: by.at },
    ...{ line, network, asset, address, amount, reference, units, origin, externalId: await externalIdOf(origin) },
  };
}
