// Orders. The unique (schedule, slot) is what makes an occurrence happen once.
import { and, asc, desc, eq, lte } from 'drizzle-orm';
import type { AccountId, OrderId, ScheduleId } from '../domain/id.ts';
import type { Order } from '../domain/order.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { orders } from './schema.ts';

const toOrder = (row: typeof orders.$inferSelect): Order => ({ ...fromRow<Order>(row), units: BigInt(row.units) });

export async function findOrder(database: Database, scope: Scope, id: OrderId): Promise<Order | undefined> {
  const row = await database
    .select()
    .from(orders)
    .where(and(within(scope, orders.accountId), eq(orders.id, id)))
    .get();
  return row && toOrder(row);
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

/** Newest first. */
export async function listOrders(
  database: Database,
  filter: { accountId?: AccountId | undefined; scheduleId?: ScheduleId | undefined },
  page: { before?: string | undefined; limit: number },
): Promise<Order[]> {
  const rows = await database
    .select()
    .from(orders)
    .where(
      and(
        filter.accountId === undefined ? undefined : eq(orders.accountId, filter.accountId),
        filter.scheduleId === undefined ? undefined : eq(orders.scheduleId, filter.scheduleId),
        olderThan(orders.id, page.before),
      ),
    )
    .orderBy(desc(orders.id))
    .limit(page.limit)
    .all();
  return rows.map(toOrder);
}

/** Released and due, for the sweep that re-sends what a lost message left behind. */
export async function listReleasedOrders(database: Database, at: Timestamp, limit: number): Promise<Order[]> {
  const rows = await database
    .select()
    .from(orders)
    .where(and(eq(orders.status, 'released'), lte(orders.dueAt, at)))
    .orderBy(asc(orders.dueAt))
    .limit(limit)
    .all();
  return rows.map(toOrder);
}

/** Released orders of a mandate: what its revocation stops. */
export async function listReleasedOrdersOf(
  database: Database,
  mandateId: Order['mandateId'],
  limit: number,
): Promise<Order<'released'>[]> {
  const rows = await database
    .select()
    .from(orders)
    .where(and(eq(orders.mandateId, mandateId), eq(orders.status, 'released')))
    .limit(limit)
    .all();
  return rows.map(toOrder).filter((order) => order.status === 'released');
}

export const orderChange = changesOf<Order>(orders, 'order', ({ accountId }) => accountId);
