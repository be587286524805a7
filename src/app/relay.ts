// Outbox to queue. Runs right after a response or a batch, and by cron for what was left; sending twice is harmless.
import { budgetOf } from '../dfns/pace.ts';
import { addSeconds } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import { claimDueMessages, giveBack, type OutboxRow } from '../store/outbox.ts';
import type { App } from './app.ts';

/** Of each queue; one takes 100 messages a call. */
const MESSAGES_PER_RUN = 90;
/** Longer than the queue's own first retries; a message not finished by then is taken for lost. */
const LOST_SECONDS = 120;
/** An event makes a reading or two: so many at once are read long before the first of them counts as lost and is sent twice. */
const IN_FLIGHT_SECONDS = LOST_SECONDS / 4;
const IN_FLIGHT_MIN = 20;
const MILLISECONDS_PER_SECOND = 1000;

/** Sends what is due; returns how many messages were sent. */
export async function relay(app: App): Promise<number> {
  const at = app.clock.now();
  const due = await claimDueMessages(app.database, {
    at,
    until: addSeconds(at, LOST_SECONDS),
    limit: MESSAGES_PER_RUN,
    eventsInFlightMax: eventsInFlightMax(app),
  });
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

function eventsInFlightMax({ config }: App): number {
  const { spacingMilliseconds } = budgetOf('reads', config.dfns.callsPerMinute);
  return Math.max(IN_FLIGHT_MIN, Math.floor((IN_FLIGHT_SECONDS * MILLISECONDS_PER_SECOND) / spacingMilliseconds));
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
