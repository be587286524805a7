// HTTP of orders: place, preview, list, read, cancel.
import { createRoute } from '@hono/zod-openapi';
import type { App } from '../../app/app.ts';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes, scopeOf } from '../../app/routes.ts';
import type { Arrival } from '../../domain/arrival.ts';
import type { OrderId } from '../../domain/id.ts';
import type { Order } from '../../domain/order.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { idPath, json, NoQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listArrivalsOf } from '../../store/arrivals.ts';
import { findOrder, listOrders } from '../../store/orders.ts';
import { listTransfersByIds } from '../../store/transfers.ts';
import { type Canceled, cancelOrder } from './cancel.ts';
import { placeOrder } from './place.ts';
import { previewOrder } from './preview.ts';
import { PreviewView, viewPreview } from './preview-schemas.ts';
import { OrderRequest, OrdersQuery, OrderView, PreviewRequest, viewOrder } from './schemas.ts';

const postOrder = createRoute({
  method: 'post',
  path: '/orders',
  summary: 'Order money to move: the desk under a mandate, a client to its own approved destination',
  middleware: [authorize('operator', 'client'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(OrderRequest) } },
  responses: { 202: { description: 'It runs when it is due.', ...json(OrderView) }, ...problems },
});

const postPreview = createRoute({
  method: 'post',
  path: '/orders/preview',
  summary: 'What would happen to an order now; nothing moves',
  middleware: [authorize('operator', 'client')] as const,
  request: { query: NoQuery, body: { required: true, ...json(PreviewRequest) } },
  responses: { 200: { description: 'Judged as it would run.', ...json(PreviewView) }, ...problems },
});

const getOrders = createRoute({
  method: 'get',
  path: '/orders',
  summary: 'List orders, newest first',
  request: { query: OrdersQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(OrderView)) }, ...problems },
});

const getOrder = createRoute({
  method: 'get',
  path: '/orders/{id}',
  summary: 'Read an order',
  request: { query: NoQuery, params: idPath('ord') },
  responses: { 200: { description: 'The order.', ...json(OrderView) }, ...problems },
});

const postCancel = createRoute({
  method: 'post',
  path: '/orders/{id}/cancel',
  summary: 'Cancel an order, or ask to stop one that the custodian has and has not sent',
  middleware: [authorize('operator', 'client'), idempotent] as const,
  request: { query: NoQuery, params: idPath('ord') },
  responses: {
    200: { description: 'Canceled.', ...json(OrderView) },
    202: { description: 'The custodian has it: it is not sent again, and is to be denied there.', ...json(OrderView) },
    ...problems,
  },
});

/** Of those that are executing, by the id of the order. */
async function listTransfersOf(app: App, orders: readonly Order[]): Promise<ReadonlyMap<OrderId, Transfer>> {
  const ids = orders.flatMap((order) => (order.status === 'executing' ? [order.transferId] : []));
  const transfers = ids.length === 0 ? [] : await listTransfersByIds(app.database, ids);
  return new Map(transfers.flatMap((transfer) => (transfer.orderId === null ? [] : [[transfer.orderId, transfer]])));
}

/** Of those whose transfer exists, by the id of the order. */
async function findArrivalsOf(app: App, orders: readonly Order[]): Promise<ReadonlyMap<OrderId, Arrival>> {
  const ids = orders.flatMap((order) => (order.transferId === null || order.mandateId === null ? [] : [order.id]));
  const arrivals = ids.length === 0 ? [] : await listArrivalsOf(app.database, ids);
  return new Map(arrivals.map((arrival) => [arrival.orderId, arrival]));
}

export const orderRoutes = routes()
  .openapi(postOrder, async (c) => {
    const scope = await scopeOf(c);
    // The middleware refuses a request without one.
    const key = c.req.header('idempotency-key') ?? '';
    const keep = (order: Order) => c.var.keep(202, viewOrder(order));
    const placed = await placeOrder(c.env, by(c), { scope, wish: c.req.valid('json'), key, keep });
    return placed.ok ? c.json(viewOrder(placed.value), 202) : problem(c, placed.refusal);
  })
  .openapi(postPreview, async (c) => {
    const scope = await scopeOf(c);
    const previewed = await previewOrder(c.env, by(c).at, scope, c.req.valid('json'));
    return previewed.ok ? c.json(viewPreview(previewed.value), 200) : problem(c, previewed.refusal);
  })
  .openapi(getOrders, async (c) => {
    const scope = await scopeOf(c);
    const { limit, cursor, accountId, ...asked } = c.req.valid('query');
    // Another's account has no orders for a client, as one that does not exist.
    if (scope !== 'staff' && accountId !== undefined && accountId !== scope.accountId)
      return problem(c, { code: 'not_found' });
    const filter = { ...asked, accountId: scope === 'staff' ? accountId : scope.accountId };
    const orders = await listOrders(c.env.database, filter, { before: cursor, limit: limit + 1 });
    const transfers = await listTransfersOf(c.env, orders);
    const arrivals = await findArrivalsOf(c.env, orders);
    return c.json(
      toPage(orders, limit, (order) => viewOrder(order, transfers.get(order.id), arrivals.get(order.id))),
      200,
    );
  })
  .openapi(getOrder, async (c) => {
    const scope = await scopeOf(c);
    const order = await findOrder(c.env.database, scope, c.req.valid('param').id);
    if (order === undefined) return problem(c, { code: 'not_found' });
    const transfers = await listTransfersOf(c.env, [order]);
    const arrivals = await findArrivalsOf(c.env, [order]);
    return c.json(viewOrder(order, transfers.get(order.id), arrivals.get(order.id)), 200);
  })
  .openapi(postCancel, async (c) => {
    const scope = await scopeOf(c);
    const statusOf = ({ stopping }: Canceled) => (stopping === undefined ? 200 : 202);
    const view = ({ order, stopping }: Canceled) => viewOrder(order, stopping);
    const canceled = await cancelOrder(c.env, by(c), scope, c.req.valid('param').id, (said) =>
      c.var.keep(statusOf(said), view(said)),
    );
    return canceled.ok ? c.json(view(canceled.value), statusOf(canceled.value)) : problem(c, canceled.refusal);
  });
