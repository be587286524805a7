// What the checker may ask about a transfer: who asked for it here, what it pays, and what speaks against it now. Only reads.
// Those of a payout are in payout.ts.
import type { App } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { readOrderFacts } from '../../app/order-judgement.ts';
import type { CheckerFactsSource, TransferFacts } from '../../domain/checker-facts.ts';
import { standsAt } from '../../domain/fence.ts';
import type { AccountId } from '../../domain/id.ts';
import { checkStanding } from '../../domain/order-decision.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { OrderTransfer } from '../../domain/transfer.ts';
import { listAccountsByWallet } from '../../store/approvals.ts';
import { databaseFor } from '../../store/database.ts';
import { findFence } from '../../store/fences.ts';
import { findHaltOfAll, listHaltsInForce } from '../../store/halts.ts';
import { findOrder } from '../../store/orders.ts';
import { findTransferByCustodyId, findTransferByExternalId } from '../../store/transfers.ts';
import { factsOfPayout } from './payout.ts';
import { stopOf, stopsOfTransfer } from './stops.ts';

const HALTS_MAX = 20;

/** The answers of the service binding, as of now. */
export const checkerFactsOf = (app: App): CheckerFactsSource => ({
  async findTransferFacts({ externalId, custodyId }) {
    const byOurs = externalId === null ? undefined : await findTransferByExternalId(app.database, externalId);
    const transfer = byOurs ?? (await findTransferByCustodyId(app.database, custodyId));
    if (transfer === undefined) return null;
    return transfer.payoutId === null ? factsOfOrder(app, transfer) : factsOfPayout(app, transfer);
  },

  async stops(custodyWalletId) {
    const [[holder], epoch] = await Promise.all([
      listAccountsByWallet(app.database, [custodyWalletId]),
      judgeDatabase(app),
    ]);
    const ofHolder = holder === undefined ? await stopsOfAll(app) : await stopsOfAccount(app, holder.accountId);
    return [...(epoch.ok ? [] : [epoch.refusal]), ...ofHolder].map(stopOf);
  },
});

async function stopsOfAll({ database }: App): Promise<readonly Refusal[]> {
  const halt = await findHaltOfAll(database);
  return halt === undefined ? [] : [{ code: 'halted', level: halt.level, reason: halt.reason }];
}

/** A halt of a mandate concerns orders under it, and is among the stops of those. */
async function stopsOfAccount(app: App, accountId: AccountId): Promise<readonly Refusal[]> {
  const database = databaseFor(app, accountId);
  const [halts, fence] = await Promise.all([
    listHaltsInForce(database, accountId, HALTS_MAX),
    findFence(database, accountId),
  ]);
  const result = standsAt(fence, app.clock.now());
  const isProven = result === 'intact' || result === 'degraded';
  return [
    ...halts
      .filter(({ level }) => level !== 'mandate')
      .map(({ level, reason }) => ({ code: 'halted', level, reason }) satisfies Refusal),
    ...(isProven ? [] : [{ code: 'fence_not_proven', result, checkedAt: fence?.checkedAt ?? null } satisfies Refusal]),
  ];
}

async function factsOfOrder(app: App, transfer: OrderTransfer): Promise<TransferFacts | null> {
  const database = databaseFor(app, transfer.accountId);
  const order = await findOrder(database, { accountId: transfer.accountId }, transfer.orderId);
  if (order === undefined) return null;
  const at = app.clock.now();
  const facts = await readOrderFacts(app, order, at);
  const checks = checkStanding(facts, at);
  const refusals = checks.flatMap(({ refusal }) => refusal ?? []);
  const { destination } = facts;
  return {
    origin: { kind: 'order', id: order.id },
    externalId: transfer.externalId,
    custodyWalletId: transfer.custodyWalletId,
    custodyId: transfer.custodyId,
    status: transfer.status,
    payments: [
      {
        asset: transfer.asset,
        units: transfer.units,
        address: destination?.address ?? 'unknown',
        isApproved: checks.some(({ name, refusal }) => name === 'destination' && refusal === undefined),
      },
    ],
    stops: [
      ...stopsOfTransfer(transfer),
      ...(order.status === 'executing'
        ? []
        : [{ code: 'order_not_executing', says: `The order is ${order.status}, not under way.` }]),
      ...refusals.map(stopOf),
    ],
  };
}
