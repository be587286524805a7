// The one way money leaves. The exact body and external id are committed before custody is asked, every repeat sends the
// same bytes, and states only move forward. What custody says of it is heard in transfer-answer.ts; what a person says, in
// transfer-resolution.ts.
import type { AssetId } from './asset.ts';
import type { AccountId, DestinationId, HotWalletId, OrderId, PayoutId, TransferId, WalletId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
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

/** A client's money, by an order. */
interface OfOrder {
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  readonly walletId: WalletId;
  readonly destinationId: DestinationId;
  readonly payoutId: null;
}
/** The company's money, by a row of a batch. */
interface OfPayout {
  readonly accountId: null;
  readonly orderId: null;
  readonly walletId: HotWalletId;
  readonly destinationId: null;
  readonly payoutId: PayoutId;
}

type TransferCore = (OfOrder | OfPayout) & {
  readonly id: TransferId;
  readonly version: number;
  readonly custodyWalletId: string;
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
};

interface Submitting {
  /** Counted before each call; `answered` counts the calls that brought an answer. */
  readonly attempts: number;
  readonly answered: number;
  /** Null: no mandate stands over it. */
  readonly limitDayId: string | null;
  /** Null: it is no client's money. */
  readonly accountLimitDayId: string | null;
  /** Sums of the company's own caps that count it. */
  readonly capIds?: readonly string[];
  /** Somebody stopped it when custody had it already: a person there has to deny it. */
  readonly stopRequested?: {
    readonly at: Timestamp;
    readonly reason: string;
    /** A rule's is taken back with what stopped it. */
    readonly by: 'rule' | 'person';
  } | null;
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
  failed: Submitting &
    Resolvable & {
      readonly reason: string;
      readonly transactionHash: string | null;
      /** The transaction that took its place on the network and moved nothing. */
      readonly canceledBy?: string;
    };
  rejected: Submitting & Resolvable & { readonly reason: string };
  /** The proposal of one person, where it takes two. */
  needs_review: Submitting & { readonly reason: string; readonly proposal?: Proposal };
  canceled: { readonly reason: string };
}

export type TransferStatus = keyof typeof transferMachine;
export type Transfer<S extends TransferStatus = TransferStatus> = InStatus<TransferCore, TransferFacts, S>;
export type OrderTransfer<S extends TransferStatus = TransferStatus> = Transfer<S> & OfOrder;
export type PayoutTransfer<S extends TransferStatus = TransferStatus> = Transfer<S> & OfPayout;
/** Handed over and not at an end: custody is asked how it stands. */
export const underWay = ['submitted', 'awaiting_approval', 'broadcast'] as const;
export type UnderWay = Transfer<(typeof underWay)[number]>;

/** For what is said of transfers in this folder: the steps of the machine, each under a name of its own. */
export const become = transitions<typeof transferMachine, TransferCore, TransferFacts>();

/** A call that is not answered after this long is taken up again. */
const ATTEMPT_SECONDS = 60;
/** How often a transfer under way is looked at, should no webhook come. */
export const LOOK_AGAIN_SECONDS = 60;

const HOUR = 3600;
/** A transfer that has been in such a status for so long is something for a person to look at. */
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
  days: Pick<Submitting, 'limitDayId' | 'accountLimitDayId' | 'capIds'>,
  at: Timestamp,
): Transfer<'submitting'> => ({
  ...become(transfer, 'submitting', { attempts: 1, answered: 0, ...days }),
  nextAttemptAt: addSeconds(at, ATTEMPT_SECONDS),
});

/** Whether it holds its wallet: the next one of the wallet waits until it is sent, waits for a person, or ended. */
export const holdsWallet = ({ status }: Transfer): boolean => status === 'submitting' || status === 'submitted';

export const cancel = (transfer: Transfer<'prepared'>, reason: string): Transfer<'canceled'> =>
  become(transfer, 'canceled', { reason });

/** Another attempt with the same bytes, counted before the call. */
export const attemptAgain = (transfer: Transfer<'submitting'>, at: Timestamp): Transfer<'submitting'> =>
  amend(transfer, { attempts: transfer.attempts + 1, nextAttemptAt: addSeconds(at, ATTEMPT_SECONDS) });

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

/** Whether the outcome proves that nothing left: only then is the reserved limit given back. */
export const isWithoutEffect = (transfer: Transfer): boolean =>
  transfer.status === 'rejected' ||
  transfer.status === 'canceled' ||
  (transfer.status === 'failed' && (transfer.custodyId === null || transfer.canceledBy !== undefined));
