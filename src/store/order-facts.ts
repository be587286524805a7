// Our records around an order: everything but the balance that it is judged by, in one round trip.
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Destination } from '../domain/destination.ts';
import { EPOCH_ID, type Epoch, judgeEpoch } from '../domain/epoch.ts';
import type { Halt } from '../domain/halt.ts';
import { freshLimitDay, limitDayId } from '../domain/limit.ts';
import type { OrderAsked, OrderFacts } from '../domain/order-decision.ts';
import { type Timestamp, utcDay } from '../domain/time.ts';
import type { Wallet } from '../domain/wallet.ts';
import { toAccount } from './accounts.ts';
import type { Database } from './database.ts';
import { toFence } from './fences.ts';
import { inForce } from './halts.ts';
import { toLimitDay, toMandate } from './mandates.ts';
import { fromRow } from './records.ts';
import { accounts, destinations, epochs, fences, halts, limitDays, mandates, wallets } from './schema.ts';

/**
 * @param at names the UTC day whose sums are meant
 * @param epoch of the deployment, by which this database is judged
 */
export async function findOrderFacts(
  database: Database,
  order: OrderAsked,
  { at, epoch }: { at: Timestamp; epoch: string },
): Promise<OrderFacts> {
  const { accountId, mandateId, destinationId, asset } = order;
  const day = utcDay(at);
  const holders = mandateId === null ? [accountId] : [accountId, mandateId];
  const [[account], held, [mandate], [destination], [halt], [fence], days, [kept]] = await database.batch([
    database.select().from(accounts).where(eq(accounts.id, accountId)),
    database.select().from(wallets).where(eq(wallets.accountId, accountId)).orderBy(asc(wallets.network)),
    database
      .select()
      .from(mandates)
      .where(and(eq(mandates.accountId, accountId), eq(mandates.id, sql`${mandateId}`))),
    database
      .select()
      .from(destinations)
      .where(and(eq(destinations.accountId, accountId), eq(destinations.id, destinationId))),
    database.select().from(halts).where(inForce(order)).limit(1),
    database.select().from(fences).where(eq(fences.accountId, accountId)),
    database
      .select()
      .from(limitDays)
      .where(
        inArray(
          limitDays.id,
          holders.map((holder) => limitDayId(holder, asset, day)),
        ),
      ),
    database.select().from(epochs).where(eq(epochs.id, EPOCH_ID)),
  ]);
  const dayOf = (holder: (typeof holders)[number]) => {
    const sum = days.find(({ id }) => id === limitDayId(holder, asset, day));
    return sum === undefined ? freshLimitDay({ accountId, holder, asset, day }) : toLimitDay(sum);
  };
  return {
    order,
    database: judgeEpoch(kept && fromRow<Epoch>(kept), epoch),
    account: account && toAccount(account),
    wallets: held.map((row) => fromRow<Wallet>(row)),
    mandate: mandate && toMandate(mandate),
    destination: destination && fromRow<Destination>(destination),
    halt: halt && fromRow<Halt>(halt),
    fence: fence && toFence(fence),
    mandateDay: mandateId === null ? undefined : dayOf(mandateId),
    accountDay: dayOf(accountId),
  };
}
