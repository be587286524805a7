// Fetches from custody's own list the events that never came, or that a stop swallowed after their 200, and sends them the
// normal way. Runs at start and by cron.

import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import type { CustodyEvent } from '../../dfns/custody.ts';
import { addSeconds, isNewestFirst, type Timestamp, timestamp } from '../../domain/time.ts';
import { BackfillMonth, webhookReceived } from '../../kit/messages.ts';
import { listUnseen } from '../../store/inbox.ts';
import { messageText, WebhookEvent } from './event.ts';

const PAGES_MAX = 300;
/** Events this young are looked through on every run, the whole month that custody keeps once a day. */
const HORIZON_SECONDS = 6 * 3600;
const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 31 * DAY_SECONDS;
/** A queue takes 256,000 bytes and 100 messages a call. */
const BYTES_PER_SEND = 200_000;
const MESSAGES_PER_SEND = 50;

export const backfillEvents: Job = async (app, { scheduledTime }) => {
  const isFirstOfDay = scheduledTime.slice(11, 16) < '00:15';
  await backfillSince(app, addSeconds(scheduledTime, -(isFirstOfDay ? MONTH_SECONDS : HORIZON_SECONDS)));
};

/** After a restore: the events of the lost time are not known to this database. */
export const backfillMonthOfEvents = consumer('events', BackfillMonth, async (app, { until }) => {
  await backfillSince(app, addSeconds(until, -MONTH_SECONDS));
  return 'done';
});

async function backfillSince(app: App, horizon: Timestamp): Promise<void> {
  for (const webhookId of await app.custody.listWebhookIds(`${app.config.publicUrl}/webhooks/dfns`)) {
    await backfillWebhook(app, webhookId, horizon);
  }
}

/**
 * Pages until one is behind the horizon and brings nothing new: a gap behind a quiet page is found too. The order is not
 * promised, so only a list that is seen to go back in time ends before its last page.
 */
async function backfillWebhook(app: App, webhookId: string, horizon: Timestamp): Promise<void> {
  const dates: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await app.custody.listEvents(webhookId, after);
    dates.push(...items.map(({ date }) => date));
    const unseen = new Set(
      await listUnseen(
        app.database,
        items.map(({ id }) => id),
      ),
    );
    await sendAll(
      app,
      items.filter(({ id }) => unseen.has(id)),
    );
    if (unseen.size > 0) app.log.info('webhooks.backfilled', { events: unseen.size });
    const isBehind = items.every(({ date }) => date < horizon) && isNewestFirst(dates);
    if (next === undefined || (isBehind && unseen.size === 0)) return;
    after = next;
  }
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
