// The simulated world of a bench: what the product asks of the platform takes its time, cron fires, custody moves on, queues
// hand out batches as wrangler.toml has it, and what custody answers and D1 is asked is counted where the product meets both.
import { deliverMessages, deliverWebhook, fireCron } from '../../test/simulation/deliver.ts';
import type { Parked } from '../../test/simulation/tasks.ts';
import type { World } from '../../test/simulation/world.ts';

/** What a call takes: to D1 beside the Worker, and to custody over the Internet. */
const MILLISECONDS = { 'D1 read': 2, 'D1 write': 6, fetch: 100, queue: 5, KV: 5, R2: 20, binding: 2 } as const;
const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** All seeds go through one cycle of numbers: this one begins half of it away from the seed of the beginning, whose ids would come again. */
export const SEED = 2 ** 31 + 1;

const queues = [
  { name: 'fiducia-money', batch: 10, consumers: 1 },
  { name: 'fiducia-events', batch: 20, consumers: 4 },
  { name: 'fiducia-notify', batch: 10, consumers: 4 },
] as const;

export interface Counts {
  calls: number;
  refused: number;
  /** Of D1. */
  batches: number;
  trips: number;
  /** Calls to custody by the minute in which they came. */
  readonly callsByMinute: Map<number, number>;
}

/** Counts what custody answers and what D1 is asked, from now on. */
export function count(world: World, callsPerMinute: number): Counts {
  const counts: Counts = { calls: 0, refused: 0, batches: 0, trips: 0, callsByMinute: new Map() };
  const { custody, code } = world;
  world.custody = async (method, path, init) => {
    const answer = await custody.call(world, method, path, init);
    if (!path.startsWith('/_sandbox')) {
      const minute = Math.floor(world.time / MINUTE);
      counts.callsByMinute.set(minute, (counts.callsByMinute.get(minute) ?? 0) + 1);
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
    const settings = { DFNS_CALLS_PER_MINUTE: String(callsPerMinute) };
    return code.openApp({ ...bindings, ...settings, DB: asDatabase(counted) }, replaced);
  };
  Object.defineProperty(world, 'code', { value: { ...code, openApp } });
  return counts;
}

// Drizzle calls these two.
function asDatabase(database: object): D1Database {
  return database as D1Database;
}

interface Run {
  readonly beganAt: number;
  readonly minutesMax: number;
  readonly crons: Readonly<Record<string, number>>;
  /** Looked at each time that something has happened. */
  readonly isOver: (waiting: number) => boolean;
}

/** Everything happens at its time: calls take as long as they take, waits end, cron fires, custody moves on. */
export async function run(world: World, counts: Counts, { beganAt, minutesMax, crons, isOver }: Run): Promise<void> {
  const due = new Map<Parked, number>();
  const fires = new Map(Object.entries(crons).map(([cron, every]) => [cron, Math.ceil(beganAt / every) * every]));
  const lines = queues.map((queue) => new Line(queue));
  const waiting = () => lines.reduce((sum, line) => sum + line.length, world.queued.length);
  let nextMoment = world.time;
  const ends = beganAt + minutesMax * MINUTE;
  while (world.time < ends && !isOver(waiting())) {
    for (const parked of world.tasks.parked) if (!due.has(parked)) due.set(parked, world.time + takes(parked));
    const first = firstOf(world.tasks.parked, due);
    const [cron, nextFire] = [...fires].reduce((one, other) => (other[1] < one[1] ? other : one));
    const next = Math.min(first === undefined ? Number.POSITIVE_INFINITY : (due.get(first) ?? 0), nextFire, nextMoment);
    world.time = Math.max(world.time, next);
    if (next === nextFire) {
      await fireCron(world, cron, nextFire);
      fires.set(cron, nextFire + (crons[cron] ?? MINUTE));
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
    for (const message of world.queued.splice(0))
      lines.find(({ name }) => name === message.queue)?.messages.push(message);
    for (const line of lines) await line.deliver(world);
  }
}

function firstOf(parked: readonly Parked[], due: ReadonlyMap<Parked, number>): Parked | undefined {
  let [first, at] = [parked[0], Number.POSITIVE_INFINITY];
  for (const one of parked) {
    const dueAt = due.get(one) ?? 0;
    if (dueAt < at) [first, at] = [one, dueAt];
  }
  return first;
}

function takes({ kind, show }: Parked): number {
  return kind === 'wait' ? Number.parseInt(show(), 10) : MILLISECONDS[kind];
}

type Message = World['queued'][number];

/** What waits on one queue, first come first served; it may be a hundred thousand. */
class Line {
  readonly name: string;
  readonly messages: Message[] = [];
  readonly #batch: number;
  readonly #consumers: number;

  constructor({ name, batch, consumers }: (typeof queues)[number]) {
    this.name = name;
    this.#batch = batch;
    this.#consumers = consumers;
  }

  get length(): number {
    return this.messages.length;
  }

  /** As many batches at once as the queue has consumers, each of what is there. */
  async deliver(world: World): Promise<void> {
    const running = [...world.tasks.living].filter((task) => task.name.startsWith(this.name)).length;
    for (let free = this.#consumers - running; free > 0; free -= 1) {
      const messages = this.#visible(world.time);
      // As wrangler.toml has it: a batch goes when it is full, or a second after its first message.
      const oldest = Math.min(...messages.map(({ visibleAt }) => visibleAt));
      if (messages.length === 0 || (messages.length < this.#batch && world.time - oldest < SECOND)) break;
      for (const message of messages) this.messages.splice(this.messages.indexOf(message), 1);
      world.queued.push(...messages);
      await deliverMessages(world, messages, false);
    }
  }

  #visible(time: number): Message[] {
    const found: Message[] = [];
    for (const message of this.messages) {
      if (message.visibleAt <= time) found.push(message);
      if (found.length === this.#batch) break;
    }
    return found;
  }
}

/** `WITH n` as the numbers from 1 on. */
export function numbers(count: number): string {
  return `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})`;
}

export interface Copies {
  readonly accountId: string;
  /** What the copies are called; they differ in the number at the end. */
  readonly copy: (table: string, where: string, put: Readonly<Record<string, string>>) => void;
  readonly renamed: (column: string) => string;
}

/** Clients like the first one, each with a wallet of its own here and at custody. */
export function copyClients(world: World, clients: number): Copies {
  const { product, custodyState } = world;
  const first = product.first<{ id: string }>("SELECT account_id AS id FROM clients WHERE subject = 'client-1'");
  const accountId = first?.id ?? '';
  const copy: Copies['copy'] = (table, where, put) => {
    const columns = product
      .all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
      .map(({ name }) => name);
    const values = columns.map((name) => put[name] ?? `t.${name}`);
    product.script(
      `${numbers(clients)} INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table} t, n WHERE ${where}`,
    );
  };
  const renamed: Copies['renamed'] = (column) => `substr(t.${column}, 1, 22) || printf('%08d', n)`;
  const id = { id: renamed('id') };
  const own = { ...id, account_id: renamed('account_id') };
  copy('accounts', `t.id = '${accountId}'`, { ...id, client_id: renamed('client_id'), policy_id: 't.policy_id || n' });
  copy('wallets', `t.account_id = '${accountId}'`, {
    ...own,
    custody_id: 't.custody_id || n',
    address: 't.address || n',
  });
  for (const table of ['wallets', 'balances']) copyCustody(world, custodyState, table, clients);
  return { accountId, copy, renamed };
}

function copyCustody(world: World, state: World['custodyState'], table: string, clients: number): void {
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
