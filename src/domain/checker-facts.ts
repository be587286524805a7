// What the product answers when the checker asks about a transfer: ids and facts, never a decision. The checker believes it
// only where it speaks against a payment.
import type { AssetId } from './asset.ts';
import type { TransferStatus } from './transfer.ts';

/** One recipient and what it is to get; a batch has several. */
export interface Payment {
  readonly asset: AssetId;
  readonly units: bigint;
  /** In its canonical form. */
  readonly address: string;
}

export interface KnownPayment extends Payment {
  /** Whether the place may be paid: approved, past its cooling-off, known to an officer. */
  readonly isApproved: boolean;
}

/** Something that is in force now and speaks against money leaving. */
export interface Stop {
  readonly code: string;
  readonly says: string;
}

export interface TransferFacts {
  readonly origin: { readonly kind: 'order' | 'payout'; readonly id: string };
  readonly externalId: string;
  readonly custodyWalletId: string;
  /** The request at custody, once its answer was heard. */
  readonly custodyId: string | null;
  readonly status: TransferStatus;
  readonly payments: readonly KnownPayment[];
  readonly stops: readonly Stop[];
}

/** The methods of the service binding. They read and change nothing. */
export interface CheckerFactsSource {
  findTransferFacts(asked: {
    readonly externalId: string | null;
    readonly custodyId: string;
  }): Promise<TransferFacts | null>;
  /** What stops all money, or money of this wallet. */
  stops(custodyWalletId: string): Promise<readonly Stop[]>;
}
