// Books what became of a transfer, together with its order, its reserved limit and who has to know.

import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import { release } from '../../domain/limit.ts';
import { complete, failOrder, type Order, rejectOrder } from '../../domain/order.ts';
import type { Result } from '../../domain/result.ts';
import { holdsWallet, isWithoutEffect, type Transfer } from '../../domain/transfer.ts';
import { syncWallet, transferDue } from '../../kit/messages.ts';
import { type Change, commit, type Message, type Once } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { findLimitDay, limitDayChange } from '../../store/mandates.ts';
import { findOrder, orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';
import { findFirstInTurn, transferChange } from '../../store/transfers.ts';
import type { Trouble } from './lane.ts';

export async function recordOutcome(
  app: App,
  by: Provenance,
  before: Transfer,
  after: Transfer,
  trouble?: Trouble,
): Promise<Outcome> {
  const booked = await bookOutcome(app, by, before, after, trouble === undefined ? {} : { trouble });
  return booked.ok ? 'done' : 'again';
}

export async function bookOutcome(
  app: App,
  by: Provenance,
  before: Transfer,
  after: Transfer,
  { trouble, once = [] }: { trouble?: Trouble; once?: readonly Once[] },
): Promise<Result<void>> {
  const kind = after.status === before.status ? 'transfer.waits' : undefined;
  return commit(databaseFor(app, before.accountId), {
    by,
    changes: [
      transferChange(before, after, kind),
      ...(await orderOf(app, before, after, by)),
      ...(await limitOf(app, after)),
      ...(await incidentOf(app, by, before, after, trouble)),
    ],
    messages: [
      ...(after.status === 'confirmed'
        ? [message('events', syncWallet({ walletId: after.walletId, isUrgent: false }))]
        : []),
      ...(holdsWallet(before) && !holdsWallet(after) ? await wakeNext(app, after) : []),
    ],
    once,
  });
}

/** The next transfer of the wallet has its turn now. */
export async function wakeNext(app: App, { accountId, walletId, id }: Transfer): Promise<Message[]> {
  const next = await findFirstInTurn(databaseFor(app, accountId), walletId, id);
  return next === undefined ? [] : [message('money', transferDue({ transferId: next }))];
}

async function orderOf(app: App, before: Transfer, after: Transfer, by: Provenance): Promise<Change[]> {
  if (after.status === before.status) return [];
  const order = await findOrder(databaseFor(app, after.accountId), 'staff', after.orderId);
  if (order?.status !== 'executing') return [];
  const next = nextOf(order, after, by);
  return next === undefined ? [] : [orderChange(order, next)];
}

function nextOf(order: Order<'executing'>, transfer: Transfer, by: Provenance): Order | undefined {
  switch (transfer.status) {
    case 'confirmed':
      return complete(order, transfer.transactionHash, by.at);
    case 'failed':
      return failOrder(order, transfer.reason);
    case 'rejected':
      return rejectOrder(order, transfer.reason);
    default:
      return undefined;
  }
}

/** What was reserved for the day is free again only when it is proven that nothing left. */
async function limitOf(app: App, after: Transfer): Promise<Change[]> {
  if (!isWithoutEffect(after) || !('limitDayId' in after)) return [];
  const database = databaseFor(app, after.accountId);
  // A transfer from before accounts had days of their own names one only.
  const ids = [after.limitDayId, after.accountLimitDayId].filter((id) => id !== undefined && id !== null);
  const days = await Promise.all(ids.map((id) => findLimitDay(database, id)));
  return days.flatMap((day) => (day === undefined ? [] : [limitDayChange(day, release(day, after.units))]));
}

async function incidentOf(
  app: App,
  by: Provenance,
  before: Transfer,
  after: Transfer,
  trouble: Trouble | undefined,
): Promise<Change[]> {
  const database = databaseFor(app, after.accountId);
  if (trouble !== undefined) return openIncident(database, by, { ...trouble, about: 'maker', accountId: null });
  if (after.status !== 'needs_review' || before.status === 'needs_review') return [];
  return openIncident(database, by, {
    kind: 'transfer_needs_review',
    about: after.id,
    accountId: after.accountId,
    detail: after.reason,
  });
}
