// Promise: ten thousand orders due in one minute use what custody allows for money, with hardly a call too many, and no client
// waits for another's thousand. Product and sandbox run as they are in one process, over stand-ins of the platform; time is
// simulated, so an hour of orders is minutes of work and no figure depends on the machine. Run by itself: it replaces what a
// process finds around it. Prints its readings as JSON.
import { transfersPerMinute } from '../src/dfns/pace.ts';
import { USDC } from '../test/simulation/assets.ts';
import { beginning } from '../test/simulation/beginning.ts';
import { bundle } from '../test/simulation/bundle.ts';
import { deliverMessages, deliverWebhook, fireCron } from '../test/simulation/deliver.ts';
import { simulateGlobals } from '../test/simulation/platform/globals.ts';
import type { Parked } from '../test/simulation/tasks.ts';
import { World } from '../test/simulation/world.ts';
import type { Reading } from './support/sandbox.ts';

const ORDERS = Number(process.env.PIPELINE_ORDERS ?? 2_000);
const ORDERS_PER_CLIENT = 10;
const CALLS_PER_MINUTE = 1_000;
/** What a call takes: to D1 beside the Worker, and to custody over the Internet. */
const MILLISECONDS = { 'D1 read': 2, 'D1 write': 6, fetch: 100, queue: 5, KV: 5, R2: 20, binding: 2 } as const;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const MINUTES_MAX = 90;
const SHARE_MIN = 0.95;
const REFUSED_MAX = 0.01;
const WAIT_MAX = 2;
const BATCHES_MAX = 8;

const queues = [
  { name: 'fiducia-money', batch: 10, consumers: 1 },
  { name: 'fiducia-events', batch: 20, consumers: 4 },
  { name: 'fiducia-notify', batch: 20, consumers: 1 },
] as const;

simulateGlobals();
const start = await bundle();
const world = new World(start, 1, await beginning(start));

const counts = { calls: 0, refused: 0, batches: 0, trips: 0 };
count();
await addClients(ORDERS / ORDERS_PER_CLIENT);
await world.control('PUT', '/settings', { rateLimitPerMinute: CALLS_PER_MINUTE });
const beganAt = Math.ceil(world.time / MINUTE) * MINUTE;
await run();
console.log(JSON.stringify(readings()));
process.exit(0);

/** Counts what custody answers and what D1 is asked, where the product meets both. */
function count(): void {
  const { custody, code } = world;
  world.custody = async (method, path, init) => {
    const answer = await custody.call(world, method, path, init);
    if (!path.startsWith('/_sandbox')) {
      counts.calls += 1;
      if (answer.status === 429) counts.refused += 1;
    }
    return answer;
  };
  const openApp: typeof code.openApp = (bindings, replaced) => {
    const { DB } = bindings;
    const counted = {
      prepare: (text: string) => DB.prepare(text),
      batch: (statements: D1PreparedStatement[]) => {
        counts.batches += 1;
        return DB.batch(statements);
      },
    };
    const settings = { DFNS_CALLS_PER_MINUTE: String(CALLS_PER_MINUTE) };
    return code.openApp({ ...bindings, ...settings, DB: asDatabase(counted) }, replaced);
  };
  Object.defineProperty(world, 'code', { value: { ...code, openApp } });
}

// Drizzle calls these two.
function asDatabase(database: object): D1Database {
  return database as D1Database;
}

/** Clients like the first one, each with a wallet of its own at custody, and schedules that are due at once. */
async function addClients(clients: number): Promise<void> {
  const { product, custodyState } = world;
  const first = product.first<{ id: string }>("SELECT account_id AS id FROM clients WHERE subject = 'client-1'");
  const account = first?.id ?? '';
  const copy = (table: string, where: string, put: Readonly<Record<string, string>>) => {
    const columns = product
      .all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
      .map(({ name }) => name);
    const put_ = columns.map((name) => put[name] ?? `t.${name}`);
    product.script(
      `${numbers(clients)} INSERT INTO ${table} (${columns}) SELECT ${put_} FROM ${table} t, n WHERE ${where}`,
    );
  };
  const renamed = (column: string) => `substr(t.${column}, 1, 22) || printf('%08d', n)`;
  const of = `t.account_id = '${account}'`;
  const accountId = { account_id: renamed('account_id') };
  const id = { id: renamed('id') };
  copy('accounts', `t.id = '${account}'`, { ...id, client_id: renamed('client_id'), policy_id: 't.policy_id || n' });
  copy('wallets', of, { ...id, ...accountId, custody_id: 't.custody_id || n', address: 't.address || n' });
  copy('destinations', of, { ...id, ...accountId });
  copy('mandates', of, { ...id, ...accountId, destination_id: renamed('destination_id') });
  copy('fences', of, accountId);
  for (const table of ['wallets', 'balances']) copyCustody(custodyState, table, clients);
  addSchedules(account, clients);
}

function numbers(count: number): string {
  return `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})`;
}

function copyCustody(state: World['custodyState'], table: string, clients: number): void {
  const wallet = world.product.first<{ id: string }>(
    "SELECT custody_id AS id FROM wallets w JOIN clients c USING (account_id) WHERE c.subject = 'client-1'",
  );
  const [columns, values, key] =
    table === 'wallets'
      ? [
          'id, network, address, body',
          `id || n, network, address || n, json_set(body, '$.id', id || n, '$.address', address || n)`,
          'id',
        ]
      : ['wallet_id, asset, units', 'wallet_id || n, asset, units', 'wallet_id'];
  state.script(
    `${numbers(clients)} INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table}, n WHERE ${key} = '${wallet?.id}'`,
  );
}

function addSchedules(account: string, clients: number): void {
  const recurrence = JSON.stringify({ kind: 'cron', expression: '0 9 * * *', timeZone: 'UTC' });
  const dueAt = new Date(Math.ceil(world.time / MINUTE) * MINUTE).toISOString();
  const asked = `FROM mandates m, n WHERE m.account_id <> '${account}' AND m.id LIKE '%' || printf('%08d', 1 + n % ${clients})
    AND m.status = 'active' GROUP BY n`;
  world.product.script(`${numbers(ORDERS)} INSERT INTO schedules (id, version, status, facts, created_at, account_id, mandate_id,
    asset, units, recurrence, start_at, catch_up, catch_up_hours_max, runs, next_slot)
    SELECT 'sch_' || printf('%026d', n), 1, 'active', '{}', '${dueAt}', m.account_id, m.id, '${USDC}', '1000', '${recurrence}',
    '${dueAt}', 'latest', 24, 0, '${dueAt}' ${asked}`);
  world.product.script(`INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
    SELECT 'jnl_' || id, id, 1, 'schedule.active', account_id, 'a', 'operator', 'r', created_at, '{}', '${'0'.repeat(64)}'
    FROM schedules WHERE id LIKE 'sch_0000%'`);
}

/** Everything happens at its time: calls take as long as they take, waits end, cron fires, custody moves on. */
async function run(): Promise<void> {
  const due = new Map<Parked, number>();
  let nextMinute = beganAt;
  let nextMoment = world.time;
  const ends = beganAt + MINUTES_MAX * MINUTE;
  while (world.time < ends && !isOver()) {
    for (const parked of world.tasks.parked) if (!due.has(parked)) due.set(parked, world.time + takes(parked));
    const first = [...world.tasks.parked].sort((one, other) => (due.get(one) ?? 0) - (due.get(other) ?? 0))[0];
    const next = Math.min(due.get(first as Parked) ?? Number.POSITIVE_INFINITY, nextMinute, nextMoment);
    world.time = Math.max(world.time, next);
    if (next === nextMinute) {
      await fireCron(world, '* * * * *', nextMinute);
      nextMinute += MINUTE;
    } else if (next === nextMoment) {
      await world.wakeCustody();
      await world.tasks.settle();
      nextMoment += SECOND;
    } else if (first !== undefined) {
      due.delete(first);
      world.tasks.take(world.tasks.parked.indexOf(first));
      world.current = first.task;
      if (first.kind === 'D1 read' || first.kind === 'D1 write') counts.trips += 1;
      first.goOn();
      await world.tasks.settle();
    }
    for (const transit of [...world.transits]) await deliverWebhook(world, transit, false);
    await deliver();
  }
}

function takes({ kind, show }: Parked): number {
  return kind === 'wait' ? Number.parseInt(show(), 10) : MILLISECONDS[kind];
}

/** As many batches at once as the queue has consumers, each of what is there. */
async function deliver(): Promise<void> {
  for (const { name, batch, consumers } of queues) {
    const running = [...world.tasks.living].filter((task) => task.name.startsWith(name)).length;
    for (let free = consumers - running; free > 0; free -= 1) {
      const messages = world.queued.filter(({ queue, visibleAt }) => queue === name && visibleAt <= world.time);
      // As wrangler.toml has it: a batch goes when it is full, or a second after its first message.
      const oldest = Math.min(...messages.map(({ visibleAt }) => visibleAt));
      if (messages.length === 0 || (messages.length < batch && world.time - oldest < SECOND)) break;
      await deliverMessages(world, messages.slice(0, batch), false);
    }
  }
}

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
