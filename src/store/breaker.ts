// The state of the circuit breaker toward custody: one row, written by the lane of money alone.
import { eq, sql } from 'drizzle-orm';
import { type Breaker, closedBreaker } from '../domain/breaker.ts';
import type { Database } from './database.ts';
import { custodyBreaker } from './schema.ts';

const LANE = 'money';

export async function findBreaker(database: Database): Promise<Breaker> {
  const row = await database.select().from(custodyBreaker).where(eq(custodyBreaker.lane, LANE)).get();
  return row ?? closedBreaker;
}

/** Whether it was still as read: of two that would go first, one does. */
export async function replaceBreaker(database: Database, before: Breaker, after: Breaker): Promise<boolean> {
  const isAsRead = sql`${custodyBreaker.failures} = ${before.failures} AND ${custodyBreaker.openUntil} IS ${before.openUntil}`;
  const { failures, openings } = after;
  const row = { failures, openings, openUntil: after.openUntil };
  const written = await database
    .insert(custodyBreaker)
    .values({ lane: LANE, ...row })
    .onConflictDoUpdate({ target: custodyBreaker.lane, set: row, setWhere: isAsRead })
    .returning({ lane: custodyBreaker.lane });
  return written.length === 1;
}
