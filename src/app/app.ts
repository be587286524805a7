// App: what every feature stands on, built once per invocation. Tests open the same doors with a clock and ids of their own.
import { monotonicFactory } from 'ulid';
import { openCustody } from '../dfns/client.ts';
import type { Custody } from '../dfns/custody.ts';
import type { Actor } from '../domain/actor.ts';
import type { NewId } from '../domain/id.ts';
import type { Result } from '../domain/result.ts';
import { type Timestamp, timestamp } from '../domain/time.ts';
import { type Bindings, type Config, NotConfigured, readConfig } from '../env.ts';
import { consoleLog, type Log } from '../kit/log.ts';
import { type Database, openDatabase } from '../store/database.ts';
import type { Provenance } from '../store/journal.ts';
import { paceOf } from './pace.ts';

export interface Clock {
  /** The time of the business: what is due, valid, expired. */
  now(): Timestamp;
  /** Real time in milliseconds, by which tokens and signatures of others are judged. The same clock outside tests. */
  wall(): number;
}

export interface App {
  readonly bindings: Bindings;
  /** What is missing is told by /readyz; everything else asks for `config` and is refused without it. */
  readonly settings: Result<Config>;
  readonly config: Config;
  readonly database: Database;
  readonly custody: Custody;
  readonly clock: Clock;
  readonly newId: NewId;
  /** 0 to 1, for jitter only. */
  readonly random: () => number;
  readonly log: Log;
  /** Waits in place, for a moment only. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const systemClock: Clock = { now: () => timestamp(Date.now()), wall: () => Date.now() };
const ulid = monotonicFactory(drawn);

/** Random numbers from 0 to 1, drawn many at a time: an id needs sixteen of them, and each call of the runtime costs. */
const drawnBytes = new Uint8Array(4096);
let drawnUpTo = drawnBytes.byteLength;
function drawn(): number {
  if (drawnUpTo === drawnBytes.byteLength) {
    crypto.getRandomValues(drawnBytes);
    drawnUpTo = 0;
  }
  const byte = drawnBytes[drawnUpTo] ?? 0;
  drawnUpTo += 1;
  return byte / 256;
}

/** The runtime hands every invocation the same bindings, so an isolate reads its settings once. */
const settingsByBindings = new WeakMap<Bindings, Result<Config>>();

function settingsOf(bindings: Bindings): Result<Config> {
  const known = settingsByBindings.get(bindings);
  if (known !== undefined) return known;
  const settings = readConfig(bindings);
  settingsByBindings.set(bindings, settings);
  return settings;
}

export function openApp(
  bindings: Bindings,
  replaced: Partial<Pick<App, 'clock' | 'random' | 'log' | 'custody' | 'sleep'>> = {},
): App {
  const clock = replaced.clock ?? systemClock;
  let custody = replaced.custody;
  return {
    bindings,
    get settings() {
      return settingsOf(bindings);
    },
    get config() {
      const { settings } = this;
      if (!settings.ok)
        throw new NotConfigured(settings.refusal.code === 'not_configured' ? settings.refusal.settings : []);
      return settings.value;
    },
    database: openDatabase(bindings.DB),
    get custody() {
      custody ??= openCustody(this.config.dfns, paceOf(this));
      return custody;
    },
    clock,
    newId: (prefix) => `${prefix}_${ulid(Date.parse(clock.now()))}`,
    random: replaced.random ?? Math.random,
    log: replaced.log ?? consoleLog,
    sleep: replaced.sleep ?? ((milliseconds) => scheduler.wait(milliseconds)),
  };
}

/** Who acts, when and from which request, fixed once at the beginning of a use case. */
export const begin = (app: App, actor: Actor, requestId: string): Provenance => ({
  actor,
  requestId,
  at: app.clock.now(),
  newId: app.newId,
});
