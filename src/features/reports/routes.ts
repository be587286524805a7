// HTTP of what a client sees of its account: restrictions, activity, balances, statement.
import { createRoute, z } from '@hono/zod-openapi';
import { relayQuietly } from '../../app/relay.ts';
import { accountIn, by, routes } from '../../app/routes.ts';
import type { AccountId } from '../../domain/id.ts';
import { periodOf } from '../../domain/statement.ts';
import { PRINT_NAME } from '../../kit/messages.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, json, NoQuery, problems, Timestamp } from '../../kit/schemas.ts';
import { findAccount } from '../../store/accounts.ts';
import { databaseFor } from '../../store/database.ts';
import { listMonthStatements } from '../../store/statements.ts';
import { readActivity } from './activity.ts';
import { readBalances } from './balances.ts';
import { formats, headersOf, preferredBy, render, rendered, statementContent } from './formats.ts';
import { findMonthFile } from './months.ts';
import { askForPrint, findPrint } from './print.ts';
import { readRestrictions } from './restrictions.ts';
import { ActivityPage, ActivityQuery, BalancesView, MonthView, PrintView, RestrictionsView } from './schemas.ts';
import { readStatement } from './statement.ts';

/** Twenty years. */
const MONTHS_MAX = 240;

const SOON = { 'retry-after': '2' };
const beingPrinted = (accountId: AccountId, print: string) => ({
  status: 'printing' as const,
  place: `/v1/accounts/${accountId}/statement-prints/${print}`,
});

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
      format: z.enum(formats).optional().openapi({ description: 'Unless given, what `Accept` prefers; else JSON.' }),
    }),
  },
  responses: {
    200: { description: 'The statement.', content: statementContent },
    202: { description: 'As PDF: it is being printed, and fetched at `place`.', ...json(PrintView) },
    ...problems,
  },
});

const getPrint = createRoute({
  method: 'get',
  path: '/accounts/{id}/statement-prints/{print}',
  summary: 'A statement as PDF that was asked for in the last week',
  request: {
    params: AccountPath.extend({
      print: z
        .string()
        .regex(PRINT_NAME)
        .openapi({ param: { name: 'print', in: 'path' }, example: `2031-03-03-${'0'.repeat(64)}` }),
    }),
    query: NoQuery,
  },
  responses: {
    200: { description: 'The document.', content: { 'application/pdf': statementContent['application/pdf'] } },
    202: { description: 'It is being printed.', ...json(PrintView) },
    ...problems,
  },
});

const getMonths = createRoute({
  method: 'get',
  path: '/accounts/{id}/statements',
  summary: 'The month statements that are kept, newest first',
  request: { params: AccountPath, query: NoQuery },
  responses: { 200: { description: 'The statements.', ...json(z.object({ items: z.array(MonthView) })) }, ...problems },
});

const getMonth = createRoute({
  method: 'get',
  path: '/accounts/{id}/statements/{month}',
  summary: 'A kept month statement, as it was made',
  request: {
    params: AccountPath.extend({
      month: z
        .string()
        .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month such as 2031-03')
        .openapi({ param: { name: 'month', in: 'path' }, example: '2031-03' }),
    }),
    query: z.strictObject({ format: z.enum(formats).optional() }),
  },
  responses: { 200: { description: 'The statement.', content: statementContent }, ...problems },
});

export const reportRoutes = routes()
  .openapi(getMonths, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    const database = databaseFor(c.env, accountId);
    if ((await findAccount(database, scope, accountId)) === undefined) return problem(c, { code: 'not_found' });
    const kept = await listMonthStatements(database, accountId, MONTHS_MAX);
    const items = kept.map(({ month, digest, isReconciled, createdAt: madeAt }) => ({
      ...{ month, ...periodOf(month), madeAt, digest },
      isReconciled: isReconciled === 'yes',
    }));
    return c.json({ items }, 200);
  })
  .openapi(getMonth, async (c) => {
    const { id, month } = c.req.valid('param');
    const found = await accountIn(c, id);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    const format = c.req.valid('query').format ?? preferredBy(c.req.header('accept'));
    const file = await findMonthFile(c.env, scope, { accountId, month, format });
    if (file === undefined) return problem(c, { code: 'not_found' });
    return rendered(c.body(file, 200, headersOf(format, `statement-${month}`)));
  })
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
  .openapi(getPrint, async (c) => {
    const { id, print } = c.req.valid('param');
    const found = await accountIn(c, id);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    if ((await findAccount(databaseFor(c.env, accountId), scope, accountId)) === undefined)
      return problem(c, { code: 'not_found' });
    const file = await findPrint(c.env, { accountId, print });
    if (file === undefined) return problem(c, { code: 'not_found' });
    if (file === 'not printed yet') return c.json(beingPrinted(accountId, print), 202, SOON);
    return rendered(c.body(file, 200, headersOf('pdf', `statement-${print.slice(0, 19)}`)));
  })
  .openapi(getStatement, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { format, ...period } = c.req.valid('query');
    const read = await readStatement(c.env, found.value.scope, found.value.accountId, period);
    if (!read.ok) return problem(c, read.refusal);
    const wanted = format ?? preferredBy(c.req.header('accept'));
    if (wanted === 'json') return c.json(read.value, 200);
    if (wanted === 'pdf') {
      const print = await askForPrint(c.env, by(c), found.value.accountId, read.value);
      c.executionCtx.waitUntil(relayQuietly(c.env));
      return c.json(beingPrinted(found.value.accountId, print), 202, SOON);
    }
    const name = `statement-${period.from.slice(0, 10)}-${period.to.slice(0, 10)}`;
    return rendered(c.body(await render(read.value, wanted), 200, headersOf(wanted, name)));
  });
