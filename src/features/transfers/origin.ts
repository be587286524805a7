// What the hand-over asks of where a transfer comes from: the rules that let it go again, what stops it, what its end
// changes. The hand-over itself, its lane and what custody says are the same for all.
import type { App } from '../../app/app.ts';
import type { Result } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import type { Transfer } from '../../domain/transfer.ts';
import type { Change, Message, Requirement } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';

export interface Origin<T extends Transfer = Transfer> {
  /** What must hold in the batch that counts another attempt, or why there may be none. */
  guardsOfRepeat(app: App, transfer: T, at: Timestamp): Promise<Result<readonly Requirement[]>>;
  /** Why a person is to deny what custody has already; undefined while nothing stops it. */
  stopReason(app: App, transfer: T, at: Timestamp): Promise<string | undefined>;
  /** What changes with it besides itself: what asked for it, and what was reserved for it. */
  changesOf(app: App, by: Provenance, before: T, after: T): Promise<readonly Change[]>;
  /** Whose turn it is in the wallet that it no longer holds. */
  wakeNext(app: App, transfer: T): Promise<readonly Message[]>;
  /** Whom it pays, in the canonical form of the address. */
  recipientOf(app: App, transfer: T): Promise<string | undefined>;
}
