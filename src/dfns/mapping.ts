// Dfns' answers into our words. Each is checked before it is believed; what we do not need is let through unread.
// Shapes: Dfns API reference and the SDK's own types, version 0.8.21.
import * as z from 'zod';
import type { CustodyMovement, CustodyTransfer, CustodyTransferStatus, CustodyWallet } from '../domain/custody.ts';
import type { Balance, CustodyEvent, FeeSponsor, Page, VenueBalance } from './custody.ts';
import type { Link } from './replacements.ts';

const Digits = z.string().regex(/^\d+$/);

/** EVM addresses are compared in lower case; in base58 the case is part of the address. */
const asKept = (address: string): string => (/^0x/i.test(address) ? address.toLowerCase() : address);

const Wallet = z.object({
  id: z.string(),
  network: z.string(),
  address: z.string().optional(),
  signingKey: z.object({ id: z.string() }),
  status: z.string(),
  externalId: z.string().optional(),
  tags: z.array(z.string()).default([]),
});

export function toWallet(answer: unknown): CustodyWallet {
  const { id, network, address, signingKey, status, externalId, tags } = Wallet.parse(answer);
  return {
    id,
    network,
    address: address && asKept(address),
    keyId: signingKey.id,
    tags,
    externalId,
    isActive: status === 'Active',
  };
}

const Transfer = z.object({
  id: z.string(),
  walletId: z.string(),
  status: z.enum(['Pending', 'Executing', 'Broadcasted', 'Confirmed', 'Failed', 'Rejected']),
  requestBody: z.unknown(),
  externalId: z.string().optional(),
  approvalId: z.string().optional(),
  txHash: z.string().optional(),
  reason: z.string().optional(),
  replacementId: z.string().optional(),
  dateRequested: z.string().optional(),
});

const transferStatuses: Readonly<Record<z.infer<typeof Transfer>['status'], CustodyTransferStatus>> = {
  Pending: 'awaiting_approval',
  Executing: 'submitted',
  Broadcasted: 'broadcast',
  Confirmed: 'confirmed',
  Failed: 'failed',
  Rejected: 'rejected',
};

export function toTransfer(answer: unknown): CustodyTransfer {
  const transfer = Transfer.parse(answer);
  const isWaiting = transfer.status === 'Pending' && transfer.approvalId !== undefined;
  return {
    id: transfer.id,
    walletId: transfer.walletId,
    status: transfer.status === 'Pending' && !isWaiting ? 'submitted' : transferStatuses[transfer.status],
    body: transfer.requestBody,
    externalId: transfer.externalId,
    approvalId: transfer.approvalId,
    transactionHash: transfer.txHash,
    reason: transfer.reason,
    replacementId: transfer.replacementId,
    requestedAt: transfer.dateRequested,
  };
}

const LinkAnswer = Transfer.extend({ requestBody: z.object({ kind: z.string() }) });
const linkKinds: ReadonlyMap<string, Link['kind']> = new Map([
  ['CancelTransaction', 'cancel'],
  ['SpeedUpTransaction', 'speed_up'],
]);

/** A transaction, or a transfer, that took the place of another one. */
export function toLink(answer: unknown): Link {
  const { requestBody } = LinkAnswer.parse(answer);
  const { id, walletId, status, transactionHash, replacementId } = toTransfer(answer);
  return { id, walletId, status, transactionHash, replacementId, kind: linkKinds.get(requestBody.kind) ?? 'other' };
}

const Sponsor = z.object({ network: z.string(), status: z.string() });
export function toFeeSponsor(answer: unknown): FeeSponsor {
  const { network, status } = Sponsor.parse(answer);
  return { network, isActive: status === 'Active' };
}

const VenueAsset = z.object({ symbol: z.string(), balance: z.string() });
export const toVenueBalance = (answer: unknown): VenueBalance => VenueAsset.parse(answer);

const Assigned = z.object({ permissionId: z.string(), operations: z.array(z.string()).optional() });
const ServiceAccount = z.object({
  userInfo: z.object({ userId: z.string(), permissionAssignments: z.array(Assigned).default([]) }),
});
/** What a service account holds; where its operations are not shown, the role says them. */
export const toAssignments = (answer: unknown): z.infer<typeof Assigned>[] =>
  ServiceAccount.parse(answer).userInfo.permissionAssignments;

const Role = z.object({ operations: z.array(z.string()) });
export const toOperations = (answer: unknown): readonly string[] => Role.parse(answer).operations;

const HistoryItem = z.object({
  walletId: z.string(),
  direction: z.enum(['In', 'Out']),
  kind: z.string(),
  txHash: z.string(),
  index: z.string().optional(),
  timestamp: z.string(),
  contract: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  value: Digits.optional(),
  fee: Digits.optional(),
  metadata: z.object({ asset: z.object({ verified: z.boolean().optional() }).optional() }).optional(),
});

/** Undefined for a kind without an amount (an NFT): not an asset that the product books. */
export function toMovement(answer: unknown): CustodyMovement | undefined {
  const item = HistoryItem.parse(answer);
  if (item.value === undefined) return undefined;
  const [from, to] = [asKept(item.from ?? ''), asKept(item.to ?? '')];
  return {
    walletId: item.walletId,
    direction: item.direction === 'In' ? 'in' : 'out',
    transactionHash: item.txHash,
    // Without an index the parties and the value tell two entries of one transaction apart.
    position: item.index ?? `${from}>${to}:${item.value}`,
    contract: item.contract && asKept(item.contract),
    isVerified: item.metadata?.asset?.verified,
    from,
    to,
    units: BigInt(item.value),
    feeUnits: BigInt(item.fee ?? '0'),
    at: new Date(item.timestamp).toISOString(),
  };
}

const Assets = z.object({
  assets: z.array(
    z.object({
      kind: z.string(),
      contract: z.string().optional(),
      balance: Digits,
      quotes: z.record(z.string(), z.number()).optional(),
    }),
  ),
});
export const toBalances = (answer: unknown): Balance[] =>
  Assets.parse(answer)
    .assets.filter(({ kind, contract }) => kind === 'Native' || contract !== undefined)
    .map(({ contract, balance, quotes }) => ({
      contract: contract && asKept(contract),
      units: BigInt(balance),
      usd: quotes?.USD,
    }));

const Event = z.object({
  id: z.string(),
  kind: z.string(),
  date: z.string(),
  data: z.record(z.string(), z.unknown()),
  retryOf: z.string().optional(),
});
export const toEvent = (answer: unknown): CustodyEvent => Event.parse(answer);

export function toPage<T>(answer: unknown, item: (answer: unknown) => T): Page<T> {
  const page = z.object({ items: z.array(z.unknown()), nextPageToken: z.string().optional() }).parse(answer);
  return { items: page.items.map(item), next: page.nextPageToken };
}

const Duplicate = z.object({
  body: z.object({ error: z.object({ details: z.object({ duplicate: z.object({ id: z.string() }) }) }) }),
});
/** The transfer that already holds our external id, from the context of a 409. */
export const toDuplicateId = (context: unknown): string | undefined =>
  Duplicate.safeParse(context).data?.body.error.details.duplicate.id;

const Webhook = z.object({ id: z.string(), url: z.string() });
export const toWebhook = (answer: unknown): z.infer<typeof Webhook> => Webhook.parse(answer);
