// Promise: a batch of payouts uses what custody allows for money, and beside orders it is one party more: they keep their pace.
// Product and sandbox run as they are in one process, over stand-ins of the platform; time is simulated, so no figure depends on
// the machine. Run by itself: it replaces what a process finds around it. Prints its readings as JSON.
import { transfersPerMinute } from '../src/dfns/pace.ts';
import { addHotWallet, beginning, must } from '../test/simulation/beginning.ts';
import { bundle } from '../test/simulation/bundle.ts';
import { untilQuiet } from '../test/simulation/calm.ts';
import { simulateGlobals } from '../test/simulation/platform/globals.ts';
import { World } from '../test/simulation/world.ts';
import { addDueOrders } from './support/due-orders.ts';
import type { Reading } from './support/sandbox.ts';
import { count, MINUTE, run, SEED } from './support/simulated.ts';

const ROWS = Number(process.env.PIPELINE_PAYOUTS ?? 1_000);
const [ORDERS, CLIENTS, LANES] = [500, 50, 12];
const CALLS_PER_MINUTE = 1_000;
const MINUTES_MAX = 90;
const SHARE_MIN = 0.95;
const REFUSED_MAX = 0.01;
/** One party more beside those whose orders wait, and the minute in which the first come. */
const SLOWER_MAX = 1.1;

interface Figures {
  /** From when all was due to when the last of its kind was handed over. */
  readonly orderMinutes: number;
  readonly rowMinutes: number;
  readonly refused: number;
  readonly calls: number;
}

simulateGlobals();
const start = await bundle();
const from = await beginning(start);
const alone = await measure({ rows: 0, orders: ORDERS });
const payouts = await measure({ rows: ROWS, orders: 0 });
const both = await measure({ rows: ROWS, orders: ORDERS });
console.log(JSON.stringify(readings()));
process.exit(0);

async function measure({ rows, orders }: { rows: number; orders: number }): Promise<Figures> {
  const world = new World(start, SEED, from);
  for (let lane = 0; lane < LANES; lane += 1) await addHotWallet(world, '400000000');
  const release = rows === 0 ? undefined : await uploaded(world, rows);
  await untilQuiet(world, { isOver: () => true, minutesMax: 5 });
  if (orders > 0) addDueOrders(world, { orders, clients: CLIENTS });
  await release?.();
  const counts = count(world, CALLS_PER_MINUTE);
  await world.control('PUT', '/settings', { rateLimitPerMinute: CALLS_PER_MINUTE });
  const beganAt = Math.ceil(world.time / MINUTE) * MINUTE;
  const done = () =>
    countOf(world, "SELECT count(*) AS n FROM orders WHERE status = 'executed'") === orders &&
    countOf(world, "SELECT count(*) AS n FROM payouts WHERE status = 'paid'") === rows;
  await run(world, counts, { beganAt, minutesMax: MINUTES_MAX, crons: { '* * * * *': MINUTE }, isOver: done });
  if (!done()) throw new Error(`${rows} payouts and ${orders} orders did not come to their end`);
  const minutesOf = (which: string) => {
    const [last] = world.product.all<{ at: string }>(
      `SELECT j.at FROM journal j JOIN transfers t ON t.id = j.subject_id
       WHERE j.kind = 'transfer.submitting' AND t.${which} IS NOT NULL ORDER BY j.at DESC LIMIT 1`,
    );
    return last === undefined ? 0 : (Date.parse(last.at) - beganAt) / MINUTE;
  };
  const figures = { orderMinutes: minutesOf('order_id'), rowMinutes: minutesOf('payout_id') };
  world.close();
  return { ...figures, refused: counts.refused, calls: counts.calls };
}

/** A checked batch; what lets it go. */
async function uploaded(world: World, rows: number): Promise<() => Promise<void>> {
  const lines = Array.from(
    { length: rows },
    (_, row) =>
      `EthereumSepolia,USDC,0x${(0x1000_0000 + row).toString(16).padStart(40, 'a')},0.00${1000 + (row % 9000)},`,
  );
  const body = `network,asset,address,amount,reference\n${lines.join('\n')}\n`;
  const { id } = await must(world, { as: 'operator-1', method: 'POST', path: '/v1/payout-batches', body });
  const read = () =>
    world.product.first<{ status: string; facts: string }>('SELECT status, facts FROM payout_batches WHERE id = ?', id);
  await untilQuiet(world, { isOver: () => read()?.status === 'checked', minutesMax: 30 });
  const { check, problems } = JSON.parse(read()?.facts ?? '{}');
  if (check?.invalidRows !== 0 || problems?.length !== 0) throw new Error(`not sound: ${JSON.stringify(problems)}`);
  const path = `/v1/payout-batches/${id}/release`;
  return async () =>
    void (await must(world, { as: 'operator-2', method: 'POST', path, body: { rowsHash: check.rowsHash } }));
}

function countOf(world: World, sql: string): number {
  return world.product.first<{ n: number }>(sql)?.n ?? 0;
}

function readings(): Reading[] {
  const perMinute = transfersPerMinute(CALLS_PER_MINUTE);
  const used = ROWS / payouts.rowMinutes / perMinute;
  const usedByBoth = (ROWS + ORDERS) / Math.max(both.rowMinutes, both.orderMinutes) / perMinute;
  const slower = both.orderMinutes / alone.orderMinutes;
  const [refused, calls] = [payouts.refused + both.refused, payouts.calls + both.calls];
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    {
      promise: `a batch of ${ROWS} payouts over ${LANES} hot wallets uses the share of money`,
      limit: percent(SHARE_MIN),
      isKept: used >= SHARE_MIN,
      measured: `${percent(used)}, ${payouts.rowMinutes.toFixed(1)} simulated minutes`,
    },
    {
      promise: `beside it ${ORDERS} orders of ${CLIENTS} clients take about as long as alone`,
      limit: `${SLOWER_MAX} of it`,
      isKept: slower <= SLOWER_MAX,
      measured: `${slower.toFixed(2)}, ${both.orderMinutes.toFixed(1)} and ${alone.orderMinutes.toFixed(1)} simulated minutes`,
    },
    {
      promise: 'and both together use the share of money',
      limit: percent(SHARE_MIN),
      isKept: usedByBoth >= SHARE_MIN,
      measured: percent(usedByBoth),
    },
    {
      promise: 'with few calls answered 429',
      limit: percent(REFUSED_MAX),
      isKept: refused < REFUSED_MAX * calls,
      measured: `${refused} of ${calls}`,
    },
  ];
}
