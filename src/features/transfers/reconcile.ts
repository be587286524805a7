// Starts what is due by D1, as many orders, payouts and transfers as the next minute can carry out, and is the sweep behind
// every message that may get lost. Sending twice is harmless.

import type { App } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { transfersPerMinute } from '../../dfns/pace.ts';
import { findAsset } from '../../domain/asset.ts';
import type { HotWalletId } from '../../domain/id.ts';
import { interleave, turnsOf } from '../../domain/turns.ts';
import { bodies, orderDue, payNext, refreshTransfer, transferDue } from '../../kit/messages.ts';
import { listActiveHotWallets } from '../../store/hot-wallets.ts';
import { listOrdersToStart } from '../../store/orders.ts';
import { listAssetsWaiting } from '../../store/payouts-ready.ts';
import { listTransfersTooLate, listTransfersToRead, listTransfersToSend } from '../../store/transfers.ts';

const ROWS_PER_RUN = 100;
const MONEY_PER_RUN_MAX = 1000;
/** Cron comes a moment late now and then, and what is not sent in its turn leaves the turn to the next. */
const SPARE = 1.1;
/** What a queue takes in one call. */
const MESSAGES_PER_SEND = 100;
const LANES_MAX = 100;

export const wakeTransfers: Job = async (app, { scheduledTime }) => {
  // Little more than a minute can carry out: the rest is due still when the next one comes. What was begun goes first.
  const perMinute = Math.ceil(transfersPerMinute(app.config.dfns.callsPerMinute) * SPARE);
  const room = Math.min(MONEY_PER_RUN_MAX, perMinute);
  const toSend = await listTransfersToSend(app.database, scheduledTime, room);
  const tooLate = await listTransfersTooLate(app.database, scheduledTime, ROWS_PER_RUN);
  const toRead = await listTransfersToRead(app.database, scheduledTime, ROWS_PER_RUN);
  const left = room - toSend.length;
  const waiting = await listOrdersToStart(app.database, scheduledTime, left);
  const lanes = await listLanes(app);
  const parties = new Set(waiting.map(({ accountId }) => accountId)).size;
  const turns = turnsOf(lanes, { room: left, parties, at: scheduledTime }).map((walletId) =>
    payNext({ walletId })(null),
  );
  const orders = waiting
    .slice(0, Math.max(0, left - turns.length))
    .map(({ id: orderId }) => orderDue({ orderId })(null));
  const begun = [...toSend, ...tooLate].map(({ id }) => transferDue({ transferId: id })(null));
  const money: object[] = [...begun, ...interleave<object>(orders, turns)];
  for (let sent = 0; sent < money.length; sent += MESSAGES_PER_SEND) {
    await app.bindings.MONEY.sendBatch(bodies(money.slice(sent, sent + MESSAGES_PER_SEND)));
  }
  const reads = toRead.map(({ id }) => refreshTransfer({ transferId: id, custodyId: null, isIdle: false })(null));
  if (reads.length > 0) await app.bindings.EVENTS.sendBatch(bodies(reads));
};

/** Wallets of the pool, of the networks on which a row waits. */
async function listLanes(app: App): Promise<HotWalletId[]> {
  const waiting = await listAssetsWaiting(app.database, [...app.config.payoutLimits.keys()]);
  const networks = new Set(waiting.flatMap((id) => findAsset(id)?.network ?? []));
  if (networks.size === 0) return [];
  return (await listActiveHotWallets(app.database, LANES_MAX, [...networks])).map(({ id }) => id);
}
