// A due order gets its transfer: the exact body and the external id are frozen here, before custody hears of anything.
import { base32 } from '@scure/base';
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { judgeOrder } from '../../app/order-judgement.ts';
import { amend } from '../../domain/machine.ts';
import { block, type Order, skip } from '../../domain/order.ts';
import { isWait } from '../../domain/order-decision.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { OrderDue, transferDue } from '../../kit/messages.ts';
import { explain } from '../../kit/problem.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findOrder, orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';
import { nothingInFlight, transferChange } from '../../store/transfers.ts';

export const prepareTransfer = consumer('money', OrderDue, async (app, { orderId }, by) => {
  const order = await findOrder(app.database, 'staff', orderId);
  if (order?.status !== 'released' || order.transferId !== null) return 'done';
  if (by.at > order.notAfter)
    return endOrder(app, by, order, skip(order, `It could not start until ${order.notAfter}.`));
  const database = databaseFor(app, order.accountId);
  const { verdict } = await judgeOrder(app, order, by.at);
  if (!verdict.ok && isWait(verdict.refusal)) return 'again';
  if (!verdict.ok) return endOrder(app, by, order, block(order, verdict.refusal.code, explain(verdict.refusal)));
  const { asset, wallet, destination, units } = verdict.value;
  const externalId = await externalIdOf(order.origin);
  const sponsor = app.config.feeSponsors.get(asset.network);
  const money = {
    to: destination.address,
    amount: units.toString(),
    externalId,
    // Frozen with the rest: judged with a sponsor, it is sent with that one whatever the setting says by then.
    ...(sponsor === undefined ? {} : { feeSponsorId: sponsor }),
  };
  const transfer: Transfer<'prepared'> = {
    id: by.newId('xfr'),
    version: 1,
    status: 'prepared',
    accountId: order.accountId,
    orderId,
    walletId: wallet.id,
    custodyWalletId: wallet.custodyId,
    destinationId: destination.id,
    asset: asset.id,
    units,
    externalId,
    requestBody: JSON.stringify(
      asset.contract === undefined
        ? { kind: 'Native', ...money }
        : { kind: 'Erc20', contract: asset.contract, ...money },
    ),
    custodyId: null,
    transactionHash: null,
    nextAttemptAt: by.at,
    createdAt: by.at,
  };
  const committed = await commit(database, {
    by,
    changes: [
      orderChange(order, amend(order, { units, transferId: transfer.id }), 'order.prepared'),
      transferChange(undefined, transfer),
    ],
    // A share was taken of what nothing else was leaving from.
    requires:
      order.amount.kind === 'fixed'
        ? []
        : [{ holds: nothingInFlight(wallet.id), refusal: { code: 'version_conflict' } }],
    messages: [message('money', transferDue({ transferId: transfer.id }))],
  });
  return committed.ok ? 'done' : 'again';
});

async function endOrder(app: App, by: Provenance, before: Order, after: Order): Promise<Outcome> {
  const committed = await commit(databaseFor(app, before.accountId), { by, changes: [orderChange(before, after)] });
  return committed.ok ? 'done' : 'again';
}

const EXTERNAL_ID_CHARACTERS = 32;

/** The same wish has the same id, even after a restored database: `f1-` and 160 bits of the origin's SHA-256. */
export async function externalIdOf(origin: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(origin));
  return `f1-${base32.encode(new Uint8Array(digest)).toLowerCase().slice(0, EXTERNAL_ID_CHARACTERS)}`;
}
