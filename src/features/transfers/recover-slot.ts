// Which slot of a schedule a forgotten transfer was made for: the external id follows from schedule and slot. What was due
// before it was decided in the lost time.
import type { App } from '../../app/app.ts';
import { externalIdOf } from '../../app/external-id.ts';
import type { Slot } from '../../app/recovered-slot.ts';
import type { AccountId } from '../../domain/id.ts';
import { originOfSlot } from '../../domain/order.ts';
import { type Schedule, slotAfter } from '../../domain/schedule.ts';
import type { Timestamp } from '../../domain/time.ts';
import { floorWindows, slotOfFloor, triggerOf } from '../../domain/trigger.ts';
import { databaseFor } from '../../store/database.ts';
import { listSchedules } from '../../store/schedules.ts';

const SCHEDULES_MAX = 100;
/** Two days of a schedule that fires each minute; what lies beyond waits for its wish like any other. */
const SLOTS_MAX = 2_880;

/** By external id. */
export type Slots = ReadonlyMap<string, Slot>;

export async function readSlots(app: App, accountId: AccountId, since: Timestamp, until: Timestamp): Promise<Slots> {
  const all = await listSchedules(databaseFor(app, accountId), { accountId }, { limit: SCHEDULES_MAX });
  const slots = all.flatMap((schedule) => slotsOf(schedule, since, until));
  const named = slots.map(async (one) => [await externalIdOf(originOfSlot(one.scheduleId, one.slot)), one] as const);
  return new Map(await Promise.all(named));
}

/** A deposit of the lost time is not known here yet: it finds its slot when it is booked again. */
function slotsOf(schedule: Schedule, since: Timestamp, until: Timestamp): Slot[] {
  const { nextSlot, id: scheduleId } = schedule;
  const trigger = triggerOf(schedule);
  if (trigger?.kind === 'balance_above')
    return floorWindows(trigger, since, until, SLOTS_MAX).map((dueAt) => {
      return { scheduleId, slot: slotOfFloor(trigger, dueAt), dueAt };
    });
  const slots: Slot[] = [];
  // Slots and restore points are both full minutes: one may be the other.
  let dueAt = nextSlot !== null && nextSlot <= since ? nextSlot : slotAfter(schedule, since);
  while (dueAt !== null && dueAt <= until && slots.length < SLOTS_MAX) {
    slots.push({ scheduleId, slot: dueAt, dueAt });
    dueAt = slotAfter(schedule, dueAt);
  }
  return slots;
}
