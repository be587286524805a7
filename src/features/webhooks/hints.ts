// Hints in KV that a fact was applied. They may only say "certainly done", are written after the commit, and save a look at
// D1; without any of them nothing goes wrong.
import type { App } from '../../app/app.ts';

const HINT_SECONDS = 24 * 3600;
const HINT_KEY_BYTES_MAX = 512;

/** The one place where a hint gets its name. One from before a restore speaks of facts that the database has lost. */
const hintKey = (app: App, key: string): string => `seen:${app.config.restoreEpoch}:${key}`;

const isNameable = (name: string): boolean => name.length <= HINT_KEY_BYTES_MAX;

/** Which of these facts are certainly done. */
export async function findHinted(app: App, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const looked = await Promise.all(
    [...new Set(keys)].map(async (key) => {
      const name = hintKey(app, key);
      return isNameable(name) && (await app.bindings.HINTS.get(name)) !== null ? [key] : [];
    }),
  );
  return new Set(looked.flat());
}

export async function hintDone(app: App, keys: readonly string[]): Promise<void> {
  const names = [...new Set(keys)].map((key) => hintKey(app, key)).filter(isNameable);
  await Promise.all(names.map((name) => app.bindings.HINTS.put(name, '1', { expirationTtl: HINT_SECONDS })));
}
