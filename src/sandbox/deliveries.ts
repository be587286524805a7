/**
 * Owns the attempts of webhook deliveries: the signed request, the mode that decides its fate, the schedule of the next
 * attempt. It writes rows only; courier.ts does the sending.
 */
import { createHmac } from 'node:crypto';
import type { Delivery, Webhook, WebhookEvent } from './entities.ts';
import { iso, newId, type World } from './world.ts';

export const modes = ['deliver', 'hold', 'drop', 'duplicate', 'reorder'] as const;
export type Mode = (typeof modes)[number];

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Dfns: up to five attempts; the later ones so long after the first. */
const RETRIES_AFTER = [MINUTE, 12 * MINUTE, 120 * MINUTE, DAY];
/** Dfns keeps events for 31 days. */
export const PURGE_AFTER = 31 * DAY;
/** In mode `reorder` deliveries are collected so long and then sent newest first. */
const REORDER_WINDOW = 1000;

export const readMode = (world: World): Mode => {
  const text = world.store.meta('webhookMode');
  return modes.find((mode) => mode === text) ?? 'deliver';
};

type Attempt = Pick<WebhookEvent, 'kind' | 'date' | 'data' | 'attempt' | 'firstAttemptAt'> &
  Partial<Pick<WebhookEvent, 'retryOf' | 'originalId'>>;

/** One attempt is one event. What becomes of it depends on the mode in force now. */
export function attempt(world: World, webhook: Webhook, { retryOf, originalId, ...fact }: Attempt): void {
  const id = newId('whe');
  const event: WebhookEvent = {
    ...fact,
    id,
    webhookId: webhook.id,
    status: '0',
    timestampSent: realSeconds(),
    ...(retryOf !== undefined && { retryOf }),
    originalId: originalId ?? id,
  };
  const mode = readMode(world);
  world.store.insert('events', id, event, { webhook_id: webhook.id, kind: event.kind, failed: 0, at: world.now });
  const status = { deliver: 'queued', duplicate: 'queued', hold: 'held', reorder: 'collected', drop: 'dropped' }[mode];
  for (let copy = 0; copy < (mode === 'duplicate' ? 2 : 1); copy += 1) {
    const delivery: Delivery = {
      id: newId('del'),
      eventId: id,
      webhookId: webhook.id,
      ...signedRequest(world, webhook, event),
      attempt: event.attempt,
      status: mode === 'drop' ? 'dropped' : mode === 'hold' ? 'held' : 'queued',
    };
    world.store.insert('deliveries', delivery.id, delivery, { status, event_id: id });
  }
  if (mode === 'reorder') world.store.schedule(world.now + REORDER_WINDOW, 'webhook.reorder', webhook.id);
  // A dropped delivery is one that the network lost: to Dfns it failed, and it is tried again on schedule.
  if (mode === 'drop') recordOutcome(world, id, { error: 'dropped' });
}

/**
 * Dfns: the signature is an HMAC-SHA256 of the body with the secret as key. The text is compact JSON, sent as it is; by
 * the setting it is sent in another form than it was signed.
 */
export function signedRequest(
  { settings }: Pick<World, 'settings'>,
  webhook: Webhook,
  event: WebhookEvent,
): Pick<Delivery, 'url' | 'headers' | 'body'> {
  const envelope = {
    id: event.id,
    kind: event.kind,
    date: event.date,
    data: event.data,
    timestampSent: event.timestampSent,
    deliveryAttempt: event.attempt,
    ...(event.retryOf !== undefined && { retryOf: event.retryOf }),
  };
  const compact = JSON.stringify(envelope);
  const body = settings.signedWebhookBytes === 'sent' ? compact : JSON.stringify(envelope, undefined, 2);
  const signature = createHmac('sha256', webhook.secret).update(compact).digest('hex');
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'dfns-webhooks',
    'X-DFNS-WEBHOOK-SIGNATURE': `sha256=${signature}`,
  };
  return { url: webhook.url, headers, body };
}

/** Dfns: the time in the envelope is the real one, whatever the clock of the sandbox says. */
export const realSeconds = () => Math.floor(Date.now() / 1000);

export type Outcome = { status?: number; error?: string };

/** Dfns: only 200 counts as delivered. */
export function recordOutcome(world: World, eventId: string, { status, error }: Outcome): void {
  const event = world.store.find('events', eventId);
  // A copy that arrived settles it, whatever happens to the others.
  if (!event || event.status === '200') return;
  const { nextAttemptDate: scheduled, ...rest } = event;
  if (status === 200) {
    world.store.save('events', eventId, { ...rest, status: '200' }, { failed: 0 });
    return;
  }
  const delay = RETRIES_AFTER[event.attempt - 1];
  const due = delay === undefined ? undefined : event.firstAttemptAt + delay;
  if (due !== undefined && scheduled === undefined) world.store.schedule(due, 'webhook.retry', eventId);
  const failed: WebhookEvent = {
    ...rest,
    status: String(status ?? 0),
    error: error ?? `The webhook answered ${status}`,
    ...(due !== undefined && { nextAttemptDate: iso(due) }),
  };
  world.store.save('events', eventId, failed, { failed: 1 });
}

/** Dfns: retries stop when the webhook is disabled or gone. */
export function retry(world: World, eventId: string): void {
  const event = world.store.find('events', eventId);
  const webhook = event && world.store.find('webhooks', event.webhookId);
  if (!event || event.status === '200' || webhook?.status !== 'Enabled') return;
  const { kind, date, data, originalId, firstAttemptAt } = event;
  const retryOf = world.settings.retryOf === 'original' ? originalId : event.id;
  attempt(world, webhook, { kind, date, data, attempt: event.attempt + 1, firstAttemptAt, originalId, retryOf });
}

export function releaseCollected(world: World): void {
  world.store.sql.exec(`UPDATE deliveries SET status = 'reordered' WHERE status = 'collected'`);
}

/** For a held delivery that is sent after all: its time is that of the sending, so it must be signed anew. */
export function restamp(world: World, delivery: Delivery): Delivery {
  const event = world.store.find('events', delivery.eventId);
  const webhook = world.store.find('webhooks', delivery.webhookId);
  if (!event || !webhook) return delivery;
  const stamped = { ...event, timestampSent: realSeconds() };
  world.store.save('events', event.id, stamped);
  return { ...delivery, ...signedRequest(world, webhook, stamped) };
}

export function finishDelivery(world: World, delivery: Delivery, outcome: Outcome): Delivery {
  const { responseStatus: _old, ...rest } = delivery;
  const finished: Delivery = {
    ...rest,
    status: outcome.status === 200 ? 'sent' : 'failed',
    ...(outcome.status !== undefined && { responseStatus: outcome.status }),
    dateSent: iso(world.now),
  };
  world.store.save('deliveries', finished.id, finished, { status: finished.status });
  recordOutcome(world, finished.eventId, outcome);
  return finished;
}
