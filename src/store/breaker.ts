// The state of circuit breakers: one row for each lane, the lane of money toward custody or an endpoint of notices.
import { eq, sql } from 'drizzle-orm';
import { type Breaker, closedBreaker } from '../domain/breaker.ts';
import type { Database } from './database.ts';
import { custodyBreaker } from './schema.ts';

/** Each is written by its own senders alone. */
export type Lane = 'money' | `webhook:${string}`;

export async function findBreaker(database: Database, lane: Lane = 'money'): Promise<Breaker> {
  const row = await database.select().from(custodyBreaker).where(eq(custodyBreaker.lane, lane)).get();
  return row ?? closedBreaker;
}

/** Whether it was still as read: of two that would go first, one does. */
export async function replaceBreaker(
  database: Database,
  before: Breaker,
  after: Breaker,
  lane: Lane = 'money',
): Promise<boolean> {
  const isAsRead = sql`${custodyBreaker.failures} = ${before.failures} AND ${custodyBreaker.openUntil} IS ${before.openUntil}`;
  const { failures, openings } = after;
  const row = { failures, openings, openUntil: after.openUntil };
  const written = await database
    .insert(custodyBreaker)
    .values({ lane, ...row })
    .onConflictDoUpdate({ target: custodyBreaker.lane, set: row, setWhere: isAsRead })
    .returning({ lane: custodyBreaker.lane });
  return written.length === 1;
}
