// The webhook door: size, signature, freshness, one durable send, 200. Nothing else stands on this path.
import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import type { Variables } from '../../app/routes.ts';
import { findSigner, isFresh, SIGNATURE_HEADER } from '../../dfns/signature.ts';
import { timestamp } from '../../domain/time.ts';
import { parseJson, readCapped } from '../../kit/body.ts';
import { faultFields } from '../../kit/log.ts';
import { webhookReceived } from '../../kit/messages.ts';
import { problem } from '../../kit/problem.ts';
import { DeliveredEvent, messageText } from './event.ts';

const BODY_BYTES_MAX = 256 * 1024;
const MILLISECONDS_PER_SECOND = 1000;

export const webhookDoor = new Hono<{ Bindings: App; Variables: Variables }>().post('/webhooks/dfns', async (c) => {
  const { bindings, clock, config, log } = c.env;
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
    await c.req.raw.body?.cancel();
    return problem(c, { code: 'content_type_unsupported', expected: 'application/json' });
  }
  const body = await readCapped(c.req.raw.body, BODY_BYTES_MAX);
  if (body === undefined) return problem(c, { code: 'body_too_large', bytesMax: BODY_BYTES_MAX });
  const signer = await findSigner(body, c.req.header(SIGNATURE_HEADER) ?? null, config.webhookSecrets);
  if (signer === undefined) return problem(c, { code: 'signature_invalid' });
  const text = new TextDecoder().decode(body);
  const event = DeliveredEvent.safeParse(parseJson(text));
  if (!event.success) return problem(c, { code: 'webhook_malformed' });
  if (!isFresh(event.data, clock.wall() / MILLISECONDS_PER_SECOND)) return problem(c, { code: 'webhook_stale' });
  const receivedAt = timestamp(clock.wall());
  try {
    await bindings.EVENTS.send(webhookReceived({ body: messageText(event.data, text), receivedAt })(null));
  } catch (fault) {
    // Not kept, so not acknowledged: Dfns sends it again.
    log.error('webhook.not_kept', faultFields(fault));
    return problem(c, { code: 'intake_unavailable' });
  }
  log.info('webhook.received', {
    eventId: event.data.id,
    kind: event.data.kind,
    attempt: event.data.deliveryAttempt,
    secret: signer,
  });
  return c.json({ received: true }, 200);
});
