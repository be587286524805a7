// The pace toward custody as every process keeps it: D1 gives the turns, so all of them share one limit.
import {
  budgetOf,
  costOf,
  MUTATION_CALLS,
  type Pace,
  type Share,
  shareNames,
  TooSoon,
  WAIT_MILLISECONDS_MAX,
  waitOf,
} from '../dfns/pace.ts';
import { findFreeAt, holdShares, takeTurn } from '../store/pace.ts';
import type { App } from './app.ts';

const SECOND = 1000;
/** Cron comes again soon. */
const IDLE_MILLISECONDS_MAX = 1000;
/** A time that custody names is believed up to here; after it we ask again. */
const HELD_SECONDS_MAX = 900;

type Paced = Pick<App, 'database' | 'clock' | 'config' | 'sleep'>;

export const paceOf = (app: Paced): Pace => ({
  take: (share, calls, haste) => (haste === 'now' ? takeInLine(app, share, calls) : takeWhenIdle(app, share, calls)),

  async holdBack(seconds: number): Promise<void> {
    const until = Date.parse(app.clock.now()) + Math.min(seconds, HELD_SECONDS_MAX) * SECOND;
    // A share may go ahead of its time by its burst, which is not for this moment.
    const held = shareNames.map((share) => ({ share, freeAt: until + budgetOf(share, 1).burstMilliseconds }));
    await holdShares(app.database, held);
  },
});

/** A place in the line of the share, and the wait for it. */
async function takeInLine(app: Paced, share: Share, calls: number): Promise<void> {
  const budget = budgetOf(share, app.config.dfns.callsPerMinute);
  const now = Date.parse(app.clock.now());
  const latest = now + budget.burstMilliseconds + WAIT_MILLISECONDS_MAX;
  const cost = costOf(budget, calls);
  const freeAt = await takeTurn(app.database, { share, costMilliseconds: cost, latest, now });
  if (freeAt === undefined) throw new TooSoon(await secondsUntilFree(app, share, now));
  const wait = waitOf(budget, calls, freeAt, now);
  if (wait > 0) await app.sleep(wait);
}

/** Stands beside the line for a moment, and goes when nobody is in it. */
async function takeWhenIdle(app: Paced, share: Share, calls: number): Promise<void> {
  const budget = budgetOf(share, app.config.dfns.callsPerMinute);
  const cost = costOf(budget, calls);
  for (let waited = 0; waited <= IDLE_MILLISECONDS_MAX; ) {
    const now = Date.parse(app.clock.now());
    const latest = now + idleMilliseconds(app, share);
    if ((await takeTurn(app.database, { share, costMilliseconds: cost, latest, now })) !== undefined) return;
    const wait = Math.max(cost, (await findFreeAt(app.database, share)) - latest);
    await app.sleep(wait);
    waited += wait;
  }
  throw new TooSoon(await secondsUntilFree(app, share, Date.parse(app.clock.now())));
}

async function secondsUntilFree(app: Paced, share: Share, now: number): Promise<number> {
  const { burstMilliseconds } = budgetOf(share, app.config.dfns.callsPerMinute);
  return Math.max(1, Math.ceil(((await findFreeAt(app.database, share)) - burstMilliseconds - now) / SECOND));
}

/** For work that stands in a queue before other work: it goes when nobody else reads, and does not wait in place. */
export async function demandIdleReads(app: Paced): Promise<void> {
  if (!(await areReadsIdle(app))) throw new TooSoon(await secondsUntilFree(app, 'reads', Date.parse(app.clock.now())));
}

export const areReadsIdle = async (app: Paced): Promise<boolean> =>
  (await findFreeAt(app.database, 'reads')) <= Date.parse(app.clock.now()) + idleMilliseconds(app, 'reads');

/** Of what may go at once one half is for idle work: the other is always there for what is urgent, which so never waits for it. */
const idleMilliseconds = (app: Paced, share: Share): number =>
  budgetOf(share, app.config.dfns.callsPerMinute).burstMilliseconds / 2;

/** Whether a transfer cannot be sent for a while: its message is acknowledged, and cron brings it again. */
export async function isMoneyHeld(app: Paced): Promise<boolean> {
  const budget = budgetOf('money', app.config.dfns.callsPerMinute);
  const freeAt = await findFreeAt(app.database, 'money');
  const wait = waitOf(budget, MUTATION_CALLS, freeAt + costOf(budget, MUTATION_CALLS), Date.parse(app.clock.now()));
  return wait > WAIT_MILLISECONDS_MAX;
}
