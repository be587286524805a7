// The wire form of schedules.
import { z } from '@hono/zod-openapi';
import { catchUpRules, isTrigger, type Schedule, slotsAhead } from '../../domain/schedule.ts';
import { Instant, PositiveUnits, Timestamp, Units } from '../../kit/schemas.ts';
import { AmountWish, deskWishes, FloorWish, howMuchView, viewHowMuch } from '../../kit/wishes.ts';

const RUNS_MAX = 100_000;
const DAYS_MAX = 366;
const HOURS_MAX = 24 * 31;
const CATCH_UP_HOURS_MAX = 24 * 31;
/** Release looks back at this many orders of a schedule. */
const FAILURES_MAX = 10;
const FAILURES = 3;
const COOLDOWN_MINUTES_MAX = 60 * 24 * 31;
const PER_DAY_MAX = 100;
const SLOTS_SHOWN = 5;

export const Recurrence = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cron'),
    expression: z
      .string()
      .max(100)
      .openapi({ description: 'Five fields: minute hour day month weekday.', example: '0 9 * * MON-FRI' }),
    timeZone: z.string().max(64).openapi({ description: 'An IANA time zone.', example: 'Europe/Zurich' }),
  }),
  z.strictObject({ kind: z.literal('hours'), every: z.int().min(1).max(HOURS_MAX) }),
  z.strictObject({ kind: z.literal('days'), every: z.int().min(1).max(DAYS_MAX) }),
]);

const bounds = {
  asset: z.string(),
  cooldownMinutes: z
    .int()
    .min(1)
    .max(COOLDOWN_MINUTES_MAX)
    .openapi({ description: 'So long after a firing there is no other.' }),
  perDayMax: z.int().min(1).max(PER_DAY_MAX).openapi({ description: 'Firings within one UTC day.' }),
};
export const Trigger = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('deposit_received'), minUnits: PositiveUnits, ...bounds }),
  z.strictObject({ kind: z.literal('balance_above'), floorUnits: Units, ...bounds }),
]);

const terms = {
  endAt: Timestamp,
  runsMax: z.int().min(1).max(RUNS_MAX),
  catchUp: z.enum(catchUpRules).openapi({ description: 'What becomes of slots that were missed.' }),
  catchUpHoursMax: z.int().min(1).max(CATCH_UP_HOURS_MAX).openapi({
    description: 'What was missed by more is skipped whatever the rule.',
  }),
  failuresMax: z
    .int()
    .min(1)
    .max(FAILURES_MAX)
    .openapi({ description: 'So many failed, rejected or blocked orders in a row pause it.' }),
};

const when = {
  recurrence: Recurrence.optional().openapi({ description: 'Either this or a trigger.' }),
  trigger: Trigger.optional().openapi({ description: 'Either this or a recurrence.' }),
  startAt: Timestamp.optional().openapi({ description: 'Now, unless given.' }),
  endAt: terms.endAt.optional(),
  runsMax: terms.runsMax.optional(),
  catchUp: terms.catchUp.default('latest'),
  catchUpHoursMax: terms.catchUpHoursMax.default(24),
  failuresMax: terms.failuresMax.default(FAILURES),
};

/** What each of its orders asks for, in the words of an order. */
export const ScheduleRequest = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...deskWishes.trade_funding, ...when }),
    z.strictObject({ ...deskWishes.sweep, ...when }),
  ])
  .refine(({ recurrence, trigger }) => (recurrence === undefined) !== (trigger === undefined), {
    path: ['recurrence'],
    message: 'either a recurrence or a trigger',
  })
  .openapi('ScheduleRequest');

/** What is left out stays; null takes an end or a maximum away. */
export const ScheduleEditRequest = z
  .strictObject({
    version: z.int().min(1).openapi({ description: 'As it was read; another one in force is a 409.' }),
    amount: AmountWish.optional().openapi({ description: 'Of trade funding.' }),
    floor: FloorWish.optional().openapi({ description: 'Of a sweep: what stays in the wallet; 0 leaves nothing.' }),
    recurrence: Recurrence.optional(),
    trigger: Trigger.optional(),
    endAt: terms.endAt.nullable().optional(),
    runsMax: terms.runsMax.nullable().optional(),
    catchUp: terms.catchUp.optional(),
    catchUpHoursMax: terms.catchUpHoursMax.optional(),
    failuresMax: terms.failuresMax.optional(),
  })
  .openapi('ScheduleEditRequest');

export const ScheduleView = z
  .object({
    id: z.string(),
    version: z.number().int(),
    accountId: z.string(),
    mandateId: z.string(),
    status: z.string(),
    kind: z.string(),
    ...howMuchView,
    recurrence: Recurrence.nullable(),
    trigger: Trigger.nullable(),
    startAt: Instant,
    endAt: Instant.nullable(),
    runsMax: z.number().int().nullable(),
    runs: z.number().int(),
    catchUp: z.string(),
    catchUpHoursMax: z.number().int(),
    failuresMax: z.number().int(),
    nextSlot: Instant.nullable(),
    nextSlots: z.array(Instant).openapi({ description: 'The next five due instants, while it is active.' }),
    lastFiredAt: Instant.nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it ended, or was paused by the system.' }),
    createdAt: Instant,
  })
  .openapi('Schedule');

export const viewSchedule = (schedule: Schedule): z.infer<typeof ScheduleView> => ({
  id: schedule.id,
  version: schedule.version,
  accountId: schedule.accountId,
  mandateId: schedule.mandateId,
  status: schedule.status,
  kind: schedule.kind,
  ...viewHowMuch(schedule),
  ...rhythmOf(schedule),
  startAt: schedule.startAt,
  endAt: schedule.endAt,
  runsMax: schedule.runsMax,
  runs: schedule.runs,
  catchUp: schedule.catchUp,
  catchUpHoursMax: schedule.catchUpHoursMax,
  failuresMax: schedule.failuresMax,
  nextSlot: schedule.nextSlot,
  nextSlots: slotsAhead(schedule, SLOTS_SHOWN),
  lastFiredAt: schedule.fired?.lastAt ?? null,
  reason: reasonOf(schedule),
  createdAt: schedule.createdAt,
});

function rhythmOf({ recurrence }: Schedule): Pick<z.infer<typeof ScheduleView>, 'recurrence' | 'trigger'> {
  return isTrigger(recurrence) ? { recurrence: null, trigger: recurrence } : { recurrence, trigger: null };
}

function reasonOf(schedule: Schedule): string | null {
  if (schedule.status === 'ended') return schedule.endReason;
  return schedule.status === 'paused' ? (schedule.pauseReason ?? null) : null;
}
