// The checker's Worker beside the product: a database and a queue of its own, its own service account at custody, and a stand-in
// for the service binding, by which it asks the product and which breaks off like anything between two Workers.
import { NATIVE, USDC } from './assets.ts';
import type { Code } from './bundle.ts';
import { localD1 } from './platform/d1.ts';
import { localKv, localQueue } from './platform/stores.ts';
import type { Effect, Task } from './tasks.ts';
import type { World } from './world.ts';

export const CHECKER = 'http://checker.test';
export const REVIEWS = 'fiducia-reviews';
export const CHECKER_CRONS = [
  ['* * * * *', 60_000],
  ['*/15 * * * *', 900_000],
] as const;
/** What the checker's writes are told as, beside those of the product. */
const OWN = 'checker.';

const limit = { perPayment: '4500000', perDayOfWallet: '12000000', perDay: '20000000' };
export const DAY_MAX = BigInt(limit.perDay);
const TERMS = JSON.stringify({ limits: { [USDC]: limit, [NATIVE]: limit } });

type Facts = ReturnType<Code['checkerFactsOf']>;

/** Answers are copied on their way, and may not come. */
function boundTo(world: World, task: Task, effect: Effect): Facts {
  const product = () => world.code.checkerFactsOf(world.open(task));
  return {
    findTransferFacts: (asked) =>
      effect(
        'binding',
        () => 'findTransferFacts',
        async () => structuredClone(await product().findTransferFacts(asked)),
      ),
    stops: (walletId) =>
      effect(
        'binding',
        () => 'stops',
        async () => structuredClone(await product().stops(walletId)),
      ),
  };
}

/** An invocation of the checker, as the platform opens one. */
export function openChecker(world: World, task: Task): ReturnType<Code['openChecker']> {
  const effect = world.tasks.effectsOf(task);
  const keep = (event: string, fields?: object) => void world.logged.push(`${event} ${JSON.stringify(fields ?? {})}`);
  const told = (tables: readonly string[]) => world.onWritten(tables.map((table) => `${OWN}${table}`));
  const bindings = {
    DB: localD1(world.checker, effect, told),
    COPIES: localKv(world, effect),
    REVIEWS: localQueue(world, REVIEWS, effect),
    RATE: { limit: async () => ({ success: true }) },
    DOOR_RATE: { limit: async () => ({ success: true }) },
    FACTS: boundTo(world, task, effect),
    CHECKER_URL: CHECKER,
    MODE: world.checkerMode,
    TERMS,
    DFNS_DASHBOARD_URL: 'http://dashboard.test',
    // Its pace is kept in the process, which an episode shares with the product's.
    DFNS_CALLS_PER_MINUTE: '1000000000',
    ...world.credentialOf('checker'),
    DFNS_WEBHOOK_SECRETS: world.checkerSecret,
    ...{ JWT_AUDIENCE: 'fiducia', JWT_AUDIENCE_CLAIM: 'aud', JWT_ROLES_CLAIM: 'roles', JWT_TYPE: 'at+jwt' },
  };
  return world.code.openChecker(asBindings(bindings), {
    clock: { now: () => new Date(world.time).toISOString(), wall: () => world.time },
    log: { info: () => {}, error: keep },
    post: async () => true,
  });
}
// Settings are text and bindings the stand-ins above: together they are what its wrangler.toml declares.
const asBindings = (bindings: object) => bindings as Parameters<Code['openChecker']>[0];

const named = (what: string): string => `checker ${what}`;

export const runChecker = (
  world: World,
  what: string,
  work: (checker: ReturnType<Code['openChecker']>, task: Task) => Promise<void>,
): Promise<void> => world.work(named(what), (task) => work(openChecker(world, task), task));

export const fireCheckerCron = (world: World, cron: string): Promise<void> =>
  runChecker(world, `cron ${cron}`, (checker) => world.code.runCheckerJobs({ cron }, checker));

export const askChecker = (world: World, what: string, request: Request, done: (answer: Response) => void) =>
  runChecker(world, what, async (checker) => done(await world.code.checkerHttp.fetch(request, checker)));
