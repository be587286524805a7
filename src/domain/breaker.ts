// The circuit breaker of money toward custody. It delays and never fails: while it is open nothing is sent, then one transfer
// goes first, and its answer decides for all.

export interface Breaker {
  /** Attempts in a row that brought no answer. */
  readonly failures: number;
  /** How often it opened since the last answer. */
  readonly openings: number;
  /** In milliseconds; null while it is closed. */
  readonly openUntil: number | null;
}

export const closedBreaker: Breaker = { failures: 0, openings: 0, openUntil: null };

const FAILURES_MAX = 5;
const OPEN_SECONDS = 60;
const OPEN_SECONDS_MAX = 900;
const SECOND = 1000;
/** Longer than a call can take: after that the one that went first is taken for lost, and another goes. */
const PROBE_SECONDS = 120;

/** What an attempt brought: an answer about the transfer, a refusal of our credential, or nothing that can be read. */
export type Heard = 'answered' | 'barred' | 'unknown';

export function hearBreaker(breaker: Breaker, heard: Heard, now: number): Breaker {
  if (heard === 'answered') return closedBreaker;
  const failures = breaker.failures + 1;
  // A refused credential is refused for all; silence may be chance until it repeats, or meets the one that went first.
  const opens = heard === 'barred' || breaker.openUntil !== null || failures >= FAILURES_MAX;
  if (!opens) return { ...breaker, failures };
  const seconds = Math.min(OPEN_SECONDS_MAX, OPEN_SECONDS * 2 ** Math.min(breaker.openings, 10));
  return { failures, openings: breaker.openings + 1, openUntil: now + seconds * SECOND };
}

/** `go`: nothing is in the way. `probe`: one may go first. `wait`: it is open. */
export const stateOf = ({ openUntil }: Breaker, now: number): 'go' | 'probe' | 'wait' =>
  openUntil === null ? 'go' : now < openUntil ? 'wait' : 'probe';

/** While one goes first, the others wait for it. */
export const probing = (breaker: Breaker, now: number): Breaker => ({
  ...breaker,
  openUntil: now + PROBE_SECONDS * SECOND,
});
