// Moves a transfer one step towards custody. The intent is committed before the call: from `submitting` on nobody can
// cancel, and a second delivery repeats a call that custody recognizes by the external id.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { isWait } from '../../domain/order-decision.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { attemptAgain, isKnownUnsent, leaveToPerson, stopUnsent, type Transfer } from '../../domain/transfer.ts';
import { adopt } from '../../domain/transfer-answer.ts';
import { TransferDue } from '../../kit/messages.ts';
import { explain } from '../../kit/problem.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findOrder } from '../../store/orders.ts';
import { findTransfer, transferChange } from '../../store/transfers.ts';
import { beginHandOver } from './begin.ts';
import { handOver } from './hand-over.ts';
import { findTurn } from './lane.ts';
import { originOf } from './origins.ts';
import { recordOutcome } from './outcome.ts';

export const executeTransfer = consumer('money', TransferDue, async (app, { transferId }, by) => {
  // Nothing is sent, and nothing is ended either: a database that was set back may have forgotten that custody has it. Cron
  // brings whatever is due once it stands.
  if (!(await judgeDatabase(app)).ok) return 'done';
  const transfer = await findTransfer(app.database, 'staff', transferId);
  switch (transfer?.status) {
    case 'prepared':
      if (transfer.orderId === null) throw new TypeError('a payout is prepared and handed over in one commit');
      return beginHandOver(app, by, transfer, {
        order: await findOrder(databaseFor(app, transfer.accountId), 'staff', transfer.orderId),
      });
    case 'submitting':
      // Until then an attempt is under way in another invocation, or waits for its time.
      return by.at < transfer.nextAttemptAt ? 'done' : repeat(app, by, transfer);
    default:
      return 'done';
  }
});

/** The same bytes once more, unless something stops the order now: then it is looked up and never sent again. */
async function repeat(app: App, by: Provenance, transfer: Transfer<'submitting'>): Promise<Outcome> {
  const { stopRequested } = transfer;
  const guards = await originOf(transfer).guardsOfRepeat(app, transfer, by.at);
  if (!guards.ok) {
    const { refusal } = guards;
    if (refusal.code === 'payout_held') return adoptIfShown(app, by, transfer);
    return isWait(refusal) ? 'done' : lookUp(app, by, transfer, refusal);
  }
  if (stopRequested != null) {
    return lookUp(app, by, transfer, { code: 'stop_requested', reason: stopRequested.reason });
  }
  const turn = await findTurn(app);
  if (turn === undefined || !(await turn())) return 'done';
  const again = attemptAgain(transfer, by.at);
  const counted = await commit(databaseFor(app, transfer.accountId), {
    by,
    changes: [transferChange(transfer, again, 'transfer.attempted_again')],
    requires: guards.value,
  });
  if (counted.ok) return handOver(app, by, again);
  const isLater = counted.refusal.code === 'version_conflict' || isWait(counted.refusal);
  return isLater ? 'again' : lookUp(app, by, transfer, counted.refusal);
}

/** A pause holds back what was not sent. What custody has goes on, so that its wallet pays for other batches. */
async function adoptIfShown(app: App, by: Provenance, transfer: Transfer<'submitting'>): Promise<Outcome> {
  const found = isKnownUnsent(transfer) ? undefined : await findAtCustody(app, transfer);
  return found === undefined ? 'done' : recordOutcome(app, by, transfer, adopt(transfer, found, by.at));
}

const findAtCustody = (app: App, { custodyWalletId, externalId, createdAt }: Transfer) =>
  app.custody.findTransferByExternalId(custodyWalletId, externalId, createdAt);

async function lookUp(app: App, by: Provenance, transfer: Transfer<'submitting'>, refusal: Refusal): Promise<Outcome> {
  const reason = explain(refusal);
  if (isKnownUnsent(transfer)) return recordOutcome(app, by, transfer, stopUnsent(transfer, reason));
  const found = await findAtCustody(app, transfer);
  const next =
    found === undefined
      ? leaveToPerson(transfer, `Stopped, and custody does not show it: ${reason}`)
      : adopt(transfer, found, by.at);
  return recordOutcome(app, by, transfer, next);
}
