// Making, pausing and ending schedules: the desk's acts, always under a client's mandate.

import type { App } from '../../app/app.ts';
import { parseUnits } from '../../domain/amount.ts';
import type { MandateId, ScheduleId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { allowOrder } from '../../domain/mandate.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import {
  type CatchUpRule,
  end,
  parseRecurrence,
  pause,
  type Recurrence,
  resume,
  type Schedule,
  slotAfter,
} from '../../domain/schedule.ts';
import { addSeconds, type Timestamp } from '../../domain/time.ts';
import { accountIsActive } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findMandate } from '../../store/mandates.ts';
import { findSchedule, scheduleChange } from '../../store/schedules.ts';

export interface Plan {
  readonly mandateId: MandateId;
  readonly asset: string;
  readonly units: string;
  readonly recurrence: Recurrence;
  readonly startAt?: Timestamp | undefined;
  readonly endAt?: Timestamp | undefined;
  readonly runsMax?: number | undefined;
  readonly catchUp: CatchUpRule;
  readonly catchUpHoursMax: number;
}
type Keep = (schedule: Schedule) => readonly Once[];

export async function makeSchedule(app: App, by: Provenance, plan: Plan, keep: Keep): Promise<Result<Schedule>> {
  const mandate = await findMandate(app.database, 'staff', plan.mandateId);
  if (mandate === undefined) return refuse({ code: 'not_found' });
  const living = inStatus('mandate', mandate, 'granted', 'active');
  if (!living.ok) return living;
  const units = parseUnits(plan.units);
  if (units === undefined) return refuse({ code: 'amount_invalid', reason: 'The amount is too large.' });
  const allowed = allowOrder(mandate, { asset: plan.asset, units });
  if (!allowed.ok) return allowed;
  const recurrence = parseRecurrence(plan.recurrence);
  if (!recurrence.ok) return recurrence;
  const when = { recurrence: recurrence.value, startAt: plan.startAt ?? by.at, endAt: plan.endAt ?? null };
  // Slots before now are not made up for: a schedule begins with the first slot ahead.
  const nextSlot = slotAfter(when, when.startAt >= by.at ? addSeconds(when.startAt, -1) : by.at);
  if (nextSlot === null)
    return refuse({ code: 'schedule_never_fires', reason: 'There is no slot between start and end.' });
  if (nextSlot >= mandate.validUntil)
    return refuse({
      code: 'period_invalid',
      reason: `The mandate ends at ${mandate.validUntil}, before the first slot.`,
    });
  const schedule: Schedule<'active'> = {
    ...when,
    id: by.newId('sch'),
    version: 1,
    status: 'active',
    accountId: mandate.accountId,
    mandateId: mandate.id,
    asset: plan.asset,
    units,
    runsMax: plan.runsMax ?? null,
    catchUp: plan.catchUp,
    catchUpHoursMax: plan.catchUpHoursMax,
    runs: 0,
    nextSlot,
    createdAt: by.at,
  };
  const database = databaseFor(app, mandate.accountId);
  const committed = await commit(database, {
    by,
    changes: [scheduleChange(undefined, schedule)],
    requires: [{ holds: accountIsActive(mandate.accountId), refusal: { code: 'account_not_active', found: 'closed' } }],
    once: keep(schedule),
  });
  return committed.ok ? accept(schedule) : committed;
}

export async function readSchedule(app: App, scope: Scope, id: ScheduleId): Promise<Result<Schedule>> {
  const schedule = await findSchedule(app.database, scope, id);
  return schedule === undefined ? refuse({ code: 'not_found' }) : accept(schedule);
}

export type ScheduleStep = 'pause' | 'resume' | 'end';

export async function stepSchedule(
  app: App,
  by: Provenance,
  id: ScheduleId,
  step: ScheduleStep,
  keep: Keep,
): Promise<Result<Schedule>> {
  const found = await readSchedule(app, 'staff', id);
  if (!found.ok) return found;
  const next = stepped(found.value, step, by.at);
  if (!next.ok) return next;
  const database = databaseFor(app, found.value.accountId);
  const committed = await commit(database, {
    by,
    changes: [scheduleChange(found.value, next.value)],
    once: keep(next.value),
  });
  return committed.ok ? next : committed;
}

function stepped(schedule: Schedule, step: ScheduleStep, at: Timestamp): Result<Schedule> {
  switch (step) {
    case 'pause': {
      const active = inStatus('schedule', schedule, 'active');
      return active.ok ? accept(pause(active.value, at)) : active;
    }
    case 'resume': {
      const paused = inStatus('schedule', schedule, 'paused');
      return paused.ok ? accept(resume(paused.value, at)) : paused;
    }
    case 'end': {
      const living = inStatus('schedule', schedule, 'active', 'paused');
      return living.ok ? accept(end(living.value, 'ended by the desk')) : living;
    }
  }
}
