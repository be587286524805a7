// Moves a transfer one step towards custody. The intent is committed before the call: from `submitting` on nobody can
// cancel, and a second delivery repeats a call that custody recognizes by the external id.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { databaseStands, judgeDatabase } from '../../app/epoch.ts';
import { readOrderFacts } from '../../app/order-judgement.ts';
import { type Fence, standsAt } from '../../domain/fence.ts';
import type { Halt } from '../../domain/halt.ts';
import { block, execute, type Order, skip } from '../../domain/order.ts';
import { checkStanding, isWait, judgeLimits, type OrderFacts, verdictOf } from '../../domain/order-decision.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import {
  attemptAgain,
  cancel,
  isKnownUnsent,
  leaveToPerson,
  stopUnsent,
  submit,
  type Transfer,
} from '../../domain/transfer.ts';
import { adopt, hear } from '../../domain/transfer-answer.ts';
import { TransferDue } from '../../kit/messages.ts';
import { explain } from '../../kit/problem.ts';
import { accountIsVersion } from '../../store/accounts.ts';
import { type Change, commit, type Requirement } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationIsUsable } from '../../store/destinations.ts';
import { fenceStands } from '../../store/fences.ts';
import { noHalt } from '../../store/halts.ts';
import type { Provenance } from '../../store/journal.ts';
import { limitDayChange, mandateHolds } from '../../store/mandates.ts';
import { findOrder, orderChange } from '../../store/orders.ts';
import { findTransfer, findTransferAhead, transferChange } from '../../store/transfers.ts';
import { mayGo, noteAnswer, type Trouble } from './lane.ts';
import { recordOutcome, wakeNext } from './outcome.ts';

export const executeTransfer = consumer('money', TransferDue, async (app, { transferId }, by) => {
  // Nothing is sent, and nothing is ended either: a database that was set back may have forgotten that custody has it.
  if (!(await judgeDatabase(app)).ok) return 'again';
  const transfer = await findTransfer(app.database, 'staff', transferId);
  switch (transfer?.status) {
    case 'prepared':
      return beginHandOver(app, by, transfer, {
        order: await findOrder(databaseFor(app, transfer.accountId), 'staff', transfer.orderId),
      });
    case 'submitting':
      // Until then an attempt is under way in another invocation, or waits for its time.
      return by.at < transfer.nextAttemptAt ? 'done' : repeat(app, by, transfer);
    default:
      return 'done';
  }
});

interface Decided {
  readonly submitting: Transfer<'submitting'>;
  readonly changes: readonly Change[];
  readonly requires: readonly Requirement[];
}

/** What is known of the order of a transfer; the facts where they were read for it in this very moment. */
interface Known {
  readonly order: Order | undefined;
  readonly facts?: OrderFacts;
}

/** The decision that counts: every guard stands in the batch that commits `submitting`, not in the reads before it. */
export async function beginHandOver(
  app: App,
  by: Provenance,
  transfer: Transfer<'prepared'>,
  { order, facts }: Known,
): Promise<Outcome> {
  const database = databaseFor(app, transfer.accountId);
  if (order?.status !== 'released')
    return stop(app, by, transfer, order, {
      code: 'wrong_status',
      subject: 'order',
      found: order?.status ?? 'none',
      needed: 'released',
    });
  // One that is too late may not wait for its turn any longer.
  // Its turn has not come: the one before it wakes it, and cron does.
  if (by.at <= order.notAfter && (await findTransferAhead(database, transfer)) !== undefined) return 'done';
  if (by.at <= order.notAfter && !(await mayGo(app))) return 'done';
  const decided = decide(app, by, transfer, order, facts ?? (await readOrderFacts(app, order, by.at)));
  if (!decided.ok) return stop(app, by, transfer, order, decided.refusal);
  const { submitting, changes, requires } = decided.value;
  const committed = await commit(database, { by, changes, requires });
  if (committed.ok) return handOver(app, by, submitting);
  return committed.refusal.code === 'version_conflict' ? 'again' : stop(app, by, transfer, order, committed.refusal);
}

function decide(
  app: App,
  { at }: Provenance,
  transfer: Transfer<'prepared'>,
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

const fenceRefusal = (fence: Fence | undefined, at: Timestamp): Refusal => ({
  code: 'fence_not_proven',
  result: standsAt(fence, at),
  checkedAt: fence?.checkedAt ?? null,
});

/** A rule said no: nothing has left, the order ends with the rule and its numbers. What is only not known yet is waited for. */
async function stop(
  app: App,
  by: Provenance,
  transfer: Transfer<'prepared'>,
  order: Order | undefined,
  refusal: Refusal,
): Promise<Outcome> {
  if (order?.status === 'released' && isWait(refusal)) return 'again';
  const { code } = refusal;
  const reason = explain(refusal);
  const ended: Change[] =
    order?.status !== 'released'
      ? []
      : [orderChange(order, code === 'order_too_late' ? skip(order, reason) : block(order, code, reason))];
  const committed = await commit(databaseFor(app, transfer.accountId), {
    by,
    changes: [transferChange(transfer, cancel(transfer, reason)), ...ended],
    messages: await wakeNext(app, transfer),
  });
  return committed.ok ? 'done' : 'again';
}

/** The same bytes once more, unless something stops the order now: then it is looked up and never sent again. */
async function repeat(app: App, by: Provenance, transfer: Transfer<'submitting'>): Promise<Outcome> {
  const database = databaseFor(app, transfer.accountId);
  const order = await findOrder(database, 'staff', transfer.orderId);
  if (order === undefined) throw new TypeError('a transfer without its order');
  if (by.at > order.notAfter) return lookUp(app, by, transfer, { code: 'order_too_late', notAfter: order.notAfter });
  const { stopRequested } = transfer;
  if (stopRequested != null) {
    return lookUp(app, by, transfer, { code: 'stop_requested', reason: stopRequested.reason });
  }
  if (!(await mayGo(app))) return 'done';
  const again = attemptAgain(transfer, by.at);
  const counted = await commit(database, {
    by,
    changes: [transferChange(transfer, again, 'transfer.attempted_again')],
    requires: guardsOf(app, order, await readOrderFacts(app, order, by.at), by.at),
  });
  if (counted.ok) return handOver(app, by, again);
  const isLater = counted.refusal.code === 'version_conflict' || isWait(counted.refusal);
  return isLater ? 'again' : lookUp(app, by, transfer, counted.refusal);
}

async function lookUp(app: App, by: Provenance, transfer: Transfer<'submitting'>, refusal: Refusal): Promise<Outcome> {
  const reason = explain(refusal);
  if (isKnownUnsent(transfer)) return recordOutcome(app, by, transfer, stopUnsent(transfer, reason));
  const found = await app.custody.findTransferByExternalId(transfer.custodyWalletId, transfer.externalId);
  const next =
    found === undefined
      ? leaveToPerson(transfer, `Stopped, and custody does not show it: ${reason}`)
      : adopt(transfer, found, by.at);
  return recordOutcome(app, by, transfer, next);
}

async function handOver(app: App, by: Provenance, transfer: Transfer<'submitting'>): Promise<Outcome> {
  const answer = await app.custody.transfer(transfer.custodyWalletId, transfer.requestBody);
  // The call may have taken long: what it brought is dated by its end.
  const at = app.clock.now();
  const trouble = await noteAnswer(app, answer);
  if (answer.kind === 'conflict') {
    const duplicate =
      answer.duplicateId === undefined
        ? undefined
        : await app.custody.findTransfer(transfer.custodyWalletId, answer.duplicateId);
    return recordOutcome(app, { ...by, at }, transfer, adopt(transfer, duplicate, at));
  }
  return recordAnswer(app, { ...by, at }, transfer, answer, trouble);
}

const HEARINGS_MAX = 3;

/** Marked by a stop during the call, it is heard on what it is now: an answer that is not kept counts as none. */
async function recordAnswer(
  app: App,
  by: Provenance,
  transfer: Transfer<'submitting'>,
  answer: Parameters<typeof hear>[1],
  trouble: Trouble | undefined,
): Promise<Outcome> {
  let asked = transfer;
  for (let hearings = 1; ; hearings += 1) {
    const outcome = await recordOutcome(app, by, asked, hear(asked, answer, by.at, app.random()), trouble);
    if (outcome === 'done' || hearings === HEARINGS_MAX) return outcome;
    const now = await findTransfer(app.database, 'staff', transfer.id);
    if (now?.status !== 'submitting' || now.attempts !== transfer.attempts) return outcome;
    asked = now;
  }
}
