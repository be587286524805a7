// The sweep behind every message that may get lost: what is due by D1 is put on its queue again. Sending twice is harmless.

import type { Job } from '../../app/job.ts';
import { transfersPerMinute } from '../../dfns/pace.ts';
import { addSeconds } from '../../domain/time.ts';
import { bodies, orderDue, refreshTransfer, transferDue } from '../../kit/messages.ts';
import { listReleasedOrders } from '../../store/orders.ts';
import { listTransfersTooLate, listTransfersToRead, listTransfersToSend } from '../../store/transfers.ts';

const ROWS_PER_RUN = 100;
const MONEY_PER_RUN_MAX = 1000;
/** What a queue takes in one call. */
const MESSAGES_PER_SEND = 100;
/** Fresh orders have their own message on the way. */
const ORDER_SECONDS = 60;

export const wakeTransfers: Job = async (app, { scheduledTime }) => {
  // No more than a minute can carry out: the rest is due still when the next minute comes.
  const perMinute = Math.min(MONEY_PER_RUN_MAX, transfersPerMinute(app.config.dfns.callsPerMinute));
  const toSend = await listTransfersToSend(app.database, scheduledTime, perMinute);
  const tooLate = await listTransfersTooLate(app.database, scheduledTime, ROWS_PER_RUN);
  const toRead = await listTransfersToRead(app.database, scheduledTime, ROWS_PER_RUN);
  const orders = await listReleasedOrders(app.database, addSeconds(scheduledTime, -ORDER_SECONDS), ROWS_PER_RUN);
  const money = [
    ...[...toSend, ...tooLate].map(({ id }) => transferDue({ transferId: id })(null)),
    ...orders.filter(({ transferId }) => transferId === null).map(({ id }) => orderDue({ orderId: id })(null)),
  ];
  for (let sent = 0; sent < money.length; sent += MESSAGES_PER_SEND) {
    await app.bindings.MONEY.sendBatch(bodies(money.slice(sent, sent + MESSAGES_PER_SEND)));
  }
  const reads = toRead.map(({ id }) => refreshTransfer({ transferId: id, custodyId: null })(null));
  if (reads.length > 0) await app.bindings.EVENTS.sendBatch(bodies(reads));
};
