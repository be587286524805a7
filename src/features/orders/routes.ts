// HTTP of orders: list and read. Schedules make them.
import { createRoute, z } from '@hono/zod-openapi';
import { routes, scopeOf } from '../../app/routes.ts';
import { showAmount } from '../../domain/amount.ts';
import type { Order } from '../../domain/order.ts';
import { problem } from '../../kit/problem.ts';
import {
  AmountView,
  Instant,
  id,
  idPath,
  json,
  NoQuery,
  PageQuery,
  pageOf,
  problems,
  toPage,
} from '../../kit/schemas.ts';
import { findOrder, listOrders } from '../../store/orders.ts';

export const OrderView = z
  .object({
    id: z.string(),
    accountId: z.string(),
    status: z.string(),
    kind: z.string(),
    mandateId: z.string(),
    scheduleId: z.string(),
    slot: Instant,
    destinationId: z.string(),
    amount: AmountView,
    dueAt: Instant,
    notAfter: Instant,
    transferId: z.string().nullable(),
    transactionHash: z.string().nullable(),
    rule: z.string().nullable().openapi({ description: 'The rule that blocked it.' }),
    reason: z.string().nullable(),
    createdAt: Instant,
  })
  .openapi('Order');

const viewOrder = (order: Order): z.infer<typeof OrderView> => ({
  id: order.id,
  accountId: order.accountId,
  status: order.status,
  kind: order.kind,
  mandateId: order.mandateId,
  scheduleId: order.scheduleId,
  slot: order.slot,
  destinationId: order.destinationId,
  amount: { asset: order.asset, units: order.units.toString(), formatted: showAmount(order.asset, order.units) },
  dueAt: order.dueAt,
  notAfter: order.notAfter,
  transferId: order.transferId,
  transactionHash: order.status === 'executed' ? order.transactionHash : null,
  rule: order.status === 'blocked' ? order.rule : null,
  reason: 'reason' in order ? order.reason : null,
  createdAt: order.createdAt,
});

const getOrders = createRoute({
  method: 'get',
  path: '/orders',
  summary: 'List orders, newest first',
  request: { query: PageQuery.extend({ scheduleId: id('sch').optional() }) },
  responses: { 200: { description: 'A page.', ...json(pageOf(OrderView)) }, ...problems },
});

const getOrder = createRoute({
  method: 'get',
  path: '/orders/{id}',
  summary: 'Read an order',
  request: { query: NoQuery, params: idPath('ord') },
  responses: { 200: { description: 'The order.', ...json(OrderView) }, ...problems },
});

export const orderRoutes = routes()
  .openapi(getOrders, async (c) => {
    const scope = await scopeOf(c);
    const { limit, cursor, scheduleId } = c.req.valid('query');
    const filter = { scheduleId, accountId: scope === 'staff' ? undefined : scope.accountId };
    return c.json(
      toPage(await listOrders(c.env.database, filter, { before: cursor, limit: limit + 1 }), limit, viewOrder),
      200,
    );
  })
  .openapi(getOrder, async (c) => {
    const scope = await scopeOf(c);
    const order = await findOrder(c.env.database, scope, c.req.valid('param').id);
    return order === undefined ? problem(c, { code: 'not_found' }) : c.json(viewOrder(order), 200);
  });
