// Makes a failing episode short: chunks of its choices are left out, as long as the same thing still breaks. A choice means
// something else when those before it are gone, so what remains is another history, but of the same fault.
import { type Outcome, runEpisode, type Stage } from './episode.ts';

export async function shrink(
  stage: Stage,
  seed: number,
  choices: readonly number[],
  found: Outcome,
  millisecondsMax: number,
): Promise<{ readonly choices: readonly number[]; readonly outcome: Outcome }> {
  const until = performance.now() + millisecondsMax;
  // What came after the fault has no part in it.
  let best = { choices: choices.slice(0, found.steps), outcome: found };
  for (let size = Math.ceil(best.choices.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.choices.length; ) {
      if (performance.now() > until) return best;
      const fewer = best.choices.toSpliced(from, size);
      const outcome = await runEpisode(stage, seed, fewer);
      if (outcome.broken?.invariant === found.broken?.invariant)
        best = { choices: fewer.slice(0, outcome.steps), outcome };
      else from += size;
    }
  }
  return best;
}
