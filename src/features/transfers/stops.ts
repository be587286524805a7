// Marks what was handed over before a stop came, and takes the mark back with the stop. Whatever set or lifted one says so in
// its own commit by a message; the sweep looks at them all, should one have come another way.

import { type App, begin } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { isIn } from '../../domain/machine.ts';
import type { Result } from '../../domain/result.ts';
import { accept } from '../../domain/result.ts';
import { dropStop, requestStop, type Stoppable, stoppable } from '../../domain/transfer-stop.ts';
import { MarkStops, markStops as markStopsMessage } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { listTransfersStoppable, transferChange } from '../../store/transfers.ts';
import { originOf } from './origins.ts';

const ROWS_PER_RUN = 50;

export const markStops = consumer('events', MarkStops, async (app, { accountId, after }, by) => {
  const page = await listTransfersStoppable(app.database, { accountId, after }, ROWS_PER_RUN);
  let isBehind = false;
  for (const transfer of page) {
    if (!isIn(transfer, stoppable)) continue;
    const marked = await mark(app, by, transfer);
    isBehind ||= !marked.ok;
  }
  // One that moved meanwhile is looked at again; what is marked already costs a reading.
  if (isBehind) return 'again';
  const last = page.at(-1);
  if (last === undefined || page.length < ROWS_PER_RUN) return 'done';
  const next = markStopsMessage({ accountId, after: last.id });
  const committed = await commit(app.database, { by, changes: [], messages: [message('events', next)] });
  return committed.ok ? 'done' : 'again';
});

async function mark(app: App, by: Provenance, transfer: Stoppable): Promise<Result<void>> {
  const database = databaseFor(app, transfer.accountId);
  const reason = await originOf(transfer).stopReason(app, transfer, by.at);
  const known = transfer.stopRequested ?? undefined;
  if (known?.by === 'person' || known?.reason === reason) return accept(undefined);
  const [after, kind] =
    reason === undefined
      ? ([dropStop(transfer), 'transfer.stop_dropped'] as const)
      : ([requestStop(transfer, { at: known?.at ?? by.at, reason, by: 'rule' }), 'transfer.stop_requested'] as const);
  return commit(database, { by, changes: [transferChange(transfer, after, kind)] });
}

/** A fence that breaks, a list that names an address, a message that was lost. */
export const sweepStops: Job = async (app) => {
  const by = begin(app, system('transfers.sweep_stops'), app.newId('msg'));
  const all = markStopsMessage({ accountId: null, after: null });
  await commit(app.database, { by, changes: [], messages: [message('events', all)] });
};
