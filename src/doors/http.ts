// The HTTP door: what stands before every route, the routes of all features under /v1, and the one place for faults.
import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import type { App } from '../app/app.ts';
import { relayQuietly } from '../app/relay.ts';
import type { Variables } from '../app/routes.ts';
import { CustodyUnavailable } from '../dfns/custody.ts';
import { nameOf } from '../domain/actor.ts';
import { NotConfigured } from '../env.ts';
import { attestationRoutes } from '../features/accounts/fence/routes.ts';
import { accountRoutes } from '../features/accounts/routes.ts';
import { approvalRoutes } from '../features/approvals/routes.ts';
import { destinationRoutes } from '../features/destinations/routes.ts';
import { haltRoutes } from '../features/halts/routes.ts';
import { incidentRoutes } from '../features/incidents/routes.ts';
import { journalRoutes } from '../features/journal/routes.ts';
import { limitsRoutes } from '../features/limits/routes.ts';
import { mandateRoutes } from '../features/mandates/routes.ts';
import { contactRoutes } from '../features/notices/contact-routes.ts';
import { noticeRoutes } from '../features/notices/routes.ts';
import { orderRoutes } from '../features/orders/routes.ts';
import { permissionProofRoutes } from '../features/permission-proofs/routes.ts';
import { reportRoutes } from '../features/reports/routes.ts';
import { scheduleRoutes } from '../features/schedules/routes.ts';
import { screeningRoutes } from '../features/screening/routes.ts';
import { transferRoutes } from '../features/transfers/routes.ts';
import { webhookDoor } from '../features/webhooks/receive.ts';
import { authenticate } from '../kit/authenticate.ts';
import { faultFields } from '../kit/log.ts';
import { problem } from '../kit/problem.ts';
import { docs } from './docs.ts';
import { health } from './health.ts';
import { verifyDoor } from './verify/routes.ts';

const BODY_BYTES_MAX = 64 * 1024;

const v1 = new OpenAPIHono<{ Bindings: App; Variables: Variables }>();

v1.use(async (c, next) => {
  const actor = await authenticate(
    c.req.header('authorization'),
    c.env.config.tokens,
    c.env.bindings.HINTS,
    c.env.clock.wall(),
  );
  if (!actor.ok) return problem(c, actor.refusal);
  c.set('actor', actor.value);
  const { success } = await c.env.bindings.API_RATE.limit({ key: nameOf(actor.value) });
  return success ? next() : problem(c, { code: 'too_many_requests' });
});
v1.use(async (c, next) => {
  const hasBody = c.req.raw.body !== null && c.req.header('content-length') !== '0';
  const isJson = /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '');
  return hasBody && !isJson ? problem(c, { code: 'content_type_unsupported', expected: 'application/json' }) : next();
});
v1.use(
  bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: (c) => problem(c, { code: 'body_too_large', bytesMax: BODY_BYTES_MAX }),
  }),
);
v1.route('/', accountRoutes)
  .route('/', attestationRoutes)
  .route('/', destinationRoutes)
  .route('/', limitsRoutes)
  .route('/', mandateRoutes)
  .route('/', scheduleRoutes)
  .route('/', orderRoutes)
  .route('/', transferRoutes)
  .route('/', haltRoutes)
  .route('/', reportRoutes)
  .route('/', journalRoutes)
  .route('/', approvalRoutes)
  .route('/', incidentRoutes)
  .route('/', permissionProofRoutes)
  .route('/', screeningRoutes)
  .route('/', noticeRoutes)
  .route('/', contactRoutes);

export const http = new OpenAPIHono<{ Bindings: App; Variables: Variables }>();

http.use(async (c, next) => {
  c.set('requestId', c.env.newId('msg').replace('msg_', 'req_'));
  await next();
  c.header('x-request-id', c.var.requestId);
  // What the request made necessary is sent as soon as it is answered.
  if (c.req.method !== 'GET' && c.req.path.startsWith('/v1/') && c.res.ok)
    c.executionCtx.waitUntil(relayQuietly(c.env));
});
http.use(async (c, next) => {
  await next();
  // A page brings the policy it needs; an answer without one may load nothing.
  if (!c.res.headers.has('content-security-policy'))
    c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
});
http.use(secureHeaders());
http.use(async (c, next) => {
  // By sender, before anything is known of it: a flood of one costs nobody else an answer.
  const sender = c.req.header('cf-connecting-ip') ?? 'unknown';
  const { success } = await c.env.bindings.DOOR_RATE.limit({ key: sender });
  return success ? next() : problem(c, { code: 'too_many_requests' });
});
http.route('/', health);
http.route('/', webhookDoor);
http.route('/', docs);
http.route('/', verifyDoor);
http.route('/v1', v1);

http.notFound((c) => problem(c, { code: 'not_found' }));

http.onError((fault, c) => {
  if (fault instanceof NotConfigured) return problem(c, { code: 'not_configured', settings: fault.settings });
  if (fault instanceof CustodyUnavailable) return problem(c, { code: 'custody_unavailable' });
  if (fault instanceof HTTPException && fault.status < 500) return problem(c, { code: 'body_malformed' });
  const { requestId } = c.var;
  c.env.log.error('http.fault', { requestId, method: c.req.method, ...faultFields(fault) });
  const body = {
    type: '/problems/fault',
    title: 'Something went wrong on our side.',
    status: 500,
    code: 'fault',
    instance: requestId,
    requestId,
  };
  return c.body(JSON.stringify(body), 500, { 'content-type': 'application/problem+json' });
});
