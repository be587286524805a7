// Begins the hand-over of what an order has prepared: every guard stands in the batch that commits `submitting`.

import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import { readOrderFacts } from '../../app/order-judgement.ts';
import { amend } from '../../domain/machine.ts';
import type { Order } from '../../domain/order.ts';
import { endBy, isWait, type OrderFacts } from '../../domain/order-decision.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { cancel, type OrderTransfer } from '../../domain/transfer.ts';
import { nextLookAt } from '../../domain/wait.ts';
import { explain } from '../../kit/problem.ts';
import { type Change, commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { orderChange } from '../../store/orders.ts';
import { findTransferAhead, transferChange } from '../../store/transfers.ts';
import { handOver } from './hand-over.ts';
import { findTurn } from './lane.ts';
import { decide, orderOrigin } from './origins/order.ts';

/** What is known of the order of a transfer; the facts where they were read for it in this very moment. */
interface Known {
  readonly order: Order | undefined;
  readonly facts?: OrderFacts;
}

/** The decision that counts: every guard stands in the batch that commits `submitting`, not in the reads before it. */
export async function beginHandOver(
  app: App,
  by: Provenance,
  transfer: OrderTransfer<'prepared'>,
  { order, facts }: Known,
): Promise<Outcome> {
  const database = databaseFor(app, transfer.accountId);
  if (order?.status !== 'released')
    return stop(app, by, transfer, order, {
      code: 'wrong_status',
      subject: 'order',
      found: order?.status ?? 'none',
      needed: 'released',
    });
  // One that is too late may not wait for its turn any longer.
  // Its turn has not come: the one before it wakes it, and cron does.
  const isInTime = by.at <= order.notAfter;
  if (isInTime && (await findTransferAhead(database, transfer)) !== undefined) return 'done';
  const turn = isInTime ? await findTurn(app) : undefined;
  if (isInTime && turn === undefined) return 'done';
  const decided = decide(app, by, transfer, order, facts ?? (await readOrderFacts(app, order, by.at)));
  if (!decided.ok) return stop(app, by, transfer, order, decided.refusal);
  if (turn !== undefined && !(await turn())) return 'done';
  const { submitting, changes, requires } = decided.value;
  const committed = await commit(database, { by, changes, requires });
  if (committed.ok) return handOver(app, by, submitting);
  return committed.refusal.code === 'version_conflict' ? 'again' : stop(app, by, transfer, order, committed.refusal);
}

async function lookLater(
  app: App,
  by: Provenance,
  transfer: OrderTransfer<'prepared'>,
  { notAfter }: Order,
): Promise<Outcome> {
  const later = amend(transfer, { nextAttemptAt: nextLookAt({ since: transfer.createdAt, notAfter }, by.at) });
  const committed = await commit(databaseFor(app, transfer.accountId), {
    by,
    changes: [transferChange(transfer, later, 'transfer.still_waiting')],
  });
  return committed.ok ? 'done' : 'again';
}

/** A rule said no: nothing has left, the order ends with the rule and its numbers. What is only not known yet is waited for. */
async function stop(
  app: App,
  by: Provenance,
  transfer: OrderTransfer<'prepared'>,
  order: Order | undefined,
  refusal: Refusal,
): Promise<Outcome> {
  if (order?.status === 'released' && isWait(refusal)) return lookLater(app, by, transfer, order);
  const reason = explain(refusal);
  const ended: Change[] = order?.status !== 'released' ? [] : [orderChange(order, endBy(order, refusal, reason))];
  const committed = await commit(databaseFor(app, transfer.accountId), {
    by,
    changes: [transferChange(transfer, cancel(transfer, reason)), ...ended],
    messages: await orderOrigin.wakeNext(app, transfer),
  });
  return committed.ok ? 'done' : 'again';
}
