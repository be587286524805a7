/** Owns the shapes of what the sandbox keeps and answers, as the types of Dfns' own SDK describe them. */
import type { DirectoryEntities } from './directory-types.ts';
import type { ExchangeEntities } from './exchange-types.ts';
import type { Curve } from './key-material.ts';
import type { Policy, PolicyBody } from './policy-schemas.ts';
import type { Key, RequestEntities, RequestTable, Signature, Transaction, Transfer } from './request-types.ts';

export type { Key, Policy, PolicyBody, Signature, Transaction, Transfer };

export type Requester = { userId: string; tokenId?: string };

export type Wallet = {
  id: string;
  network: string;
  address: string;
  signingKey: Curve & { id: string; publicKey: string };
  status: 'Active' | 'Inactive' | 'Archived';
  dateCreated: string;
  dateDeleted?: string;
  name?: string;
  custodial: boolean;
  externalId?: string;
  tags: string[];
};

export type AssetMetadata = {
  symbol?: string;
  decimals?: number;
  verified?: boolean;
  quotes?: Record<string, number>;
};

export type TransferStatus = 'Pending' | 'Executing' | 'Broadcasted' | 'Confirmed' | 'Failed' | 'Rejected';

/** One confirmed event on the chain, as wallet history and the webhook of a deposit show it. */
export type HistoryItem = {
  walletId: string;
  direction: 'In' | 'Out';
  network: string;
  blockNumber: number;
  txHash: string;
  index: string;
  timestamp: string;
  metadata: { asset: AssetMetadata; fee?: AssetMetadata };
  kind: 'NativeTransfer' | 'Erc20Transfer' | 'Erc721Transfer' | 'SplTransfer' | 'Spl2022Transfer' | 'UtxoTransfer';
  contract?: string;
  tokenId?: string;
  mint?: string;
  from?: string;
  to?: string;
  /** Bitcoin only, instead of `from` and `to`. */
  froms?: string[];
  tos?: string[];
  value: string;
  fee?: string;
  symbol?: string;
  decimals?: number;
  verified?: boolean;
};

export type ChangeRequest = {
  id: string;
  requester: Requester;
  kind: 'Policy';
  /** The types know an update only; a setting says what an archiving is called. */
  operationKind: 'Update' | 'Delete';
  status: 'Applied' | 'Failed' | 'Pending' | 'Rejected';
  entityId: string;
  dateCreated: string;
  dateResolved?: string;
  approvalId?: string;
  body: Policy;
};

export type PolicyEvaluation = { policyId: string; triggered: boolean; reason: string; context?: unknown };
export type Decision = { userId: string; date: string; reason: string | null; value: 'Approved' | 'Denied' };

export type ApprovalGroup = {
  name?: string | undefined;
  quorum: number;
  approvers: { userId?: { in: string[] } | undefined };
  initiatorCanApprove?: boolean | undefined;
  serviceAccountsCanApprove?: boolean | undefined;
};

/** What is kept of an approval: the activity by id, and the groups as they were when it was asked for. */
export type Approval = {
  id: string;
  initiatorId: string;
  subject:
    | { kind: 'Wallets:Sign'; table: RequestTable; requestId: string }
    | { kind: 'Policies:Modify' | 'Permissions:Modify' | 'Permissions:Assign'; changeRequestId: string };
  status: 'Pending' | 'Approved' | 'Denied' | 'Expired';
  expirationDate?: string;
  dateCreated: string;
  dateUpdated: string;
  dateResolved?: string;
  policyEvaluations: PolicyEvaluation[];
  decisions: Decision[];
  groups: ApprovalGroup[];
};

export type Webhook = {
  id: string;
  url: string;
  events: string[];
  status: 'Enabled' | 'Disabled';
  description?: string;
  dateCreated: string;
  dateUpdated: string;
  secret: string;
};

/** One attempt to deliver one fact to one webhook. Dfns: every attempt is a new event with a new id. */
export type WebhookEvent = {
  id: string;
  webhookId: string;
  date: string;
  kind: string;
  data: Record<string, unknown>;
  status: string;
  error?: string;
  timestampSent: number;
  attempt: number;
  retryOf?: string;
  /** The first attempt, from which the schedule of the others is counted. */
  originalId: string;
  firstAttemptAt: number;
  nextAttemptDate?: string;
};

export type DeliveryStatus = 'queued' | 'held' | 'sent' | 'failed' | 'dropped';

/** The request that carries an event; the text is exactly what was signed. */
export type Delivery = {
  id: string;
  eventId: string;
  webhookId: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  attempt: number;
  status: DeliveryStatus;
  responseStatus?: number;
  dateSent?: string;
};

export type Fault = {
  id: string;
  method: string;
  path: string;
  kind: 'latency' | 'status' | 'html' | 'no_response' | 'redirect' | 'empty' | 'garbled';
  status?: number | undefined;
  retryAfter?: number | undefined;
  seconds?: number | undefined;
  afterEffect?: boolean | undefined;
  times?: number | undefined;
};

export type FeeSponsor = {
  id: string;
  name?: string;
  walletId: string;
  network: string;
  status: 'Active' | 'Deactivated' | 'Archived';
  dateCreated: string;
  allowEndUser?: boolean;
};

export type SponsoredFee = {
  feeSponsorId: string;
  sponsoreeId: string;
  requestId: string;
  fee?: string;
  dateRequested: string;
  dateConfirmed: string;
};

export type Entities = DirectoryEntities &
  RequestEntities &
  ExchangeEntities & {
    wallets: Wallet;
    keys: Key;
    history: HistoryItem;
    policies: Policy;
    change_requests: ChangeRequest;
    approvals: Approval;
    webhooks: Webhook;
    events: WebhookEvent;
    deliveries: Delivery;
    faults: Fault;
    fee_sponsors: FeeSponsor;
    sponsored_fees: SponsoredFee;
  };
export type Table = keyof Entities;
