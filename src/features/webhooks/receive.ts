// The webhook door: sender's rate, size, signature, freshness, one durable send, 200. Nothing else stands on this path: no
// database, no router, and settings and keys are read once an isolate.
import type { App } from '../../app/app.ts';
import { findSigner, isFresh, SIGNATURE_HEADER } from '../../dfns/signature.ts';
import { timestamp } from '../../domain/time.ts';
import { faultFields } from '../../kit/log.ts';
import { webhookReceived } from '../../kit/messages.ts';
import { problemResponse } from '../../kit/problem.ts';
import { mayKnock } from '../../kit/sender-rate.ts';
import { DeliveredEvent, messageText, parseJson, strangeText } from './event.ts';

export const WEBHOOK_PATH = '/webhooks/dfns';
const BODY_BYTES_MAX = 256 * 1024;
const MILLISECONDS_PER_SECOND = 1000;
const RECEIVED = JSON.stringify({ received: true });
const text = new TextDecoder();

export async function receiveWebhook(request: Request, app: App, requestId: string): Promise<Response> {
  const { bindings, clock, config, log } = app;
  const { headers } = request;
  const refuse = async (refusal: Parameters<typeof problemResponse>[0]): Promise<Response> => {
    // Counted in the log alone: a stranger can make nothing be stored.
    log.info('webhook.refused', { requestId, code: refusal.code });
    if (!request.bodyUsed) await request.body?.cancel();
    return problemResponse(refusal, requestId);
  };
  if (!(await mayKnock(bindings, headers))) return refuse({ code: 'too_many_requests' });
  if (!/^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? ''))
    return refuse({ code: 'content_type_unsupported', expected: 'application/json' });
  const body = await readCapped(request);
  if (body === undefined) return refuse({ code: 'body_too_large', bytesMax: BODY_BYTES_MAX });
  const signer = await findSigner(body, headers.get(SIGNATURE_HEADER), config.webhookSecrets);
  if (signer === undefined) return refuse({ code: 'signature_invalid' });
  const original = text.decode(body);
  const event = DeliveredEvent.safeParse(parseJson(original)).data;
  if (event !== undefined && !isFresh(event, clock.wall() / MILLISECONDS_PER_SECOND))
    return refuse({ code: 'webhook_stale' });
  // Signed, and not as we know events: custody says something new, which a person has to see.
  const kept = event === undefined ? strangeText(original) : messageText(event, original);
  try {
    await bindings.EVENTS.send(webhookReceived({ body: kept, receivedAt: timestamp(clock.wall()) })(null));
  } catch (fault) {
    // Not kept, so not acknowledged: Dfns sends it again.
    log.error('webhook.not_kept', { requestId, ...faultFields(fault) });
    return problemResponse({ code: 'intake_unavailable' }, requestId);
  }
  log.info('webhook.received', {
    requestId,
    eventId: event?.id,
    kind: event?.kind,
    attempt: event?.deliveryAttempt,
    // Which of the secrets in force, by its place: after a rotation nothing may come by the first any more.
    secret: signer,
  });
  return new Response(RECEIVED, { headers: { 'content-type': 'application/json', 'x-request-id': requestId } });
}

/**
 * Reads at most one byte more than is declared and allowed; undefined when that byte is there. The declared length only says
 * how much room to make: no more than it is ever read.
 */
async function readCapped({ body, headers }: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === null) return new Uint8Array();
  const declared = headers.get('content-length') ?? '';
  const bytesMax = /^\d{1,15}$/.test(declared) ? Number(declared) : BODY_BYTES_MAX;
  if (bytesMax > BODY_BYTES_MAX) return undefined;
  const reader = body.getReader({ mode: 'byob' });
  const { value } = await reader.readAtLeast(bytesMax + 1, new Uint8Array(bytesMax + 1));
  if (value === undefined || value.byteLength <= bytesMax) return value ?? new Uint8Array();
  await reader.cancel();
  return undefined;
}
