// What custody tells us, in our words. Every answer to a mutation is a closed union with `unknown` in it: an answer that
// was lost is never taken for a failure.

export type CustodyTransferStatus =
  | 'submitted'
  | 'awaiting_approval'
  | 'broadcast'
  | 'confirmed'
  | 'failed'
  | 'rejected';

export interface CustodyTransfer {
  readonly id: string;
  readonly walletId: string;
  readonly status: CustodyTransferStatus;
  readonly requestedAt?: string | undefined;
  /** The request as custody keeps it. */
  readonly body: unknown;
  readonly externalId?: string | undefined;
  readonly approvalId?: string | undefined;
  readonly transactionHash?: string | undefined;
  readonly reason?: string | undefined;
  /** Another transaction of the same nonce took its place, or tries to: somebody canceled it or sped it up. */
  readonly replacementId?: string | undefined;
  /** The last of those, where it could be read. */
  readonly replacement?: CustodyReplacement | undefined;
}

export interface CustodyReplacement {
  readonly id: string;
  /** Moves nothing, the same once more, or what custody has no word for. Faster or not, a cancellation stays one. */
  readonly kind: 'cancel' | 'speed_up' | 'other';
  readonly status: CustodyTransferStatus;
  readonly transactionHash?: string | undefined;
}

export interface CustodyWallet {
  readonly id: string;
  readonly network: string;
  readonly address?: string | undefined;
  /** The key that signs for it. */
  readonly keyId: string;
  readonly tags: readonly string[];
  /** A label at custody, not an idempotency key; ours is the wallet id. */
  readonly externalId?: string | undefined;
  readonly isActive: boolean;
}

export type CustodyRule =
  | { readonly kind: 'always' }
  | { readonly kind: 'approved_list'; readonly addresses: readonly string[] }
  /** Both in USD; a limit in anything else is another rule. */
  | { readonly kind: 'amount'; readonly limit: number }
  | { readonly kind: 'velocity'; readonly limit: number; readonly timeframeMinutes: number }
  | { readonly kind: 'count'; readonly limit: number; readonly timeframeMinutes: number }
  | { readonly kind: 'other'; readonly name: string };

export interface ApprovalGroup {
  readonly name?: string | undefined;
  readonly quorum: number;
  /** Undefined: anyone in the organisation. */
  readonly approvers: readonly string[] | undefined;
  readonly initiatorCanApprove: boolean;
  readonly serviceAccountsCanApprove: boolean;
}

export type CustodyAction =
  | { readonly kind: 'block' }
  | {
      readonly kind: 'approval';
      readonly groups: readonly ApprovalGroup[];
      readonly autoRejectMinutes: number | undefined;
    }
  | { readonly kind: 'none' }
  /** What custody does then is not known here. */
  | { readonly kind: 'other'; readonly name: string };

export interface PendingChange {
  readonly id: string;
  readonly approvalId: string;
  /** The list that the change would set; undefined when it would set none. */
  readonly addresses: readonly string[] | undefined;
  readonly archives: boolean;
}

export interface CustodyPolicy {
  readonly id: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly activity: string;
  readonly rule: CustodyRule;
  readonly action: CustodyAction;
  readonly walletTagsAll: readonly string[];
  /** Whether the filter holds anything besides `walletTagsAll`. */
  readonly hasOtherFilters: boolean;
  /** What of those filters can be read; undefined where there are none. */
  readonly otherFilters?: OtherFilters | undefined;
  readonly pendingChange: PendingChange | undefined;
}

/** Filters narrow a policy together: a wallet that one of them leaves out is left out, whatever the others say. */
export interface OtherFilters {
  /** Undefined: whichever wallet. */
  readonly walletIds: readonly string[] | undefined;
  /** One of these is enough; undefined: whatever its tags. */
  readonly walletTagsAny: readonly string[] | undefined;
  /** Whether these are all. */
  readonly isWhole: boolean;
}

export interface CustodyApproval {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'denied' | 'expired';
  readonly decisions: readonly {
    readonly userId: string;
    readonly value: 'approved' | 'denied';
    readonly reason: string | null;
  }[];
}

/** An approval with what it is about, for a person who is to decide. */
export interface CustodyApprovalInFull extends CustodyApproval {
  readonly initiatorId: string;
  readonly activity: string;
  readonly createdAt: string | undefined;
  /** When custody rejects it by itself. */
  readonly expiresAt: string | undefined;
  /** The policies that ask for it. */
  readonly policyIds: readonly string[];
  readonly change:
    | {
        readonly changeRequestId: string;
        readonly policyId: string;
        /** Of the policy as it would be. */
        readonly policyName: string | undefined;
        readonly activity: string | undefined;
        readonly walletTags: readonly string[];
        readonly archives: boolean;
        /** The list that it would set; undefined when it would set none. */
        readonly addresses: readonly string[] | undefined;
      }
    | undefined;
  /** A transfer, a transaction or a signature of a wallet. */
  readonly request:
    | { readonly kind: string; readonly walletId: string; readonly externalId: string | undefined }
    | undefined;
}

/** A line of custody's list of signed actions. It says what was signed, not what became of it. */
export interface SignedActionLine {
  readonly performedAt: string;
  readonly id: string;
  readonly userId: string;
  readonly username: string;
  readonly credentialId: string;
  readonly path: string;
  readonly summary: string;
}

export type SignedActions =
  | { readonly kind: 'read'; readonly lines: readonly SignedActionLine[]; readonly isTruncated: boolean }
  | { readonly kind: 'not_permitted' };

/** One signed action with its signature, where custody gives it. */
export interface SignedAction {
  readonly id: string;
  readonly action: string;
  readonly userId: string;
  readonly username: string;
  readonly performedAt: string;
  readonly credentialId: string;
  readonly credentialKind: string;
  /** PEM. */
  readonly publicKey: string | null;
  readonly assertion: {
    readonly authenticatorData: string | null;
    readonly clientData: string;
    readonly signature: string;
  } | null;
}

/** One confirmed entry of a wallet's history on the network. */
export interface CustodyMovement {
  readonly walletId: string;
  readonly direction: 'in' | 'out';
  readonly transactionHash: string;
  readonly position: string;
  readonly contract: string | undefined;
  /** Whether custody knows the token as what it says it is; undefined where custody does not say. */
  readonly isVerified: boolean | undefined;
  readonly from: string;
  readonly to: string;
  readonly units: bigint;
  readonly feeUnits: bigint;
  readonly at: string;
}

/** Answers that every mutation can get besides its own. */
type Hindered =
  /** Custody judged the request and said no. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** Our credential or permission was not accepted: never the fault of what was asked. */
  | { readonly kind: 'barred'; readonly status: number; readonly message: string }
  /** Too many calls; nothing was done. */
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  /** No answer, or none that can be read: it may have been done. */
  | { readonly kind: 'unknown'; readonly reason: string };

export type TransferAnswer =
  | { readonly kind: 'accepted'; readonly transfer: CustodyTransfer }
  | { readonly kind: 'conflict'; readonly duplicateId: string | undefined }
  /** Custody has it, and shows nothing of it: it is found by its external id. */
  | { readonly kind: 'taken' }
  | Hindered;
export type CreateAnswer<T> = { readonly kind: 'created'; readonly created: T } | Hindered;
export type TagAnswer = { readonly kind: 'tagged' } | Hindered;
export type ChangeAnswer =
  | { readonly kind: 'pending'; readonly changeRequestId: string; readonly approvalId: string }
  | { readonly kind: 'applied' }
  | Hindered;
