// Checker: what every part of this Worker stands on, built once per invocation. Tests open it with a clock of their own.
import { openReviewCustody, type ReviewCustody, spacedPace } from '../dfns/review-custody.ts';
import type { CheckerFactsSource } from '../domain/checker-facts.ts';
import type { Result } from '../domain/result.ts';
import { type Timestamp, timestamp } from '../domain/time.ts';
import { consoleLog, type Log } from '../kit/log.ts';
import { type Bindings, type Config, readConfig } from './settings.ts';
import { type Database, openDatabase } from './store.ts';

interface Clock {
  /** The time of the business, which custody's clock follows. */
  now(): Timestamp;
  /** Real time, by which tokens and signatures of others are judged. The same outside tests. */
  wall(): number;
}

export interface Checker {
  readonly bindings: Bindings;
  readonly settings: Result<Config>;
  readonly config: Config;
  readonly database: Database;
  readonly custody: ReviewCustody;
  readonly product: CheckerFactsSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Sends a notice to the address where people read along; whether it was taken. */
  readonly post: (url: string, body: object) => Promise<boolean>;
}

export class NotConfigured extends Error {
  override readonly name = 'NotConfigured';
}

const systemClock: Clock = { now: () => timestamp(Date.now()), wall: () => Date.now() };
const sleep = (milliseconds: number): Promise<void> => scheduler.wait(milliseconds);
const POST_MILLISECONDS = 5000;

async function postNotice(url: string, body: object): Promise<boolean> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(POST_MILLISECONDS),
  });
  await answer.body?.cancel();
  return answer.ok;
}

/** One pace in a process, whatever number of invocations it serves. */
let pace: ReturnType<typeof spacedPace> | undefined;

export function openChecker(
  bindings: Bindings,
  replaced: Partial<Pick<Checker, 'clock' | 'log' | 'custody' | 'post'>> = {},
): Checker {
  const settings = readConfig(bindings);
  let custody = replaced.custody;
  return {
    bindings,
    settings,
    get config() {
      if (!settings.ok) throw new NotConfigured('settings missing or wrong');
      return settings.value;
    },
    database: openDatabase(bindings.DB),
    get custody() {
      pace ??= spacedPace(this.config.callsPerMinute, sleep);
      custody ??= openReviewCustody(this.config.dfns, pace);
      return custody;
    },
    product: bindings.FACTS,
    clock: replaced.clock ?? systemClock,
    log: replaced.log ?? consoleLog,
    post: replaced.post ?? postNotice,
  };
}
