// The order of a slot that custody carried out in a time that this database forgot: the slot gets it again, whatever stands in
// the way of a new one, and the schedule moves past it. What it gets is adopted, never sent.
import { amend } from '../domain/machine.ts';
import { type Order, orderOf } from '../domain/order.ts';
import { end, type Schedule, slotAfter } from '../domain/schedule.ts';
import type { Timestamp } from '../domain/time.ts';
import { countFiring } from '../domain/trigger.ts';
import type { Change } from '../store/commit.ts';
import { databaseFor } from '../store/database.ts';
import type { Provenance } from '../store/journal.ts';
import { findMandate } from '../store/mandates.ts';
import { findOrderOfSlot, orderChange } from '../store/orders.ts';
import { findSchedule, scheduleChange } from '../store/schedules.ts';
import type { App } from './app.ts';

export interface Slot {
  readonly scheduleId: Schedule['id'];
  /** A due instant, or what a trigger fired on. */
  readonly slot: string;
  /** When it was due: of what a trigger fired on, about then. */
  readonly dueAt: Timestamp;
}

/**
 * None where the slot has its order.
 * @param firedAt when custody was asked: a trigger had fired then
 */
export async function slotTakenUp(
  app: App,
  by: Provenance,
  { scheduleId, slot, dueAt }: Slot,
  firedAt: Timestamp = dueAt,
): Promise<Change[]> {
  const schedule = await findSchedule(app.database, 'staff', scheduleId);
  if (schedule === undefined) return [];
  const database = databaseFor(app, schedule.accountId);
  const mandate = await findMandate(database, 'staff', schedule.mandateId);
  if (mandate === undefined || (await findOrderOfSlot(database, scheduleId, slot)) !== undefined) return [];
  const order: Order<'released'> = {
    ...orderOf(by, schedule, mandate.destinationId, { slot, dueAt }),
    status: 'released',
  };
  return [orderChange(undefined, order), ...movedPast(schedule, { dueAt, firedAt })];
}

function movedPast(schedule: Schedule, { dueAt, firedAt }: { dueAt: Timestamp; firedAt: Timestamp }): Change[] {
  if (schedule.status !== 'active') return [];
  if (schedule.triggerKind !== null) {
    const next = countFiring(schedule, firedAt);
    return [scheduleChange(schedule, next, next.status === 'active' ? 'schedule.fired' : undefined)];
  }
  const after = slotAfter(schedule, dueAt);
  const nextSlot = schedule.nextSlot !== null && schedule.nextSlot > dueAt ? schedule.nextSlot : after;
  const runs = schedule.runs + 1;
  if (nextSlot === null || (schedule.runsMax !== null && runs >= schedule.runsMax))
    return [scheduleChange(schedule, { ...end(schedule, 'all runs made'), runs })];
  return [scheduleChange(schedule, amend(schedule, { runs, nextSlot }), 'schedule.advanced')];
}
