// When orders recur. A slot is one due instant; the next slot is computed from the last, never from a clock.
// Cron expressions with IANA zones are read by croner.
import { Cron } from 'croner';
import type { AssetId } from './asset.ts';
import type { AccountId, MandateId, ScheduleId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import { addSeconds, secondsBetween, type Timestamp, timestamp } from './time.ts';

export const scheduleMachine = machine({
  active: ['paused', 'ended'],
  paused: ['active', 'ended'],
  ended: [],
});

export type Recurrence =
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string }
  | { readonly kind: 'days'; readonly every: number };

export const catchUpRules = ['skip', 'latest', 'all'] as const;
export type CatchUpRule = (typeof catchUpRules)[number];

interface ScheduleCore {
  readonly id: ScheduleId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly mandateId: MandateId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly recurrence: Recurrence;
  readonly startAt: Timestamp;
  readonly endAt: Timestamp | null;
  readonly runsMax: number | null;
  readonly catchUp: CatchUpRule;
  /** A missed slot older than this is skipped whatever the rule. */
  readonly catchUpHoursMax: number;
  readonly runs: number;
  readonly nextSlot: Timestamp | null;
  readonly createdAt: Timestamp;
}

interface ScheduleFacts {
  active: object;
  paused: { readonly pausedAt: Timestamp };
  ended: { readonly endReason: string };
}

export type ScheduleStatus = keyof typeof scheduleMachine;
export type Schedule<S extends ScheduleStatus = ScheduleStatus> = InStatus<ScheduleCore, ScheduleFacts, S>;

const become = transitions<typeof scheduleMachine, ScheduleCore, ScheduleFacts>();

const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_HOUR = 3_600;
/** A slot this late is still on time: cron fires each minute and promises no more. */
const ON_TIME_SECONDS = 300;
/** One fire looks at this many slots of one schedule; the next fire goes on. */
const SLOTS_PER_FIRE = 50;

/** Checks a recurrence: five fields (one minute is the finest step), which name a slot, and a zone that exists. */
export function parseRecurrence(recurrence: Recurrence): Result<Recurrence> {
  if (recurrence.kind === 'days') return accept(recurrence);
  const never = (reason: string) => refuse({ code: 'schedule_never_fires', reason });
  // An offset such as +01:00 would pass as a zone, and knows nothing of summer time.
  if (!/^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$/.test(recurrence.timeZone) || !isZone(recurrence.timeZone)) {
    return never('The time zone is not known: an IANA name such as Europe/Zurich is needed.');
  }
  // croner would also read a single date, or names such as @daily.
  if (recurrence.expression.trim().split(/\s+/).length !== 5) return never(FIVE_FIELDS);
  try {
    const slot = cronOf(recurrence).nextRun(new Date(0));
    return slot === null ? never('There is no such day.') : accept(recurrence);
  } catch {
    // croner throws for fields it cannot read: the caller's words.
    return never(FIVE_FIELDS);
  }
}

const FIVE_FIELDS = 'A schedule has five fields: minute, hour, day of the month, month, day of the week.';

const cronOf = ({ expression, timeZone }: Extract<Recurrence, { kind: 'cron' }>): Cron =>
  new Cron(expression, { timezone: timeZone, mode: '5-part', paused: true });

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    // Not a zone: the question asked, and its answer.
    return false;
  }
}

/** The first slot strictly after an instant, within start and end; null when there is none. */
export function slotAfter(
  schedule: Pick<Schedule, 'recurrence' | 'startAt' | 'endAt'>,
  after: Timestamp,
): Timestamp | null {
  const slot = slotOf(schedule.recurrence, schedule.startAt, after);
  return slot === null || (schedule.endAt !== null && slot > schedule.endAt) ? null : slot;
}

function slotOf(recurrence: Recurrence, startAt: Timestamp, after: Timestamp): Timestamp | null {
  if (recurrence.kind === 'days') {
    if (after < startAt) return startAt;
    const step = recurrence.every * SECONDS_PER_DAY;
    return addSeconds(startAt, (Math.floor(secondsBetween(startAt, after) / step) + 1) * step);
  }
  const cron = cronOf(recurrence);
  const next = (from: Timestamp) => cron.nextRun(new Date(from))?.getTime();
  // A slot at startAt itself counts, and croner answers strictly later instants at whole seconds.
  const first = after < startAt ? next(addSeconds(startAt, -1)) : next(after);
  const found = first !== undefined && first < Date.parse(startAt) ? next(startAt) : first;
  return found === undefined ? null : timestamp(found);
}

export interface DueSlots {
  readonly run: readonly Timestamp[];
  readonly skip: readonly { readonly slot: Timestamp; readonly reason: string }[];
  readonly schedule: Schedule<'active' | 'ended'>;
}

/**
 * Which slots up to `at` run and which are skipped, by the declared catch-up rule; none is passed over in silence.
 * @param heldBy why nothing may run now, such as a halt
 */
export function takeDueSlots(schedule: Schedule<'active'>, at: Timestamp, heldBy?: string): DueSlots {
  const due: Timestamp[] = [];
  let next = schedule.nextSlot;
  while (next !== null && next <= at && due.length < SLOTS_PER_FIRE) {
    due.push(next);
    next = slotAfter(schedule, next);
  }
  const left = schedule.runsMax === null ? due.length : schedule.runsMax - schedule.runs;
  // Cut off by the bound of a fire, the latest is still to come.
  const newest = next !== null && next <= at ? undefined : due.at(-1);
  const judged = due.map((slot) => ({ slot, reason: heldBy ?? missed(schedule, slot, newest, at) }));
  const run = judged
    .filter((slot) => slot.reason === undefined)
    .slice(0, left)
    .map(({ slot }) => slot);
  const runs = schedule.runs + run.length;
  const isOver = next === null || (schedule.runsMax !== null && runs >= schedule.runsMax);
  return {
    run,
    skip: judged.flatMap(({ slot, reason }) => (reason === undefined ? [] : [{ slot, reason }])),
    schedule: isOver
      ? {
          ...become(schedule, 'ended', { endReason: next === null ? 'no further slot' : 'all runs made' }),
          runs,
          nextSlot: null,
        }
      : { ...schedule, version: schedule.version + 1, runs, nextSlot: next },
  };
}

/** Why a slot does not run, or undefined when it does. */
function missed(schedule: Schedule, slot: Timestamp, newest: Timestamp | undefined, at: Timestamp): string | undefined {
  const late = secondsBetween(slot, at);
  if (late <= ON_TIME_SECONDS) return undefined;
  if (late > schedule.catchUpHoursMax * SECONDS_PER_HOUR)
    return `missed by more than ${schedule.catchUpHoursMax} hours`;
  if (schedule.catchUp === 'skip') return 'missed; the catch-up rule is skip';
  if (schedule.catchUp === 'latest' && slot !== newest) return 'missed; the catch-up rule runs only the latest';
  return undefined;
}

export const pause = (schedule: Schedule<'active'>, at: Timestamp): Schedule<'paused'> =>
  become(schedule, 'paused', { pausedAt: at });

/** Slots that passed while it was paused are not made up for. */
export function resume(schedule: Schedule<'paused'>, at: Timestamp): Schedule<'active' | 'ended'> {
  const nextSlot = slotAfter(schedule, at);
  return nextSlot === null ? end(schedule, 'no further slot') : { ...become(schedule, 'active', {}), nextSlot };
}

export const end = (schedule: Schedule<'active' | 'paused'>, reason: string): Schedule<'ended'> => ({
  ...become(schedule, 'ended', { endReason: reason }),
  nextSlot: null,
});
