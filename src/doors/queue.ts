// The queue door: a table of consumers. Each message is acknowledged or retried by itself; what cannot be carried out ends
// as a dead letter in D1, where a person finds it.
import type { App } from '../app/app.ts';
import type { Consumer } from '../app/consumer.ts';
import { relayQuietly } from '../app/relay.ts';
import { addSeconds } from '../domain/time.ts';
import { addWalletStep } from '../features/accounts/add-wallet.ts';
import { checkAccountFence } from '../features/accounts/fence/check.ts';
import { sweepFencesStep } from '../features/accounts/fence/sweep.ts';
import { openAccountStep } from '../features/accounts/open.ts';
import { changePolicy } from '../features/destinations/change-policy.ts';
import { rescreenDestinations } from '../features/destinations/rescreen.ts';
import { refreshPolicyChange } from '../features/destinations/settle-change.ts';
import { putListBack } from '../features/destinations/ungated.ts';
import { settleLimitsStep } from '../features/limits/settle.ts';
import { makeMonthStatement } from '../features/reports/months.ts';
import { syncWallet } from '../features/reports/sync.ts';
import { fireOnDeposits } from '../features/schedules/triggers.ts';
import { executeTransfer } from '../features/transfers/execute.ts';
import { prepareTransfer } from '../features/transfers/prepare.ts';
import { refreshTransfer } from '../features/transfers/refresh.ts';
import { applyWebhook } from '../features/webhooks/apply.ts';
import { faultFields } from '../kit/log.ts';
import { bury, findMessage, finish, postpone } from '../store/outbox.ts';

const consumers: readonly Consumer[] = [
  openAccountStep,
  addWalletStep,
  settleLimitsStep,
  changePolicy,
  putListBack,
  prepareTransfer,
  executeTransfer,
  applyWebhook,
  refreshTransfer,
  refreshPolicyChange,
  checkAccountFence,
  rescreenDestinations,
  sweepFencesStep,
  syncWallet,
  fireOnDeposits,
  makeMonthStatement,
];
const byType = new Map(consumers.map((consumer) => [consumer.type, consumer]));

/** A few quick tries in the queue, for what only has to settle; later ones wait in D1. */
const QUICK_TRIES = 3;
const AGAIN_SECONDS = 2;
const POSTPONE_SECONDS = 30;
const POSTPONE_SECONDS_MAX = 900;
/** About two days: no outage of a day may bury a message. */
const POSTPONED_MAX = 200;

export async function consume(batch: MessageBatch<unknown>, app: App): Promise<void> {
  const isDead = batch.queue.endsWith('-dead');
  for (const message of batch.messages) {
    await (isDead ? buryMessage(app, batch.queue, message) : carryOut(app, batch.queue, message));
  }
  await relayQuietly(app);
}

async function carryOut(app: App, queue: string, message: Message<unknown>): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  try {
    const consumer = byType.get(type);
    if (consumer === undefined) throw new TypeError('no consumer for this message');
    const outcome = await consumer.consume(app, message.body, message.attempts);
    if (outcome === 'again') return await comeAgain(app, queue, message);
    if (id !== null) await finish(app.database, id);
    message.ack();
  } catch (fault) {
    // One bad message may not take the good ones of its batch with it.
    app.log.error('queue.fault', { type, messageId: id, attempts: message.attempts, ...faultFields(fault) });
    await comeAgain(app, queue, message);
  }
}

/**
 * A message of the outbox waits there, with the time of its next try. One that a sweep sent is dropped: the sweep looks at
 * the same work again. Only a webhook's lives in the queue alone, and is retried there.
 */
async function comeAgain(app: App, queue: string, message: Message<unknown>): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  const isKnown = byType.has(type);
  if (message.attempts < QUICK_TRIES || (id === null && (!isKnown || type === applyWebhook.type))) {
    return message.retry({
      delaySeconds: Math.min(POSTPONE_SECONDS_MAX, AGAIN_SECONDS ** Math.min(message.attempts, 10)),
    });
  }
  if (id !== null) await postponeOrBury(app, queue, message, id);
  message.ack();
}

async function postponeOrBury(app: App, queue: string, message: Message<unknown>, id: string): Promise<void> {
  const row = await findMessage(app.database, id);
  if (row === undefined) return;
  if (row.postponed >= POSTPONED_MAX) return buryMessage(app, queue, message);
  const seconds = Math.min(POSTPONE_SECONDS_MAX, POSTPONE_SECONDS * 2 ** Math.min(row.postponed, 10));
  await postpone(app.database, id, addSeconds(app.clock.now(), seconds));
}

function envelopeOf(body: unknown): { type: string; id: string | null } {
  const { type, id } = Object(body) as { type?: unknown; id?: unknown };
  return { type: String(type), id: typeof id === 'string' ? id : null };
}

async function buryMessage(app: App, queue: string, message: Message<unknown>): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  const letter = { id: message.id, queue, body: JSON.stringify(message.body), receivedAt: app.clock.now() };
  await bury(app.database, letter, id);
  app.log.error('queue.dead_letter', { type, messageId: id, queue });
  message.ack();
}
