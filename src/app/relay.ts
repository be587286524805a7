// Outbox to queue. Runs right after a response or a batch, and by cron for what was left; sending twice is harmless.
import { addSeconds } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import { claimDueMessages, giveBack, type OutboxRow } from '../store/outbox.ts';
import type { App } from './app.ts';

/** D1 binds 100 parameters and a queue takes 100 messages a call. */
const MESSAGES_PER_RUN = 90;
/** Longer than the queue's own first retries; a message not finished by then is taken for lost. */
const LOST_SECONDS = 120;

/** Sends what is due; returns how many messages were sent. */
export async function relay(app: App): Promise<number> {
  const at = app.clock.now();
  const due = await claimDueMessages(app.database, at, addSeconds(at, LOST_SECONDS), MESSAGES_PER_RUN);
  if (due.length === 0) return 0;
  try {
    await Promise.all([
      send(app.bindings.MONEY, due, 'money'),
      send(app.bindings.EVENTS, due, 'events'),
      send(app.bindings.NOTIFY, due, 'notify'),
    ]);
  } catch (fault) {
    // A queue that does not take them now: the next run need not wait as long as for a sender that died.
    await giveBack(
      app.database,
      due.map(({ id }) => id),
      at,
    );
    throw fault;
  }
  return due.length;
}

async function send(queue: Queue, due: readonly OutboxRow[], name: OutboxRow['queue']): Promise<void> {
  const bodies = due
    .filter((row) => row.queue === name)
    .map(({ body }): { body: unknown } => ({ body: JSON.parse(body) }));
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
