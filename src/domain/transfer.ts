// The one way money leaves. The exact body and external id are committed before custody is asked, every repeat sends the
// same bytes, states only move forward, and an answer that was lost is never taken for a failure.
import type { AssetId } from './asset.ts';
import type { CustodyTransfer, TransferAnswer } from './custody.ts';
import type { AccountId, DestinationId, OrderId, TransferId, WalletId } from './id.ts';
import { amend, type InStatus, isIn, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import { addSeconds, type Timestamp } from './time.ts';

const end = ['failed', 'rejected', 'needs_review'] as const;
export const transferMachine = machine({
  prepared: ['submitting', 'canceled'],
  submitting: ['submitted', 'awaiting_approval', 'broadcast', 'confirmed', ...end],
  submitted: ['awaiting_approval', 'broadcast', 'confirmed', ...end],
  awaiting_approval: ['broadcast', 'confirmed', ...end],
  broadcast: ['confirmed', 'failed', 'needs_review'],
  needs_review: ['submitted', 'awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected'],
  confirmed: [],
  failed: [],
  rejected: [],
  canceled: [],
});

interface TransferCore {
  readonly id: TransferId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  readonly walletId: WalletId;
  readonly custodyWalletId: string;
  readonly destinationId: DestinationId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly externalId: string;
  /** The exact request; every attempt sends these bytes. */
  readonly requestBody: string;
  readonly custodyId: string | null;
  readonly transactionHash: string | null;
  /** When the next step is due; the truth behind every wake-up message. */
  readonly nextAttemptAt: Timestamp;
  readonly createdAt: Timestamp;
}

interface Submitting {
  /** Counted before each call; `answered` counts the calls that brought an answer. */
  readonly attempts: number;
  readonly answered: number;
  /** Null: no mandate stands over it. */
  readonly limitDayId: string | null;
  readonly accountLimitDayId: string;
}
interface Submitted extends Submitting {
  readonly custodyId: string;
}
/** What a person says became of a transfer, and by what they know it. */
export type Verdict = { readonly note: string } & (
  | { readonly outcome: 'confirmed'; readonly transactionHash: string }
  | { readonly outcome: 'failed' | 'rejected' }
);
interface Resolution {
  readonly note: string;
  readonly by: string;
}
interface Proposal extends Resolution {
  readonly outcome: Verdict['outcome'];
  readonly transactionHash: string | null;
  readonly at: Timestamp;
}
interface Resolvable {
  /** Where a person decided, and not custody. */
  readonly resolution?: Resolution;
}

interface TransferFacts {
  prepared: object;
  submitting: Submitting;
  submitted: Submitted;
  awaiting_approval: Submitted & { readonly approvalId: string };
  broadcast: Submitted & { readonly transactionHash: string };
  confirmed: Submitted & Resolvable & { readonly transactionHash: string; readonly confirmedAt: Timestamp };
  /** A hash of a failed transfer: it was reverted on the network, and cost a fee. */
  failed: Submitting & Resolvable & { readonly reason: string; readonly transactionHash: string | null };
  rejected: Submitting & Resolvable & { readonly reason: string };
  /** The proposal of one person, where it takes two. */
  needs_review: Submitting & { readonly reason: string; readonly proposal?: Proposal };
  canceled: { readonly reason: string };
}

export type TransferStatus = keyof typeof transferMachine;
export type Transfer<S extends TransferStatus = TransferStatus> = InStatus<TransferCore, TransferFacts, S>;
/** Handed over and not at an end: custody is asked how it stands. */
export const underWay = ['submitted', 'awaiting_approval', 'broadcast'] as const;
export type UnderWay = Transfer<(typeof underWay)[number]>;

const become = transitions<typeof transferMachine, TransferCore, TransferFacts>();

/** A call that is not answered after this long is taken up again. */
const ATTEMPT_SECONDS = 60;
const BACKOFF_SECONDS_MAX = 900;
const BARRED_SECONDS = 300;
/** How often a transfer under way is looked at, should no webhook come. */
export const LOOK_AGAIN_SECONDS = 60;

const HOUR = 3600;
/** From this age on, counted from its preparation, a transfer in such a status is something for a person to look at. */
export const slowAfterSeconds = {
  prepared: 2 * HOUR,
  submitting: HOUR / 2,
  submitted: HOUR / 2,
  awaiting_approval: 24 * HOUR,
  broadcast: 2 * HOUR,
  needs_review: 24 * HOUR,
} as const satisfies Partial<Record<TransferStatus, number>>;

/** The intent: from this commit on nobody can cancel, and custody may hear of it at any time. */
export const submit = (
  transfer: Transfer<'prepared'>,
  days: Pick<Submitting, 'limitDayId' | 'accountLimitDayId'>,
  at: Timestamp,
): Transfer<'submitting'> => ({
  ...become(transfer, 'submitting', { attempts: 1, answered: 0, ...days }),
  nextAttemptAt: addSeconds(at, ATTEMPT_SECONDS),
});

/** Another of the same wallet goes first; a wake-up comes when it is out of the way, and this look in any case. */
export const waitInTurn = (transfer: Transfer<'prepared'>, at: Timestamp): Transfer<'prepared'> =>
  amend(transfer, { nextAttemptAt: addSeconds(at, LOOK_AGAIN_SECONDS) });

/** Whether it holds its wallet: the next one of the wallet waits until it is sent, waits for a person, or ended. */
export const holdsWallet = ({ status }: Transfer): boolean => status === 'submitting' || status === 'submitted';

export const cancel = (transfer: Transfer<'prepared'>, reason: string): Transfer<'canceled'> =>
  become(transfer, 'canceled', { reason });

/** Another attempt with the same bytes, counted before the call. */
export const attemptAgain = (transfer: Transfer<'submitting'>, at: Timestamp): Transfer<'submitting'> =>
  amend(transfer, { attempts: transfer.attempts + 1, nextAttemptAt: addSeconds(at, ATTEMPT_SECONDS) });

/** Whether custody may have acted on an attempt whose answer we never read; the one now being heard does not count. */
const hasUnanswered = (transfer: Transfer<'submitting'>): boolean => transfer.attempts - 1 > transfer.answered;

/**
 * What a transfer becomes by custody's answer to an attempt. A conflict needs a look at the duplicate: `adopt` after it.
 * @param jitter 0 to 1, spreads the retries
 */
export function hear(
  transfer: Transfer<'submitting'>,
  answer: Exclude<TransferAnswer, { kind: 'conflict' }>,
  at: Timestamp,
  jitter: number,
): Transfer {
  const later = (seconds: number, answered: number) =>
    amend(transfer, { answered: transfer.answered + answered, nextAttemptAt: addSeconds(at, seconds) });
  switch (answer.kind) {
    case 'accepted':
      return observe(transfer, answer.transfer, at) ?? transfer;
    case 'refused':
      // An earlier attempt without an answer may have landed, and then this refusal says nothing about it.
      return hasUnanswered(transfer)
        ? become(transfer, 'needs_review', {
            reason: `refused (${answer.status}) after an attempt without an answer: ${answer.message}`,
          })
        : become(transfer, 'failed', {
            reason: answer.message,
            answered: transfer.answered + 1,
            transactionHash: null,
          });
    case 'barred':
      return later(BARRED_SECONDS, 1);
    case 'limited':
      return later(Math.max(1, answer.retryAfterSeconds), 1);
    case 'unknown':
      return later(backoffSeconds(transfer.attempts, jitter), 0);
  }
}

/** Full jitter on the upper half: never sooner than half the step, never later than the cap. */
const backoffSeconds = (attempts: number, jitter: number): number => {
  const step = Math.min(BACKOFF_SECONDS_MAX, 2 ** Math.min(attempts, 10));
  return Math.ceil(step / 2 + (step / 2) * jitter);
};

/** Whether custody is known not to have acted on any attempt so far. */
export const isKnownUnsent = (transfer: Transfer<'submitting'>): boolean => transfer.attempts === transfer.answered;

/** A stop came before custody took the transfer: every attempt was answered, and none with it. */
export function stopUnsent(transfer: Transfer<'submitting'>, reason: string): Transfer<'failed'> {
  if (!isKnownUnsent(transfer)) throw new TypeError('custody may have acted on an attempt');
  return become(transfer, 'failed', { reason, transactionHash: null });
}

/** A stop came and custody may have acted, but does not show it: only a person may say what became of it. */
export const leaveToPerson = (transfer: Transfer<'submitting'>, reason: string): Transfer<'needs_review'> =>
  become(transfer, 'needs_review', { reason });

/** A conflict: the external id is bound to something else, or to our own earlier attempt. Only the same request is ours. */
export function adopt(
  transfer: Transfer<'submitting'>,
  duplicate: CustodyTransfer | undefined,
  at: Timestamp,
): Transfer {
  if (duplicate !== undefined && isOurs(transfer, duplicate)) return observe(transfer, duplicate, at) ?? transfer;
  return become(transfer, 'needs_review', { reason: 'custody holds another transfer under our external id' });
}

function isOurs(transfer: Transfer, found: CustodyTransfer): boolean {
  if (found.walletId !== transfer.custodyWalletId || found.externalId !== transfer.externalId) return false;
  const theirs = Object.entries(found.body ?? {});
  return Object.entries(JSON.parse(transfer.requestBody)).every(([key, wanted]) =>
    theirs.some(([name, value]) => name === key && value === wanted),
  );
}

const order: readonly string[] = ['submitted', 'awaiting_approval', 'broadcast', 'confirmed'];

/** Follows custody forward; undefined when it says nothing new. */
export function observe(
  transfer: Transfer<'submitting'> | UnderWay | Transfer<'needs_review'>,
  seen: CustodyTransfer,
  at: Timestamp,
): Transfer | undefined {
  const base = { ...transfer, custodyId: seen.id, nextAttemptAt: addSeconds(at, LOOK_AGAIN_SECONDS) };
  if (seen.replacementId !== undefined && (seen.status === 'failed' || seen.status === 'rejected')) {
    // What took its place may have paid (a speed-up) or not (a cancellation): its own failure says nothing.
    return transfer.status === 'needs_review'
      ? undefined
      : become(base, 'needs_review', { reason: `replaced at custody by ${seen.replacementId}: ${seen.reason ?? ''}` });
  }
  if (seen.status === 'failed') return becomeFailed(base, seen);
  if (seen.status === 'rejected' && transfer.status === 'needs_review' && transfer.transactionHash !== null)
    return undefined;
  if (seen.status === 'rejected') return becomeRejected(base, seen);
  const rank = (status: string) => order.indexOf(status);
  if (rank(seen.status) <= rank(transfer.status)) return undefined;
  const known = { custodyId: seen.id };
  if (seen.status === 'submitted' && isIn(base, ['submitting', 'needs_review']))
    return become(base, 'submitted', known);
  if (seen.status === 'awaiting_approval' && isIn(base, ['submitting', 'submitted', 'needs_review'])) {
    return become(base, 'awaiting_approval', { ...known, approvalId: seen.approvalId ?? 'unknown' });
  }
  if (seen.transactionHash === undefined) {
    // Sent, says custody, without naming the transaction yet: known to be there, the rest at the next look.
    return isIn(base, ['submitting', 'needs_review']) ? become(base, 'submitted', known) : undefined;
  }
  const hashed = { ...known, transactionHash: seen.transactionHash };
  if (seen.status === 'confirmed') return become(base, 'confirmed', { ...hashed, confirmedAt: at });
  return isIn(base, ['broadcast']) ? undefined : become(base, 'broadcast', hashed);
}

const becomeFailed = (base: Transfer<'submitting' | 'needs_review'> | UnderWay, seen: CustodyTransfer): Transfer =>
  become(base, 'failed', {
    reason: seen.reason ?? 'custody reports a failure without a reason',
    transactionHash: seen.transactionHash ?? base.transactionHash,
  });

const becomeRejected = (base: Transfer<'submitting' | 'needs_review'> | UnderWay, seen: CustodyTransfer): Transfer =>
  // Custody cannot reject what it has sent: a person has to look.
  isIn(base, ['broadcast'])
    ? become(base, 'needs_review', { reason: 'custody reports a rejection after the broadcast' })
    : become(base, 'rejected', { reason: seen.reason ?? 'rejected by a policy of custody' });

interface Evidence {
  /** What a paged list of the wallet shows under our external id. */
  readonly atCustody: CustodyTransfer | undefined;
  /** Whether custody or the network shows the transaction that the verdict names. */
  readonly isShown: boolean;
}

/** A person's word ends a transfer only where custody does not contradict it. */
export function resolve(
  transfer: Transfer<'needs_review'>,
  verdict: Verdict & { readonly by: string },
  { atCustody, isShown }: Evidence,
  at: Timestamp,
): Result<Transfer> {
  const { note } = verdict;
  const resolution = { note, by: verdict.by };
  const contradicted = refuse({ code: 'resolution_contradicted', found: atCustody?.status ?? 'none' });
  switch (verdict.outcome) {
    case 'confirmed': {
      if (atCustody === undefined || !isShown) return contradicted;
      const { transactionHash } = verdict;
      const known = { custodyId: atCustody.id, transactionHash, confirmedAt: at, resolution };
      return accept(become(transfer, 'confirmed', known));
    }
    case 'failed': {
      // What custody has failed by itself may be called failed; what it does not show, if it never said that it has it.
      const isGone = atCustody === undefined ? transfer.custodyId === null : atCustody.status === 'failed';
      if (!isGone) return contradicted;
      const custodyId = atCustody?.id ?? null;
      const failed = become(transfer, 'failed', {
        reason: note,
        transactionHash: transfer.transactionHash,
        resolution,
      });
      return accept({ ...failed, custodyId });
    }
    case 'rejected':
      return atCustody?.status === 'rejected'
        ? accept({ ...become(transfer, 'rejected', { reason: note, resolution }), custodyId: atCustody.id })
        : contradicted;
  }
}

/** Whether the outcome proves that nothing left: only then is the reserved limit given back. */
export const isWithoutEffect = (transfer: Transfer): boolean =>
  transfer.status === 'rejected' ||
  transfer.status === 'canceled' ||
  (transfer.status === 'failed' && transfer.custodyId === null);
