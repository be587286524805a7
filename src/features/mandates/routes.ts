// HTTP of mandates: grant, list, read, revoke.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { accountIn, by, routes, scopeOf } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { findMandate, listMandates } from '../../store/mandates.ts';
import { revokeMandate } from './revoke.ts';
import { MandateRequest, MandateView, viewMandate } from './schemas.ts';
import { grantMandate } from './service.ts';

const postMandate = createRoute({
  method: 'post',
  path: '/accounts/{id}/mandates',
  summary: 'Grant a mandate',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: AccountPath, body: { required: true, ...json(MandateRequest) } },
  responses: { 201: { description: 'Granted.', ...json(MandateView) }, ...problems },
});

const getMandates = createRoute({
  method: 'get',
  path: '/accounts/{id}/mandates',
  summary: 'List the mandates of an account, newest first',
  request: { params: AccountPath, query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(MandateView)) }, ...problems },
});

const getMandate = createRoute({
  method: 'get',
  path: '/mandates/{id}',
  summary: 'Read a mandate',
  request: { query: NoQuery, params: idPath('mnd') },
  responses: { 200: { description: 'The mandate.', ...json(MandateView) }, ...problems },
});

const postRevoke = createRoute({
  method: 'post',
  path: '/mandates/{id}/revoke',
  summary: 'Revoke a mandate at once',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: idPath('mnd') },
  responses: { 200: { description: 'Revoked.', ...json(MandateView) }, ...problems },
});

export const mandateRoutes = routes()
  .openapi(postMandate, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const granted = await grantMandate(c.env, by(c), found.value.accountId, c.req.valid('json'), (mandate) =>
      c.var.keep(201, viewMandate(mandate)),
    );
    return granted.ok ? c.json(viewMandate(granted.value), 201) : problem(c, granted.refusal);
  })
  .openapi(getMandates, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { limit, cursor } = c.req.valid('query');
    const mandates = await listMandates(c.env.database, found.value.scope, found.value.accountId, {
      before: cursor,
      limit: limit + 1,
    });
    return c.json(toPage(mandates, limit, viewMandate), 200);
  })
  .openapi(getMandate, async (c) => {
    const scope = await scopeOf(c);
    const mandate = await findMandate(c.env.database, scope, c.req.valid('param').id);
    return mandate === undefined ? problem(c, { code: 'not_found' }) : c.json(viewMandate(mandate), 200);
  })
  .openapi(postRevoke, async (c) => {
    const scope = await scopeOf(c);
    const revoked = await revokeMandate(c.env, by(c), scope, c.req.valid('param').id, (mandate) =>
      c.var.keep(200, viewMandate(mandate)),
    );
    return revoked.ok ? c.json(viewMandate(revoked.value), 200) : problem(c, revoked.refusal);
  });
