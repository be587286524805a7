// Webhook endpoints: made by an admin, active once their host serves our token, given a new secret with an overlap, ended.
import type { App } from '../../app/app.ts';
import { closedBreaker } from '../../domain/breaker.ts';
import type { AccountId, DeliveryId, WebhookEndpointId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import type { NoticeKind } from '../../domain/notice.ts';
import { judgeUrl } from '../../domain/outside-url.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import {
  type LivingEndpoint,
  newestOf,
  remove,
  rotate,
  verify,
  type WebhookEndpoint,
} from '../../domain/webhook-endpoint.ts';
import { findKey, keyIdOf, verificationToken, webhookSecret } from '../../kit/derived-secrets.ts';
import { askOutside } from '../../kit/outside.ts';
import { findBreaker, replaceBreaker } from '../../store/breaker.ts';
import { commit, type Once } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { resendDelivery, resendFailed } from '../../store/notices.ts';
import { findEndpoint, listEndpoints, webhookEndpointChange } from '../../store/webhook-endpoints.ts';
import { ENDPOINTS_MAX, wake } from './raise.ts';
import { outsideRules } from './webhook.ts';

type Keep<E extends WebhookEndpoint = WebhookEndpoint> = (endpoint: E, token: string) => readonly Once[];

export interface Shown<E extends WebhookEndpoint = LivingEndpoint> {
  readonly endpoint: E;
  /** What its host has to serve to prove that it is its. */
  readonly token: string;
}
export interface Secret extends Shown {
  readonly secret: string;
}

export const VERIFICATION_PATH = '/.well-known/fiducia-webhook';

interface Asked {
  readonly url: string;
  readonly description: string;
  readonly accountId: AccountId | null;
  readonly kinds: readonly NoticeKind[] | null;
}

/** The key of its newest secret is that of its token, too: both are gone together when a key is taken away. */
export async function tokenOf(app: App, endpoint: WebhookEndpoint): Promise<string> {
  const key = await findKey(app.config.notices.keys, newestOf(endpoint).keyId);
  return key === undefined ? '' : verificationToken(key, endpoint.id);
}

const firstKey = ({ config }: App): string => {
  const [key] = config.notices.keys;
  if (key === undefined) throw new RangeError('no key for notices');
  return key;
};

export async function makeEndpoint(app: App, by: Provenance, asked: Asked, keep: Keep): Promise<Result<Secret>> {
  const url = judgeUrl(asked.url, outsideRules(app));
  if (!url.ok) return url;
  const living = await listEndpoints(app.database, { limit: ENDPOINTS_MAX });
  if (living.length >= ENDPOINTS_MAX) return refuse({ code: 'endpoints_exhausted', most: ENDPOINTS_MAX });
  const key = firstKey(app);
  const endpoint: WebhookEndpoint<'pending'> = {
    ...asked,
    id: by.newId('whe'),
    version: 1,
    url: url.value.href,
    secrets: [{ generation: 1, keyId: await keyIdOf(key), until: null }],
    createdAt: by.at,
    status: 'pending',
  };
  const token = await verificationToken(key, endpoint.id);
  const committed = await commit(app.database, {
    by,
    changes: [webhookEndpointChange(undefined, endpoint)],
    once: keep(endpoint, token),
  });
  return committed.ok ? accept({ endpoint, token, secret: await webhookSecret(key, endpoint.id, 1) }) : committed;
}

async function load(app: App, id: WebhookEndpointId): Promise<Result<LivingEndpoint>> {
  const endpoint = await findEndpoint(app.database, id);
  return endpoint === undefined ? refuse({ code: 'not_found' }) : accept(endpoint);
}

/** Asks the host for the token. One that was disabled comes back the same way. */
export async function verifyEndpoint(
  app: App,
  by: Provenance,
  id: WebhookEndpointId,
  keep: Keep,
): Promise<Result<Shown>> {
  const found = await load(app, id);
  if (!found.ok) return found;
  const waiting = inStatus('webhook endpoint', found.value, 'pending', 'disabled');
  if (!waiting.ok) return waiting;
  const judged = judgeUrl(waiting.value.url, outsideRules(app));
  if (!judged.ok) return judged;
  const token = await tokenOf(app, waiting.value);
  const outside = await askOutside(new URL(VERIFICATION_PATH, judged.value).href, { method: 'GET' });
  if (outside.kind === 'silent') return refuse({ code: 'endpoint_not_verified', reason: outside.problem });
  if (outside.status !== 200)
    return refuse({ code: 'endpoint_not_verified', reason: `the host answered ${outside.status}, not 200` });
  if (token === '' || outside.text.trim() !== token)
    return refuse({ code: 'endpoint_not_verified', reason: 'what the host served is not the token' });
  const endpoint = verify(waiting.value, by.at);
  const committed = await commit(app.database, {
    by,
    changes: [webhookEndpointChange(waiting.value, endpoint)],
    once: keep(endpoint, token),
  });
  if (!committed.ok) return committed;
  // It has just answered: what its breaker holds against it is of before. A lost write only costs a wait.
  const lane = `webhook:${id}` as const;
  await replaceBreaker(app.database, await findBreaker(app.database, lane), closedBreaker, lane);
  return accept({ endpoint, token });
}

export async function rotateSecret(
  app: App,
  by: Provenance,
  id: WebhookEndpointId,
  keep: Keep,
): Promise<Result<Secret>> {
  const found = await load(app, id);
  if (!found.ok) return found;
  const key = firstKey(app);
  const endpoint = rotate(found.value, await keyIdOf(key), by.at);
  const token = await tokenOf(app, endpoint);
  const committed = await commit(app.database, {
    by,
    changes: [webhookEndpointChange(found.value, endpoint, 'webhook_endpoint.secret_rotated')],
    once: keep(endpoint, token),
  });
  const { generation } = newestOf(endpoint);
  return committed.ok ? accept({ endpoint, token, secret: await webhookSecret(key, id, generation) }) : committed;
}

export async function removeEndpoint(
  app: App,
  by: Provenance,
  id: WebhookEndpointId,
  keep: Keep<WebhookEndpoint<'deleted'>>,
): Promise<Result<Shown<WebhookEndpoint<'deleted'>>>> {
  const found = await load(app, id);
  if (!found.ok) return found;
  const endpoint = remove(found.value, by.at);
  const committed = await commit(app.database, {
    by,
    changes: [webhookEndpointChange(found.value, endpoint)],
    once: keep(endpoint, ''),
  });
  return committed.ok ? accept({ endpoint, token: '' }) : committed;
}

/** A call sends as many as this again; what is left is sent by the next. */
const RESENT_PER_CALL = 400;

/** One delivery, or all since then that never arrived. Repeating it finds them on their way, and sends nothing twice. */
export async function resend(
  app: App,
  by: Provenance,
  id: WebhookEndpointId,
  what: { readonly deliveryId: DeliveryId } | { readonly since: Timestamp },
): Promise<Result<number>> {
  const found = await load(app, id);
  if (!found.ok) return found;
  const active = inStatus('webhook endpoint', found.value, 'active');
  if (!active.ok) return active;
  const resent =
    'deliveryId' in what
      ? await resendDelivery(app.database, id, what.deliveryId, by.at)
      : await resendFailed(app.database, id, what.since, by.at, RESENT_PER_CALL);
  await wake(app, resent);
  app.log.info('notice.resent', { endpointId: id, resent: resent.length, requestId: by.requestId });
  return accept(resent.length);
}
