// A notice by webhook, signed after Standard Webhooks with each secret that is in force. A receiver that is down is left alone
// for a while by its breaker, one that says "gone" or is down for days is disabled, and the admins are told.
import { Webhook } from 'standardwebhooks';
import type { App } from '../../app/app.ts';
import { closedBreaker, hearBreaker, probing, stateOf } from '../../domain/breaker.ts';
import type { WebhookEndpointId } from '../../domain/id.ts';
import type { Notice } from '../../domain/notice.ts';
import { judgeUrl } from '../../domain/outside-url.ts';
import { disable, type LivingEndpoint, signingAt } from '../../domain/webhook-endpoint.ts';
import { findKey, webhookSecret } from '../../kit/derived-secrets.ts';
import { askOutside } from '../../kit/outside.ts';
import { findBreaker, type Lane, replaceBreaker } from '../../store/breaker.ts';
import { commit } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { type Delivery, findSentSince, hurryDeliveries } from '../../store/notices.ts';
import { findEndpoint, webhookEndpointChange } from '../../store/webhook-endpoints.ts';
import type { Sent } from './sent.ts';
import { write } from './texts.ts';

const GONE = 410;
const MILLISECONDS_PER_SECOND = 1_000;

export const outsideRules = (app: App) => ({
  isLocal: app.config.environment === 'local',
  ownHosts: app.config.notices.ownHosts,
});

// A row of the channel `webhook` has an endpoint as its target.
const endpointIdOf = ({ target }: Delivery) => target as WebhookEndpointId;

export async function sendWebhook(app: App, by: Provenance, delivery: Delivery, notice: Notice): Promise<Sent> {
  const over = (problem: string): Sent => ({ kind: 'over', status: null, problem });
  const endpoint = await findEndpoint(app.database, endpointIdOf(delivery));
  if (endpoint?.status !== 'active') return over(`the endpoint is ${endpoint?.status ?? 'deleted'}`);
  // Its rules may have become stricter since it was made.
  const judged = judgeUrl(endpoint.url, outsideRules(app));
  if (!judged.ok) return over('the URL is not allowed any more');
  const lane: Lane = `webhook:${endpoint.id}`;
  const now = Date.parse(by.at);
  const breaker = await findBreaker(app.database, lane);
  const state = stateOf(breaker, now);
  const mayGo =
    state === 'go' || (state === 'probe' && (await replaceBreaker(app.database, breaker, probing(breaker, now), lane)));
  if (!mayGo) return { kind: 'failed', status: null, problem: 'not tried: the endpoint did not answer just before' };
  const sent = await post(app, by, endpoint, notice);
  const after = hearBreaker(await findBreaker(app.database, lane), sent.kind === 'sent' ? 'answered' : 'unknown', now);
  if (after.failures + breaker.failures > 0) {
    // Of two that write at once either is right: both have just heard from it.
    await replaceBreaker(app.database, await findBreaker(app.database, lane), after, lane);
    if (after === closedBreaker) await hurryDeliveries(app.database, endpoint.id, by.at);
  }
  return sent;
}

async function post(app: App, by: Provenance, endpoint: LivingEndpoint, notice: Notice): Promise<Sent> {
  const { title, text } = write(notice);
  const { id, kind, at, accountId, subjectId } = notice;
  const body = JSON.stringify({ type: kind, timestamp: at, data: { id, accountId, subjectId, title, text } });
  const signedAt = new Date(app.clock.wall());
  const signatures = await signaturesOf(app, by, endpoint, { id, signedAt, body });
  if (signatures.length === 0) return { kind: 'failed', status: null, problem: 'its key is not set here any more' };
  const outside = await askOutside(endpoint.url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Fiducia-Webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(signedAt.getTime() / MILLISECONDS_PER_SECOND)),
      'webhook-signature': signatures.join(' '),
    },
  });
  if (outside.kind === 'silent') return { kind: 'failed', status: null, problem: outside.problem };
  const { status } = outside;
  if (status >= 200 && status < 300) return { kind: 'sent', status };
  if (status === GONE) return { kind: 'over', status, problem: 'the endpoint says that it is gone' };
  return { kind: 'failed', status, problem: status >= 300 && status < 400 ? 'redirects are not followed' : 'refused' };
}

async function signaturesOf(
  app: App,
  by: Provenance,
  endpoint: LivingEndpoint,
  { id, signedAt, body }: { readonly id: string; readonly signedAt: Date; readonly body: string },
): Promise<string[]> {
  const signatures: string[] = [];
  for (const { generation, keyId } of signingAt(endpoint, by.at)) {
    const key = await findKey(app.config.notices.keys, keyId);
    if (key === undefined) continue;
    signatures.push(new Webhook(await webhookSecret(key, endpoint.id, generation)).sign(id, signedAt, body));
  }
  return signatures;
}

/** After the last attempt of a delivery: an endpoint that took nothing in all that time is not tried any more. */
export async function disableWhenDead(
  app: App,
  by: Provenance,
  delivery: Delivery,
  status: number | null,
): Promise<void> {
  const endpoint = await findEndpoint(app.database, endpointIdOf(delivery));
  if (endpoint?.status !== 'active') return;
  const isGone = status === GONE;
  if (!isGone && (await findSentSince(app.database, endpoint.id, delivery.createdAt))) return;
  const reason = isGone
    ? 'It answered that it is gone (410).'
    : `Nothing has arrived since ${delivery.createdAt}; the last answer was ${status ?? 'none'}.`;
  // A lost race means that a person acted on it meanwhile.
  await commit(app.database, {
    by,
    changes: [webhookEndpointChange(endpoint, disable(endpoint, { at: by.at, reason }))],
  });
}
