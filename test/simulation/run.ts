// npm run simulate -- --seed 1 --steps 200000    everything is tried, and looked at after each step
//                     --seed 1 --episode 17      one episode of it again, with its trace
//                     --without "frozen body"    with a protection taken away
//                     --protections              each one taken away in turn: all must be found
import { parseArgs } from 'node:util';
import { choicesOf, type Outcome, runEpisode, type Stage } from './episode.ts';
import { type Protection, protections } from './protections.ts';
import { shrink } from './shrink.ts';
import { type Ran, STEPS_PER_EPISODE, seedOf, simulate, stageOf } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string' },
    episode: { type: 'string' },
    without: { type: 'string' },
    protections: { type: 'boolean', default: false },
    'shrink-seconds': { type: 'string', default: '60' },
  },
});
const STEPS = 200_000;
/** Within so many a missing protection must be noticed. */
const STEPS_TO_FIND = 50_000;

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, not ${text}`);
  return value;
}

function protectionNamed(name: string): Protection {
  const found = protections.find((protection) => protection.name === name);
  if (found === undefined) throw new Error(`--without takes one of: ${protections.map((one) => one.name).join(', ')}`);
  return found;
}

const perSecond = ({ steps, milliseconds }: Ran): number => Math.round((steps / milliseconds) * 1000);

function tell({ trace, broken, steps }: Outcome): void {
  for (const line of trace) console.log(`  ${line}`);
  console.log(
    broken === undefined ? `nothing broke in ${steps} steps` : `BROKEN after ${steps} steps: ${broken.message}`,
  );
}

async function tellOfFailure(stage: Stage, seed: number, { failed }: Ran): Promise<void> {
  if (failed === undefined) return;
  const { episode, outcome } = failed;
  console.log(`BROKEN in episode ${episode}: ${outcome.broken?.message}`);
  console.log(`Again: npm run simulate -- --seed ${seed} --episode ${episode}. Shrinking:`);
  const own = seedOf(seed, episode);
  const milliseconds = whole(values['shrink-seconds'], 'shrink-seconds') * 1000;
  const shrunk = await shrink(stage, own, choicesOf(own, STEPS_PER_EPISODE), outcome, milliseconds);
  tell(shrunk.outcome);
}

async function run(seed: number, without: Protection | undefined): Promise<boolean> {
  const stage = await stageOf(without);
  if (values.episode !== undefined) {
    const own = seedOf(seed, whole(values.episode, 'episode'));
    const outcome = await runEpisode(
      stage,
      own,
      choicesOf(own, whole(values.steps ?? String(STEPS_PER_EPISODE), 'steps')),
    );
    tell(outcome);
    return outcome.broken === undefined;
  }
  const ran = await simulate(stage, seed, whole(values.steps ?? String(STEPS), 'steps'));
  const { orders, transfers, atCustody } = ran.moved;
  console.log(
    `seed ${seed}: ${ran.steps} steps in ${ran.episodes} episodes, ${perSecond(ran)} a second; ` +
      `${orders} orders, ${transfers} transfers, ${atCustody} at custody; ${ran.hash.slice(0, 16)}`,
  );
  await tellOfFailure(stage, seed, ran);
  if (ran.failed === undefined) console.log('no invariant broken');
  return ran.failed === undefined;
}

/** Every protection is missed, or the simulation is worth less than it says. */
async function runWithoutEach(seed: number): Promise<boolean> {
  const steps = whole(values.steps ?? String(STEPS_TO_FIND), 'steps');
  let missed = 0;
  for (const protection of [undefined, ...protections]) {
    const ran = await simulate(await stageOf(protection), seed, steps);
    const name = protection === undefined ? 'nothing taken away' : `without: ${protection.name}`;
    const isRight = (ran.failed === undefined) === (protection === undefined);
    if (!isRight) missed += 1;
    const what =
      ran.failed === undefined
        ? `nothing broke in ${ran.steps} steps`
        : `broke after ${ran.steps} steps: ${ran.failed.outcome.broken?.invariant}`;
    console.log(`${isRight ? 'ok  ' : 'FAIL'}  ${name}\n      ${what}`);
    if (protection !== undefined) console.log(`      (${protection.without})`);
  }
  return missed === 0;
}

const seed = whole(values.seed, 'seed');
const isWell = await (values.protections
  ? runWithoutEach(seed)
  : run(seed, values.without === undefined ? undefined : protectionNamed(values.without)));
process.exitCode = isWell ? 0 : 1;
