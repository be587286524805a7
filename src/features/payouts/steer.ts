// What people do with a batch: put a row right, have it checked again, release it, pause it, go on, cancel it.
import type { App } from '../../app/app.ts';
import { retryConflict } from '../../app/retry.ts';
import { nameOf } from '../../domain/actor.ts';
import type { BatchId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { asRead, type Payout, type RowText, readRow, recount, textOf } from '../../domain/payout.ts';
import { type Batch, cancelBatch, pause, releaseBatch, reopen, resume } from '../../domain/payout-batch.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { cancelRows, checkBatch, markStops, runBatches } from '../../kit/messages.ts';
import { commit, type Message, type Once } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { batchChange, findBatch, findCounts, type Standing } from '../../store/payout-batches.ts';
import { findPayoutAt, payoutChange } from '../../store/payouts.ts';
import { wakeLanes } from './wake.ts';

/** The answer that a repeat of the request reads: what it says of the batch is what the first one was told. */
export type Keep = (standing: Standing) => readonly Once[];

interface Step {
  readonly after: Batch;
  readonly kind?: string;
  readonly row?: { readonly before: Payout; readonly after: Payout };
  readonly messages?: readonly Message[];
}

/** One act on a batch: judged on what stands, again if somebody else came first. */
const act = (
  app: App,
  by: Provenance,
  id: BatchId,
  keep: Keep,
  judge: (batch: Batch) => Result<Step> | Promise<Result<Step>>,
): Promise<Result<Standing>> =>
  retryConflict(async () => {
    const batch = await findBatch(app.database, id);
    if (batch === undefined) return refuse({ code: 'not_found' });
    const judged = await judge(batch);
    if (!judged.ok) return judged;
    const { after, kind, row, messages = [] } = judged.value;
    const counted = await findCounts(app.database, id);
    const standing = { batch: after, counts: row ? recount(counted, [row.after], [row.before]) : counted };
    const committed = await commit(app.database, {
      by,
      changes: [
        ...(row ? [payoutChange(row.before, row.after, 'payout.edited')] : []),
        batchChange(batch, after, kind),
      ],
      messages,
      once: keep(standing),
    });
    return committed.ok ? accept(standing) : committed;
  });

const checkAgain = (batchId: BatchId): Message => message('events', checkBatch({ batchId }));

/** A row is put right: the batch is a draft again, and the editor counts as uploader. */
export const editRow = (
  app: App,
  by: Provenance,
  { id, line, changed }: { id: BatchId; line: number; changed: Partial<RowText> },
  keep: Keep,
): Promise<Result<Standing>> =>
  act(app, by, id, keep, async (batch) => {
    const open = inStatus('payout batch', batch, 'draft', 'checked');
    if (!open.ok) return open;
    const row = await findPayoutAt(app.database, id, line);
    if (row === undefined) return refuse({ code: 'not_found' });
    const editable = inStatus('payout', row, 'ready', 'invalid');
    if (!editable.ok) return editable;
    const after = reopen(open.value, nameOf(by.actor));
    const read = readRow({ ...textOf(row), ...changed });
    return accept({
      after,
      kind: 'payout_batch.edited',
      row: { before: row, after: asRead(editable.value, read, read.problems) },
      messages: [checkAgain(id)],
    });
  });

/** The float, a list or a limit is another than when it was checked. */
export const recheck = (app: App, by: Provenance, id: BatchId, keep: Keep): Promise<Result<Standing>> =>
  act(app, by, id, keep, (batch) => {
    const open = inStatus('payout batch', batch, 'draft', 'checked');
    if (!open.ok) return open;
    const after = reopen(open.value, undefined);
    return accept({ after, kind: 'payout_batch.check_asked', messages: [checkAgain(id)] });
  });

/** @param rowsHash of the rows that the person was shown */
export const release = (
  app: App,
  by: Provenance,
  { id, rowsHash }: { id: BatchId; rowsHash: string },
  keep: Keep,
): Promise<Result<Standing>> =>
  act(app, by, id, keep, (batch) => {
    const checked = inStatus('payout batch', batch, 'checked');
    if (!checked.ok) return checked;
    const needed = releasersOf(app, checked.value);
    const released = releaseBatch(checked.value, { by: nameOf(by.actor), rowsHash, needed, at: by.at });
    if (!released.ok) return released;
    const after = released.value;
    return accept(
      after.status === 'released'
        ? { after, messages: [message('events', runBatches({}))] }
        : { after, kind: 'payout_batch.release_begun' },
    );
  });

/** Two persons above the sum of any of its assets. */
export const releasersOf = (app: App, { check }: Batch<'checked'>): number =>
  check.totals.some(({ asset, units }) => {
    const sum = app.config.payoutLimits.get(asset)?.twoReleasersAbove ?? null;
    return sum !== null && BigInt(units) > sum;
  })
    ? 2
    : 1;

export const pauseBatch = (app: App, by: Provenance, id: BatchId, keep: Keep): Promise<Result<Standing>> =>
  act(app, by, id, keep, (batch) => {
    const running = inStatus('payout batch', batch, 'running');
    return running.ok ? accept({ after: pause(running.value, nameOf(by.actor)) }) : running;
  });

export const resumeBatch = (app: App, by: Provenance, id: BatchId, keep: Keep): Promise<Result<Standing>> =>
  act(app, by, id, keep, async (batch) => {
    const paused = inStatus('payout batch', batch, 'paused');
    if (!paused.ok) return paused;
    const lanes = await wakeLanes(app, paused.value);
    return accept({ after: resume(paused.value), messages: [message('events', runBatches({})), ...lanes] });
  });

/** What has not left does not leave; what custody has and has not sent is to be denied there. */
export const cancel = (
  app: App,
  by: Provenance,
  { id, reason }: { id: BatchId; reason: string },
  keep: Keep,
): Promise<Result<Standing>> =>
  act(app, by, id, keep, (batch) => {
    const living = ['loading', 'draft', 'checked', 'released', 'running', 'paused'] as const;
    const open = inStatus('payout batch', batch, ...living);
    if (!open.ok) return open;
    return accept({
      after: cancelBatch(open.value, reason, nameOf(by.actor)),
      messages: [
        message('events', cancelRows({ batchId: id, after: 0 })),
        message('events', markStops({ accountId: null, after: null })),
      ],
    });
  });
