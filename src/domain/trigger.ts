// What makes an order besides time: a deposit, or a balance above a floor. Each firing is an occurrence with a slot of its own.
import type { Movement } from './movement.ts';
import { accept, type Result, refuse } from './result.ts';
import { end, type Fired, isTrigger, type Schedule, type Trigger } from './schedule.ts';
import { secondsBetween, type Timestamp, timestamp, utcDay } from './time.ts';

const SECONDS_PER_HOUR = 3_600;
const MILLISECONDS_PER_MINUTE = 60_000;

export const triggerOf = ({ recurrence }: Pick<Schedule, 'recurrence'>): Trigger | undefined =>
  isTrigger(recurrence) ? recurrence : undefined;

/** The first instant at which it may fire again. */
const coolUntil = (trigger: Trigger, fired: Fired): number =>
  Date.parse(fired.lastAt) + trigger.cooldownMinutes * MILLISECONDS_PER_MINUTE;

/** Why it may not fire now, or undefined when it may. */
export function heldBack(trigger: Trigger, fired: Fired | null, at: Timestamp): string | undefined {
  if (fired === null) return undefined;
  const until = coolUntil(trigger, fired);
  if (Date.parse(at) < until) return `in the cool-down until ${timestamp(until)}`;
  if (fired.day === utcDay(at) && fired.count >= trigger.perDayMax)
    return `fired ${fired.count} times on ${fired.day}; the maximum is ${trigger.perDayMax}`;
  return undefined;
}

/**
 * The slot of a deposit, from its facts at custody alone: a database that was restored books it under another id, and must
 * find the same occurrence again.
 */
export const slotOfDeposit = ({ walletId, transactionHash, position }: Movement): string =>
  `deposit|${walletId}|${transactionHash}|${position}`;

/** The slot of a balance above its floor: one for each window of a cool-down, so that two looks at once are one firing. */
export const slotOfFloor = (trigger: Trigger, at: Timestamp): string => `floor|${windowOf(trigger, at)}`;

function windowOf({ cooldownMinutes }: Trigger, at: Timestamp): Timestamp {
  const window = cooldownMinutes * MILLISECONDS_PER_MINUTE;
  return timestamp(Math.floor(Date.parse(at) / window) * window);
}

/** The windows within which a floor may have fired from one instant to another, by their beginning. */
export function floorWindows(trigger: Trigger, since: Timestamp, until: Timestamp, most: number): Timestamp[] {
  const windows: Timestamp[] = [];
  for (let at = windowOf(trigger, since); at <= until && windows.length < most; ) {
    windows.push(at);
    at = timestamp(Date.parse(at) + trigger.cooldownMinutes * MILLISECONDS_PER_MINUTE);
  }
  return windows;
}

/** Whether a booked movement is what a trigger waits for; one from before the schedule's start is none of its. */
export const isDepositFor = (schedule: Schedule, movement: Movement): boolean => {
  const trigger = triggerOf(schedule);
  return (
    trigger?.kind === 'deposit_received' &&
    movement.direction === 'in' &&
    movement.accountId === schedule.accountId &&
    movement.asset === trigger.asset &&
    movement.units >= BigInt(trigger.minUnits) &&
    movement.at >= schedule.startAt &&
    (schedule.endAt === null || movement.at <= schedule.endAt)
  );
};

export interface Firing {
  /** Why its occurrence is skipped, or undefined when it runs. */
  readonly skipped: string | undefined;
  readonly schedule: Schedule<'active' | 'ended'>;
}

/**
 * One firing: its occurrence runs or is skipped, and the schedule remembers. What is over refuses.
 * @param heldBy why nothing may run now, such as a halt
 */
export function fire(
  schedule: Schedule<'active'>,
  { at, since, heldBy }: { at: Timestamp; since: Timestamp; heldBy?: string | undefined },
): Result<Firing> {
  const trigger = triggerOf(schedule);
  if (trigger === undefined) return refuse({ code: 'schedule_never_fires', reason: 'It follows no trigger.' });
  const late =
    secondsBetween(since, at) > schedule.catchUpHoursMax * SECONDS_PER_HOUR
      ? `known only after more than ${schedule.catchUpHoursMax} hours`
      : undefined;
  const skipped = heldBy ?? late ?? heldBack(trigger, schedule.fired, at);
  if (skipped !== undefined) return accept({ skipped, schedule: { ...schedule, version: schedule.version + 1 } });
  return accept({ skipped, schedule: countFiring(schedule, at) });
}

/** The schedule after one more firing; after a restore those that were forgotten come in any order. */
export function countFiring(schedule: Schedule<'active'>, at: Timestamp): Schedule<'active' | 'ended'> {
  const next = { ...schedule, runs: schedule.runs + 1, fired: firedAfter(schedule.fired, at) };
  const isOver = schedule.runsMax !== null && next.runs >= schedule.runsMax;
  return isOver ? end(next, 'all runs made') : { ...next, version: schedule.version + 1 };
}

function firedAfter(fired: Fired | null, at: Timestamp): Fired {
  const day = utcDay(at);
  if (fired === null || day > fired.day) return { lastAt: at, day, count: 1 };
  const count = day === fired.day ? fired.count + 1 : fired.count;
  return { lastAt: at > fired.lastAt ? at : fired.lastAt, day: fired.day, count };
}

/** No firing is to come: such a schedule waits for nothing. */
export const isPast = ({ endAt }: Pick<Schedule, 'endAt'>, at: Timestamp): boolean => endAt !== null && at > endAt;
