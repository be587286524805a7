// Kills the process at its nth effect, for every n: what a crash at any await leaves behind is walked, not guessed. An effect
// is a call to D1, to custody or to a queue. It dies before the call, or after the effect with the answer lost; nothing of that
// invocation runs after it, its message is not acknowledged. Then another process carries on, with time passing.
import { env } from 'cloudflare:workers';
import type { Custody } from '../../src/dfns/custody.ts';
import type { World } from './world.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

export interface Way<T> {
  /** A world that is ready for the way. It may be the same for all runs when each has a subject of its own. */
  readonly prepare: (run: number) => Promise<{ readonly world: World; readonly of: T }>;
  /** What a person or a program does; repeated when it died on the way, so its Idempotency-Key is that of the run. */
  readonly act: (world: World, of: T) => Promise<unknown>;
  /** What has to hold in the end, however it went. */
  readonly verify: (world: World, of: T) => Promise<void>;
  /** The points to die at; all of them unless given. */
  readonly only?: (point: string) => boolean;
  /** Dies at each nth point only; 1 is every one, as `CRASH_STRIDE=1` makes it where nothing is given. */
  readonly stride?: number;
  /** Custody as the way finds it, in each process: to show that the walk notices a protection that is gone. */
  readonly custody?: (custody: Custody) => Custody;
}

export interface Walk {
  /** Every point at which the way can die, in order. */
  readonly points: readonly string[];
  /** What did not hold afterwards. */
  readonly broken: readonly { readonly point: string; readonly problem: string }[];
}

/** Custody for somebody who sends each repeat under another external id: to show that a walk notices what is paid twice. */
export function underOtherNames(): (custody: Custody) => Custody {
  const sent = new Set<string>();
  return (custody) => ({
    ...custody,
    transfer: (walletId, body) => {
      const isRepeat = sent.has(body);
      sent.add(body);
      const other = JSON.stringify({ ...JSON.parse(body), externalId: crypto.randomUUID() });
      return custody.transfer(walletId, isRepeat ? other : body);
    },
  });
}

const RUNS_MAX = 400;
const ROUNDS_MAX = 40;
const ROUND_SECONDS = 31;

/** Runs the way once for each point at which it can die, until a run comes through without reaching the next one. */
export async function walkCrashes<T>(way: Way<T>): Promise<Walk> {
  const broken: { point: string; problem: string }[] = [];
  const stride = way.stride ?? Number(env.CRASH_STRIDE);
  for (let nth = 1; nth <= RUNS_MAX; nth += stride) {
    const { world, of } = await way.prepare(nth);
    const points: string[] = [];
    const point = await dieOnce(world, of, way, nth, points);
    try {
      await quiet(world);
      await way.verify(world, of);
    } catch (fault) {
      broken.push({ point: `${nth} ${point ?? 'no crash'}`, problem: String(fault) });
    }
    if (point === undefined) return { points, broken };
  }
  throw new Error(`more than ${RUNS_MAX} points`);
}

/** The way with a process that dies at its nth point, and then another that repeats what was not answered. */
async function dieOnce<T>(
  world: World,
  of: T,
  way: Way<T>,
  nth: number,
  points: string[],
): Promise<string | undefined> {
  const custody = way.custody?.(openCustodyOf(world)) ?? openCustodyOf(world);
  const death = dieAt(nth, way.only ?? (() => true), points);
  world.restart(mortal(world, custody, death));
  let isAnswered = false;
  try {
    await way.act(world, of);
    isAnswered = true;
    while (world.queued.length > 0 && (await world.drainOnce()) > 0 && !world.queued.every(isRetry));
    return undefined;
  } catch (fault) {
    if (!(fault instanceof Crash)) throw fault;
    return fault.message;
  } finally {
    world.restart({ custody });
    if (!isAnswered) await way.act(world, of);
  }
}

/** Carries out what is queued in a process that dies at its nth effect; whether it came so far. Another one carries on. */
export async function drainUntilDeath(world: World, nth: number): Promise<boolean> {
  const death = dieAt(nth, () => true, []);
  world.restart(mortal(world, openCustodyOf(world), death));
  try {
    await world.drainOnce();
  } catch (fault) {
    if (!(fault instanceof Crash)) throw fault;
  } finally {
    world.restart();
  }
  return death.isDead();
}

const isRetry = ({ attempts }: { attempts: number }): boolean => attempts > 1;

/** The SDK's client for this world's credential, which each process opens anew. */
function openCustodyOf(world: World): Custody {
  world.restart();
  return world.app.custody;
}

/** Time passes and crons fire until nothing is queued, stored or asked for again. */
async function quiet(world: World): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    await world.tick();
    const carried = await world.drainOnce();
    const stored = (await world.rows('SELECT count(*) AS n FROM outbox'))[0].n;
    if (carried + stored + world.queued.length === 0) return;
    await world.advance(ROUND_SECONDS);
  }
  throw new Error(`not quiet: ${JSON.stringify(world.queued)} ${JSON.stringify(world.logged.slice(-3))}`);
}

interface Death {
  readonly died: Promise<never>;
  /** Whether the process ends here; it has ended for everything after. */
  readonly strikes: (point: string) => boolean;
  readonly isDead: () => boolean;
}

function dieAt(nth: number, only: (point: string) => boolean, points: string[]): Death {
  let left = nth;
  let die: (fault: Crash) => void = () => {};
  const died = new Promise<never>((_, reject) => {
    die = reject;
  });
  died.catch(() => {}); // somebody who works in the process hears of it
  return {
    died,
    isDead: () => left === 0,
    strikes: (point) => {
      if (!only(point)) return false;
      points.push(point);
      left -= 1;
      if (left === 0) die(new Crash(point));
      return left === 0;
    },
  };
}

/** What a dead process waits for. */
const forever = <T>(): Promise<T> => new Promise<T>(() => {});

type Effect = <T>(name: string, changes: boolean, call: () => Promise<T>) => Promise<T>;

const effectOf =
  (death: Death): Effect =>
  async (name, changes, call) => {
    if (death.isDead() || death.strikes(`${name}, before`)) return forever();
    const result = await call();
    // A read that is lost leaves what the next point before a call leaves.
    return death.isDead() || (changes && death.strikes(`${name}, after`)) ? forever() : result;
  };

function mortal(world: World, custody: Custody, death: Death) {
  const effect = effectOf(death);
  const { DB, MONEY, EVENTS, NOTIFY } = world.bindings;
  return {
    died: death.died,
    custody: mortalCustody(custody, effect),
    bindings: {
      ...world.bindings,
      DB: mortalDatabase(DB, effect),
      MONEY: mortalQueue(MONEY, effect),
      EVENTS: mortalQueue(EVENTS, effect),
      NOTIFY: mortalQueue(NOTIFY, effect),
    },
  };
}

const mutations: readonly string[] = [
  'createApprovedList',
  'replaceApprovedList',
  'createWallet',
  'addTags',
  'transfer',
];

/** A proxy that hands every method's call to `through`. */
const intercept = <T extends object>(
  target: T,
  through: (name: string, call: () => unknown, args: unknown[]) => unknown,
): T =>
  new Proxy(target, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => through(String(name), () => member.apply(of, args), args);
    },
  });

const mortalCustody = (custody: Custody, effect: Effect): Custody =>
  intercept(custody, (name, call) => effect(`custody.${name}`, mutations.includes(name), async () => call()));

const mortalQueue = (queue: Queue, effect: Effect): Queue =>
  intercept(queue, (name, call) => effect(`queue.${name}`, true, async () => call()));

/** D1's binding: statements are made freely, and reach the database only by these calls. */
function mortalDatabase(binding: D1Database, effect: Effect): D1Database {
  const raw = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement, text: string): D1PreparedStatement => {
    const wrapped = intercept(statement, (name, call, args) => {
      if (name === 'bind') return wrap(statement.bind(...args), text);
      const changes = !/^\s*select/i.test(text);
      return effect(`D1 ${changes ? 'write' : 'read'}`, changes, async () => call());
    });
    raw.set(wrapped, statement);
    return wrapped;
  };
  return intercept(binding, (name, call, args) => {
    if (name === 'prepare') return wrap(binding.prepare(String(args[0])), String(args[0]));
    if (name !== 'batch') return call();
    const statements = (args[0] as D1PreparedStatement[]).map((statement) => raw.get(statement) ?? statement);
    return effect('D1 batch', true, () => binding.batch(statements));
  });
}
