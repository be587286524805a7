// What may not start yet, though nothing says no, is looked at again: soon at first, then more rarely, so that what waits for
// hours takes no room from what could go.
import { addSeconds, secondsBetween, type Timestamp } from './time.ts';

/** A little less than a minute: the next fire of cron finds it. */
const SECONDS_MIN = 50;
const SECONDS_MAX = 900;
/** So long before its end it is looked at in any case: there is time still to carry it out. */
const LAST_LOOK_SECONDS = 120;

export interface Waiting {
  readonly since: Timestamp;
  /** Past this instant it ends, which takes a look too. */
  readonly notAfter: Timestamp;
}

/** Each wait is as long as all before it together. */
export function nextLookAt({ since, notAfter }: Waiting, at: Timestamp): Timestamp {
  const later = addSeconds(at, Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, secondsBetween(since, at))));
  const soonest = addSeconds(at, SECONDS_MIN);
  const last = addSeconds(notAfter, -LAST_LOOK_SECONDS);
  const latest = last > soonest ? last : soonest;
  return later < latest ? later : latest;
}
