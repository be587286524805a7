// Transfers that an order asked for: the rules of DESIGN 6 let them go, and the order ends with them.
import type { App } from '../../../app/app.ts';
import { databaseStands } from '../../../app/epoch.ts';
import { readOrderFacts } from '../../../app/order-judgement.ts';
import { type Fence, standsAt } from '../../../domain/fence.ts';
import type { Halt } from '../../../domain/halt.ts';
import { release } from '../../../domain/limit.ts';
import { complete, execute, failOrder, type Order, rejectOrder } from '../../../domain/order.ts';
import { checkStanding, judgeLimits, type OrderFacts, verdictOf } from '../../../domain/order-decision.ts';
import type { Refusal } from '../../../domain/refusal.ts';
import { accept, type Result, refuse } from '../../../domain/result.ts';
import type { Timestamp } from '../../../domain/time.ts';
import { isWithoutEffect, type OrderTransfer, submit, type Transfer } from '../../../domain/transfer.ts';
import { judgeStop } from '../../../domain/transfer-stop.ts';
import { transferDue } from '../../../kit/messages.ts';
import { accountIsVersion } from '../../../store/accounts.ts';
import type { Change, Message, Requirement } from '../../../store/commit.ts';
import { databaseFor } from '../../../store/database.ts';
import { destinationIsUsable, findDestination } from '../../../store/destinations.ts';
import { fenceStands } from '../../../store/fences.ts';
import { noHalt } from '../../../store/halts.ts';
import type { Provenance } from '../../../store/journal.ts';
import { findLimitDay, limitDayChange, mandateHolds } from '../../../store/mandates.ts';
import { findOrder, orderChange } from '../../../store/orders.ts';
import { message } from '../../../store/outbox.ts';
import { findFirstInTurn, transferChange } from '../../../store/transfers.ts';
import type { Origin } from '../origin.ts';

export const orderOrigin: Origin<OrderTransfer> = {
  async guardsOfRepeat(app, transfer, at) {
    const order = await orderOf(app, transfer);
    if (at > order.notAfter) return refuse({ code: 'order_too_late', notAfter: order.notAfter });
    return accept(guardsOf(app, order, await readOrderFacts(app, order, at), at));
  },

  async stopReason(app, transfer, at) {
    return judgeStop(await readOrderFacts(app, await orderOf(app, transfer), at));
  },

  changesOf: async (app, by, before, after) => [
    ...(await endOfOrder(app, by, before, after)),
    ...(await limitsOf(app, after)),
  ],

  async wakeNext(app, { accountId, walletId, id }): Promise<Message[]> {
    const next = await findFirstInTurn(databaseFor(app, accountId), walletId, id);
    return next === undefined ? [] : [message('money', transferDue({ transferId: next }))];
  },

  async recipientOf(app, { accountId, destinationId }) {
    return (await findDestination(databaseFor(app, accountId), 'staff', destinationId))?.address;
  },
};

async function orderOf(app: App, transfer: OrderTransfer): Promise<Order> {
  const order = await findOrder(databaseFor(app, transfer.accountId), 'staff', transfer.orderId);
  if (order === undefined) throw new TypeError('a transfer without its order');
  return order;
}

interface Decided {
  readonly submitting: Transfer<'submitting'>;
  readonly changes: readonly Change[];
  readonly requires: readonly Requirement[];
}

/** The decision that counts: what it reads is guarded once more in the batch that commits it. */
export function decide(
  app: App,
  { at }: Provenance,
  transfer: OrderTransfer<'prepared'>,
  order: Order<'released'>,
  facts: OrderFacts,
): Result<Decided> {
  const stands = verdictOf(checkStanding(facts, at));
  if (!stands.ok) return stands;
  const reserved = judgeLimits(facts, transfer.units);
  if (!reserved.ok) return reserved;
  const { account, mandateDay, accountDay } = facts;
  if (account === undefined) return refuse({ code: 'not_found' });
  const ofMandate = reserved.value.mandateDay;
  const days = { limitDayId: ofMandate?.id ?? null, accountLimitDayId: reserved.value.accountDay.id };
  const submitting = submit(transfer, days, at);
  return accept({
    submitting,
    changes: [
      transferChange(transfer, submitting),
      orderChange(order, execute(order, transfer.id)),
      ...(mandateDay === undefined || ofMandate === undefined ? [] : [limitDayChange(mandateDay, ofMandate)]),
      limitDayChange(accountDay, reserved.value.accountDay),
    ],
    requires: [
      ...guardsOf(app, order, facts, at),
      // Limits lowered since they were read are judged by when it comes again.
      { holds: accountIsVersion(account.id, account.version), refusal: { code: 'version_conflict' } },
    ],
  });
}

/** What must hold in the batch that hands over, and again in each batch that counts another attempt. */
const guardsOf = (
  app: App,
  order: Order,
  { halt, fence }: Pick<OrderFacts, 'halt' | 'fence'>,
  at: Timestamp,
): readonly Requirement[] => [
  databaseStands(app),
  { holds: noHalt(order), refusal: haltRefusal(halt) },
  ...(order.mandateId === null
    ? []
    : [
        {
          holds: mandateHolds(order.mandateId, at),
          refusal: { code: 'mandate_not_active', found: 'not active and valid' } as const,
        },
      ]),
  {
    holds: destinationIsUsable(order.destinationId, at),
    refusal: { code: 'destination_not_approved', found: 'not approved, or still cooling off' },
  },
  { holds: fenceStands(order.accountId, at), refusal: fenceRefusal(fence, at) },
];

const haltRefusal = (halt: Halt | undefined): Refusal => ({
  code: 'halted',
  level: halt?.level ?? 'unknown',
  reason: halt?.reason ?? 'A halt was set at this moment.',
});

/** One that stood when it was read was checked since: it is judged anew, on what that check found. */
function fenceRefusal(fence: Fence | undefined, at: Timestamp): Refusal {
  const result = standsAt(fence, at);
  return result === 'intact'
    ? { code: 'version_conflict' }
    : { code: 'fence_not_proven', result, checkedAt: fence?.checkedAt ?? null };
}

async function endOfOrder(app: App, by: Provenance, before: OrderTransfer, after: OrderTransfer): Promise<Change[]> {
  if (after.status === before.status) return [];
  const order = await findOrder(databaseFor(app, after.accountId), 'staff', after.orderId);
  if (order?.status !== 'executing') return [];
  const next = nextOf(order, after, by);
  return next === undefined ? [] : [orderChange(order, next)];
}

function nextOf(order: Order<'executing'>, transfer: Transfer, by: Provenance): Order | undefined {
  switch (transfer.status) {
    case 'confirmed':
      return complete(order, transfer.transactionHash, by.at);
    case 'failed':
      return failOrder(order, transfer.reason);
    case 'rejected':
      return rejectOrder(order, transfer.reason);
    default:
      return undefined;
  }
}

/** What was reserved for the day is free again only when it is proven that nothing left. */
async function limitsOf(app: App, after: OrderTransfer): Promise<Change[]> {
  if (!isWithoutEffect(after) || !('limitDayId' in after)) return [];
  const database = databaseFor(app, after.accountId);
  // A transfer from before accounts had days of their own names one only.
  const ids = [after.limitDayId, after.accountLimitDayId].filter((id) => id !== undefined && id !== null);
  const days = await Promise.all(ids.map((id) => findLimitDay(database, id)));
  return days.flatMap((day) => (day === undefined ? [] : [limitDayChange(day, release(day, after.units))]));
}
