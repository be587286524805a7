// The sweep behind every message that may get lost: what is due by D1 is put on its queue again. Sending twice is harmless.

import type { Job } from '../../app/job.ts';
import { addSeconds } from '../../domain/time.ts';
import { bodies, orderDue, refreshTransfer, transferDue } from '../../kit/messages.ts';
import { listReleasedOrders } from '../../store/orders.ts';
import { listTransfersToRead, listTransfersToSend } from '../../store/transfers.ts';

const ROWS_PER_RUN = 100;
/** Fresh orders have their own message on the way. */
const ORDER_SECONDS = 60;

export const wakeTransfers: Job = async (app, { scheduledTime }) => {
  const toSend = await listTransfersToSend(app.database, scheduledTime, ROWS_PER_RUN);
  const toRead = await listTransfersToRead(app.database, scheduledTime, ROWS_PER_RUN);
  const orders = await listReleasedOrders(app.database, addSeconds(scheduledTime, -ORDER_SECONDS), ROWS_PER_RUN);
  const money = [
    ...toSend.map(({ id }) => transferDue({ transferId: id })(null)),
    ...orders.filter(({ transferId }) => transferId === null).map(({ id }) => orderDue({ orderId: id })(null)),
  ].slice(0, ROWS_PER_RUN);
  if (money.length > 0) await app.bindings.MONEY.sendBatch(bodies(money));
  const reads = toRead.map(({ id }) => refreshTransfer({ transferId: id, custodyId: null })(null));
  if (reads.length > 0) await app.bindings.EVENTS.sendBatch(bodies(reads));
};
