// The queue door: a table of consumers. Each message is acknowledged or retried by itself; what cannot be carried out ends
// as a dead letter in D1, where a person finds it.
import type { App } from '../app/app.ts';
import { buryMessage } from '../app/bury.ts';
import type { Consumer, GroupConsumer } from '../app/consumer.ts';
import { relayQuietly } from '../app/relay.ts';
import { TooSoon } from '../dfns/pace.ts';
import { addSeconds } from '../domain/time.ts';
import { addWalletStep } from '../features/accounts/add-wallet.ts';
import { checkAccountFence } from '../features/accounts/fence/check.ts';
import { sweepFencesStep } from '../features/accounts/fence/sweep.ts';
import { openAccountStep } from '../features/accounts/open.ts';
import { changePolicy } from '../features/destinations/change-policy.ts';
import { rescreenDestinations } from '../features/destinations/rescreen.ts';
import { refreshPolicyChange } from '../features/destinations/settle-change.ts';
import { putListBack } from '../features/destinations/ungated.ts';
import { keepCheckpointCopy, sendCheckpointOutside } from '../features/journal/checkpoint.ts';
import { streamJournalStep } from '../features/journal/stream.ts';
import { settleLimitsStep } from '../features/limits/settle.ts';
import { endMandateWorkStep } from '../features/mandates/revoke.ts';
import { deliverNoticeStep } from '../features/notices/deliver.ts';
import { mailCodeStep } from '../features/notices/email.ts';
import { raiseNoticesStep, tellClientsStep } from '../features/notices/raise.ts';
import { checkBatchStep } from '../features/payouts/check.ts';
import { cancelRowsStep, runBatchesStep } from '../features/payouts/run.ts';
import { makeMonthStatement } from '../features/reports/months.ts';
import { printStatementStep } from '../features/reports/print.ts';
import { syncWallet } from '../features/reports/sync.ts';
import { lookForLostStep } from '../features/restores/lost.ts';
import { fireOnDeposits } from '../features/schedules/triggers.ts';
import { readArrivalStep } from '../features/transfers/arrivals.ts';
import { executeTransfer } from '../features/transfers/execute.ts';
import { payNextRow } from '../features/transfers/pay.ts';
import { prepareTransfer } from '../features/transfers/prepare.ts';
import { recoverTransfersStep } from '../features/transfers/recover.ts';
import { takeUpPayoutStep } from '../features/transfers/recover-payout.ts';
import { refreshTransfer } from '../features/transfers/refresh.ts';
import { markStops } from '../features/transfers/stops.ts';
import { applyWebhooks } from '../features/webhooks/apply.ts';
import { backfillMonthOfEvents } from '../features/webhooks/backfill.ts';
import { lookAtStray } from '../features/webhooks/strays.ts';
import { faultFields } from '../kit/log.ts';
import { findMessage, finish, postpone } from '../store/outbox.ts';

const consumers: readonly Consumer[] = [
  openAccountStep,
  addWalletStep,
  settleLimitsStep,
  changePolicy,
  putListBack,
  prepareTransfer,
  executeTransfer,
  markStops,
  endMandateWorkStep,
  lookAtStray,
  refreshTransfer,
  refreshPolicyChange,
  checkAccountFence,
  rescreenDestinations,
  sweepFencesStep,
  syncWallet,
  fireOnDeposits,
  recoverTransfersStep,
  lookForLostStep,
  backfillMonthOfEvents,
  raiseNoticesStep,
  tellClientsStep,
  deliverNoticeStep,
  mailCodeStep,
  keepCheckpointCopy,
  sendCheckpointOutside,
  streamJournalStep,
  makeMonthStatement,
  printStatementStep,
  readArrivalStep,
  checkBatchStep,
  runBatchesStep,
  cancelRowsStep,
  payNextRow,
  takeUpPayoutStep,
];
const byType = new Map(consumers.map((consumer) => [consumer.type, consumer]));
const groups: readonly GroupConsumer[] = [applyWebhooks];
const knownTypes: ReadonlySet<string> = new Set([...consumers, ...groups].map(({ type }) => type));

/** A few quick tries in the queue, for what only has to settle; later ones wait in D1. */
const QUICK_TRIES = 3;
const AGAIN_SECONDS = 2;
const POSTPONE_SECONDS = 30;
const POSTPONE_SECONDS_MAX = 900;
/** About two days: no outage of a day may bury a message. */
const POSTPONED_MAX = 200;

export async function consume(batch: MessageBatch<unknown>, app: App): Promise<void> {
  const isDead = batch.queue.endsWith('-dead');
  const grouped = new Set<Message<unknown>>();
  for (const group of isDead ? [] : groups) {
    const messages = batch.messages.filter(({ body }) => envelopeOf(body).type === group.type);
    for (const message of messages) grouped.add(message);
    if (messages.length > 0) await carryOutTogether(app, batch.queue, group, messages);
  }
  const alone = batch.messages.filter((one) => !grouped.has(one));
  const carry = (message: Message<unknown>) =>
    isDead ? buryOrRetry(app, batch.queue, message) : carryOut(app, batch.queue, message);
  // Side by side, money waits for custody's pace and not for custody's answers; what else there is may be about one account.
  if (alone.every(({ body }) => isMoney(body))) await Promise.all(alone.map(carry));
  else for (const message of alone) await carry(message);
  await relayQuietly(app);
}

async function carryOutTogether(
  app: App,
  queue: string,
  group: GroupConsumer,
  messages: readonly Message<unknown>[],
): Promise<void> {
  try {
    const outcome = await group.consumeAll(
      app,
      messages.map(({ body }) => body),
    );
    for (const message of messages) {
      if (outcome === 'again') await comeAgain(app, queue, message);
      else await beDone(app, message);
    }
  } catch (fault) {
    const [first, ...others] = messages;
    if (others.length > 0) {
      // One of them cannot be carried out: each by itself, so that the others can.
      for (const message of messages) await carryOutTogether(app, queue, group, [message]);
    } else if (first !== undefined) {
      app.log.error('queue.fault', { type: group.type, attempts: first.attempts, ...faultFields(fault) });
      await comeAgain(app, queue, first);
    }
  }
}

async function beDone(app: App, message: Message<unknown>): Promise<void> {
  const { id } = envelopeOf(message.body);
  if (id !== null) await finish(app.database, id);
  message.ack();
}

async function buryOrRetry(app: App, queue: string, message: Message<unknown>): Promise<void> {
  try {
    await bury(app, queue, message, 'the queue gave up on it');
  } catch (fault) {
    // Not kept: it stays on its queue of the dead, and one that cannot be kept now takes no other with it.
    app.log.error('queue.fault', {
      type: envelopeOf(message.body).type,
      attempts: message.attempts,
      ...faultFields(fault),
    });
    message.retry({ delaySeconds: POSTPONE_SECONDS });
  }
}

async function carryOut(app: App, queue: string, message: Message<unknown>): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  try {
    const consumer = byType.get(type);
    if (consumer === undefined) throw new TypeError('no consumer for this message');
    const outcome = await consumer.consume(app, message.body, message.attempts);
    if (outcome === 'again') return await comeAgain(app, queue, message);
    await beDone(app, message);
  } catch (fault) {
    if (isTooSoon(fault)) return await comeAgain(app, queue, message, { isQuick: false });
    // One bad message may not take the good ones of its batch with it.
    app.log.error('queue.fault', { type, messageId: id, attempts: message.attempts, ...faultFields(fault) });
    await comeAgain(app, queue, message);
  }
}

/**
 * A message of the outbox waits there, with the time of its next try. One that a sweep sent is dropped: the sweep looks at
 * the same work again. Only a webhook's lives in the queue alone, and is retried there.
 */
async function comeAgain(
  app: App,
  queue: string,
  message: Message<unknown>,
  { isQuick = true }: { isQuick?: boolean } = {},
): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  const isKnown = knownTypes.has(type);
  if ((isQuick && message.attempts < QUICK_TRIES) || (id === null && (!isKnown || type === applyWebhooks.type))) {
    return message.retry({
      delaySeconds: Math.min(POSTPONE_SECONDS_MAX, AGAIN_SECONDS ** Math.min(message.attempts, 10)),
    });
  }
  if (id !== null) await postponeOrBury(app, queue, message, id);
  message.ack();
}

/** Custody is being asked for as much as it allows: no fault, and trying again in a moment would bring the same. */
const isTooSoon = (fault: unknown): boolean =>
  fault instanceof TooSoon || (fault instanceof Error && fault.cause instanceof TooSoon);

async function postponeOrBury(app: App, queue: string, message: Message<unknown>, id: string): Promise<void> {
  const row = await findMessage(app.database, id);
  if (row === undefined) return;
  if (row.postponed >= POSTPONED_MAX) return bury(app, queue, message, 'it was tried for two days');
  const seconds = Math.min(POSTPONE_SECONDS_MAX, POSTPONE_SECONDS * 2 ** Math.min(row.postponed, 10));
  await postpone(app.database, id, addSeconds(app.clock.now(), seconds));
}

const isMoney = (body: unknown): boolean => byType.get(envelopeOf(body).type)?.queue === 'money';

function envelopeOf(body: unknown): { type: string; id: string | null } {
  const { type, id }: { type?: unknown; id?: unknown } = Object(body);
  return { type: String(type), id: typeof id === 'string' ? id : null };
}

/** Two days of tries, or all of a queue's: nobody tries it any more but a person. */
async function bury(app: App, queue: string, message: Message<unknown>, cause: string): Promise<void> {
  const { type, id: outboxId } = envelopeOf(message.body);
  await buryMessage(app, { origin: message.id, queue, type, cause, body: message.body, outboxId });
  message.ack();
}
