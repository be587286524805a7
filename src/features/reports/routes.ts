// HTTP of what a client sees of its account: restrictions, activity, balances, statement.
import { createRoute, z } from '@hono/zod-openapi';
import { accountIn, routes } from '../../app/routes.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, json, NoQuery, problems, Timestamp } from '../../kit/schemas.ts';
import { readActivity } from './activity.ts';
import { readBalances, readStatement } from './money.ts';
import { readRestrictions } from './restrictions.ts';
import { ActivityPage, ActivityQuery, BalancesView, RestrictionsView, StatementView } from './schemas.ts';

const getRestrictions = createRoute({
  method: 'get',
  path: '/accounts/{id}/restrictions',
  summary: 'What holds the money of the account in',
  request: {
    params: AccountPath,
    query: z.strictObject({
      asOf: Timestamp.optional().openapi({
        description: 'As they were at this past instant, from the recorded versions; now, unless given.',
      }),
    }),
  },
  responses: { 200: { description: 'The restrictions.', ...json(RestrictionsView) }, ...problems },
});

const getActivity = createRoute({
  method: 'get',
  path: '/accounts/{id}/activity',
  summary: 'Everything that happened, newest first',
  request: { params: AccountPath, query: ActivityQuery },
  responses: { 200: { description: 'A page.', ...json(ActivityPage) }, ...problems },
});

const getBalances = createRoute({
  method: 'get',
  path: '/accounts/{id}/balances',
  summary: 'Balances as custody has them now',
  request: { query: NoQuery, params: AccountPath },
  responses: { 200: { description: 'The balances.', ...json(BalancesView) }, ...problems },
});

const getStatement = createRoute({
  method: 'get',
  path: '/accounts/{id}/statement',
  summary: 'Holdings and movements of a period',
  request: {
    params: AccountPath,
    query: z.strictObject({
      from: Timestamp,
      to: Timestamp.openapi({ description: 'The first instant outside the period.' }),
    }),
  },
  responses: { 200: { description: 'The statement.', ...json(StatementView) }, ...problems },
});

export const reportRoutes = routes()
  .openapi(getRestrictions, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const read = await readRestrictions(c.env, found.value.scope, found.value.accountId, c.req.valid('query').asOf);
    return read.ok ? c.json(read.value, 200) : problem(c, read.refusal);
  })
  .openapi(getActivity, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    return c.json(await readActivity(c.env, found.value.accountId, c.req.valid('query')), 200);
  })
  .openapi(getBalances, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const read = await readBalances(c.env, found.value.scope, found.value.accountId);
    return read.ok ? c.json(read.value, 200) : problem(c, read.refusal);
  })
  .openapi(getStatement, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const read = await readStatement(c.env, found.value.scope, found.value.accountId, c.req.valid('query'));
    return read.ok ? c.json(read.value, 200) : problem(c, read.refusal);
  });
