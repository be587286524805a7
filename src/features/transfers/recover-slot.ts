// Which due slot of a schedule a forgotten transfer was made for: the external id follows from schedule and slot. The slot gets
// its order again, and the schedule moves past it: what was due before it was decided in the lost time.
import type { App } from '../../app/app.ts';
import { externalIdOf } from '../../app/external-id.ts';
import type { AccountId } from '../../domain/id.ts';
import { amend } from '../../domain/machine.ts';
import { type Order, orderOf, originOfSlot } from '../../domain/order.ts';
import { end, type Schedule, slotAfter } from '../../domain/schedule.ts';
import type { Timestamp } from '../../domain/time.ts';
import type { Change } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findMandate } from '../../store/mandates.ts';
import { findOrderOfSlot, orderChange } from '../../store/orders.ts';
import { findSchedule, listSchedules, scheduleChange } from '../../store/schedules.ts';

const SCHEDULES_MAX = 100;
/** Two days of a schedule that fires each minute; what lies beyond waits for its wish like any other. */
const SLOTS_MAX = 2_880;

export interface Slot {
  readonly scheduleId: Schedule['id'];
  readonly slot: Timestamp;
}
/** By external id. */
export type Slots = ReadonlyMap<string, Slot>;

export async function readSlots(app: App, accountId: AccountId, since: Timestamp, until: Timestamp): Promise<Slots> {
  const all = await listSchedules(databaseFor(app, accountId), { accountId }, { limit: SCHEDULES_MAX });
  const slots = all.flatMap((schedule) => slotsOf(schedule, since, until));
  const named = slots.map(async (one) => [await externalIdOf(originOfSlot(one.scheduleId, one.slot)), one] as const);
  return new Map(await Promise.all(named));
}

function slotsOf(schedule: Schedule, since: Timestamp, until: Timestamp): Slot[] {
  const { nextSlot, id: scheduleId } = schedule;
  const slots: Slot[] = [];
  let slot = nextSlot !== null && nextSlot < since ? nextSlot : slotAfter(schedule, since);
  while (slot !== null && slot <= until && slots.length < SLOTS_MAX) {
    slots.push({ scheduleId, slot });
    slot = slotAfter(schedule, slot);
  }
  return slots;
}

/** The order of the slot, as if it had been released when it was due, and how its schedule moves on. */
export async function slotTakenUp(app: App, by: Provenance, { scheduleId, slot }: Slot): Promise<Change[]> {
  const schedule = await findSchedule(app.database, 'staff', scheduleId);
  if (schedule === undefined) return [];
  const database = databaseFor(app, schedule.accountId);
  const mandate = await findMandate(database, 'staff', schedule.mandateId);
  if (mandate === undefined || (await findOrderOfSlot(database, scheduleId, slot)) !== undefined) return [];
  const order: Order<'released'> = {
    ...orderOf(by, schedule, mandate.destinationId, { slot, dueAt: slot }),
    status: 'released',
  };
  return [orderChange(undefined, order), ...movedPast(schedule, slot)];
}

function movedPast(schedule: Schedule, slot: Timestamp): Change[] {
  if (schedule.status !== 'active') return [];
  const after = slotAfter(schedule, slot);
  const nextSlot = schedule.nextSlot !== null && schedule.nextSlot > slot ? schedule.nextSlot : after;
  const runs = schedule.runs + 1;
  if (nextSlot === null || (schedule.runsMax !== null && runs >= schedule.runsMax))
    return [scheduleChange(schedule, { ...end(schedule, 'all runs made'), runs })];
  return [scheduleChange(schedule, amend(schedule, { runs, nextSlot }), 'schedule.advanced')];
}
