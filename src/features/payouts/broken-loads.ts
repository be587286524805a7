// Loads of files that broke off and that nobody took up again end, so that none is completed long after it was meant.
import { begin } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { nameOf, system } from '../../domain/actor.ts';
import { cancelBatch } from '../../domain/payout-batch.ts';
import { addSeconds } from '../../domain/time.ts';
import { cancelRows } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { message } from '../../store/outbox.ts';
import { batchChange, listLoadsOfFiles } from '../../store/payout-batches.ts';

/** As long as a repeat of the request would be recognized. */
const LOAD_SECONDS = 24 * 3600;
const BATCHES_PER_RUN = 50;
const REASON =
  'The upload broke off and was not sent again within a day. The file becomes a new batch with again=true only.';

export const endBrokenLoads: Job = async (app, { scheduledTime }) => {
  const by = begin(app, system('payouts.loads'), app.newId('msg'));
  const before = addSeconds(scheduledTime, -LOAD_SECONDS);
  for (const batch of await listLoadsOfFiles(app.database, before, BATCHES_PER_RUN)) {
    // A lost race means that somebody completed or canceled it.
    await commit(app.database, {
      by,
      changes: [batchChange(batch, cancelBatch(batch, REASON, nameOf(by.actor)))],
      messages: [message('events', cancelRows({ batchId: batch.id, after: 0 }))],
    });
  }
};
