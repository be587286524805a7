// A review of one approval: what was found, what was said, and what became of it. The intent to vote is a status of its own, so
// that a decision whose answer was lost is looked up and never repeated blindly.
import { machine } from '../domain/machine.ts';
import type { Timestamp } from '../domain/time.ts';
import type { ReviewFacts } from './facts.ts';
import type { Finding, Verdict } from './rules.ts';
import type { Outlay } from './sums.ts';

export const reviewMachine = machine({
  intended: ['voted', 'abstained', 'closed'],
  voted: ['closed'],
  abstained: ['closed'],
  shadowed: ['closed'],
  closed: [],
});
export type ReviewStatus = keyof typeof reviewMachine;
export type Mode = 'shadow' | 'live';
export type Outcome = 'approved' | 'denied' | 'expired' | 'gone';

/** Whom a triggered policy asks, in the order in which they are told. */
export interface Asked {
  readonly name: string;
  readonly people: readonly string[];
}

export interface Review {
  /** The id of the approval at custody: one review for each. */
  readonly id: string;
  readonly version: number;
  readonly status: ReviewStatus;
  readonly mode: Mode;
  readonly verdict: Verdict;
  /** Of the request: transfer, transaction, or what else it was. */
  readonly kind: string;
  readonly walletId: string | null;
  readonly facts: ReviewFacts;
  readonly findings: readonly Finding[];
  /** What it took of the day's sums; empty when it took nothing. */
  readonly outlays: readonly Outlay[];
  readonly asked: readonly Asked[];
  /** When custody asked, when the event came in, when it was decided here, when the vote was heard. */
  readonly pendingAt: Timestamp;
  readonly receivedAt: Timestamp;
  readonly decidedAt: Timestamp;
  readonly votedAt: Timestamp | null;
  readonly expiresAt: Timestamp | null;
  readonly outcome: Outcome | null;
  readonly outcomeAt: Timestamp | null;
  /** Whether somebody else than the checker decided. */
  readonly byPeople: boolean | null;
  readonly nextLookAt: Timestamp;
  /** How often people were told: 0 not yet, 1 told, 2 reminded, 3 escalated. */
  readonly told: number;
  readonly tellAt: Timestamp | null;
}

/** What people read of a review. */
export type Decision = Omit<Review, 'facts' | 'outlays' | 'asked'>;

/** What figures need of a review. */
export interface Figure
  extends Pick<
    Review,
    'mode' | 'verdict' | 'outcome' | 'byPeople' | 'pendingAt' | 'decidedAt' | 'votedAt' | 'told' | 'tellAt'
  > {
  readonly findings: readonly Pick<Finding, 'rule' | 'code'>[];
}
