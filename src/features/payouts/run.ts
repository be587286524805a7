// Released batches begin, and those with nothing left are finished. Which wallet pays which row is decided by the lanes of
// transfers; rows of a canceled batch are canceled here.
import { type App, begin } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import { databaseStands, judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { cancelPayout } from '../../domain/payout.ts';
import { finish, start } from '../../domain/payout-batch.ts';
import { CancelRows, cancelRows, RunBatches } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { batchChange, findBatch, listBatchesIn, listBatchesOver } from '../../store/payout-batches.ts';
import { listPayoutsToCancel, payoutSteps } from '../../store/payouts.ts';
import { tellOfRowsWithoutWallet } from './no-wallet.ts';
import { tellOfRowsOverLimits } from './over-limits.ts';
import { wakeLanes } from './wake.ts';

const BATCHES_PER_RUN = 50;
const ROWS_PER_SLICE = 500;
/** Within what one delivery of a message may take. */
const SLICES_PER_MESSAGE = 20;

async function runAll(app: App, by: Provenance): Promise<void> {
  for (const batch of await listBatchesIn(app.database, 'released', { limit: BATCHES_PER_RUN })) {
    if (batch.status !== 'released') continue;
    // A lost race means that somebody canceled it, or another run began it.
    await commit(app.database, {
      by,
      changes: [batchChange(batch, start(batch, by.at))],
      messages: await wakeLanes(app, batch),
    });
  }
  for (const batch of await listBatchesOver(app.database, BATCHES_PER_RUN)) {
    await commit(app.database, { by, changes: [batchChange(batch, finish(batch, by.at))] });
  }
}

export const runBatchesStep = consumer('events', RunBatches, async (app, _, by) => {
  await runAll(app, by);
  return 'done';
});

export const runPayouts: Job = async (app) => {
  const by = begin(app, system('payouts.run'), app.newId('msg'));
  await runAll(app, by);
  await tellOfRowsOverLimits(app, by);
  await tellOfRowsWithoutWallet(app, by);
};

/**
 * By the slice, until none is left. Not in a database that may have forgotten what custody paid: such a row would be canceled as
 * if nothing had left. What a restore has found again stays for the transfers to take up. The message of what is left is of the
 * commit that cancels what is before it, so that there are no more of them than slices, however often one is delivered.
 */
export const cancelRowsStep = consumer('events', CancelRows, async (app, { batchId, after }, by) => {
  const batch = await findBatch(app.database, batchId);
  if (batch?.status !== 'canceled') return 'done';
  if (!(await judgeDatabase(app)).ok) return 'again';
  let line = after;
  for (let slice = 1; slice <= SLICES_PER_MESSAGE; slice += 1) {
    const rows = await listPayoutsToCancel(app.database, batchId, { after: line, limit: ROWS_PER_SLICE });
    const last = rows.at(-1);
    if (last === undefined) return 'done';
    line = last.line;
    const steps = rows.map((before) => ({ before, after: cancelPayout(before, batch.reason) }));
    const data = { batchId, rows: steps.length };
    const run = { subjectId: by.newId('msg'), version: 1, kind: 'payouts.canceled', accountId: null, data };
    const committed = await commit(app.database, {
      by,
      changes: [],
      requires: [databaseStands(app)],
      bulk: payoutSteps(run, steps),
      messages: slice < SLICES_PER_MESSAGE ? [] : [message('events', cancelRows({ batchId, after: line }))],
    });
    if (!committed.ok) return 'again';
  }
  return 'done';
});
