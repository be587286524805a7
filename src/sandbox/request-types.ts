/** Owns the shapes of keys and of what wallets are asked to sign, as the types of Dfns' own SDK describe them. */
import type { AssetMetadata, Requester, TransferStatus } from './entities.ts';
import type { Curve, RawSignature } from './key-material.ts';
import type { SignatureBody } from './signature-schemas.ts';
import type { TransactionBody } from './transaction-schemas.ts';
import type { TransferBody } from './transfer-schemas.ts';

export type Key = Curve & {
  id: string;
  publicKey: string;
  name?: string;
  status: 'Active' | 'Archived';
  custodial: boolean;
  dateCreated: string;
  dateDeleted?: string;
};

/** What everything that waits for a signature has in common. */
type Requested = {
  id: string;
  requester: Requester;
  reason?: string;
  approvalId?: string;
  dateRequested: string;
  datePolicyResolved?: string;
  externalId?: string;
};

type Broadcast = Requested & {
  walletId: string;
  network: string;
  status: TransferStatus;
  txHash?: string;
  fee?: string;
  dateBroadcasted?: string;
  dateConfirmed?: string;
  /** The transaction that took the place of this one on the chain. */
  replacementId?: string;
};

export type Transfer = Broadcast & {
  requestBody: TransferBody;
  metadata: { asset: AssetMetadata };
  feeSponsorId?: string;
};
/** Of a transaction that replaces another one, only its signed form is kept. */
export type Replacement = { kind: 'CancelTransaction' | 'SpeedUpTransaction'; txHash: string; signedTx: string };
export type Transaction = Broadcast & { requestBody: TransactionBody | Replacement };

export type Signature = Requested & {
  keyId: string;
  /** Absent where the key was asked, not a wallet. */
  walletId?: string;
  network?: string;
  requestBody: SignatureBody;
  status: 'Pending' | 'Executing' | 'Signed' | 'Confirmed' | 'Failed' | 'Rejected';
  signature?: RawSignature;
  signedData?: string;
  dateSigned?: string;
};

type Step = 'status' | 'reason' | 'approvalId' | 'datePolicyResolved';
type ChainStep = 'txHash' | 'fee' | 'dateBroadcasted' | 'dateConfirmed' | 'replacementId';
/** What may change after a request was asked. */
export type Change =
  | Partial<Pick<Transfer, Step | ChainStep>>
  | Partial<Pick<Signature, Step | 'signature' | 'signedData' | 'dateSigned'>>;

export type RequestEntities = { transfers: Transfer; transactions: Transaction; signatures: Signature };
export type RequestTable = keyof RequestEntities;
/** The requests that end on the chain. */
export type BroadcastTable = 'transfers' | 'transactions';

/**
 * As it is read later. Dfns answers the wallet of a signature once, to whoever asks that wallet to sign; from then on it
 * shows only the key.
 */
export function viewRequest(request: RequestEntities[RequestTable]) {
  if (!('keyId' in request)) return request;
  const { walletId: _walletId, ...shown } = request;
  return shown;
}
