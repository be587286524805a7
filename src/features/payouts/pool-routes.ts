// HTTP of the payout pool: hot wallets and payees.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listHotWallets } from '../../store/hot-wallets.ts';
import { listPayees } from '../../store/payees.ts';
import { addHotWallet, decidePayee, proposePayee, retireHotWallet } from './pool.ts';
import { HotWalletRequest, HotWalletView, PayeeRequest, PayeeView, viewHotWallet, viewPayee } from './schemas.ts';

const staff = authorize('operator', 'compliance', 'auditor', 'admin');

const postHotWallet = createRoute({
  method: 'post',
  path: '/hot-wallets',
  summary: 'Add a wallet of the company to the payout pool',
  description: "Made at custody with the tag `payouts:<preset>` and none of a client's.",
  middleware: [authorize('admin'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(HotWalletRequest) } },
  responses: { 201: { description: 'In the pool.', ...json(HotWalletView) }, ...problems },
});
const getHotWallets = createRoute({
  method: 'get',
  path: '/hot-wallets',
  summary: 'List the payout pool, newest first',
  middleware: [staff] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(HotWalletView)) }, ...problems },
});
const postRetireWallet = createRoute({
  method: 'post',
  path: '/hot-wallets/{id}/retire',
  summary: 'Take a wallet out of the payout pool; not while payouts of it are under way',
  middleware: [authorize('compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('hot') },
  responses: { 200: { description: 'Out of the pool.', ...json(HotWalletView) }, ...problems },
});
const postPayee = createRoute({
  method: 'post',
  path: '/payees',
  summary: 'Propose a known recipient',
  middleware: [authorize('operator'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(PayeeRequest) } },
  responses: { 201: { description: 'An officer confirms it.', ...json(PayeeView) }, ...problems },
});
const getPayees = createRoute({
  method: 'get',
  path: '/payees',
  summary: 'List payees, newest first',
  middleware: [staff] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(PayeeView)) }, ...problems },
});
const postConfirm = createRoute({
  method: 'post',
  path: '/payees/{id}/confirm',
  summary: 'Confirm a payee: another person than the one who proposed it',
  middleware: [authorize('compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('pye') },
  responses: { 200: { description: 'Known.', ...json(PayeeView) }, ...problems },
});
const postRetire = createRoute({
  method: 'post',
  path: '/payees/{id}/retire',
  summary: 'Take a payee off the list',
  middleware: [authorize('operator', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('pye') },
  responses: { 200: { description: 'No longer known.', ...json(PayeeView) }, ...problems },
});

export const poolRoutes = routes()
  .openapi(postHotWallet, async (c) => {
    const added = await addHotWallet(c.env, by(c), c.req.valid('json'), (wallet) =>
      c.var.keep(201, viewHotWallet(wallet)),
    );
    return added.ok ? c.json(viewHotWallet(added.value), 201) : problem(c, added.refusal);
  })
  .openapi(getHotWallets, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const pool = await listHotWallets(c.env.database, { before: cursor, limit: limit + 1 });
    return c.json(toPage(pool, limit, viewHotWallet), 200);
  })
  .openapi(postRetireWallet, async (c) => {
    const { id } = c.req.valid('param');
    const done = await retireHotWallet(c.env, by(c), id, (wallet) => c.var.keep(200, viewHotWallet(wallet)));
    return done.ok ? c.json(viewHotWallet(done.value), 200) : problem(c, done.refusal);
  })
  .openapi(postPayee, async (c) => {
    const made = await proposePayee(c.env, by(c), c.req.valid('json'), (payee) => c.var.keep(201, viewPayee(payee)));
    return made.ok ? c.json(viewPayee(made.value), 201) : problem(c, made.refusal);
  })
  .openapi(getPayees, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const known = await listPayees(c.env.database, { before: cursor, limit: limit + 1 });
    return c.json(toPage(known, limit, viewPayee), 200);
  })
  .openapi(postConfirm, async (c) => {
    const asked = { id: c.req.valid('param').id, decision: 'confirm' as const };
    const done = await decidePayee(c.env, by(c), asked, (payee) => c.var.keep(200, viewPayee(payee)));
    return done.ok ? c.json(viewPayee(done.value), 200) : problem(c, done.refusal);
  })
  .openapi(postRetire, async (c) => {
    const asked = { id: c.req.valid('param').id, decision: 'retire' as const };
    const done = await decidePayee(c.env, by(c), asked, (payee) => c.var.keep(200, viewPayee(payee)));
    return done.ok ? c.json(viewPayee(done.value), 200) : problem(c, done.refusal);
  });
