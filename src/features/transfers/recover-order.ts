// An order whose transfer custody made in a time that this database forgot: it gets that transfer, as custody holds it. Nothing
// is ever sent here.
import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import type { CustodyTransfer } from '../../domain/custody.ts';
import { limitDayId, release } from '../../domain/limit.ts';
import { amend } from '../../domain/machine.ts';
import { execute, type Order } from '../../domain/order.ts';
import type { Recovery } from '../../domain/recovery.ts';
import { submit, type Transfer } from '../../domain/transfer.ts';
import { adopt } from '../../domain/transfer-answer.ts';
import { type Change, commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findLimitDay, limitDayChange } from '../../store/mandates.ts';
import { findOrder, orderChange } from '../../store/orders.ts';
import { transferChange } from '../../store/transfers.ts';
import { bookOutcome, recordOutcome } from './outcome.ts';
import { clearTheWay } from './recover-lane.ts';
import { counted, dayOf, sumOf } from './recovered-sums.ts';

/** What was only prepared here was handed over in the lost time. */
export async function takeUp(
  app: App,
  by: Provenance,
  prepared: Transfer<'prepared'>,
  item: CustodyTransfer,
): Promise<Outcome> {
  if (prepared.orderId === null) return 'done';
  const order = await findOrder(databaseFor(app, prepared.accountId), 'staff', prepared.orderId);
  if (order?.status !== 'released') return 'done';
  const sum = await sumOf(app, order.accountId, order.accountId, prepared.asset, dayOf(item, by.at));
  const changes = [counted(sum, prepared.units)];
  const { submitting, ofMandate } = await handedOver(app, by, order, prepared, {
    day: sum.day,
    accountLimitDayId: sum.id,
  });
  const committed = await commit(databaseFor(app, order.accountId), {
    by,
    changes: [
      transferChange(prepared, submitting),
      orderChange(order, execute(order, prepared.id)),
      ...changes,
      ...ofMandate,
    ],
  });
  if (committed.ok) return recordOutcome(app, by, submitting, adopt(submitting, item, by.at));
  await clearTheWay(app, by, prepared);
  return 'again';
}

async function handedOver(
  app: App,
  by: Provenance,
  order: Order,
  prepared: Transfer<'prepared'>,
  { day, accountLimitDayId }: { day: string; accountLimitDayId: string },
): Promise<{ submitting: Transfer<'submitting'>; ofMandate: Change[] }> {
  const { accountId, mandateId } = order;
  const sum = mandateId === null ? undefined : await sumOf(app, accountId, mandateId, prepared.asset, day);
  return {
    submitting: submit(prepared, { limitDayId: sum?.id ?? null, accountLimitDayId }, by.at),
    ofMandate: sum === undefined ? [] : [counted(sum, prepared.units)],
  };
}

/** The wish came again: its order gets the transfer that custody holds, as custody holds it. */
export async function adoptRecovered(
  app: App,
  by: Provenance,
  order: Order<'released'>,
  recovery: Recovery,
): Promise<Outcome> {
  const { accountId, asset, units, requestBody, custodyWalletId, walletId, day } = recovery;
  if (accountId === null) throw new TypeError('an order is adopted from a wallet of its account');
  const database = databaseFor(app, accountId);
  const seen = await app.custody.findTransfer(custodyWalletId, recovery.custodyId);
  if (seen === undefined) throw new TypeError('custody no longer shows a transfer that it showed');
  const prepared: Transfer<'prepared'> = {
    ...{
      id: by.newId('xfr'),
      version: 1,
      status: 'prepared',
      accountId,
      orderId: order.id,
      walletId,
      custodyWalletId,
      payoutId: null,
    },
    ...{ destinationId: order.destinationId, asset, units, externalId: recovery.id, requestBody },
    ...{ custodyId: null, transactionHash: null, nextAttemptAt: by.at, createdAt: by.at },
  };
  const uncounted =
    recovery.accountLimitDayId === null ? await sumOf(app, accountId, accountId, asset, day) : undefined;
  const accountLimitDayId = recovery.accountLimitDayId ?? limitDayId(accountId, asset, day);
  const limitDay = order.mandateId === null ? null : limitDayId(order.mandateId, asset, day);
  const { submitting, ofMandate } = await handedOver(app, by, order, prepared, { day, accountLimitDayId });
  const isCounted = limitDay !== null && recovery.mandateLimitDayIds.includes(limitDay);
  const known = amend(order, { units, transferId: prepared.id });
  const committed = await commit(database, {
    by,
    changes: [
      orderChange(order, known, 'order.prepared'),
      transferChange(undefined, prepared),
      transferChange(prepared, submitting),
      orderChange(known, execute(known, prepared.id)),
      ...(uncounted === undefined ? [] : [counted(uncounted, units)]),
      ...(isCounted ? [] : ofMandate),
      ...(await givenBack(app, recovery, limitDay)),
    ],
  });
  if (!committed.ok) return 'again';
  const booked = await bookOutcome(app, by, submitting, adopt(submitting, seen, by.at), {});
  return booked.ok ? 'done' : 'again';
}

/** Now that it is known who let it out, the sums of the other mandates that might have are as they were. */
async function givenBack(app: App, { units, mandateLimitDayIds }: Recovery, kept: string | null): Promise<Change[]> {
  const others = mandateLimitDayIds.filter((id) => id !== kept);
  const sums = await Promise.all(others.map((id) => findLimitDay(app.database, id)));
  return sums.flatMap((sum) => (sum === undefined ? [] : [limitDayChange(sum, release(sum, units))]));
}
