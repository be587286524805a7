// HTTP of limits: read and change them, and the two people whose word a raise needs.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { accountIn, by, routes, scopeOf } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, idPath, json, NoQuery, problems } from '../../kit/schemas.ts';
import { LimitsChangeView, LimitsRequest, LimitsView, RejectRequest, viewLimits, viewLimitsChange } from './schemas.ts';
import { approveChange, changeLimits, confirmChange, readLimits, rejectChange, withdrawChange } from './service.ts';

const getLimits = createRoute({
  method: 'get',
  path: '/accounts/{id}/limits',
  summary: 'The limits of an account, and changes of them',
  request: { query: NoQuery, params: AccountPath },
  responses: { 200: { description: 'As they bind now.', ...json(LimitsView) }, ...problems },
});

const postLimits = createRoute({
  method: 'post',
  path: '/accounts/{id}/limits',
  summary: 'Lower limits, or ask to raise them',
  description:
    'What lowers binds at once. What raises waits for the client’s word, unless the client asked, and then for an officer’s. The desk may only propose to raise.',
  middleware: [authorize('client', 'compliance', 'operator'), idempotent] as const,
  request: { query: NoQuery, params: AccountPath, body: { required: true, ...json(LimitsRequest) } },
  responses: { 202: { description: 'As they bind now, with what waits.', ...json(LimitsView) }, ...problems },
});

const changed = { 200: { description: 'The change.', ...json(LimitsChangeView) }, ...problems };
const ofChange = { query: NoQuery, params: idPath('lim') };

const postConfirm = createRoute({
  method: 'post',
  path: '/limits-changes/{id}/confirm',
  summary: 'Confirm a raise that somebody else proposed',
  middleware: [authorize('client'), idempotent] as const,
  request: ofChange,
  responses: changed,
});

const postWithdraw = createRoute({
  method: 'post',
  path: '/limits-changes/{id}/withdraw',
  summary: 'Take back a raise that the client has not confirmed',
  middleware: [authorize('client', 'compliance', 'operator'), idempotent] as const,
  request: ofChange,
  responses: changed,
});

const postApprove = createRoute({
  method: 'post',
  path: '/limits-changes/{id}/approve',
  summary: 'Approve a raise, as an officer who did not ask for it',
  description:
    'A raise of the template is applied when custody shows it: the lower tag is taken off there by a person.',
  middleware: [authorize('compliance'), idempotent] as const,
  request: ofChange,
  responses: changed,
});

const postReject = createRoute({
  method: 'post',
  path: '/limits-changes/{id}/reject',
  summary: 'Reject a raise with a reason',
  middleware: [authorize('compliance'), idempotent] as const,
  request: { ...ofChange, body: { required: true, ...json(RejectRequest) } },
  responses: changed,
});

export const limitsRoutes = routes()
  .openapi(getLimits, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const read = await readLimits(c.env, found.value);
    return read.ok ? c.json(viewLimits(read.value), 200) : problem(c, read.refusal);
  })
  .openapi(postLimits, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const asked = await changeLimits(c.env, by(c), { ...found.value, wish: c.req.valid('json') }, (limits) =>
      c.var.keep(202, viewLimits(limits)),
    );
    return asked.ok ? c.json(viewLimits(asked.value), 202) : problem(c, asked.refusal);
  })
  .openapi(postConfirm, async (c) => {
    const confirmed = await confirmChange(c.env, { ...(await actOf(c)), id: c.req.valid('param').id });
    return confirmed.ok ? c.json(viewLimitsChange(confirmed.value), 200) : problem(c, confirmed.refusal);
  })
  .openapi(postWithdraw, async (c) => {
    const withdrawn = await withdrawChange(c.env, { ...(await actOf(c)), id: c.req.valid('param').id });
    return withdrawn.ok ? c.json(viewLimitsChange(withdrawn.value), 200) : problem(c, withdrawn.refusal);
  })
  .openapi(postApprove, async (c) => {
    const approved = await approveChange(c.env, { ...(await actOf(c)), id: c.req.valid('param').id });
    return approved.ok ? c.json(viewLimitsChange(approved.value), 200) : problem(c, approved.refusal);
  })
  .openapi(postReject, async (c) => {
    const { reason } = c.req.valid('json');
    const rejected = await rejectChange(c.env, { ...(await actOf(c)), id: c.req.valid('param').id }, reason);
    return rejected.ok ? c.json(viewLimitsChange(rejected.value), 200) : problem(c, rejected.refusal);
  });

type Asked = Parameters<typeof by>[0];

/** Who acts, on whose records, and the answer to keep. */
const actOf = async (c: Asked) => ({
  by: by(c),
  scope: await scopeOf(c),
  keep: (change: Parameters<typeof viewLimitsChange>[0]) => c.var.keep(200, viewLimitsChange(change)),
});
