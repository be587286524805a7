// A due order gets its transfer: the exact body and the external id are frozen here, before custody hears of anything. The
// hand-over follows at once, unless its turn has not come.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { externalIdOf } from '../../app/external-id.ts';
import { judgeOrder } from '../../app/order-judgement.ts';
import { amend } from '../../domain/machine.ts';
import { type Order, skip } from '../../domain/order.ts';
import { endBy, isWait } from '../../domain/order-decision.ts';
import { secondsBetween } from '../../domain/time.ts';
import type { OrderTransfer } from '../../domain/transfer.ts';
import { nextLookAt } from '../../domain/wait.ts';
import { OrderDue } from '../../kit/messages.ts';
import { explain } from '../../kit/problem.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findOrderWait, keepOrderWait } from '../../store/order-waits.ts';
import { findOrder, orderChange } from '../../store/orders.ts';
import { findRecovery } from '../../store/recoveries.ts';
import { nothingInFlight, transferChange } from '../../store/transfers.ts';
import { awaitArrival } from './arrivals.ts';
import { beginHandOver } from './begin.ts';
import { adoptRecovered } from './recover-order.ts';
import { requestBodyOf } from './request-body.ts';

export const prepareTransfer = consumer('money', OrderDue, async (app, { orderId }, by) => {
  // Cron brings whatever is due once it stands.
  if (!(await judgeDatabase(app)).ok) return 'done';
  const order = await findOrder(app.database, 'staff', orderId);
  if (order?.status !== 'released' || order.transferId !== null) return 'done';
  const externalId = await externalIdOf(order.origin);
  const recovery = await findRecovery(app.database, externalId);
  // Custody did it in a time that this database forgot: nothing is judged, nothing is sent.
  if (recovery !== undefined) return adoptRecovered(app, by, order, recovery);
  if (by.at > order.notAfter)
    return endOrder(app, by, order, skip(order, `It could not start until ${order.notAfter}.`));
  const database = databaseFor(app, order.accountId);
  const { verdict, facts } = await judgeOrder(app, order, by.at);
  if (!verdict.ok && isWait(verdict.refusal)) return lookLater(app, by, order);
  if (!verdict.ok) return endOrder(app, by, order, endBy(order, verdict.refusal, explain(verdict.refusal)));
  const { asset, wallet, destination, units } = verdict.value;
  const sponsor = app.config.feeSponsors.get(asset.network);
  const transfer: OrderTransfer<'prepared'> = {
    id: by.newId('xfr'),
    version: 1,
    status: 'prepared',
    accountId: order.accountId,
    orderId,
    payoutId: null,
    walletId: wallet.id,
    custodyWalletId: wallet.custodyId,
    destinationId: destination.id,
    asset: asset.id,
    units,
    externalId,
    requestBody: requestBodyOf(asset, { to: destination.address, units, externalId, sponsor }),
    custodyId: null,
    transactionHash: null,
    nextAttemptAt: by.at,
    createdAt: by.at,
  };
  const prepared = amend(order, { units, transferId: transfer.id });
  const committed = await commit(database, {
    by,
    changes: [
      orderChange(order, prepared, 'order.prepared'),
      transferChange(undefined, transfer),
      ...(await awaitArrival(app, by, transfer, { mandate: facts.mandate, asset })),
    ],
    // A share was taken of what nothing else was leaving from.
    requires:
      order.amount.kind === 'fixed'
        ? []
        : [{ holds: nothingInFlight(wallet.id), refusal: { code: 'version_conflict' } }],
  });
  // A crash between the two leaves a prepared transfer that is due, and cron wakes those.
  return committed.ok
    ? beginHandOver(app, by, transfer, { order: prepared, facts: { ...facts, order: prepared } })
    : 'again';
});

/** A message is tried again for so long, for what only has to settle. Then cron looks, however many days it takes. */
const SETTLES_SECONDS = 60;

/** A quick try of the same message finds the time of its next look ahead, and leaves it. */
async function lookLater(app: App, by: Provenance, { id: orderId, accountId, notAfter }: Order): Promise<Outcome> {
  const database = databaseFor(app, accountId);
  const known = await findOrderWait(database, orderId);
  const since = known?.since ?? by.at;
  if (known === undefined || known.nextLookAt <= by.at) {
    await keepOrderWait(database, { orderId, since, nextLookAt: nextLookAt({ since, notAfter }, by.at) });
  }
  return secondsBetween(since, by.at) < SETTLES_SECONDS ? 'again' : 'done';
}

async function endOrder(app: App, by: Provenance, before: Order, after: Order): Promise<Outcome> {
  const committed = await commit(databaseFor(app, before.accountId), { by, changes: [orderChange(before, after)] });
  return committed.ok ? 'done' : 'again';
}
