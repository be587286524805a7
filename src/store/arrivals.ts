// Arrivals of money at venues.
import { and, asc, eq, gte, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { Arrival } from '../domain/arrival.ts';
import type { ArrivalId, OrderId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Database } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { arrivals, transfers } from './schema.ts';

const toArrival = (row: typeof arrivals.$inferSelect): Arrival => ({
  ...fromRow<Arrival>(row),
  units: BigInt(row.units),
});

export async function findArrival(database: Database, id: ArrivalId): Promise<Arrival | undefined> {
  const row = await database.select().from(arrivals).where(eq(arrivals.id, id)).get();
  return row && toArrival(row);
}

/** Whoever may see the orders may see these. */
export async function listArrivalsOf(database: Database, orderIds: readonly OrderId[]): Promise<Arrival[]> {
  const rows = await database
    .select()
    .from(arrivals)
    .where(inArray(arrivals.orderId, sql`(SELECT value FROM json_each(${JSON.stringify(orderIds)}))`))
    .all();
  return rows.map(toArrival);
}

/** Their transfers are at an end, and the time of their next reading has come. */
export async function listArrivalsDue(database: Database, at: Timestamp, limit: number): Promise<ArrivalId[]> {
  const rows = await database
    .select({ id: arrivals.id })
    .from(arrivals)
    .innerJoin(transfers, eq(transfers.id, arrivals.transferId))
    .where(
      and(
        sql`${arrivals.status} = 'awaited'`,
        lte(arrivals.nextReadAt, at),
        inArray(transfers.status, ['confirmed', 'failed', 'rejected', 'canceled']),
      ),
    )
    .orderBy(asc(arrivals.nextReadAt))
    .limit(limit)
    .all();
  return rows.map(({ id }) => id);
}

export interface ArrivalOfAccount {
  readonly arrival: Arrival;
  readonly transferStatus: Transfer['status'];
}

/** Of one asset at one account of a venue: those that were not at an end then. */
export async function listArrivalsSince(
  database: Database,
  { venueAccount, symbol }: Pick<Arrival, 'venueAccount' | 'symbol'>,
  since: Timestamp,
  limit: number,
): Promise<ArrivalOfAccount[]> {
  const rows = await database
    .select({ arrival: arrivals, transferStatus: transfers.status })
    .from(arrivals)
    .innerJoin(transfers, eq(transfers.id, arrivals.transferId))
    .where(
      and(
        eq(arrivals.venueAccount, venueAccount),
        eq(arrivals.symbol, symbol),
        or(isNull(arrivals.endedAt), gte(arrivals.endedAt, since)),
      ),
    )
    .limit(limit)
    .all();
  return rows.map(({ arrival, transferStatus }) => ({ arrival: toArrival(arrival), transferStatus }));
}

export const arrivalChange = changesOf<Arrival>(arrivals, 'arrival', ({ accountId }) => accountId);
