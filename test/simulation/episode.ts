// One episode: a fresh world, a list of numbers that are its choices, everything looked at after each, then calm and the
// question whether all has come to an end.
import { createHash } from 'node:crypto';
import { Broken } from './broken.ts';
import type { Start } from './bundle.ts';
import { climateOf } from './climate.ts';
import { calmAfterRestore, checkLiveness } from './liveness.ts';
import { Observer } from './observer.ts';
import { Random } from './random.ts';
import type { Snapshot } from './shapes.ts';
import { Steps } from './steps.ts';
import { World } from './world.ts';

export interface Stage {
  readonly start: Start;
  readonly from: Snapshot;
  /** What is taken out of the database when an episode begins. */
  readonly drop: readonly string[];
}

export interface Outcome {
  /** What did not hold. */
  readonly broken: Broken | undefined;
  readonly steps: number;
  readonly trace: readonly string[];
  /** Of the trace and of what the product wrote: the same for the same seed. */
  readonly hash: string;
  readonly moved: { readonly orders: number; readonly transfers: number; readonly atCustody: number };
}

/** The choices of an episode: as many numbers as it has steps. */
export function choicesOf(seed: number, steps: number): number[] {
  const chance = new Random(seed);
  return Array.from({ length: steps }, () => chance.next());
}

export async function runEpisode(stage: Stage, seed: number, choices: readonly number[]): Promise<Outcome> {
  const world = new World(stage.start, seed, stage.from);
  const trace: string[] = [];
  let steps = 0;
  try {
    for (const statement of stage.drop) world.product.script(statement);
    const observer = new Observer(world);
    const written = new Set<string>();
    world.onWritten = (tables) => {
      for (const table of tables) written.add(table);
    };
    world.onStep = () => {
      if (written.size > 0) observer.look([...written]);
      written.clear();
      observer.raise();
      observer.lookAtCustody();
    };
    const climate = climateOf(seed);
    await world.keepTo(climate.pace);
    world.checkerMode = climate.checker;
    const scheduler = new Steps(world, climate);
    let broken: Broken | undefined;
    try {
      for (const choice of choices) {
        steps += 1;
        trace.push(`${new Date(world.time).toISOString().slice(5, 23)} ${await scheduler.make(choice)}`);
        world.onStep();
      }
      await checkLiveness(world, observer);
      trace.push(scheduler.setBack(new Random(seed)));
      if (world.restored !== 'no') await calmAfterRestore(world);
    } catch (fault) {
      if (!(fault instanceof Broken)) throw fault;
      broken = fault;
    }
    return { broken, steps, trace, hash: hashOf(world, trace), moved: movedIn(world) };
  } finally {
    world.close();
  }
}

function hashOf(world: World, trace: readonly string[]): string {
  const hash = createHash('sha256').update(trace.join('\n'));
  for (const { hash: entry } of world.product.all<{ hash: string }>('SELECT hash FROM journal ORDER BY rowid'))
    hash.update(entry);
  return hash.digest('hex');
}

function movedIn(world: World): Outcome['moved'] {
  const count = (sqlite: World['product'], table: string) =>
    sqlite.first<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0;
  return {
    orders: count(world.product, 'orders'),
    transfers: count(world.product, 'transfers'),
    atCustody: count(world.custodyState, 'transfers'),
  };
}
