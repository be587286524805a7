// The wire form of schedules.
import { z } from '@hono/zod-openapi';
import { showAmount } from '../../domain/amount.ts';
import { catchUpRules, type Schedule } from '../../domain/schedule.ts';
import { AmountView, Instant, id, PositiveUnits, Timestamp } from '../../kit/schemas.ts';

const RUNS_MAX = 100_000;
const DAYS_MAX = 366;
const CATCH_UP_HOURS_MAX = 24 * 31;

export const Recurrence = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cron'),
    expression: z
      .string()
      .max(100)
      .openapi({ description: 'Five fields: minute hour day month weekday.', example: '0 9 * * MON-FRI' }),
    timeZone: z.string().max(64).openapi({ description: 'An IANA time zone.', example: 'Europe/Zurich' }),
  }),
  z.strictObject({ kind: z.literal('days'), every: z.int().min(1).max(DAYS_MAX) }),
]);

export const ScheduleRequest = z
  .strictObject({
    mandateId: id('mnd'),
    asset: z.string(),
    units: PositiveUnits,
    recurrence: Recurrence,
    startAt: Timestamp.optional().openapi({ description: 'Now, unless given.' }),
    endAt: Timestamp.optional(),
    runsMax: z.int().min(1).max(RUNS_MAX).optional(),
    catchUp: z.enum(catchUpRules).default('latest').openapi({ description: 'What becomes of slots that were missed.' }),
    catchUpHoursMax: z.int().min(1).max(CATCH_UP_HOURS_MAX).default(24),
  })
  .openapi('ScheduleRequest');

export const ScheduleView = z
  .object({
    id: z.string(),
    accountId: z.string(),
    mandateId: z.string(),
    status: z.string(),
    amount: AmountView,
    recurrence: Recurrence,
    startAt: Instant,
    endAt: Instant.nullable(),
    runsMax: z.number().int().nullable(),
    runs: z.number().int(),
    catchUp: z.string(),
    catchUpHoursMax: z.number().int(),
    nextSlot: Instant.nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it ended.' }),
    createdAt: Instant,
  })
  .openapi('Schedule');

export const viewSchedule = (schedule: Schedule): z.infer<typeof ScheduleView> => ({
  id: schedule.id,
  accountId: schedule.accountId,
  mandateId: schedule.mandateId,
  status: schedule.status,
  amount: {
    asset: schedule.asset,
    units: schedule.units.toString(),
    formatted: showAmount(schedule.asset, schedule.units),
  },
  recurrence: schedule.recurrence,
  startAt: schedule.startAt,
  endAt: schedule.endAt,
  runsMax: schedule.runsMax,
  runs: schedule.runs,
  catchUp: schedule.catchUp,
  catchUpHoursMax: schedule.catchUpHoursMax,
  nextSlot: schedule.nextSlot,
  reason: schedule.status === 'ended' ? schedule.endReason : null,
  createdAt: schedule.createdAt,
});
