// The HTTP door of the checker: webhooks in, health, and what people may read of its work.
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { findSigner, isFresh, SIGNATURE_HEADER } from '../dfns/signature.ts';
import { type Actor, nameOf } from '../domain/actor.ts';
import { timestamp } from '../domain/time.ts';
import { authenticate } from '../kit/authenticate.ts';
import { faultFields } from '../kit/log.ts';
import { problem } from '../kit/problem.ts';
import { mayKnock } from '../kit/sender-rate.ts';
import { parseJson, readCapped } from './body.ts';
import { type Checker, NotConfigured } from './checker.ts';
import { ApprovalEvent, approvalIdOf, tellsOfDecision } from './event.ts';
import { health } from './health.ts';
import { reviewDue } from './message.ts';
import { readingRoutes } from './reading.ts';

const EVENT_BYTES_MAX = 256 * 1024;
const MILLISECONDS_PER_SECOND = 1000;

export interface Variables {
  requestId: string;
  actor: Actor;
}
type Env = { Bindings: Checker; Variables: Variables };

const v1 = new Hono<Env>();
v1.use(async (c, next) => {
  const { config, bindings, clock } = c.env;
  const actor = await authenticate(c.req.header('authorization'), config.tokens, bindings.COPIES, clock.wall());
  if (!actor.ok) return problem(c, actor.refusal);
  c.set('actor', actor.value);
  const { success } = await bindings.RATE.limit({ key: nameOf(actor.value) });
  return success ? next() : problem(c, { code: 'too_many_requests' });
});
v1.route('/checker', readingRoutes);

/** Verified, put on the queue, acknowledged; what is not about an approval is acknowledged alone. */
const webhooks = new Hono<Env>().post('/webhooks/dfns', async (c) => {
  const { bindings, clock, config, log } = c.env;
  const body = await readCapped(c.req.raw.body, EVENT_BYTES_MAX);
  if (body === undefined) return problem(c, { code: 'body_too_large', bytesMax: EVENT_BYTES_MAX });
  const signer = await findSigner(body, c.req.header(SIGNATURE_HEADER) ?? null, config.webhookSecrets);
  if (signer === undefined) return problem(c, { code: 'signature_invalid' });
  const { data: event } = ApprovalEvent.safeParse(parseJson(new TextDecoder().decode(body)));
  if (event === undefined) {
    // Signed, and not as we know events: what waits at custody is found by looking, each minute.
    log.error('webhook.strange', { requestId: c.var.requestId });
    return c.json({ received: true }, 200);
  }
  if (!isFresh(event, clock.wall() / MILLISECONDS_PER_SECOND)) return problem(c, { code: 'webhook_stale' });
  const approvalId = approvalIdOf(event);
  if (approvalId !== undefined) {
    try {
      await bindings.REVIEWS.send(reviewDue(approvalId, clock.now(), tellsOfDecision(event)));
    } catch (fault) {
      // Not kept, so not acknowledged: Dfns sends it again.
      log.error('webhook.not_kept', faultFields(fault));
      return problem(c, { code: 'intake_unavailable' });
    }
  }
  // Which of the secrets in force, by its place: after a rotation nothing may come by the first any more.
  log.info('webhook.received', { eventId: event.id, kind: event.kind, approvalId, secret: signer });
  return c.json({ received: true }, 200);
});

export const http = new Hono<Env>();
http.use(async (c, next) => {
  c.set('requestId', `req_${crypto.randomUUID()}`);
  await next();
  c.header('x-request-id', c.var.requestId);
});
http.use(secureHeaders());
http.use(async (c, next) =>
  (await mayKnock(c.env.bindings, c.req.raw.headers)) ? next() : problem(c, { code: 'too_many_requests' }),
);
http.route('/', health);
http.route('/', webhooks);
http.route('/v1', v1);
http.notFound((c) => problem(c, { code: 'not_found' }));
http.onError((fault, c) => {
  const { settings, log } = c.env;
  if (fault instanceof NotConfigured) return problem(c, settings.ok ? { code: 'not_found' } : settings.refusal);
  const { requestId } = c.var;
  log.error('http.fault', {
    requestId,
    method: c.req.method,
    ...faultFields(fault),
    at: timestamp(c.env.clock.wall()),
  });
  const body = {
    type: '/problems/fault',
    title: 'Something went wrong on our side.',
    status: 500,
    code: 'fault',
    requestId,
  };
  return c.body(JSON.stringify(body), 500, { 'content-type': 'application/problem+json' });
});
