// HTTP of destinations: ask or propose, list, read, confirm, withdraw, suspend, resume, remove.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { type Keep as AppKeep, accountIn, by, routes, scopeOf } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listDestinations } from '../../store/destinations.ts';
import type { Keep } from './change.ts';
import { askForDestination } from './request.ts';
import { DestinationRequest, DestinationView, SuspensionRequest, viewDestination } from './schemas.ts';
import {
  confirm,
  readDestination,
  removeDestination,
  resumeDestination,
  suspendDestination,
  withdrawDestination,
} from './service.ts';

const postDestination = createRoute({
  method: 'post',
  path: '/accounts/{id}/destinations',
  summary: 'Ask for an address to be approved, or propose one to the client',
  description:
    'A client’s request goes to an officer. An operator’s is a proposal: nothing happens before the client confirms it.',
  middleware: [authorize('client', 'operator'), idempotent] as const,
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
  summary: 'Take a wish back',
  description:
    'Before custody has it, it ends at once. While an officer decides, it is marked as unwanted and the officer is asked to deny it. In the cooling-off, it is removed.',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: idPath('dst') },
  responses: { 200: { description: 'Taken back.', ...json(DestinationView) }, ...problems },
});

const postConfirm = createRoute({
  method: 'post',
  path: '/destinations/{id}/confirm',
  summary: 'Confirm a proposal, or that an approved address is still right',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: idPath('dst') },
  responses: { 200: { description: 'Confirmed.', ...json(DestinationView) }, ...problems },
});

const postSuspend = createRoute({
  method: 'post',
  path: '/destinations/{id}/suspend',
  summary: 'Send nothing there from now on',
  description: 'The address stays on the list at custody; our side is shut until it is resumed.',
  middleware: [authorize('client', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('dst'), body: { required: true, ...json(SuspensionRequest) } },
  responses: { 200: { description: 'Suspended.', ...json(DestinationView) }, ...problems },
});

const postResume = createRoute({
  method: 'post',
  path: '/destinations/{id}/resume',
  summary: 'Open a suspended destination again',
  description:
    'What an officer or the screening suspended is opened by another officer, everything else by the client too.',
  middleware: [authorize('client', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('dst') },
  responses: { 200: { description: 'Approved again.', ...json(DestinationView) }, ...problems },
});

const kept =
  (c: { readonly var: { readonly keep: AppKeep } }): Keep =>
  (destination) =>
    c.var.keep(200, viewDestination(destination));

export const destinationRoutes = routes()
  .openapi(postDestination, async (c) => {
    const asked = await askForDestination(c.env, by(c), c.req.valid('param').id, c.req.valid('json'), (destination) =>
      c.var.keep(202, viewDestination(destination)),
    );
    return asked.ok ? c.json(viewDestination(asked.value), 202) : problem(c, asked.refusal);
  })
  .openapi(getDestinations, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { limit, cursor } = c.req.valid('query');
    const { accountId, scope } = found.value;
    const destinations = await listDestinations(c.env.database, scope, accountId, { before: cursor, limit: limit + 1 });
    const reader = scope === 'staff' ? scope : 'client';
    return c.json(
      toPage(destinations, limit, (destination) => viewDestination(destination, reader)),
      200,
    );
  })
  .openapi(getDestination, async (c) => {
    const scope = await scopeOf(c);
    const read = await readDestination(c.env, scope, c.req.valid('param').id);
    const reader = scope === 'staff' ? scope : 'client';
    return read.ok ? c.json(viewDestination(read.value, reader), 200) : problem(c, read.refusal);
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
    const withdrawn = await withdrawDestination(c.env, by(c), scope, c.req.valid('param').id, kept(c));
    return withdrawn.ok ? c.json(viewDestination(withdrawn.value), 200) : problem(c, withdrawn.refusal);
  })
  .openapi(postConfirm, async (c) => {
    const scope = await scopeOf(c);
    const confirmed = await confirm(c.env, by(c), scope, c.req.valid('param').id, kept(c));
    return confirmed.ok ? c.json(viewDestination(confirmed.value), 200) : problem(c, confirmed.refusal);
  })
  .openapi(postSuspend, async (c) => {
    const scope = await scopeOf(c);
    const { reason } = c.req.valid('json');
    const suspended = await suspendDestination(c.env, by(c), scope, c.req.valid('param').id, reason, kept(c));
    return suspended.ok ? c.json(viewDestination(suspended.value), 200) : problem(c, suspended.refusal);
  })
  .openapi(postResume, async (c) => {
    const scope = await scopeOf(c);
    const resumed = await resumeDestination(c.env, by(c), scope, c.req.valid('param').id, kept(c));
    return resumed.ok ? c.json(viewDestination(resumed.value), 200) : problem(c, resumed.refusal);
  });
