// When orders recur. A slot is one due instant; the next slot is computed from the last, never from a clock.
// Cron expressions with IANA zones are read by croner.
import { Cron } from 'croner';
import type { AssetId } from './asset.ts';
import { canonicalJson } from './canonical.ts';
import type { AccountId, MandateId, ScheduleId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import type { HowMuch, ScheduledKind } from './order-amount.ts';
import { accept, type Result, refuse } from './result.ts';
import { addSeconds, secondsBetween, type Timestamp, timestamp } from './time.ts';

export const scheduleMachine = machine({
  active: ['paused', 'ended'],
  paused: ['active', 'ended'],
  ended: [],
});

export type Recurrence =
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string }
  | { readonly kind: 'hours'; readonly every: number }
  | { readonly kind: 'days'; readonly every: number };

/** What makes an order besides time. Units are decimal strings: this is kept as JSON. */
export type Trigger = (
  | { readonly kind: 'deposit_received'; readonly asset: AssetId; readonly minUnits: string }
  | { readonly kind: 'balance_above'; readonly asset: AssetId; readonly floorUnits: string }
) & { readonly cooldownMinutes: number; readonly perDayMax: number };
export type TriggerKind = Trigger['kind'];

/** What a trigger has let out of late. */
export interface Fired {
  readonly lastAt: Timestamp;
  /** The UTC day of `lastAt`, and how often it fired on it. */
  readonly day: string;
  readonly count: number;
}

export const isTrigger = (when: Recurrence | Trigger): when is Trigger =>
  when.kind === 'deposit_received' || when.kind === 'balance_above';

export const catchUpRules = ['skip', 'latest', 'all'] as const;
export type CatchUpRule = (typeof catchUpRules)[number];

interface ScheduleCore extends HowMuch {
  readonly id: ScheduleId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly mandateId: MandateId;
  /** What its orders are. */
  readonly kind: ScheduledKind;
  readonly asset: AssetId;
  /** When it recurs, or what it waits for. */
  readonly recurrence: Recurrence | Trigger;
  readonly triggerKind: TriggerKind | null;
  readonly fired: Fired | null;
  readonly startAt: Timestamp;
  readonly endAt: Timestamp | null;
  readonly runsMax: number | null;
  readonly catchUp: CatchUpRule;
  /** A missed slot older than this is skipped whatever the rule. */
  readonly catchUpHoursMax: number;
  /** So many failed orders in a row pause it. */
  readonly failuresMax: number;
  /** Orders from before do not count as failures: a person has looked since. */
  readonly failuresSince: Timestamp;
  readonly runs: number;
  readonly nextSlot: Timestamp | null;
  readonly createdAt: Timestamp;
}

interface ScheduleFacts {
  active: object;
  /** The reason is that of the machine; a person who pauses gives none. */
  paused: { readonly pausedAt: Timestamp; readonly pauseReason?: string | undefined };
  ended: { readonly endReason: string };
}

export type ScheduleStatus = keyof typeof scheduleMachine;
export type Schedule<S extends ScheduleStatus = ScheduleStatus> = InStatus<ScheduleCore, ScheduleFacts, S>;

const become = transitions<typeof scheduleMachine, ScheduleCore, ScheduleFacts>();

const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_HOUR = 3_600;
const SECONDS_PER_STEP = { hours: SECONDS_PER_HOUR, days: SECONDS_PER_DAY } as const;
/** A slot this late is still on time: cron fires each minute and promises no more. */
const ON_TIME_SECONDS = 300;
/** One fire looks at this many slots of one schedule; the next fire goes on. */
const SLOTS_PER_FIRE = 50;

/** Checks a recurrence: five fields (one minute is the finest step), which name a slot, and a zone that exists. */
export function parseRecurrence(recurrence: Recurrence): Result<Recurrence> {
  if (recurrence.kind !== 'cron') return accept(recurrence);
  // An offset such as +01:00 would pass as a zone, and knows nothing of summer time.
  if (!/^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$/.test(recurrence.timeZone) || !isZone(recurrence.timeZone)) {
    return never('The time zone is not known: an IANA name such as Europe/Zurich is needed.');
  }
  // croner would also read a single date, or names such as @daily.
  const fields = recurrence.expression.trim().split(/\s+/).length;
  if (fields > 5) return never(`It may fire once a minute at most. ${FIVE_FIELDS}`);
  if (fields !== 5) return never(FIVE_FIELDS);
  try {
    const slot = cronOf(recurrence).nextRun(new Date(0));
    return slot === null ? never('There is no such day.') : accept(recurrence);
  } catch {
    // croner throws for fields it cannot read: the caller's words.
    return never(FIVE_FIELDS);
  }
}

const FIVE_FIELDS = 'A schedule has five fields: minute, hour, day of the month, month, day of the week.';

/**
 * Fields that name their hours and minutes, also by lists and ranges, mean the clock on the wall: what falls into the hour that
 * comes twice happens once, and what falls into the one that is left out happens at its end. A wildcard or a step means time
 * that passes: each hour is an hour.
 */
const cronOf = ({ expression, timeZone }: Extract<Recurrence, { kind: 'cron' }>): Cron =>
  new Cron(expression, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });

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

function slotOf(recurrence: Recurrence | Trigger, startAt: Timestamp, after: Timestamp): Timestamp | null {
  if (isTrigger(recurrence)) return null;
  if (recurrence.kind !== 'cron') {
    if (after < startAt) return startAt;
    const step = recurrence.every * SECONDS_PER_STEP[recurrence.kind];
    return addSeconds(startAt, (Math.floor(secondsBetween(startAt, after) / step) + 1) * step);
  }
  const cron = cronOf(recurrence);
  const next = (from: Timestamp) => cron.nextRun(new Date(from))?.getTime();
  // A slot at startAt itself counts, and croner answers strictly later instants at whole seconds.
  const first = after < startAt ? next(addSeconds(startAt, -1)) : next(after);
  const found = first !== undefined && first < Date.parse(startAt) ? next(startAt) : first;
  return found === undefined ? null : timestamp(found);
}

/** The next due instants, the first of them `nextSlot`; no more than runs are left. */
export function slotsAhead(schedule: Schedule, count: number): Timestamp[] {
  const slots: Timestamp[] = [];
  const left = schedule.runsMax === null ? count : Math.min(count, schedule.runsMax - schedule.runs);
  let next = schedule.status === 'active' ? schedule.nextSlot : null;
  while (next !== null && slots.length < left) {
    slots.push(next);
    next = slotAfter(schedule, next);
  }
  return slots;
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

/** What became of the newest orders, newest first; undefined for one that says nothing of the schedule. */
export type RunResult = 'succeeded' | 'failed' | undefined;

/** How many runs failed since the last that did not; those on their way, skipped or canceled say nothing. */
export function failuresInRow(newestFirst: readonly RunResult[]): number {
  const told = newestFirst.filter((result) => result !== undefined);
  const succeeded = told.indexOf('succeeded');
  return succeeded === -1 ? told.length : succeeded;
}

export const tooManyFailures = ({ failuresMax }: Schedule): string =>
  `${failuresMax} orders in a row failed, were rejected or blocked.`;

export const pause = (schedule: Schedule<'active'>, at: Timestamp, pauseReason?: string): Schedule<'paused'> =>
  become(schedule, 'paused', { pausedAt: at, ...(pauseReason === undefined ? {} : { pauseReason }) });

/**
 * Slots that passed while it was paused are not made up for, and one that was skipped ahead of its time stays so; failures from
 * before are forgiven.
 */
export function resume(schedule: Schedule<'paused'>, at: Timestamp): Schedule<'active' | 'ended'> {
  const isAhead = schedule.nextSlot !== null && schedule.nextSlot > at;
  const nextSlot = isAhead ? schedule.nextSlot : slotAfter(schedule, at);
  if (nextSlot === null && schedule.triggerKind === null) return end(schedule, 'no further slot');
  const { pausedAt: _, pauseReason: _reason, ...rest } = schedule;
  return become({ ...rest, status: schedule.status, failuresSince: at, nextSlot }, 'active', {});
}

export interface SkippedNext {
  readonly slot: Timestamp;
  readonly schedule: Schedule<'active' | 'ended'>;
}

/** The next slot does not run and the one after it is next; the schedule ends where there is none. */
export function skipNext(schedule: Schedule<'active'>): Result<SkippedNext> {
  const slot = schedule.nextSlot;
  if (slot === null) return refuse({ code: 'schedule_without_slots' });
  const nextSlot = slotAfter(schedule, slot);
  return accept({
    slot,
    schedule: nextSlot === null ? end(schedule, 'no further slot') : amend(schedule, { nextSlot }),
  });
}

export type ScheduleEdit = Pick<
  Schedule,
  | 'amount'
  | 'units'
  | 'recurrence'
  | 'triggerKind'
  | 'endAt'
  | 'runsMax'
  | 'catchUp'
  | 'catchUpHoursMax'
  | 'failuresMax'
>;

/**
 * New terms from now on; an order that was released keeps what it had. The next slot is found anew only where the
 * recurrence or the end changes, so that a due slot is not lost to an edit of the amount.
 * @param after now, or the last slot that was skipped ahead of its time
 */
export function edit<S extends Schedule<'active' | 'paused'>>(
  schedule: S,
  terms: ScheduleEdit,
  after: Timestamp,
): Result<S> {
  if (terms.runsMax !== null && terms.runsMax <= schedule.runs)
    return never(`It has run ${schedule.runs} times already; runsMax has to be above.`);
  const sameRhythm = canonicalJson(terms.recurrence) === canonicalJson(schedule.recurrence);
  const isCut = terms.endAt !== null && schedule.nextSlot !== null && schedule.nextSlot > terms.endAt;
  const isFree = schedule.nextSlot === null && terms.endAt !== schedule.endAt;
  const isKept = sameRhythm && !isCut && !isFree;
  const nextSlot = isKept ? schedule.nextSlot : slotAfter({ ...schedule, ...terms }, after);
  if (nextSlot === null && schedule.triggerKind === null) return never('There is no slot between now and the end.');
  return accept({ ...schedule, ...terms, nextSlot, version: schedule.version + 1 });
}

const never = (reason: string) => refuse({ code: 'schedule_never_fires', reason });

export const end = (schedule: Schedule<'active' | 'paused'>, reason: string): Schedule<'ended'> => ({
  ...become(schedule, 'ended', { endReason: reason }),
  nextSlot: null,
});
