// Orders. The unique (schedule, slot) is what makes an occurrence happen once, and the unique origin every wish.
import { and, asc, desc, eq, gt, lte, sql } from 'drizzle-orm';
import type { AccountId, OrderId, ScheduleId } from '../domain/id.ts';
import { type Order, type OrderStatus, originOfSlot } from '../domain/order.ts';
import type { HowMuch, OrderAmount, OrderKind } from '../domain/order-amount.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { orders } from './schema.ts';

export const toOrder = (row: typeof orders.$inferSelect): Order => ({
  ...fromRow<Order>(row),
  // Rows from before there were other orders than those of schedules lack both.
  origin: row.origin ?? originOfSlot(row.scheduleId ?? 'sch_', row.slot ?? ''),
  ...toHowMuch(row),
});

type StoredAmount = Exclude<OrderAmount, { kind: 'above' }> | { kind: 'above'; floor: string };

/** Rows from before there was another amount are fixed. */
export const toHowMuch = (row: { readonly amount: string | null; readonly units: string | null }): HowMuch => ({
  amount: row.amount === null ? { kind: 'fixed' } : toAmount(row.amount),
  units: row.units === null ? null : BigInt(row.units),
});

function toAmount(text: string): OrderAmount {
  const stored = fromJson<StoredAmount>(text);
  return stored.kind === 'above' ? { kind: 'above', floor: BigInt(stored.floor) } : stored;
}

export async function findOrder(database: Database, scope: Scope, id: OrderId): Promise<Order | undefined> {
  const row = await database
    .select()
    .from(orders)
    .where(and(within(scope, orders.accountId), eq(orders.id, id)))
    .get();
  return row && toOrder(row);
}

export async function findOrderByOrigin(database: Database, origin: string): Promise<Order | undefined> {
  const row = await database.select().from(orders).where(eq(orders.origin, origin)).get();
  return row && toOrder(row);
}

export interface OrderFilter {
  readonly accountId?: AccountId | undefined;
  readonly scheduleId?: ScheduleId | undefined;
  readonly status?: OrderStatus | undefined;
  readonly kind?: OrderKind | undefined;
}

/** The occurrence of a schedule, when it is there. */
export async function findOrderOfSlot(
  database: Database,
  scheduleId: ScheduleId,
  slot: string,
): Promise<Order | undefined> {
  const row = await database
    .select()
    .from(orders)
    .where(and(eq(orders.scheduleId, scheduleId), eq(orders.slot, slot)))
    .get();
  return row && toOrder(row);
}

/** The last slot ahead that has its order already: one that was skipped ahead of its time. */
export async function findSlotTaken(
  database: Database,
  scheduleId: ScheduleId,
  after: Timestamp,
): Promise<Timestamp | undefined> {
  const row = await database
    .select({ slot: orders.slot })
    .from(orders)
    .where(and(eq(orders.scheduleId, scheduleId), gt(orders.slot, after)))
    .orderBy(desc(orders.slot))
    .limit(1)
    .get();
  return row?.slot ?? undefined;
}

/** Newest first. */
export async function listOrders(
  database: Database,
  filter: OrderFilter,
  page: { before?: string | undefined; limit: number },
): Promise<Order[]> {
  const rows = await database
    .select()
    .from(orders)
    .where(
      and(
        filter.accountId === undefined ? undefined : eq(orders.accountId, filter.accountId),
        filter.scheduleId === undefined ? undefined : eq(orders.scheduleId, filter.scheduleId),
        filter.status === undefined ? undefined : eq(orders.status, filter.status),
        filter.kind === undefined ? undefined : eq(orders.kind, filter.kind),
        olderThan(orders.id, page.before),
      ),
    )
    .orderBy(desc(orders.id))
    .limit(page.limit)
    .all();
  return rows.map(toOrder);
}

/** What waits to be started is looked at up to here, the longest due first. */
const WAITING_MAX = 20_000;

/**
 * Orders that have no transfer yet, the next to be started first. Accounts take turns, so that one with a thousand orders
 * due at once keeps nobody waiting who has one; one that was looked at in vain is due again at its next look.
 */
export async function listOrdersToStart(
  database: Database,
  at: Timestamp,
  limit: number,
): Promise<{ id: OrderId; accountId: AccountId }[]> {
  const waiting = sql`(SELECT id, account_id, coalesce(next_look_at, due_at) AS look_at
    FROM orders LEFT JOIN order_waits ON order_id = orders.id
    WHERE status = 'released' AND transfer_id IS NULL AND due_at <= ${at} AND (next_look_at IS NULL OR next_look_at <= ${at})
    ORDER BY due_at LIMIT ${WAITING_MAX})`;
  const inTurn = sql`(SELECT id, account_id, look_at, row_number() OVER (PARTITION BY account_id ORDER BY look_at, id) AS turn FROM ${waiting})`;
  return database.all(sql`SELECT id, account_id AS accountId FROM ${inTurn} ORDER BY turn, look_at, id LIMIT ${limit}`);
}

/** Asked for at a time that has come, the longest due first. */
export async function listScheduledOrdersDue(
  database: Database,
  at: Timestamp,
  limit: number,
): Promise<Order<'scheduled'>[]> {
  const rows = await database
    .select()
    .from(orders)
    .where(and(eq(orders.status, 'scheduled'), lte(orders.dueAt, at)))
    .orderBy(asc(orders.dueAt))
    .limit(limit)
    .all();
  return rows.map(toOrder).filter((order) => order.status === 'scheduled');
}

export const orderChange = changesOf<Order>(orders, 'order', ({ accountId }) => accountId);
