// A run: episodes one after another until so many steps are made or something breaks, and what is told of it.

import { beginning } from './beginning.ts';
import { bundle } from './bundle.ts';
import { choicesOf, type Outcome, runEpisode, type Stage } from './episode.ts';
import { simulateGlobals } from './platform/globals.ts';
import type { Protection } from './protections.ts';
import { Random } from './random.ts';
import type { Snapshot } from './shapes.ts';

export const STEPS_PER_EPISODE = 1_200;

let begun: Promise<Snapshot> | undefined;
/** Made by the product as it is, whatever is taken out of it afterwards. */
async function begin(): Promise<Snapshot> {
  simulateGlobals();
  return beginning(await bundle());
}

export async function stageOf(without?: Protection): Promise<Stage> {
  begun ??= begin();
  const from = await begun;
  return { start: await bundle(without?.edits), from, drop: without?.drop ?? [] };
}

/** Each episode has a seed of its own, so that one that fails is run alone. */
export const seedOf = (seed: number, episode: number): number => new Random(seed * 100_003 + episode).next();

export interface Ran {
  readonly steps: number;
  readonly episodes: number;
  readonly milliseconds: number;
  readonly hash: string;
  readonly moved: Outcome['moved'];
  readonly failed: { readonly episode: number; readonly outcome: Outcome } | undefined;
}

export async function simulate(stage: Stage, seed: number, steps: number): Promise<Ran> {
  const began = performance.now();
  const moved = { orders: 0, transfers: 0, atCustody: 0 };
  let hash = '';
  let made = 0;
  let failed: Ran['failed'];
  let episode = 0;
  for (; made < steps && failed === undefined; episode += 1) {
    const length = Math.min(STEPS_PER_EPISODE, steps - made);
    const outcome = await runEpisode(stage, seedOf(seed, episode), choicesOf(seedOf(seed, episode), length));
    made += outcome.steps;
    hash = `${hash}${outcome.hash}`.slice(-128);
    for (const name of ['orders', 'transfers', 'atCustody'] as const) moved[name] += outcome.moved[name];
    if (outcome.broken !== undefined) failed = { episode, outcome };
  }
  return { steps: made, episodes: episode, milliseconds: performance.now() - began, hash, moved, failed };
}
