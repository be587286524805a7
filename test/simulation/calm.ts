// The world without faults and without choices: everything that can happen does, in the order it came, while time passes. So
// the beginning of every episode is made, and so an episode comes to its end.
import { CHECKER_CRONS, fireCheckerCron } from './checker-world.ts';
import { deliverMessages, deliverWebhook, fireCron } from './deliver.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;
const FIVE_MINUTES = 5 * MINUTE;
const QUARTER = 15 * MINUTE;
const DRAINS_MAX = 100_000;

/** Everything that waits for the world gets what it asked for, until no task is left. */
export async function drain(world: World): Promise<void> {
  for (let count = 0; world.tasks.parked.length > 0; count += 1) {
    if (count > DRAINS_MAX) throw new Error(`a task that does not end: ${world.tasks.parked[0]?.task.name}`);
    const parked = world.tasks.take(0);
    world.current = parked.task;
    parked.goOn();
    await world.tasks.settle();
    world.onStep();
  }
}

/** One round: what is on its way arrives. Returns how much that was. */
async function arrivals(world: World): Promise<number> {
  let count = 0;
  for (const transit of [...world.transits]) {
    await deliverWebhook(world, transit, false);
    await drain(world);
    count += 1;
  }
  for (const message of world.queued.filter(({ visibleAt }) => visibleAt <= world.time)) {
    await deliverMessages(world, [message], false);
    await drain(world);
    count += 1;
  }
  return count;
}

export interface Quiet {
  /** Done in each round, by people or by the chain. */
  readonly act?: () => Promise<void>;
  readonly isOver: () => boolean;
  readonly minutesMax: number;
  /** Hears of each step of time. */
  readonly stepMilliseconds?: number;
}

/** Lets time pass, with cron at every minute, until it is so; false when it is not in time. */
export async function untilQuiet(
  world: World,
  { act, isOver, minutesMax, stepMilliseconds = 5_000 }: Quiet,
): Promise<boolean> {
  const end = world.time + minutesMax * MINUTE;
  await drain(world);
  while (world.time < end) {
    const before = world.time;
    world.time += stepMilliseconds;
    await world.wakeCustody();
    await world.tasks.settle();
    world.onStep();
    for (const [cron, every] of [
      ['* * * * *', MINUTE],
      ['*/5 * * * *', FIVE_MINUTES],
      ['*/15 * * * *', QUARTER],
    ] as const) {
      const slot = Math.floor(world.time / every) * every;
      if (slot > before) await fireCron(world, cron, slot);
      await drain(world);
    }
    for (const [cron, every] of CHECKER_CRONS) {
      if (Math.floor(world.time / every) * every > before) await fireCheckerCron(world, cron);
      await drain(world);
    }
    if (act !== undefined) await act();
    await drain(world);
    const arrived = await arrivals(world);
    if (arrived === 0 && world.queued.length === 0 && isOver()) return true;
  }
  return false;
}
