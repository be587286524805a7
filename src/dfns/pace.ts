// The pace toward custody. Its limit is one for the whole organisation; each kind of work has a fixed share of it, so that
// no amount of reading can keep money waiting. Calls are spaced out rather than counted by the minute: wherever the minute of
// custody begins, no 60 seconds of ours hold more calls than it allows.

export type Share = 'money' | 'changes' | 'reads';
export const shareNames: readonly Share[] = ['money', 'changes', 'reads'];

/**
 * Together below 100: the rest covers what each may send at once after a pause. A transfer is three calls of money and two
 * reads, the balance before it and its end after it, so neither of the two shares waits for the other.
 */
const percents: Readonly<Record<Share, number>> = { money: 52, changes: 6, reads: 37 };
/** How much of its share may go at once: a mutation of each must fit, and reading comes in bursts. */
const burstMilliseconds: Readonly<Record<Share, number>> = { money: 1000, changes: 5000, reads: 3000 };

/** A mutation is signed: challenge, signature, and then itself. */
export const MUTATION_CALLS = 3;
/** Longer than this nobody waits in place; D1 knows when to come again. */
export const WAIT_MILLISECONDS_MAX = 30_000;
const MINUTE = 60_000;

export interface Budget {
  readonly spacingMilliseconds: number;
  readonly burstMilliseconds: number;
}

export const budgetOf = (share: Share, callsPerMinute: number): Budget => ({
  spacingMilliseconds: (MINUTE * 100) / (callsPerMinute * percents[share]),
  burstMilliseconds: burstMilliseconds[share],
});

/** What these calls take of the time of a share. */
export const costOf = ({ spacingMilliseconds }: Budget, calls: number): number =>
  Math.ceil(calls * spacingMilliseconds);

/**
 * How long to wait before calls that were given their turn.
 * @param freeAt when the share is free again after them
 */
export const waitOf = (budget: Budget, calls: number, freeAt: number, now: number): number =>
  Math.max(0, freeAt - costOf(budget, calls) - budget.burstMilliseconds - now);

/** How many transfers a minute can start at most. */
export const transfersPerMinute = (callsPerMinute: number): number =>
  Math.max(1, Math.floor((callsPerMinute * percents.money) / 100 / MUTATION_CALLS));

/** The turn is too far ahead to wait for it in place. Nothing was sent. */
export class TooSoon extends Error {
  override readonly name = 'TooSoon';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super(`the pace toward custody has no room for ${retryAfterSeconds} s`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** `idle` work goes only when nothing else of its share waits: histories and sweeps may take an hour, money may not. */
export type Haste = 'now' | 'idle';

export interface Pace {
  /** Waits for the turn of so many calls; throws TooSoon when that takes long. */
  take(share: Share, calls: number, haste: Haste): Promise<void>;
  /** Custody said that there were too many: nothing of any share goes before that time. */
  holdBack(seconds: number): Promise<void>;
}

/** For programs that make a few calls only. */
export const unpaced: Pace = { take: async () => {}, holdBack: async () => {} };
