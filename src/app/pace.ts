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
/** A time that custody names is believed up to here; after it we ask again. */
const HELD_SECONDS_MAX = 900;

type Paced = Pick<App, 'database' | 'clock' | 'config' | 'sleep'>;

export const paceOf = (app: Paced): Pace => ({
  async take(share: Share, calls: number): Promise<void> {
    const budget = budgetOf(share, app.config.dfns.callsPerMinute);
    const now = Date.parse(app.clock.now());
    const latest = now + budget.burstMilliseconds + WAIT_MILLISECONDS_MAX;
    const cost = costOf(budget, calls);
    const freeAt = await takeTurn(app.database, { share, costMilliseconds: cost, latest, now });
    if (freeAt === undefined) throw new TooSoon(await secondsUntilFree(app, share, now));
    const wait = waitOf(budget, calls, freeAt, now);
    if (wait > 0) await app.sleep(wait);
  },

  async holdBack(seconds: number): Promise<void> {
    const until = Date.parse(app.clock.now()) + Math.min(seconds, HELD_SECONDS_MAX) * SECOND;
    // A share may go ahead of its time by its burst, which is not for this moment.
    const held = shareNames.map((share) => ({ share, freeAt: until + budgetOf(share, 1).burstMilliseconds }));
    await holdShares(app.database, held);
  },
});

async function secondsUntilFree(app: Paced, share: Share, now: number): Promise<number> {
  const { burstMilliseconds } = budgetOf(share, app.config.dfns.callsPerMinute);
  return Math.max(1, Math.ceil(((await findFreeAt(app.database, share)) - burstMilliseconds - now) / SECOND));
}

/** Whether a transfer cannot be sent for a while: its message is acknowledged, and cron brings it again. */
export async function isMoneyHeld(app: Paced): Promise<boolean> {
  const budget = budgetOf('money', app.config.dfns.callsPerMinute);
  const freeAt = await findFreeAt(app.database, 'money');
  const wait = waitOf(budget, MUTATION_CALLS, freeAt + costOf(budget, MUTATION_CALLS), Date.parse(app.clock.now()));
  return wait > WAIT_MILLISECONDS_MAX;
}
