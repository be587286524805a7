// Orders that were asked for at a time: cron releases them when it has come, one that comes too late as well: what becomes of it
// is decided where it is known whether custody has done it before a restore.

import { begin } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { releaseOrder } from '../../domain/order.ts';
import { orderDue } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { listScheduledOrdersDue, orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';

const ORDERS_PER_RUN = 100;

export const releaseScheduledOrders: Job = async (app, { scheduledTime }) => {
  if (!(await judgeDatabase(app)).ok) return;
  const by = begin(app, system('orders.release_later'), app.newId('msg'));
  for (const order of await listScheduledOrdersDue(app.database, scheduledTime, ORDERS_PER_RUN)) {
    // A lost race means that another fire released it, or that somebody canceled it.
    await commit(databaseFor(app, order.accountId), {
      by,
      changes: [orderChange(order, releaseOrder(order))],
      messages: [message('money', orderDue({ orderId: order.id }))],
    });
  }
};
