// Reads at custody how a transfer stands, and follows it forward. Webhooks and the reconciler only cause this reading.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { areReadsIdle } from '../../app/pace.ts';
import { amend, isIn } from '../../domain/machine.ts';
import { addSeconds, secondsBetween, type Timestamp } from '../../domain/time.ts';
import { LOOK_AGAIN_SECONDS, type Transfer, type UnderWay, underWay } from '../../domain/transfer.ts';
import { observe } from '../../domain/transfer-answer.ts';
import { RefreshTransfer } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findTransfer, transferChange } from '../../store/transfers.ts';
import { recordOutcome } from './outcome.ts';

const LOOK_AGAIN_SECONDS_MAX = 1800;

export const refreshTransfer = consumer(
  'events',
  RefreshTransfer,
  async (app, { transferId, custodyId, isIdle }, by) => {
    const transfer = await findTransfer(app.database, 'staff', transferId);
    if (transfer === undefined || !isIn(transfer, [...underWay, 'submitting'])) return 'done';
    const knownId = transfer.custodyId ?? custodyId;
    if (knownId === null) return 'done';
    if (isIdle && !(await areReadsIdle(app))) return 'done';
    const seen = await app.custody.findTransfer(transfer.custodyWalletId, knownId);
    // An event may name any transfer: only the one that carries our external id is ours.
    const next = seen?.externalId === transfer.externalId ? observe(transfer, seen, by.at) : undefined;
    if (next !== undefined) return recordOutcome(app, by, transfer, next);
    return transfer.status === 'submitting' ? 'done' : lookAgain(app, by, transfer);
  },
);

/** Rarer and rarer the older it is, so that one which waits for a person for days costs little. */
async function lookAgain(app: App, by: Provenance, transfer: UnderWay): Promise<Outcome> {
  if (by.at < transfer.nextAttemptAt) return 'done';
  const later: Transfer = amend(transfer, { nextAttemptAt: nextLook(transfer, by.at) });
  const committed = await commit(databaseFor(app, transfer.accountId), {
    by,
    changes: [transferChange(transfer, later, 'transfer.still_under_way')],
  });
  return committed.ok ? 'done' : 'again';
}

const nextLook = (transfer: UnderWay, at: Timestamp): Timestamp =>
  addSeconds(
    at,
    Math.min(
      LOOK_AGAIN_SECONDS_MAX,
      Math.max(LOOK_AGAIN_SECONDS, Math.ceil(secondsBetween(transfer.createdAt, at) / 4)),
    ),
  );
