// The wire form of orders.
import { z } from '@hono/zod-openapi';
import type { Arrival } from '../../domain/arrival.ts';
import { type Order, orderMachine } from '../../domain/order.ts';
import { orderKinds } from '../../domain/order-amount.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { sayStop } from '../../domain/transfer-stop.ts';
import { Instant, id, PageQuery, Timestamp } from '../../kit/schemas.ts';
import { AmountWish, deskWishes, howMuchView, viewHowMuch } from '../../kit/wishes.ts';

const wishes = {
  ...deskWishes,
  withdrawal: {
    kind: z.literal('withdrawal'),
    destinationId: id('dst'),
    asset: z.string().max(200),
    amount: AmountWish,
  },
};
const when = {
  dueAt: Timestamp.optional().openapi({ description: 'Now, unless given.' }),
  notAfter: Timestamp.optional().openapi({
    description: 'Past it the order is skipped, never sent late. An hour after it is due, unless given.',
  }),
};

export const OrderRequest = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...wishes.trade_funding, ...when }),
    z.strictObject({ ...wishes.sweep, ...when }),
    z.strictObject({ ...wishes.withdrawal, ...when }),
  ])
  .openapi('OrderRequest');

export const PreviewRequest = z
  .discriminatedUnion('kind', [
    z.strictObject(wishes.trade_funding),
    z.strictObject(wishes.sweep),
    z.strictObject(wishes.withdrawal),
  ])
  .openapi('PreviewRequest');

const statuses = Object.keys(orderMachine);
export const OrdersQuery = PageQuery.extend({
  accountId: id('acc').optional(),
  scheduleId: id('sch').optional(),
  status: z
    .custom<Order['status']>((value) => typeof value === 'string' && statuses.includes(value), 'a status of an order')
    .optional()
    .openapi({ type: 'string', enum: statuses }),
  kind: z.enum(orderKinds).optional(),
});

const VenueReadingView = z.object({ balance: z.string(), at: Instant }).nullable();
const ArrivalView = z
  .object({
    id: z.string(),
    status: z.enum(['not_seen_yet', 'arrived', 'unknown', 'called_off']).openapi({
      description: 'A balance that rose by what was sent is evidence, no more; trading there makes it `unknown`.',
    }),
    venue: z.string(),
    asset: z.string(),
    before: VenueReadingView.openapi({ description: 'What the venue held before the transfer was handed over.' }),
    latest: VenueReadingView.openapi({ description: 'What it held when it was read last, in whole coins.' }),
    reason: z.string().nullable(),
  })
  .openapi('Arrival');

export const OrderView = z
  .object({
    id: z.string(),
    accountId: z.string(),
    status: z.string(),
    kind: z.string(),
    mandateId: z.string().nullable(),
    scheduleId: z.string().nullable(),
    slot: Instant.nullable(),
    destinationId: z.string(),
    ...howMuchView,
    dueAt: Instant,
    notAfter: Instant,
    transferId: z.string().nullable(),
    transactionHash: z.string().nullable(),
    rule: z.string().nullable().openapi({ description: 'The rule that blocked it, or for which it was skipped.' }),
    reason: z.string().nullable(),
    stop: z
      .object({ requestedAt: Instant, reason: z.string(), says: z.string() })
      .nullable()
      .openapi({ description: 'Somebody asked to stop it when the custodian had it already; where that has left it.' }),
    arrival: ArrivalView.nullable().openapi({
      description: 'Whether the venue shows the money; null where custody does not show the venue.',
    }),
    createdAt: Instant,
  })
  .openapi('Order');

/** @param transfer of an order that is executing */
export const viewOrder = (order: Order, transfer?: Transfer, arrival?: Arrival): z.infer<typeof OrderView> => ({
  id: order.id,
  accountId: order.accountId,
  status: order.status,
  kind: order.kind,
  mandateId: order.mandateId,
  scheduleId: order.scheduleId,
  slot: order.slot,
  destinationId: order.destinationId,
  ...viewHowMuch(order),
  dueAt: order.dueAt,
  notAfter: order.notAfter,
  transferId: order.transferId,
  transactionHash: order.status === 'executed' ? order.transactionHash : null,
  rule: order.status === 'blocked' || order.status === 'skipped' ? (order.rule ?? null) : null,
  reason: 'reason' in order ? order.reason : null,
  stop: viewStop(transfer),
  arrival: arrival === undefined ? null : viewArrival(arrival),
  createdAt: order.createdAt,
});

const viewArrival = (arrival: Arrival): z.infer<typeof ArrivalView> => ({
  id: arrival.id,
  status: arrival.status === 'awaited' ? 'not_seen_yet' : arrival.status,
  venue: arrival.venue,
  asset: arrival.asset,
  before: arrival.before,
  latest: 'latest' in arrival ? arrival.latest : null,
  reason: 'reason' in arrival ? arrival.reason : null,
});

function viewStop(transfer: Transfer | undefined): z.infer<typeof OrderView>['stop'] {
  const stopped = transfer && sayStop(transfer);
  return stopped === undefined
    ? null
    : { requestedAt: stopped.stop.at, reason: stopped.stop.reason, says: stopped.says };
}
