// What those of one process do one after another, each on what the one before it left.
import type { App } from '../../app/app.ts';

const turns = new WeakMap<App, Map<string, Promise<unknown>>>();

/** @param of whose turns they are: others go side by side */
export function inTurn<T>(app: App, of: string, work: () => Promise<T>): Promise<T> {
  const last = turns.get(app) ?? new Map<string, Promise<unknown>>();
  turns.set(app, last);
  const turn = (last.get(of) ?? Promise.resolve()).then(work, work);
  last.set(of, turn);
  return turn;
}
