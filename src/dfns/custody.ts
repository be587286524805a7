// Custody: what we ask of it, in our words. Reads throw a CustodyUnavailable fault when there is no answer; mutations
// return a closed union instead, because an answer that was lost is a fact to keep.
import type {
  ChangeAnswer,
  CreateAnswer,
  CustodyApproval,
  CustodyApprovalInFull,
  CustodyMovement,
  CustodyPolicy,
  CustodyTransfer,
  CustodyWallet,
  SignedAction,
  SignedActions,
  TagAnswer,
  TransferAnswer,
} from '../domain/custody.ts';
import type { Network } from '../domain/network.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Haste } from './pace.ts';

/** Custody did not answer a read, or not in words we know. Nothing is known; asking again is always safe. */
export class CustodyUnavailable extends Error {
  override readonly name = 'CustodyUnavailable';
}

export interface ApprovedChange {
  readonly changeRequestId: string;
  readonly approvalId: string;
}

export interface Balance {
  readonly contract: string | undefined;
  readonly units: bigint;
  /** The price of one whole unit; undefined where custody has none. */
  readonly usd: number | undefined;
}

export interface CustodyEvent {
  readonly id: string;
  readonly kind: string;
  readonly date: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly retryOf?: string | undefined;
}

export interface FeeSponsor {
  readonly network: string;
  readonly isActive: boolean;
}

/** In whole coins, as the venue shows it. */
export interface VenueBalance {
  readonly symbol: string;
  readonly balance: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

export interface Custody {
  /** All active policies of the organisation. */
  listPolicies(): Promise<readonly CustodyPolicy[]>;
  /** A page of the active policies; for readers of them all that keep to a pace. */
  pageOfPolicies(after: string | undefined): Promise<Page<CustodyPolicy>>;
  findPolicy(policyId: string): Promise<CustodyPolicy | undefined>;
  createApprovedList(list: { name: string; tag: string }): Promise<CreateAnswer<CustodyPolicy>>;
  replaceApprovedList(list: {
    policyId: string;
    name: string;
    tag: string;
    addresses: readonly string[];
  }): Promise<ChangeAnswer>;
  findApproval(approvalId: string): Promise<CustodyApproval | undefined>;
  /** With what it is about. */
  findApprovalInFull(approvalId: string): Promise<CustodyApprovalInFull | undefined>;
  /** One page of what waits for a decision, in one call. */
  listPendingApprovals(after: string | undefined): Promise<Page<CustodyApprovalInFull>>;
  /** One page of the active policies, in one call. */
  listPoliciesPage(after: string | undefined): Promise<Page<CustodyPolicy>>;
  /** Every approved change of this policy to exactly this list, from a paged scan of decided approvals. */
  listApprovedChanges(policyId: string, addresses: readonly string[]): Promise<readonly ApprovedChange[]>;

  findWallet(walletId: string): Promise<CustodyWallet | undefined>;
  pageOfWallets(after: string | undefined): Promise<Page<CustodyWallet>>;
  /** A paged scan: custody cannot search by label. */
  listWalletsByExternalId(externalId: string): Promise<readonly CustodyWallet[]>;
  createWallet(wallet: {
    network: Network;
    name: string;
    externalId: string;
    tags: readonly string[];
  }): Promise<CreateAnswer<CustodyWallet>>;
  /** Adds; what is there stays. We may never take a tag off. */
  addTags(walletId: string, tags: readonly string[]): Promise<TagAnswer>;
  listBalances(walletId: string): Promise<readonly Balance[]>;
  listMovements(walletId: string, after: string | undefined): Promise<Page<CustodyMovement>>;

  /** `body` is the exact request text; it reaches custody byte for byte. */
  transfer(walletId: string, body: string): Promise<TransferAnswer>;
  /** Both of these with what took its place, where something did. */
  findTransfer(walletId: string, transferId: string): Promise<CustodyTransfer | undefined>;
  pageOfTransfers(walletId: string, after: string | undefined, haste?: Haste): Promise<Page<CustodyTransfer>>;
  /**
   * A paged scan of the wallet, back to when it was prepared: custody cannot search by external id.
   * @param since nothing of it was sent before
   */
  findTransferByExternalId(
    walletId: string,
    externalId: string,
    since: Timestamp,
  ): Promise<CustodyTransfer | undefined>;

  /** Undefined: there is no such sponsor. */
  findFeeSponsor(id: string): Promise<FeeSponsor | undefined>;
  /** What was signed within a range of at most seven days. */
  listSignedActions(range: { from: string; to: string }): Promise<SignedActions>;
  findSignedAction(id: string): Promise<SignedAction | undefined>;

  /** Of an account at an exchange, `exchange id/account id`; undefined: custody shows no such account. */
  findVenueBalances(venueAccount: string, haste?: Haste): Promise<readonly VenueBalance[] | undefined>;

  /** Events of our webhook that custody keeps for 31 days. */
  listWebhookIds(url: string): Promise<readonly string[]>;
  /** @param isFailedOnly those whose delivery custody itself knows to have failed */
  listEvents(webhookId: string, after: string | undefined, isFailedOnly: boolean): Promise<Page<CustodyEvent>>;
}
