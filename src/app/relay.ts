// Outbox to queue. Runs right after a response or a batch, and by cron for what was left; sending twice is harmless.
import { addSeconds } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import { listUnsent, markSent, type OutboxRow } from '../store/outbox.ts';
import type { App } from './app.ts';

/** D1 binds 100 parameters and a queue takes 100 messages a call. */
const MESSAGES_PER_RUN = 90;
/** Sent but not finished for this long: taken for lost, and sent again. */
const STALE_SECONDS = 120;

/** Sends what waits; returns how many messages were sent. */
export async function relay(app: App): Promise<number> {
  const at = app.clock.now();
  const waiting = await listUnsent(app.database, addSeconds(at, -STALE_SECONDS), MESSAGES_PER_RUN);
  await Promise.all([send(app.bindings.MONEY, waiting, 'money'), send(app.bindings.EVENTS, waiting, 'events')]);
  if (waiting.length > 0)
    await markSent(
      app.database,
      waiting.map(({ id }) => id),
      at,
    );
  return waiting.length;
}

async function send(queue: Queue, waiting: readonly OutboxRow[], name: OutboxRow['queue']): Promise<void> {
  const bodies = waiting.filter((row) => row.queue === name).map(({ body }) => ({ body: JSON.parse(body) as unknown }));
  if (bodies.length > 0) await queue.sendBatch(bodies);
}

/** After a response the caller has its answer: a failed send costs latency, and cron sends what is left. */
export async function relayQuietly(app: App): Promise<void> {
  try {
    await relay(app);
  } catch (fault) {
    // The rows are in the outbox still, so nothing is lost by going on.
    app.log.error('relay.failed', faultFields(fault));
  }
}
