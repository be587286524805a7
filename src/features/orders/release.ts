// Cron claims due slots: one order for each, unique by (schedule, slot), and a wake-up message. It moves no money itself.

import { type App, begin } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import type { Mandate } from '../../domain/mandate.ts';
import { notAfterOf, type Order, originOfSlot } from '../../domain/order.ts';
import { end, type Schedule, takeDueSlots } from '../../domain/schedule.ts';
import type { Timestamp } from '../../domain/time.ts';
import { orderDue } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { findHaltInForce } from '../../store/halts.ts';
import type { Provenance } from '../../store/journal.ts';
import { findMandate } from '../../store/mandates.ts';
import { orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';
import { listDueSchedules, scheduleChange } from '../../store/schedules.ts';

const SCHEDULES_PER_RUN = 100;

export const releaseDueOrders: Job = async (app, { scheduledTime }) => {
  const by = begin(app, system('orders.release'), app.newId('msg'));
  for (const schedule of await listDueSchedules(app.database, scheduledTime, SCHEDULES_PER_RUN)) {
    const mandate = await findMandate(app.database, 'staff', schedule.mandateId);
    if (mandate !== undefined) await releaseSlots(app, by, schedule, mandate, scheduledTime);
  }
};

async function releaseSlots(
  app: App,
  by: Provenance,
  schedule: Schedule<'active'>,
  mandate: Mandate,
  at: Timestamp,
): Promise<void> {
  const database = databaseFor(app, schedule.accountId);
  if (mandate.status !== 'active' && mandate.status !== 'granted') {
    await commit(database, {
      by,
      changes: [scheduleChange(schedule, end(schedule, `The mandate is ${mandate.status}.`))],
    });
    return;
  }
  // Only schedules whose rule is to skip are claimed under a halt.
  const halt = await findHaltInForce(database, schedule);
  const due = takeDueSlots(schedule, at, halt && `halted: ${halt.reason}`);
  const released = due.run.map((slot) => orderOf(by, schedule, mandate, slot, { status: 'released' }));
  const skipped = due.skip.map(({ slot, reason }) =>
    orderOf(by, schedule, mandate, slot, { status: 'skipped', reason }),
  );
  // A lost race means that another fire of the same slot released it: nothing to do, nothing lost.
  await commit(database, {
    by,
    changes: [
      scheduleChange(schedule, due.schedule, due.schedule.status === 'active' ? 'schedule.advanced' : undefined),
      ...[...released, ...skipped].map((order) => orderChange(undefined, order)),
    ],
    messages: released.map(({ id }) => message('money', orderDue({ orderId: id }))),
  });
}

function orderOf<S extends { status: 'released' } | { status: 'skipped'; reason: string }>(
  by: Provenance,
  schedule: Schedule,
  mandate: Mandate,
  slot: Timestamp,
  status: S,
): Order {
  return {
    ...status,
    id: by.newId('ord'),
    version: 1,
    accountId: schedule.accountId,
    mandateId: mandate.id,
    destinationId: mandate.destinationId,
    scheduleId: schedule.id,
    slot,
    origin: originOfSlot(schedule.id, slot),
    kind: 'trade_funding',
    asset: schedule.asset,
    amount: { kind: 'fixed' },
    units: schedule.units,
    dueAt: slot,
    notAfter: notAfterOf(slot, by.at),
    transferId: null,
    createdAt: by.at,
  };
}
