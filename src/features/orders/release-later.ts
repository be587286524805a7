// Orders that were asked for at a time: cron releases them when it has come. One that comes too late is skipped.

import { begin } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { releaseOrder, skip } from '../../domain/order.ts';
import { orderDue } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { listScheduledOrdersDue, orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';

const ORDERS_PER_RUN = 100;

export const releaseScheduledOrders: Job = async (app, { scheduledTime }) => {
  // One that is late here may have been paid at custody: it is not skipped before that is known.
  if (!(await judgeDatabase(app)).ok) return;
  const by = begin(app, system('orders.release_later'), app.newId('msg'));
  for (const order of await listScheduledOrdersDue(app.database, scheduledTime, ORDERS_PER_RUN)) {
    const isLate = by.at > order.notAfter;
    // A lost race means that another fire released it, or that somebody canceled it.
    await commit(databaseFor(app, order.accountId), {
      by,
      changes: [
        orderChange(order, isLate ? skip(order, `It could not start until ${order.notAfter}.`) : releaseOrder(order)),
      ],
      messages: isLate ? [] : [message('money', orderDue({ orderId: order.id }))],
    });
  }
};
