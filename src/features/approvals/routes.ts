// HTTP of approvals and policies at custody: read and explained. Officers decide inside custody, never here.
import { createRoute, z } from '@hono/zod-openapi';
import { routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { id, json, NoQuery, pageOf, problems } from '../../kit/schemas.ts';
import { ApprovalView, PolicyView } from './schemas.ts';
import { readApproval, readApprovals, readPolicies, readPoliciesOf } from './service.ts';

const CURSOR_CHARACTERS_MAX = 1000;

/** Pages are custody's own, and so is the cursor. */
const CustodyPage = z.strictObject({
  cursor: z
    .string()
    .min(1)
    .max(CURSOR_CHARACTERS_MAX)
    .optional()
    .openapi({ description: 'The `nextCursor` of the page before.' }),
});

const getApprovals = createRoute({
  method: 'get',
  path: '/approvals',
  summary: 'List what waits for a decision at custody, explained',
  middleware: [authorize('operator', 'compliance', 'auditor', 'admin')] as const,
  request: { query: CustodyPage },
  responses: { 200: { description: 'A page.', ...json(pageOf(ApprovalView)) }, ...problems },
});

const getApproval = createRoute({
  method: 'get',
  path: '/approvals/{id}',
  summary: 'Read one approval at custody, with the votes that are missing',
  middleware: [authorize('operator', 'compliance', 'auditor', 'admin')] as const,
  request: {
    query: NoQuery,
    params: z.object({
      id: z
        .string()
        .regex(/^ap-[a-z0-9-]{1,61}$/, 'an id that begins with ap-')
        .openapi({ param: { name: 'id', in: 'path' }, example: 'ap-3m2n1-4c5d6-8e9f0a1b2c3d4e5f' }),
    }),
  },
  responses: { 200: { description: 'The approval.', ...json(ApprovalView) }, ...problems },
});

const getPolicies = createRoute({
  method: 'get',
  path: '/policies',
  summary: 'List the policies in force at custody, in words',
  middleware: [authorize('compliance', 'auditor')] as const,
  request: {
    query: CustodyPage.extend({
      accountId: id('acc').optional().openapi({ description: 'The approved list of this account alone.' }),
    }),
  },
  responses: { 200: { description: 'A page.', ...json(pageOf(PolicyView)) }, ...problems },
});

export const approvalRoutes = routes()
  .openapi(getApprovals, async (c) => c.json(await readApprovals(c.env, c.req.valid('query').cursor), 200))
  .openapi(getApproval, async (c) => {
    const read = await readApproval(c.env, c.req.valid('param').id);
    return read.ok ? c.json(read.value, 200) : problem(c, read.refusal);
  })
  .openapi(getPolicies, async (c) => {
    const { cursor, accountId } = c.req.valid('query');
    if (accountId === undefined) return c.json(await readPolicies(c.env, cursor), 200);
    const read = await readPoliciesOf(c.env, accountId);
    return read.ok ? c.json(read.value, 200) : problem(c, read.refusal);
  });
