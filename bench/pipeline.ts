// Promise: ten thousand orders due in one minute use what custody allows for money, with hardly a call too many, and no client
// waits for another's thousand. Product and sandbox run as they are in one process, over stand-ins of the platform; time is
// simulated, so an hour of orders is minutes of work and no figure depends on the machine. Run by itself: it replaces what a
// process finds around it. Prints its readings as JSON.
import { transfersPerMinute } from '../src/dfns/pace.ts';
import { beginning } from '../test/simulation/beginning.ts';
import { bundle } from '../test/simulation/bundle.ts';
import { simulateGlobals } from '../test/simulation/platform/globals.ts';
import { World } from '../test/simulation/world.ts';
import { addDueOrders } from './support/due-orders.ts';
import type { Reading } from './support/sandbox.ts';
import { count, MINUTE, run, SEED } from './support/simulated.ts';

const ORDERS = Number(process.env.PIPELINE_ORDERS ?? 2_000);
const ORDERS_PER_CLIENT = 10;
const CALLS_PER_MINUTE = 1_000;
const MINUTES_MAX = 90;
const SHARE_MIN = 0.95;
const REFUSED_MAX = 0.01;
const WAIT_MAX = 2;
const BATCHES_MAX = 8;

simulateGlobals();
const start = await bundle();
const world = new World(start, SEED, await beginning(start));

const counts = count(world, CALLS_PER_MINUTE);
addDueOrders(world, { orders: ORDERS, clients: ORDERS / ORDERS_PER_CLIENT });
await world.control('PUT', '/settings', { rateLimitPerMinute: CALLS_PER_MINUTE });
const beganAt = Math.ceil(world.time / MINUTE) * MINUTE;
await run(world, counts, { beganAt, minutesMax: MINUTES_MAX, crons: { '* * * * *': MINUTE }, isOver });
console.log(JSON.stringify(readings()));
process.exit(0);

function isOver(): boolean {
  return countOf("SELECT count(*) AS n FROM orders WHERE status NOT IN ('released', 'executing')") === ORDERS;
}

function countOf(sql: string): number {
  return world.product.first<{ n: number }>(sql)?.n ?? 0;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function readings(): Reading[] {
  const executed = countOf("SELECT count(*) AS n FROM orders WHERE status = 'executed'");
  if (executed !== ORDERS) throw new Error(`${executed} of ${ORDERS} orders were executed`);
  const sentAt = world.product
    .all<{ account: string; at: string }>(
      "SELECT account_id AS account, at FROM journal WHERE kind = 'transfer.submitting' ORDER BY at",
    )
    .map(({ account, at }) => ({ account, at: Date.parse(at) }));
  const lasts = new Map(sentAt.map(({ account, at }) => [account, at - beganAt]));
  const waits = [...lasts.values()];
  const minutes = ((sentAt.at(-1)?.at ?? 0) - beganAt) / MINUTE;
  const used = ORDERS / minutes / transfersPerMinute(CALLS_PER_MINUTE);
  const refused = counts.refused / counts.calls;
  const unfair = Math.max(...waits) / median(waits);
  const batches = counts.batches / ORDERS;
  return [
    {
      promise: `${ORDERS} orders due in one minute use the share of money`,
      limit: `${SHARE_MIN * 100} %`,
      isKept: used >= SHARE_MIN,
      measured: `${(used * 100).toFixed(1)} %, ${minutes.toFixed(1)} simulated minutes`,
    },
    {
      promise: 'with few calls answered 429',
      limit: `${REFUSED_MAX * 100} %`,
      isKept: refused < REFUSED_MAX,
      measured: `${counts.refused} of ${counts.calls}`,
    },
    {
      promise: 'the last order of no client waits longer than twice the median',
      limit: `${WAIT_MAX}`,
      isKept: unfair <= WAIT_MAX,
      measured: unfair.toFixed(2),
    },
    {
      promise: 'D1 batches of an order from due to confirmed',
      limit: `${BATCHES_MAX}`,
      isKept: batches <= BATCHES_MAX,
      measured: `${batches.toFixed(1)}, ${(counts.trips / ORDERS).toFixed(1)} round trips`,
    },
  ];
}
