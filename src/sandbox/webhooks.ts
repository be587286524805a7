/** Owns webhooks as a resource, and the reading of their past events. */
import * as z from 'zod';
import { post } from './courier.ts';
import { PURGE_AFTER, realSeconds, signedRequest } from './deliveries.ts';
import type { Webhook, WebhookEvent } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { EVENT_KINDS } from './events.ts';
import { type Answer, type ApiCall, choice, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { iso, newId, type World } from './world.ts';

const WEBHOOKS_MAX = 5;

const EventKind = z.string().refine((kind) => kind === '*' || EVENT_KINDS.includes(kind), 'unknown event');
const fields = {
  url: z.url({ protocol: /^https?$/ }),
  events: z.array(EventKind).min(1),
  status: z.enum(['Enabled', 'Disabled']).optional(),
  description: z.string().max(256).optional(),
};
const CreateWebhook = z.strictObject(fields);
const UpdateWebhook = z.strictObject({ ...fields, url: fields.url.optional(), events: fields.events.optional() });

const events = '/webhooks/:webhookId/events';
export const webhookRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/webhooks', operation: 'Webhooks:Create', serve: createWebhook },
  { method: 'GET', path: '/webhooks', operation: 'Webhooks:Read', serve: listWebhooks },
  { method: 'GET', path: '/webhooks/:webhookId', operation: 'Webhooks:Read', serve: getWebhook },
  { method: 'PUT', path: '/webhooks/:webhookId', operation: 'Webhooks:Update', serve: updateWebhook },
  { method: 'DELETE', path: '/webhooks/:webhookId', operation: 'Webhooks:Delete', serve: deleteWebhook },
  { method: 'POST', path: '/webhooks/:webhookId/ping', operation: 'Webhooks:Ping', serve: pingWebhook },
  { method: 'GET', path: events, operation: 'Webhooks:Events:Read', serve: listEvents },
  { method: 'GET', path: `${events}/:webhookEventId`, operation: 'Webhooks:Events:Read', serve: getEvent },
];

function requireWebhook(world: World, call: ApiCall): Webhook {
  const webhookId = param(call, 'webhookId');
  const webhook = world.store.find('webhooks', webhookId);
  if (!webhook) throw new Refused(404, 'Webhook not found.', { webhookId, orgId: world.organization.orgId });
  return webhook;
}

/** Dfns shows the secret once, in the answer to the creation. */
const view = ({ secret: _secret, ...webhook }: Webhook) => webhook;

function createWebhook(world: World, { text }: ApiCall): Answer {
  const body = parse(CreateWebhook, readJson(text), 'body');
  if (world.store.count('webhooks') >= WEBHOOKS_MAX) {
    throw new Refused(400, `An organisation can have at most ${WEBHOOKS_MAX} webhooks.`);
  }
  const at = iso(world.now);
  const webhook: Webhook = {
    id: newId('wh'),
    url: body.url,
    events: body.events,
    status: body.status ?? 'Enabled',
    ...(body.description !== undefined && { description: body.description }),
    dateCreated: at,
    dateUpdated: at,
    secret: newId('whs'),
  };
  world.store.insert('webhooks', webhook.id, webhook);
  return ok(webhook);
}

function updateWebhook(world: World, call: ApiCall): Answer {
  const webhook = requireWebhook(world, call);
  const { url, events, status, description } = parse(UpdateWebhook, readJson(call.text), 'body');
  const updated: Webhook = {
    ...webhook,
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events }),
    ...(status !== undefined && { status }),
    ...(description !== undefined && { description }),
    dateUpdated: iso(world.now),
  };
  world.store.save('webhooks', webhook.id, updated);
  return ok(view(updated));
}

function deleteWebhook(world: World, call: ApiCall): Answer {
  world.store.remove('webhooks', requireWebhook(world, call).id);
  return ok({ deleted: true });
}

/** A made-up event, sent at once and kept nowhere; the caller learns what the receiver answered. */
function pingWebhook(world: World, call: ApiCall): Answer {
  const webhook = requireWebhook(world, call);
  const id = newId('whe');
  const request = signedRequest(world, webhook, {
    ...{ id, webhookId: webhook.id, date: iso(world.now), kind: 'webhook.ping', data: {}, status: '0' },
    ...{ timestampSent: realSeconds(), attempt: 1, originalId: id, firstAttemptAt: world.now },
  });
  const later = async () => {
    const { status, error } = await post(request, world.settings);
    return ok({ status: String(status ?? 0), ...(error !== undefined && { error }) });
  };
  return { status: 200, body: {}, later };
}

function getWebhook(world: World, call: ApiCall): Answer {
  return ok(view(requireWebhook(world, call)));
}

function listWebhooks(world: World, call: ApiCall): Answer {
  return pageAnswer(world.store.page('webhooks', {}, pageRequest(call, { limitMax: 200 })), view);
}

function listEvents(world: World, call: ApiCall): Answer {
  const webhook = requireWebhook(world, call);
  const failed = choice(call, 'deliveryFailed', ['true', 'false']);
  const filters = {
    webhook_id: webhook.id,
    failed: failed === undefined ? undefined : Number(failed === 'true'),
    kind: call.url.searchParams.get('kind') ?? undefined,
  };
  // Retention: events older than that are deleted as new ones come in, so a quiet sandbox may still hold some.
  world.store.sql.exec('DELETE FROM events WHERE at < ?', world.now - PURGE_AFTER);
  const page = world.store.page('events', filters, pageRequest(call, { limitMax: 200 }));
  return pageAnswer(page, (event) => viewEvent(world, event));
}

function getEvent(world: World, call: ApiCall): Answer {
  const webhook = requireWebhook(world, call);
  const event = world.store.find('events', param(call, 'webhookEventId'));
  const isKept = event && Date.parse(event.date) >= world.now - PURGE_AFTER;
  if (!isKept || event.webhookId !== webhook.id) throw new Refused(404, 'Webhook event not found.');
  return ok(viewEvent(world, event));
}

function viewEvent(world: World, event: WebhookEvent) {
  const { id, date, kind, data, status, error, timestampSent, attempt, nextAttemptDate } = event;
  const details = {
    deliveryFailed: error !== undefined,
    deliveryAttempt: attempt,
    ...(nextAttemptDate !== undefined && { nextAttemptDate }),
  };
  return {
    ...{ id, date, kind, data, status },
    ...(error !== undefined && { error }),
    timestampSent,
    ...(world.settings.webhookEventDetails && details),
  };
}
