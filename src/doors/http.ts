// The HTTP door: what stands before every route, the routes of all features under /v1, and the one place for faults.
import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { admitKey, authenticateKey } from '../app/account-key.ts';
import type { App } from '../app/app.ts';
import { relayQuietly } from '../app/relay.ts';
import type { Variables } from '../app/routes.ts';
import { CustodyUnavailable } from '../dfns/custody.ts';
import { nameOf } from '../domain/actor.ts';
import { NotConfigured } from '../env.ts';
import { attestationRoutes } from '../features/accounts/fence/routes.ts';
import { accountRoutes } from '../features/accounts/routes.ts';
import { approvalRoutes } from '../features/approvals/routes.ts';
import { deadLetterRoutes } from '../features/dead-letters/routes.ts';
import { destinationRoutes } from '../features/destinations/routes.ts';
import { haltRoutes } from '../features/halts/routes.ts';
import { incidentRoutes } from '../features/incidents/routes.ts';
import { journalRoutes } from '../features/journal/routes.ts';
import { keyRoutes } from '../features/keys/routes.ts';
import { limitsRoutes } from '../features/limits/routes.ts';
import { mandateRoutes } from '../features/mandates/routes.ts';
import { contactRoutes } from '../features/notices/contact-routes.ts';
import { noticeRoutes } from '../features/notices/routes.ts';
import { orderRoutes } from '../features/orders/routes.ts';
import { poolRoutes } from '../features/payouts/pool-routes.ts';
import { payoutRoutes } from '../features/payouts/routes.ts';
import { permissionProofRoutes } from '../features/permission-proofs/routes.ts';
import { reportRoutes } from '../features/reports/routes.ts';
import { restoreRoutes } from '../features/restores/routes.ts';
import { scheduleRoutes } from '../features/schedules/routes.ts';
import { screeningRoutes } from '../features/screening/routes.ts';
import { transferRoutes } from '../features/transfers/routes.ts';
import { eventHealthRoutes } from '../features/webhooks/health.ts';
import { receiveWebhook, WEBHOOK_PATH } from '../features/webhooks/receive.ts';
import { keyIn } from '../kit/account-key.ts';
import { authenticate } from '../kit/authenticate.ts';
import { faultFields } from '../kit/log.ts';
import { problem, problemResponse } from '../kit/problem.ts';
import { mayKnock } from '../kit/sender-rate.ts';
import { docs } from './docs.ts';
import { health } from './health.ts';
import { verifyDoor } from './verify/routes.ts';

const BODY_BYTES_MAX = 64 * 1024;
/** Fifty thousand payouts at 160 bytes each. */
const UPLOAD_BYTES_MAX = 8_000_000;
const UPLOAD_PATH = '/v1/payout-batches';
const isUpload = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path === UPLOAD_PATH;

const v1 = new OpenAPIHono<{ Bindings: App; Variables: Variables }>();

v1.use(async (c, next) => {
  const header = c.req.header('authorization');
  const key = keyIn(header);
  const actor =
    key === undefined
      ? await authenticate(header, c.env.config.tokens, c.env.bindings.HINTS, c.env.clock.wall())
      : await authenticateKey(c.env, key);
  if (!actor.ok) return problem(c, actor.refusal);
  c.set('actor', actor.value);
  const { success } = await c.env.bindings.API_RATE.limit({ key: nameOf(actor.value) });
  if (!success) return problem(c, { code: 'too_many_requests' });
  if (actor.value.kind !== 'key') return next();
  const { method, path } = c.req;
  const admitted = await admitKey(c.env, actor.value, { method, path, requestId: c.var.requestId });
  return admitted.ok ? next() : problem(c, admitted.refusal);
});
v1.use(async (c, next) => {
  const hasBody = c.req.raw.body !== null && c.req.header('content-length') !== '0';
  const isJson = /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '');
  const isCsv = isUpload(c.req) && /^text\/csv\s*(;|$)/i.test(c.req.header('content-type') ?? '');
  return hasBody && !isJson && !isCsv
    ? problem(c, { code: 'content_type_unsupported', expected: 'application/json' })
    : next();
});
const upTo = (maxSize: number) =>
  bodyLimit({ maxSize, onError: (c) => problem(c, { code: 'body_too_large', bytesMax: maxSize }) });
const [ordinary, upload] = [upTo(BODY_BYTES_MAX), upTo(UPLOAD_BYTES_MAX)];
v1.use((c, next) => (isUpload(c.req) ? upload : ordinary)(c, next));
v1.route('/', accountRoutes)
  .route('/', attestationRoutes)
  .route('/', destinationRoutes)
  .route('/', limitsRoutes)
  .route('/', keyRoutes)
  .route('/', mandateRoutes)
  .route('/', scheduleRoutes)
  .route('/', orderRoutes)
  .route('/', transferRoutes)
  .route('/', haltRoutes)
  .route('/', reportRoutes)
  .route('/', journalRoutes)
  .route('/', approvalRoutes)
  .route('/', incidentRoutes)
  .route('/', deadLetterRoutes)
  .route('/', eventHealthRoutes)
  .route('/', permissionProofRoutes)
  .route('/', screeningRoutes)
  .route('/', restoreRoutes)
  .route('/', noticeRoutes)
  .route('/', contactRoutes)
  .route('/', payoutRoutes)
  .route('/', poolRoutes);

const newRequestId = (app: App): string => app.newId('msg').replace('msg_', 'req_');

export const router = new OpenAPIHono<{ Bindings: App; Variables: Variables }>();

router.use(async (c, next) => {
  c.set('requestId', newRequestId(c.env));
  await next();
  c.header('x-request-id', c.var.requestId);
  // What the request made necessary is sent as soon as it is answered.
  if (c.req.method !== 'GET' && c.req.path.startsWith('/v1/') && c.res.ok)
    c.executionCtx.waitUntil(relayQuietly(c.env));
});
router.use(async (c, next) => {
  await next();
  // A page brings the policy it needs; an answer without one may load nothing.
  if (!c.res.headers.has('content-security-policy'))
    c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
});
router.use(secureHeaders());
router.use(async (c, next) =>
  (await mayKnock(c.env.bindings, c.req.raw.headers)) ? next() : problem(c, { code: 'too_many_requests' }),
);
router.route('/', health);
router.route('/', docs);
router.route('/', verifyDoor);
router.route('/v1', v1);

router.notFound((c) => problem(c, { code: 'not_found' }));

router.onError((fault, c) => renderFault(fault, c.env, c.var.requestId, c.req.method));

function renderFault(fault: unknown, app: App, requestId: string, method: string): Response {
  if (fault instanceof NotConfigured)
    return problemResponse({ code: 'not_configured', settings: fault.settings }, requestId);
  if (fault instanceof CustodyUnavailable) return problemResponse({ code: 'custody_unavailable' }, requestId);
  if (fault instanceof HTTPException && fault.status < 500)
    return problemResponse({ code: 'body_malformed' }, requestId);
  app.log.error('http.fault', { requestId, method, ...faultFields(fault) });
  const body = {
    type: '/problems/fault',
    title: 'Something went wrong on our side.',
    status: 500,
    code: 'fault',
    instance: requestId,
    requestId,
  };
  return new Response(JSON.stringify(body), { status: 500, headers: { 'content-type': 'application/problem+json' } });
}

const isWebhook = ({ method, url }: Request): boolean =>
  method === 'POST' && url.includes(WEBHOOK_PATH) && new URL(url).pathname === WEBHOOK_PATH;

/** Custody's events stand before the router: none of what a browser or a client of the API needs is for them. */
async function webhookDoor(request: Request, app: App): Promise<Response> {
  const requestId = newRequestId(app);
  try {
    return await receiveWebhook(request, app, requestId);
  } catch (fault) {
    return renderFault(fault, app, requestId, request.method);
  }
}

export const http = {
  fetch: (request: Request, app: App, execution?: ExecutionContext): Response | Promise<Response> =>
    isWebhook(request) ? webhookDoor(request, app) : router.fetch(request, app, execution),
};
