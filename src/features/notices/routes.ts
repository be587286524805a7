// HTTP of notices for the deployment: webhook endpoints, their deliveries, and what the roles of the staff want to hear.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listDeliveries } from '../../store/notices.ts';
import { findEndpoint, listEndpoints } from '../../store/webhook-endpoints.ts';
import { makeEndpoint, removeEndpoint, resend, rotateSecret, tokenOf, verifyEndpoint } from './endpoints.ts';
import { readPreferences, setPreferences } from './preferences.ts';
import {
  DeliveryView,
  PreferencesRequest,
  PreferencesView,
  ResendRequest,
  ResentView,
  RolePath,
  SecretView,
  viewDelivery,
  viewEndpoint,
  viewPreferences,
  WebhookEndpointRequest,
  WebhookEndpointView,
} from './schemas.ts';

const owners = authorize('admin');
const readers = authorize('admin', 'auditor');
const one = { query: NoQuery, params: idPath('whe') };

const postEndpoint = createRoute({
  method: 'post',
  path: '/webhook-endpoints',
  summary: 'Make a webhook endpoint',
  description: 'Nothing is sent there before it was verified. The secret is shown once.',
  middleware: [owners, idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(WebhookEndpointRequest) } },
  responses: { 201: { description: 'Waits to be verified.', ...json(SecretView) }, ...problems },
});

const getEndpoints = createRoute({
  method: 'get',
  path: '/webhook-endpoints',
  summary: 'List webhook endpoints, newest first',
  middleware: [readers] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(WebhookEndpointView)) }, ...problems },
});

const getEndpoint = createRoute({
  method: 'get',
  path: '/webhook-endpoints/{id}',
  summary: 'Read a webhook endpoint',
  middleware: [readers] as const,
  request: one,
  responses: { 200: { description: 'The endpoint.', ...json(WebhookEndpointView) }, ...problems },
});

const deleteEndpoint = createRoute({
  method: 'delete',
  path: '/webhook-endpoints/{id}',
  summary: 'Delete a webhook endpoint',
  middleware: [owners, idempotent] as const,
  request: one,
  responses: { 200: { description: 'Nothing is sent there any more.', ...json(WebhookEndpointView) }, ...problems },
});

const postVerify = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{id}/verify',
  summary: 'Verify who owns the host of a webhook endpoint',
  description: 'Asks the host for the token. A disabled endpoint becomes active again the same way.',
  middleware: [owners, idempotent] as const,
  request: one,
  responses: { 200: { description: 'Active.', ...json(WebhookEndpointView) }, ...problems },
});

const postRotate = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{id}/rotate-secret',
  summary: 'Give a webhook endpoint a new secret',
  description: 'Both sign for a day. The new one is shown once.',
  middleware: [owners, idempotent] as const,
  request: one,
  responses: { 200: { description: 'Rotated.', ...json(SecretView) }, ...problems },
});

const getDeliveries = createRoute({
  method: 'get',
  path: '/webhook-endpoints/{id}/deliveries',
  summary: 'List what was sent to a webhook endpoint, newest first',
  middleware: [readers] as const,
  request: { params: idPath('whe'), query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(DeliveryView)) }, ...problems },
});

const postResend = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{id}/resend',
  summary: 'Send one delivery again, or all that never arrived since an instant',
  description: 'At most 400 a call. What is on its way already is not sent twice, so the call may be repeated.',
  middleware: [owners] as const,
  request: { ...one, body: { required: true, ...json(ResendRequest) } },
  responses: { 202: { description: 'On their way.', ...json(ResentView) }, ...problems },
});

const getRolePreferences = createRoute({
  method: 'get',
  path: '/notice-preferences/{role}',
  summary: 'Read what a role does not want to hear in its room',
  middleware: [authorize('operator', 'compliance', 'admin', 'auditor')] as const,
  request: { query: NoQuery, params: RolePath },
  responses: { 200: { description: 'The preferences.', ...json(PreferencesView) }, ...problems },
});

const putRolePreferences = createRoute({
  method: 'put',
  path: '/notice-preferences/{role}',
  summary: 'Choose what a role does not want to hear in its room',
  middleware: [owners] as const,
  request: { query: NoQuery, params: RolePath, body: { required: true, ...json(PreferencesRequest) } },
  responses: { 200: { description: 'As wanted.', ...json(PreferencesView) }, ...problems },
});

export const noticeRoutes = routes()
  .openapi(postEndpoint, async (c) => {
    const { kinds = null, accountId = null, ...asked } = c.req.valid('json');
    // What is kept under the key stands in the database: the secret is not in it.
    const made = await makeEndpoint(c.env, by(c), { ...asked, kinds, accountId }, (endpoint, token) =>
      c.var.keep(201, { endpoint: viewEndpoint(endpoint, token), secret: null }),
    );
    if (!made.ok) return problem(c, made.refusal);
    const { endpoint, token, secret } = made.value;
    return c.json({ endpoint: viewEndpoint(endpoint, token), secret }, 201);
  })
  .openapi(getEndpoints, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const endpoints = await listEndpoints(c.env.database, { before: cursor, limit: limit + 1 });
    const tokens = new Map(await Promise.all(endpoints.map(async (e) => [e.id, await tokenOf(c.env, e)] as const)));
    return c.json(
      toPage(endpoints, limit, (endpoint) => viewEndpoint(endpoint, tokens.get(endpoint.id) ?? '')),
      200,
    );
  })
  .openapi(getEndpoint, async (c) => {
    const endpoint = await findEndpoint(c.env.database, c.req.valid('param').id);
    return endpoint === undefined
      ? problem(c, { code: 'not_found' })
      : c.json(viewEndpoint(endpoint, await tokenOf(c.env, endpoint)), 200);
  })
  .openapi(deleteEndpoint, async (c) => {
    const removed = await removeEndpoint(c.env, by(c), c.req.valid('param').id, (endpoint, token) =>
      c.var.keep(200, viewEndpoint(endpoint, token)),
    );
    return removed.ok ? c.json(viewEndpoint(removed.value.endpoint, ''), 200) : problem(c, removed.refusal);
  })
  .openapi(postVerify, async (c) => {
    const verified = await verifyEndpoint(c.env, by(c), c.req.valid('param').id, (endpoint, token) =>
      c.var.keep(200, viewEndpoint(endpoint, token)),
    );
    if (!verified.ok) return problem(c, verified.refusal);
    return c.json(viewEndpoint(verified.value.endpoint, verified.value.token), 200);
  })
  .openapi(postRotate, async (c) => {
    const rotated = await rotateSecret(c.env, by(c), c.req.valid('param').id, (endpoint, token) =>
      c.var.keep(200, { endpoint: viewEndpoint(endpoint, token), secret: null }),
    );
    if (!rotated.ok) return problem(c, rotated.refusal);
    const { endpoint, token, secret } = rotated.value;
    return c.json({ endpoint: viewEndpoint(endpoint, token), secret }, 200);
  })
  .openapi(getDeliveries, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const deliveries = await listDeliveries(c.env.database, id, { before: cursor, limit: limit + 1 });
    return c.json(toPage(deliveries, limit, viewDelivery), 200);
  })
  .openapi(postResend, async (c) => {
    const resent = await resend(c.env, by(c), c.req.valid('param').id, c.req.valid('json'));
    return resent.ok ? c.json({ resent: resent.value }, 202) : problem(c, resent.refusal);
  })
  .openapi(getRolePreferences, async (c) =>
    c.json(viewPreferences(await readPreferences(c.env, c.req.valid('param').role)), 200),
  )
  .openapi(putRolePreferences, async (c) => {
    const holder = c.req.valid('param').role;
    const set = await setPreferences(c.env, by(c), { holder, accountId: null }, c.req.valid('json').muted);
    return set.ok ? c.json(viewPreferences(set.value), 200) : problem(c, set.refusal);
  });
