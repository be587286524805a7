// What a transfer becomes by what custody says: its answer to an attempt, and how it stands when it is read again. An answer
// that was lost is never taken for a failure.
import type { CustodyReplacement, CustodyTransfer, TransferAnswer } from './custody.ts';
import { amend, isIn } from './machine.ts';
import { addSeconds, type Timestamp } from './time.ts';
import { become, LOOK_AGAIN_SECONDS, type Transfer, type UnderWay } from './transfer.ts';

const BACKOFF_SECONDS_MAX = 900;
const BARRED_SECONDS = 300;

/** Whether custody may have acted on an attempt whose answer we never read; the one now being heard does not count. */
const hasUnanswered = (transfer: Transfer<'submitting'>): boolean => transfer.attempts - 1 > transfer.answered;

/** What an attempt brought, once custody was looked at where its answer alone says too little. */
export type Hearing = Exclude<TransferAnswer, { kind: 'conflict' | 'taken' }>;

/**
 * What a transfer becomes by custody's answer to an attempt. A conflict needs a look at the duplicate: `adopt` after it.
 * @param jitter 0 to 1, spreads the retries
 */
export function hear(transfer: Transfer<'submitting'>, answer: Hearing, at: Timestamp, jitter: number): Transfer {
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
  // Custody may show the external id beside the request only.
  const theirs = Object.entries({ ...(found.body ?? {}), externalId: found.externalId });
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
  // Confirmed itself, it was quicker than what was to take its place.
  if (seen.replacementId !== undefined && seen.status !== 'confirmed') return observeReplaced(transfer, seen, at);
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

/** Its own end says nothing: what took its place may have paid, may yet, or has made sure that nothing is paid. */
function observeReplaced(
  transfer: Parameters<typeof observe>[0],
  { replacementId, replacement, ...seen }: CustodyTransfer,
  at: Timestamp,
): Transfer | undefined {
  const isOver = seen.status === 'failed' || seen.status === 'rejected';
  const { transactionHash } = replacement ?? {};
  if (replacement?.status === 'confirmed' && transactionHash !== undefined) {
    if (replacement.kind === 'speed_up')
      return observe(transfer, { ...seen, status: 'confirmed', transactionHash }, at);
    if (replacement.kind === 'cancel' && transfer.status !== 'needs_review') {
      return become({ ...transfer, custodyId: seen.id }, 'failed', {
        reason: `canceled at custody: ${transactionHash} took its place and moved nothing`,
        transactionHash: null,
        canceledBy: transactionHash,
      });
    }
  }
  const mayCome = replacement !== undefined && mayYetConfirm(replacement);
  // Until it is decided the one that was sent first is still what is under way.
  if (!isOver || mayCome) return observe(transfer, { ...seen, status: isOver ? 'broadcast' : seen.status }, at);
  if (transfer.status === 'needs_review') return undefined;
  const known = replacement === undefined ? 'which could not be read' : `${replacement.kind}, ${replacement.status}`;
  return become({ ...transfer, custodyId: seen.id }, 'needs_review', {
    reason: `replaced at custody by ${replacementId} (${known}): ${seen.reason ?? ''}`,
  });
}

const mayYetConfirm = ({ status }: CustodyReplacement): boolean =>
  status === 'submitted' || status === 'awaiting_approval' || status === 'broadcast';

/** Whether what took the place of this one has paid, or may yet. */
export const mayPayInPlace = ({ replacement }: CustodyTransfer): boolean =>
  replacement !== undefined &&
  (mayYetConfirm(replacement) || (replacement.status === 'confirmed' && replacement.kind !== 'cancel'));

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
