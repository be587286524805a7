// The queue door: a table of consumers. Each message is acknowledged or retried by itself; what cannot be carried out ends
// as a dead letter in D1, where a person finds it.
import type { App } from '../app/app.ts';
import type { Consumer } from '../app/consumer.ts';
import { relayQuietly } from '../app/relay.ts';
import { checkAccountFence } from '../features/accounts/fence/check.ts';
import { openAccountStep } from '../features/accounts/open.ts';
import { changePolicy } from '../features/destinations/change-policy.ts';
import { refreshPolicyChange } from '../features/destinations/settle-change.ts';
import { syncWallet } from '../features/reports/sync.ts';
import { executeTransfer } from '../features/transfers/execute.ts';
import { prepareTransfer } from '../features/transfers/prepare.ts';
import { refreshTransfer } from '../features/transfers/refresh.ts';
import { applyWebhook } from '../features/webhooks/apply.ts';
import { faultFields } from '../kit/log.ts';
import { keepDeadLetter } from '../store/inbox.ts';
import { finish } from '../store/outbox.ts';

const consumers: readonly Consumer[] = [
  openAccountStep,
  changePolicy,
  prepareTransfer,
  executeTransfer,
  applyWebhook,
  refreshTransfer,
  refreshPolicyChange,
  checkAccountFence,
  syncWallet,
];
const byType = new Map(consumers.map((consumer) => [consumer.type, consumer]));

const AGAIN_SECONDS = 2;
const BACKOFF_SECONDS_MAX = 900;

export async function consume(batch: MessageBatch<unknown>, app: App): Promise<void> {
  const isDead = batch.queue.endsWith('-dead');
  for (const message of batch.messages) await (isDead ? bury(app, batch.queue, message) : carryOut(app, message));
  await relayQuietly(app);
}

async function carryOut(app: App, message: Message<unknown>): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  const delaySeconds = Math.min(BACKOFF_SECONDS_MAX, AGAIN_SECONDS * 2 ** Math.min(message.attempts - 1, 10));
  try {
    const consumer = byType.get(type);
    if (consumer === undefined) throw new TypeError('no consumer for this message');
    const outcome = await consumer.consume(app, message.body, message.attempts);
    if (outcome === 'again') return message.retry({ delaySeconds });
    if (id !== null) await finish(app.database, id);
    message.ack();
  } catch (fault) {
    // One bad message may not take the good ones of its batch with it; the queue counts its tries.
    app.log.error('queue.fault', { type, messageId: id, attempts: message.attempts, ...faultFields(fault) });
    message.retry({ delaySeconds });
  }
}

function envelopeOf(body: unknown): { type: string; id: string | null } {
  const { type, id } = Object(body) as { type?: unknown; id?: unknown };
  return { type: String(type), id: typeof id === 'string' ? id : null };
}

/** The outbox row goes with it: a message that cannot be carried out is not sent for ever. */
async function bury(app: App, queue: string, message: Message<unknown>): Promise<void> {
  const { type, id } = envelopeOf(message.body);
  await keepDeadLetter(app.database, {
    id: message.id,
    queue,
    body: JSON.stringify(message.body),
    receivedAt: app.clock.now(),
  });
  if (id !== null) await finish(app.database, id);
  app.log.error('queue.dead_letter', { type, messageId: id, queue });
  message.ack();
}
