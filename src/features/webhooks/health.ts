// How the way of events stands, for staff: what came, what became of it, and what waits.
import { createRoute, z } from '@hono/zod-openapi';
import { routes } from '../../app/routes.ts';
import type { Timestamp } from '../../domain/time.ts';
import { authorize } from '../../kit/authorize.ts';
import { Instant, json, NoQuery, problems } from '../../kit/schemas.ts';
import { findCursor } from '../../store/cursors.ts';
import { findEventHealth, WAITING_COUNTED_MAX } from '../../store/event-health.ts';
import type { EventDay } from '../../store/inbox.ts';

export const MONITOR = 'events.monitor';
export interface MonitorState {
  readonly ranAt: Timestamp;
  /** Events of that run that had not come. */
  readonly found: number;
  readonly oldestFound: Timestamp | null;
}

const Waiting = z.object({
  count: z
    .number()
    .int()
    .openapi({ description: `Counted up to ${WAITING_COUNTED_MAX}.` }),
  oldestAt: Instant.nullable(),
});

const Day = z.object({
  day: z.string(),
  received: z.number().int(),
  duplicates: z.number().int(),
  outOfOrder: z.number().int().openapi({ description: 'Came after a later event about the same.' }),
  backfilled: z.number().int().openapi({ description: 'Never came, and were fetched from custody’s list.' }),
  orphans: z.number().int().openapi({ description: 'Were about something that was not known yet.' }),
  strange: z.number().int().openapi({ description: 'Signed, and no event as they are known here.' }),
  lagSecondsMean: z.number().openapi({ description: 'From receipt to commit.' }),
  lagSecondsMax: z.number().int(),
});

const EventHealthView = z
  .object({
    lastReceivedAt: Instant.nullable(),
    lastEventDate: Instant.nullable().openapi({ description: 'When custody says that it happened.' }),
    oldestUnprocessedAt: Instant.nullable().openapi({
      description: 'The oldest of what waits. What lies in a queue and was never seen here is not in it.',
    }),
    waiting: z.object({ orphans: Waiting, deadLetters: Waiting, messages: Waiting }),
    monitor: z.object({ ranAt: Instant, found: z.number().int(), oldestFound: Instant.nullable() }).nullable(),
    days: z.array(Day),
  })
  .openapi('EventHealth');

const viewDay = ({ lagSecondsSum, ...day }: EventDay): z.infer<typeof Day> => {
  const events = day.received + day.backfilled;
  return { ...day, lagSecondsMean: events === 0 ? 0 : lagSecondsSum / events };
};

const getEventHealth = createRoute({
  method: 'get',
  path: '/event-health',
  summary: 'How the way of custody’s events stands, and the counts of the last 31 days',
  middleware: [authorize('admin', 'compliance', 'operator', 'auditor')] as const,
  request: { query: NoQuery },
  responses: { 200: { description: 'Now.', ...json(EventHealthView) }, ...problems },
});

export const eventHealthRoutes = routes().openapi(getEventHealth, async (c) => {
  const { database, clock } = c.env;
  const [health, monitor] = await Promise.all([
    findEventHealth(database, clock.now()),
    findCursor<MonitorState>(database, MONITOR),
  ]);
  const { orphans, deadLetters, messages, newest, days } = health;
  const oldest = [orphans, deadLetters, messages].flatMap(({ oldestAt }) => oldestAt ?? []).toSorted()[0];
  return c.json(
    {
      lastReceivedAt: newest?.receivedAt ?? null,
      lastEventDate: newest?.date ?? null,
      oldestUnprocessedAt: oldest ?? null,
      waiting: { orphans, deadLetters, messages },
      monitor: monitor ?? null,
      days: days.map(viewDay),
    },
    200,
  );
});
