// HTTP of destinations: ask, list, read, withdraw, remove.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { accountIn, by, routes, scopeOf } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listDestinations } from '../../store/destinations.ts';
import { DestinationRequest, DestinationView, viewDestination } from './schemas.ts';
import { readDestination, removeDestination, requestDestination, withdrawDestination } from './service.ts';

const postDestination = createRoute({
  method: 'post',
  path: '/accounts/{id}/destinations',
  summary: 'Ask for an address to be approved',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: AccountPath, body: { required: true, ...json(DestinationRequest) } },
  responses: { 202: { description: 'Requested.', ...json(DestinationView) }, ...problems },
});

const getDestinations = createRoute({
  method: 'get',
  path: '/accounts/{id}/destinations',
  summary: 'List the destinations of an account, newest first',
  request: { params: AccountPath, query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(DestinationView)) }, ...problems },
});

const getDestination = createRoute({
  method: 'get',
  path: '/destinations/{id}',
  summary: 'Read a destination',
  request: { query: NoQuery, params: idPath('dst') },
  responses: { 200: { description: 'The destination.', ...json(DestinationView) }, ...problems },
});

const postRemove = createRoute({
  method: 'post',
  path: '/destinations/{id}/remove',
  summary: 'Remove a destination',
  description: 'Nothing is sent there from now on; the list at custody follows when an officer approves.',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: idPath('dst') },
  responses: { 202: { description: 'Being removed.', ...json(DestinationView) }, ...problems },
});

const postWithdraw = createRoute({
  method: 'post',
  path: '/destinations/{id}/withdraw',
  summary: 'Withdraw a request that custody does not have yet',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: idPath('dst') },
  responses: { 200: { description: 'Withdrawn.', ...json(DestinationView) }, ...problems },
});

export const destinationRoutes = routes()
  .openapi(postDestination, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const requested = await requestDestination(
      c.env,
      by(c),
      found.value.accountId,
      c.req.valid('json'),
      (destination) => c.var.keep(202, viewDestination(destination)),
    );
    return requested.ok ? c.json(viewDestination(requested.value), 202) : problem(c, requested.refusal);
  })
  .openapi(getDestinations, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { limit, cursor } = c.req.valid('query');
    const { accountId, scope } = found.value;
    const destinations = await listDestinations(c.env.database, scope, accountId, { before: cursor, limit: limit + 1 });
    return c.json(toPage(destinations, limit, viewDestination), 200);
  })
  .openapi(getDestination, async (c) => {
    const scope = await scopeOf(c);
    const read = await readDestination(c.env, scope, c.req.valid('param').id);
    return read.ok ? c.json(viewDestination(read.value), 200) : problem(c, read.refusal);
  })
  .openapi(postRemove, async (c) => {
    const scope = await scopeOf(c);
    const removed = await removeDestination(c.env, by(c), scope, c.req.valid('param').id, (destination) =>
      c.var.keep(202, viewDestination(destination)),
    );
    return removed.ok ? c.json(viewDestination(removed.value), 202) : problem(c, removed.refusal);
  })
  .openapi(postWithdraw, async (c) => {
    const scope = await scopeOf(c);
    const withdrawn = await withdrawDestination(c.env, by(c), scope, c.req.valid('param').id, (destination) =>
      c.var.keep(200, viewDestination(destination)),
    );
    return withdrawn.ok ? c.json(viewDestination(withdrawn.value), 200) : problem(c, withdrawn.refusal);
  });
