// Fetches from custody's own list the events that never came, or that a stop swallowed after their 200, and sends them the
// normal way. Runs at start and by cron, in bounded slices.

import { type App, begin } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import type { CustodyEvent } from '../../dfns/custody.ts';
import { system } from '../../domain/actor.ts';
import { addSeconds, isNewestFirst, type Timestamp, timestamp } from '../../domain/time.ts';
import { BackfillMonth, webhookReceived } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { findCursor, keepCursor } from '../../store/cursors.ts';
import { findNewestEvent } from '../../store/event-health.ts';
import { listUnseen } from '../../store/inbox.ts';
import { openIncident } from '../../store/incidents.ts';
import { messageText, WebhookEvent } from './event.ts';
import { MONITOR, type MonitorState } from './health.ts';

/** What one run reads of a list at most; the month goes on in the next run. */
const PAGES_MAX = 300;
const MONTH_PAGES_PER_RUN = 50;
/** Events this young are looked through on every run, the whole month that custody keeps once a day. */
const HORIZON_SECONDS = 6 * 3600;
const MONTH_SECONDS = 31 * 86_400;
/** Custody tries again after one minute and after twelve: what is missing for an hour was not brought, and a person is told. */
const GAP_SECONDS = 3600;
/** A queue takes 256,000 bytes and 100 messages a call. */
const BYTES_PER_SEND = 200_000;
const MESSAGES_PER_SEND = 50;

interface Month {
  /** Custody's mark of the next page; null for the first. */
  readonly page: string | null;
  readonly isDone: boolean;
}
interface Slice {
  readonly horizon: Timestamp;
  readonly isFailedOnly: boolean;
  readonly pagesMax?: number;
  readonly from?: string | undefined;
}

export const backfillEvents: Job = async (app, { scheduledTime }) => {
  const isFirstOfDay = scheduledTime.slice(11, 16) < '00:15';
  /** By id, the dates of those that never came: the lists overlap, and what is sent once is not sent again. */
  const sent = new Map<string, string>();
  for (const webhookId of await app.custody.listWebhookIds(`${app.config.publicUrl}/webhooks/dfns`)) {
    const look = (slice: Slice) => lookThrough(app, webhookId, slice, sent);
    await look({ horizon: await recentHorizon(app, scheduledTime), isFailedOnly: false });
    // What custody itself knows as not delivered is a short list, whose whole month is read each time.
    await look({ horizon: addSeconds(scheduledTime, -MONTH_SECONDS), isFailedOnly: true });
    await lookThroughMonth(app, webhookId, scheduledTime, isFirstOfDay, look);
  }
  const dates = [...sent.values()].toSorted();
  await tellOfGap(app, scheduledTime, dates);
  const state: MonitorState = { ranAt: scheduledTime, found: dates.length, oldestFound: dates[0] ?? null };
  await keepCursor(app.database, MONITOR, state);
};

/** After a restore: the events of the lost time are not known to this database. The month begins anew, and cron goes on. */
export const backfillMonthOfEvents = consumer('events', BackfillMonth, async (app, { until }) => {
  const sent = new Map<string, string>();
  for (const webhookId of await app.custody.listWebhookIds(`${app.config.publicUrl}/webhooks/dfns`)) {
    await lookThroughMonth(app, webhookId, until, true, (slice) => lookThrough(app, webhookId, slice, sent));
  }
  return 'done';
});

/** Back to the newest event that came, when that is long ago: while nothing comes, more is looked through. */
async function recentHorizon(app: App, at: Timestamp): Promise<Timestamp> {
  const newest = (await findNewestEvent(app.database))?.date ?? at;
  const horizon = addSeconds(at, -HORIZON_SECONDS);
  const month = addSeconds(at, -MONTH_SECONDS);
  return [horizon, newest < month ? month : newest].toSorted()[0] ?? horizon;
}

/** Everything that custody keeps, once a day, as far as one run goes. A mark that is lost begins anew the next day. */
async function lookThroughMonth(
  app: App,
  webhookId: string,
  at: Timestamp,
  isFirstOfDay: boolean,
  look: (slice: Slice) => Promise<string | undefined>,
): Promise<void> {
  const name = `events.month:${webhookId}`;
  const place = isFirstOfDay ? { page: null, isDone: false } : await findCursor<Month>(app.database, name);
  if (place === undefined || place.isDone) return;
  const horizon = addSeconds(at, -MONTH_SECONDS);
  const pagesMax = MONTH_PAGES_PER_RUN;
  const next = await look({ horizon, isFailedOnly: false, pagesMax, from: place.page ?? undefined });
  await keepCursor(app.database, name, { page: next ?? null, isDone: next === undefined } satisfies Month);
}

/**
 * Pages until one is behind the horizon and brings nothing new: a gap behind a quiet page is found too. The order is not
 * promised, so only a list that is seen to go back in time ends before its last page.
 * @returns where to go on; undefined at the end
 */
async function lookThrough(
  app: App,
  webhookId: string,
  { horizon, isFailedOnly, from, pagesMax = PAGES_MAX }: Slice,
  sent: Map<string, string>,
): Promise<string | undefined> {
  const dates: string[] = [];
  let after = from;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const { items, next } = await app.custody.listEvents(webhookId, after, isFailedOnly);
    dates.push(...items.map(({ date }) => date));
    const ids = new Set(
      await listUnseen(
        app.database,
        items.map(({ id }) => id),
      ),
    );
    const unseen = items.filter(({ id }) => ids.has(id) && !sent.has(id));
    await sendAll(app, unseen);
    for (const { id, date } of unseen) sent.set(id, date);
    if (unseen.length > 0) app.log.info('webhooks.backfilled', { events: unseen.length });
    const isBehind = items.every(({ date }) => date < horizon) && isNewestFirst(dates);
    if (next === undefined || (isBehind && ids.size === 0)) return undefined;
    after = next;
  }
  return after;
}

async function tellOfGap(app: App, at: Timestamp, dates: readonly string[]): Promise<void> {
  const missing = dates.filter((date) => date < addSeconds(at, -GAP_SECONDS));
  if (missing.length === 0) return;
  const by = begin(app, system('webhooks.backfill'), app.newId('msg'));
  const detail = `Custody had ${missing.length} events that never came, the oldest of ${missing[0]}. They are being applied.`;
  const of = { kind: 'webhooks_missing', about: 'webhooks', accountId: null, detail } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
}

async function sendAll(app: App, events: readonly CustodyEvent[]): Promise<void> {
  const receivedAt = timestamp(app.clock.wall());
  const waiting = events.map((event) => ({
    body: webhookReceived({ body: messageText(WebhookEvent.parse(event)), receivedAt, via: 'backfill' })(null),
  }));
  while (waiting.length > 0) {
    let bytes = 0;
    const fitting = waiting.findIndex(({ body }, index) => {
      bytes += JSON.stringify(body).length;
      return index > 0 && (bytes > BYTES_PER_SEND || index >= MESSAGES_PER_SEND);
    });
    await app.bindings.EVENTS.sendBatch(waiting.splice(0, fitting < 0 ? waiting.length : fitting));
  }
}
