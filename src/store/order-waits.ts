// Released orders that may not start yet, and when they are looked at again. Notes on looking, not facts of the business: a
// lost one costs an early look, so they need no entry in the journal.
import { eq, lt } from 'drizzle-orm';
import type { OrderId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Database } from './database.ts';
import { orderWaits } from './schema.ts';

export type OrderWait = typeof orderWaits.$inferSelect;

export const findOrderWait = (database: Database, orderId: OrderId): Promise<OrderWait | undefined> =>
  database.select().from(orderWaits).where(eq(orderWaits.orderId, orderId)).get();

export async function keepOrderWait(database: Database, wait: OrderWait): Promise<void> {
  await database.insert(orderWaits).values(wait).onConflictDoUpdate({ target: orderWaits.orderId, set: wait });
}

/** Those that should have been looked at before then: their orders go, ended, or are late themselves. */
export const forgetOrderWaits = (database: Database, before: Timestamp) =>
  database.delete(orderWaits).where(lt(orderWaits.nextLookAt, before)).run();
