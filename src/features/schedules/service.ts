// Making, pausing and ending schedules: the desk's acts, always under a client's mandate.

import type { App } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { retryConflict } from '../../app/retry.ts';
import { findAsset } from '../../domain/asset.ts';
import type { MandateId, ScheduleId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { allowOrder, type Mandate } from '../../domain/mandate.ts';
import { type Order, orderOf } from '../../domain/order.ts';
import { type AmountWish, type HowMuch, readAmount, readFloor } from '../../domain/order-amount.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import {
  type CatchUpRule,
  edit,
  end,
  isTrigger,
  parseRecurrence,
  pause,
  type Recurrence,
  resume,
  type Schedule,
  type ScheduleEdit,
  skipNext,
  slotAfter,
  type Trigger,
} from '../../domain/schedule.ts';
import { addSeconds, type Timestamp } from '../../domain/time.ts';
import { accountIsActive } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findMandate, mandateLives } from '../../store/mandates.ts';
import { findSlotTaken, orderChange } from '../../store/orders.ts';
import { findSchedule, scheduleChange } from '../../store/schedules.ts';

/** What each of its orders asks for. */
type Wish =
  | { readonly kind: 'trade_funding'; readonly amount: AmountWish }
  | { readonly kind: 'sweep'; readonly floor: string };

interface Terms {
  readonly mandateId: MandateId;
  readonly asset: string;
  readonly recurrence?: Recurrence | undefined;
  readonly trigger?: Trigger | undefined;
  readonly startAt?: Timestamp | undefined;
  readonly endAt?: Timestamp | undefined;
  readonly runsMax?: number | undefined;
  readonly catchUp: CatchUpRule;
  readonly catchUpHoursMax: number;
  readonly failuresMax: number;
}
export type Plan = Terms & Wish;
type Keep = (schedule: Schedule) => readonly Once[];

const never = (reason: string) => refuse({ code: 'schedule_never_fires', reason });

export const makeSchedule = (app: App, by: Provenance, plan: Plan, keep: Keep): Promise<Result<Schedule>> =>
  retryConflict(() => makeOnce(app, by, plan, keep));

async function makeOnce(app: App, by: Provenance, plan: Plan, keep: Keep): Promise<Result<Schedule>> {
  const howMuch = plan.kind === 'sweep' ? readFloor(plan.floor) : readAmount(plan.amount);
  if (!howMuch.ok) return howMuch;
  const allowed = await allowedUnder(app, plan.mandateId, { ...howMuch.value, asset: plan.asset });
  if (!allowed.ok) return allowed;
  const mandate = allowed.value;
  const recurrence = parseWhen(plan);
  if (!recurrence.ok) return recurrence;
  const when = { recurrence: recurrence.value, startAt: plan.startAt ?? by.at, endAt: plan.endAt ?? null };
  const first = firstSlot(when, mandate, by.at);
  if (!first.ok) return first;
  const schedule: Schedule<'active'> = {
    ...when,
    ...howMuch.value,
    id: by.newId('sch'),
    version: 1,
    status: 'active',
    accountId: mandate.accountId,
    mandateId: mandate.id,
    kind: plan.kind,
    asset: plan.asset,
    triggerKind: plan.trigger?.kind ?? null,
    fired: null,
    runsMax: plan.runsMax ?? null,
    catchUp: plan.catchUp,
    catchUpHoursMax: plan.catchUpHoursMax,
    failuresMax: plan.failuresMax,
    failuresSince: by.at,
    runs: 0,
    nextSlot: first.value,
    createdAt: by.at,
  };
  const database = databaseFor(app, mandate.accountId);
  const committed = await commit(database, {
    by,
    changes: [scheduleChange(undefined, schedule)],
    requires: [
      { holds: accountIsActive(mandate.accountId), refusal: { code: 'account_not_active', found: 'closed' } },
      // Revoked since it was read: read anew, that is said.
      { holds: mandateLives(mandate.id), refusal: { code: 'version_conflict' } },
    ],
    once: keep(schedule),
  });
  return committed.ok ? accept(schedule) : committed;
}

/**
 * The mandate, where it lives and lets an order of this size out. A share or a sweep has no size yet: its asset has to be
 * in the mandate, and the limits judge it when it runs.
 */
async function allowedUnder(
  app: App,
  mandateId: MandateId,
  { asset, units }: HowMuch & { readonly asset: string },
): Promise<Result<Mandate>> {
  const mandate = await findMandate(app.database, 'staff', mandateId);
  if (mandate === undefined) return refuse({ code: 'not_found' });
  const living = inStatus('mandate', mandate, 'granted', 'active');
  if (!living.ok) return living;
  const allowed = allowOrder(mandate, { asset, units: units ?? 0n });
  return allowed.ok ? accept(mandate) : allowed;
}

/** Either a recurrence or a trigger, each known to come true at some time. */
function parseWhen({ recurrence, trigger }: Pick<Terms, 'recurrence' | 'trigger'>): Result<Recurrence | Trigger> {
  if (recurrence !== undefined) return parseRecurrence(recurrence);
  if (trigger === undefined) return never('It names neither a recurrence nor a trigger.');
  return findAsset(trigger.asset) === undefined
    ? refuse({ code: 'asset_unknown', asset: trigger.asset })
    : accept(trigger);
}

function firstSlot(
  when: Pick<Schedule, 'recurrence' | 'startAt' | 'endAt'>,
  mandate: Mandate,
  at: Timestamp,
): Result<Timestamp | null> {
  if (isTrigger(when.recurrence)) {
    const isPast = when.endAt !== null && (when.endAt <= at || when.endAt <= when.startAt);
    return isPast ? never('It ends before it begins.') : accept(null);
  }
  // Slots before now are not made up for: a schedule begins with the first slot ahead.
  const nextSlot = slotAfter(when, when.startAt >= at ? addSeconds(when.startAt, -1) : at);
  if (nextSlot === null) return never('There is no slot between start and end.');
  if (nextSlot >= mandate.validUntil)
    return refuse({
      code: 'period_invalid',
      reason: `The mandate ends at ${mandate.validUntil}, before the first slot.`,
    });
  return accept(nextSlot);
}

export async function readSchedule(app: App, scope: Scope, id: ScheduleId): Promise<Result<Schedule>> {
  const schedule = await findSchedule(app.database, scope, id);
  return schedule === undefined ? refuse({ code: 'not_found' }) : accept(schedule);
}

export interface Edit extends Pick<Terms, 'recurrence' | 'trigger'> {
  /** As the caller read it: another one in force is a conflict, so that no edit is lost under another. */
  readonly version: number;
  readonly amount?: AmountWish | undefined;
  readonly floor?: string | undefined;
  readonly catchUp?: CatchUpRule | undefined;
  readonly endAt?: Timestamp | null | undefined;
  readonly runsMax?: number | null | undefined;
  readonly catchUpHoursMax?: number | undefined;
  readonly failuresMax?: number | undefined;
}

/** New terms from the next slot on; orders that were released keep what they had. */
export async function editSchedule(
  app: App,
  by: Provenance,
  id: ScheduleId,
  { version, ...asked }: Edit,
  keep: Keep,
): Promise<Result<Schedule>> {
  const found = await readSchedule(app, 'staff', id);
  if (!found.ok) return found;
  const living = inStatus('schedule', found.value, 'active', 'paused');
  if (!living.ok) return living;
  const schedule = living.value;
  if (schedule.version !== version) return refuse({ code: 'version_conflict' });
  const terms = await termsOf(app, schedule, asked);
  if (!terms.ok) return terms;
  const skipped = isTrigger(terms.value.recurrence)
    ? undefined
    : await findSlotTaken(databaseFor(app, schedule.accountId), id, by.at);
  const edited = edit(schedule, terms.value, skipped ?? by.at);
  if (!edited.ok) return edited;
  const committed = await commit(databaseFor(app, schedule.accountId), {
    by,
    changes: [scheduleChange(schedule, edited.value, 'schedule.edited')],
    once: keep(edited.value),
  });
  return committed.ok ? edited : committed;
}

async function termsOf(app: App, schedule: Schedule, asked: Omit<Edit, 'version'>): Promise<Result<ScheduleEdit>> {
  const howMuch = howMuchOf(schedule, asked);
  if (!howMuch.ok) return howMuch;
  const { amount, units } = howMuch.value;
  const allowed = await allowedUnder(app, schedule.mandateId, { asset: schedule.asset, amount, units });
  if (!allowed.ok) return allowed;
  const when = asked.recurrence ?? asked.trigger;
  if (when !== undefined && isTrigger(when) !== (schedule.triggerKind !== null))
    return never('What recurs stays so, and what waits for a trigger too: make another schedule.');
  const recurrence = when === undefined ? accept(schedule.recurrence) : parseWhen(asked);
  if (!recurrence.ok) return recurrence;
  return accept({
    amount,
    units,
    recurrence: recurrence.value,
    triggerKind: isTrigger(recurrence.value) ? recurrence.value.kind : null,
    endAt: asked.endAt === undefined ? schedule.endAt : asked.endAt,
    runsMax: asked.runsMax === undefined ? schedule.runsMax : asked.runsMax,
    catchUp: asked.catchUp ?? schedule.catchUp,
    catchUpHoursMax: asked.catchUpHoursMax ?? schedule.catchUpHoursMax,
    failuresMax: asked.failuresMax ?? schedule.failuresMax,
  });
}

/** What recurs keeps its kind: trade funding has an amount, a sweep a floor. */
function howMuchOf(schedule: Schedule, { amount, floor }: Pick<Edit, 'amount' | 'floor'>): Result<HowMuch> {
  const isSweep = schedule.kind === 'sweep';
  if (isSweep && amount !== undefined) return invalid('A sweep has a floor, and no amount: make another schedule.');
  if (!isSweep && floor !== undefined)
    return invalid('Trade funding has an amount, and no floor: make another schedule.');
  if (floor !== undefined) return readFloor(floor);
  return amount === undefined ? accept(schedule) : readAmount(amount);
}

const invalid = (reason: string) => refuse({ code: 'amount_invalid', reason });

/** The next slot is taken out, and an order says so; the one after it is next. */
export async function skipNextSlot(app: App, by: Provenance, id: ScheduleId, keep: Keep): Promise<Result<Schedule>> {
  // Custody may have paid it already, and the record of that be forgotten.
  const stands = await judgeDatabase(app);
  if (!stands.ok) return stands;
  const found = await readSchedule(app, 'staff', id);
  if (!found.ok) return found;
  const active = inStatus('schedule', found.value, 'active');
  if (!active.ok) return active;
  const next = skipNext(active.value);
  if (!next.ok) return next;
  const mandate = await findMandate(app.database, 'staff', active.value.mandateId);
  if (mandate === undefined) return refuse({ code: 'not_found' });
  const { slot, schedule } = next.value;
  const order = orderOf(by, active.value, mandate.destinationId, { slot, dueAt: slot });
  const skipped: Order = { ...order, status: 'skipped', reason: 'skipped by the desk' };
  const committed = await commit(databaseFor(app, schedule.accountId), {
    by,
    changes: [
      scheduleChange(active.value, schedule, schedule.status === 'active' ? 'schedule.next_skipped' : undefined),
      orderChange(undefined, skipped),
    ],
    once: keep(schedule),
  });
  return committed.ok ? accept(schedule) : committed;
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
