// What stands under a mandate and was not handed over: orders, with the transfers prepared for them, and schedules.
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { MandateId, OrderId } from '../domain/id.ts';
import type { Order } from '../domain/order.ts';
import type { Schedule } from '../domain/schedule.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Bulk } from './commit.ts';
import { type Database, newerThan } from './database.ts';
import type { EntryDraft } from './journal.ts';
import { orderChange, toOrder } from './orders.ts';
import { toRow } from './records.ts';
import { type RecordTable, type Statement, updateRows } from './rows.ts';
import { scheduleChange, toSchedule } from './schedules.ts';
import { orders, schedules, transfers } from './schema.ts';
import { toTransfer, transferChange } from './transfers.ts';

interface OpenOrder {
  readonly order: Order<'scheduled' | 'released'>;
  readonly transfer: Transfer<'prepared'> | undefined;
}
export interface MandateWork {
  readonly orders: readonly OpenOrder[];
  readonly schedules: readonly Schedule<'active' | 'paused'>[];
  /** The last order looked at, ended here or not. */
  readonly last: OrderId | null;
  /** There may be more of either. */
  readonly isCut: boolean;
}

/** Orders in the order of their ids, each read at one instant with its transfer. No more than `limit` of either. */
export async function listMandateWork(
  database: Database,
  mandateId: MandateId,
  { after, limit }: { after: OrderId | null; limit: number },
): Promise<MandateWork> {
  const [open, living] = await Promise.all([
    database
      .select({ order: orders, transfer: transfers })
      .from(orders)
      .leftJoin(transfers, and(eq(transfers.id, orders.transferId), eq(transfers.status, 'prepared')))
      .where(
        and(
          eq(orders.mandateId, mandateId),
          inArray(orders.status, ['scheduled', 'released']),
          newerThan(orders.id, after ?? undefined),
        ),
      )
      .orderBy(asc(orders.id))
      .limit(limit)
      .all(),
    database
      .select()
      .from(schedules)
      .where(and(eq(schedules.mandateId, mandateId), inArray(schedules.status, ['active', 'paused'])))
      .orderBy(asc(schedules.id))
      .limit(limit)
      .all(),
  ]);
  return {
    orders: open.flatMap((row): OpenOrder[] => {
      const order = toOrder(row.order);
      if (order.status !== 'scheduled' && order.status !== 'released') return [];
      if (row.transfer === null) return order.transferId === null ? [{ order, transfer: undefined }] : [];
      const transfer = toTransfer(row.transfer);
      return transfer.status === 'prepared' ? [{ order, transfer }] : [];
    }),
    schedules: living
      .map(toSchedule)
      .filter((schedule) => schedule.status === 'active' || schedule.status === 'paused'),
    last: open.at(-1)?.order.id ?? after,
    isCut: open.length === limit || living.length === limit,
  };
}

interface Step<R> {
  readonly before: R;
  readonly after: R;
}

/** All of it ends at once, each with an entry of its own. */
export const endWork = (
  run: EntryDraft,
  steps: {
    readonly orders: readonly Step<Order>[];
    readonly transfers: readonly Step<Transfer>[];
    readonly schedules: readonly Step<Schedule>[];
  },
): Bulk => ({
  run,
  entries: [
    ...steps.orders.map(({ before, after }) => orderChange(before, after).entry),
    ...steps.transfers.map(({ before, after }) => transferChange(before, after).entry),
    ...steps.schedules.map(({ before, after }) => scheduleChange(before, after).entry),
  ],
  writes: (database) => [
    ...written(database, orders, steps.orders),
    ...written(database, transfers, steps.transfers),
    ...written(database, schedules, steps.schedules),
  ],
});

const written = (database: Database, table: RecordTable, steps: readonly Step<object>[]): readonly Statement[] =>
  steps.length === 0
    ? []
    : updateRows(
        database,
        table,
        steps.map(({ after }) => toRow(table, after)),
      );
