// Begins a restore: everything is halted, the database gets its new epoch, and custody is read wallet by wallet. Until that is
// done no money moves; after it the halt stands until another person lifts it.

import type { App } from '../../app/app.ts';
import { beginRestore, type Epoch, readFrom } from '../../domain/epoch.ts';
import { restoreHalt } from '../../domain/halt.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import { recoverTransfers } from '../../kit/messages.ts';
import { findLastCheckpoint } from '../../store/checkpoints.ts';
import { commit, type Once } from '../../store/commit.ts';
import { epochChange, findEpoch } from '../../store/epochs.ts';
import { haltChange } from '../../store/halts.ts';
import { listEntries, type Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';

export interface Asked {
  readonly epoch: string;
  readonly restoredTo: Timestamp;
}

export async function begin(
  app: App,
  by: Provenance,
  { epoch, restoredTo }: Asked,
  keep: (epoch: Epoch) => readonly Once[],
): Promise<Result<Epoch>> {
  if (epoch !== app.config.restoreEpoch) return refuse({ code: 'epoch_not_deployed' });
  if (restoredTo > by.at) return refuse({ code: 'period_invalid', reason: 'restoredTo lies in the future.' });
  const found = await findEpoch(app.database);
  const start = message('events', recoverTransfers({ epoch, done: '', page: null }));
  if (found?.epoch === epoch) {
    if (found.status === 'sound') return refuse({ code: 'epoch_exists' });
    // Asked for again: it begins anew at the first wallet, which changes nothing that was found.
    const again = await commit(app.database, { by, changes: [], messages: [start], once: keep(found) });
    return again.ok ? accept(found) : again;
  }
  const [last] = await listEntries(app.database, {}, { limit: 1 });
  const lastEntry = last === undefined ? null : { id: last.id, hash: last.hash };
  const signed = await findLastCheckpoint(app.database);
  const restoring = beginRestore(found, epoch, {
    ...{ startedAt: by.at, restoredTo, readFrom: readFrom(found, restoredTo, signed?.at), lastEntry },
  });
  const reason = `The database was set back to ${restoredTo}.`;
  const committed = await commit(app.database, {
    by,
    changes: [
      epochChange(found, restoring, 'system.restored'),
      haltChange(undefined, restoreHalt({ id: by.newId('hlt'), reason, by: by.actor, at: by.at })),
    ],
    messages: [start],
    once: keep(restoring),
  });
  return committed.ok ? accept(restoring) : committed;
}
