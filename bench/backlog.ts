// Promise: a backlog of events is applied by few D1 batches each, and custody is asked for no more than the share of reads while
// it drains. The events come through the real door while nothing consumes them, and then through the real consumers. Product and
// sandbox run as they are in one process, over stand-ins of the platform; time is simulated, so no figure depends on the machine.
// Run by itself: it replaces what a process finds around it. Prints its readings as JSON.
import { budgetOf } from '../src/dfns/pace.ts';
import { beginning } from '../test/simulation/beginning.ts';
import { bundle } from '../test/simulation/bundle.ts';
import { drain, untilQuiet } from '../test/simulation/calm.ts';
import { deliverWebhook } from '../test/simulation/deliver.ts';
import { simulateGlobals } from '../test/simulation/platform/globals.ts';
import { World } from '../test/simulation/world.ts';
import type { Reading } from './support/sandbox.ts';
import { copyClients, count, MINUTE, run, SEED } from './support/simulated.ts';

const EVENTS = Number(process.env.BACKLOG_EVENTS ?? 2_000);
/** Deposits of each wallet while nothing was consumed, those of all wallets mixed. */
const EVENTS_PER_WALLET = Number(process.env.BACKLOG_EVENTS_PER_WALLET ?? 20);
const CALLS_PER_MINUTE = 1_000;
const MINUTES_MAX = 60;
const BATCHES_MAX = 3;
const DEPOSITS_BETWEEN_DELIVERIES = 100;

simulateGlobals();
const start = await bundle();
const world = new World(start, SEED, await beginning(start));
// What the beginning left on its way arrives first.
await untilQuiet(world, { isOver: () => true, minutesMax: 5 });

const appliedSoFar = () =>
  countOf("SELECT count(*) AS n FROM inbox WHERE outcome = 'applied' AND kind = 'wallet.blockchainevent.detected'");
const bookedSoFar = () => countOf("SELECT count(*) AS n FROM movements WHERE direction = 'in'");
const before = { applied: appliedSoFar(), booked: bookedSoFar() };
const clients = Math.max(1, Math.round(EVENTS / EVENTS_PER_WALLET));
copyClients(world, clients);
await receive();
await world.control('PUT', '/settings', { rateLimitPerMinute: CALLS_PER_MINUTE });
const counts = count(world, CALLS_PER_MINUTE);
const beganAt = world.time;
let drainedAt = world.time;
const crons = { '* * * * *': MINUTE };
await run(world, counts, { beganAt, minutesMax: MINUTES_MAX, crons, isOver });
console.log(JSON.stringify(readings()));
process.exit(0);

/** Deposits happen at custody, and our door acknowledges their events while its queue hands out nothing. */
async function receive(): Promise<void> {
  const wallet = world.product.first<{ id: string }>(
    "SELECT custody_id AS id FROM wallets w JOIN clients c USING (account_id) WHERE c.subject = 'client-1'",
  );
  for (let made = 0; made < EVENTS; made += 1) {
    const amount = String(1 + made);
    await world.control('POST', `/wallets/${wallet?.id}${1 + (made % clients)}/fund`, { kind: 'Native', amount });
    if ((made + 1) % DEPOSITS_BETWEEN_DELIVERIES === 0 || made + 1 === EVENTS) {
      world.time += 1_000;
      await world.wakeCustody();
      await world.tasks.settle();
      // Custody has a few deliveries on their way at once, and sends the next when one is answered.
      for (let transit = world.transits[0]; transit !== undefined; transit = world.transits[0]) {
        await deliverWebhook(world, transit, false);
        await drain(world);
      }
    }
  }
  const received = world.queued.filter(({ queue }) => queue === 'fiducia-events').length;
  if (received !== EVENTS) throw new Error(`${received} of ${EVENTS} events were received`);
}

function countOf(sql: string): number {
  return world.product.first<{ n: number }>(sql)?.n ?? 0;
}

function isOver(waiting: number): boolean {
  if (waiting > 0 || world.tasks.living.size > 0) return false;
  drainedAt = world.time;
  return countOf('SELECT count(*) AS n FROM outbox') === 0;
}

function readings(): Reading[] {
  const [applied, booked] = [appliedSoFar() - before.applied, bookedSoFar() - before.booked];
  if (applied !== EVENTS || booked !== EVENTS)
    throw new Error(`${applied} of ${EVENTS} were applied, ${booked} booked`);
  const perMinute = Math.max(...counts.callsByMinute.values());
  const { spacingMilliseconds, burstMilliseconds } = budgetOf('reads', CALLS_PER_MINUTE);
  const share = Math.floor((MINUTE + burstMilliseconds) / spacingMilliseconds);
  const batches = counts.batches / EVENTS;
  const minutes = (drainedAt - beganAt) / MINUTE;
  const calls = counts.calls / EVENTS;
  return [
    {
      promise: `${EVENTS} events of ${clients} wallets waiting: D1 batches for each, with all that they wake`,
      limit: `${BATCHES_MAX}`,
      isKept: batches <= BATCHES_MAX,
      measured: `${batches.toFixed(2)}, ${(counts.trips / EVENTS).toFixed(2)} round trips`,
    },
    {
      promise: 'calls to custody in a simulated minute at most, while they drain',
      limit: `${share}, the share of reads`,
      isKept: perMinute <= share && counts.refused === 0,
      measured: `${perMinute}, of all ${counts.calls} (${calls.toFixed(2)} an event) ${counts.refused} were refused`,
    },
    {
      promise: 'all of them are applied and booked',
      limit: `${MINUTES_MAX} simulated minutes`,
      isKept: minutes < MINUTES_MAX,
      measured: `${minutes.toFixed(1)} simulated minutes`,
    },
  ];
}
