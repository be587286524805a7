// Dfns' answers into our words. Each is checked before it is believed; what we do not need is let through unread.
// Shapes: Dfns API reference and the SDK's own types, version 0.8.21.
import * as z from 'zod';
import type {
  ApprovalGroup,
  CustodyAction,
  CustodyApproval,
  CustodyApprovalInFull,
  CustodyMovement,
  CustodyPolicy,
  CustodyRule,
  CustodyTransfer,
  CustodyTransferStatus,
  CustodyWallet,
} from '../domain/custody.ts';
import type { Balance, CustodyEvent, FeeSponsor, Page, VenueBalance } from './custody.ts';
import type { Link } from './replacements.ts';
import type { ReviewedApproval } from './review-custody.ts';

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

const Group = z.object({
  name: z.string().nullish(),
  quorum: z.number(),
  approvers: z.object({ userId: z.object({ in: z.array(z.string()) }).optional() }),
  initiatorCanApprove: z.boolean().nullish(),
  serviceAccountsCanApprove: z.boolean().nullish(),
});
const Action = z.object({
  kind: z.string(),
  approvalGroups: z.array(Group).optional(),
  autoRejectTimeout: z.number().nullish(),
});
const Rule = z.object({ kind: z.string(), configuration: z.record(z.string(), z.unknown()).nullish() });
const List = z.object({ addresses: z.array(z.string()) });
const Amount = z.object({ limit: z.number(), currency: z.literal('USD') });
const Count = z.object({ limit: z.number(), timeframe: z.number() });
const Velocity = Amount.extend(Count.shape);
const In = z.object({ in: z.array(z.string()) });
const Filters = z.object({
  walletTags: z.object({ hasAny: z.array(z.string()).optional(), hasAll: z.array(z.string()).optional() }).optional(),
  walletId: In.optional(),
  policyId: In.optional(),
  permissionId: In.optional(),
});
const PolicyBody = z.object({ status: z.string().optional(), rule: Rule });
const Policy = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  activityKind: z.string(),
  rule: Rule,
  action: Action,
  filters: Filters.nullish(),
  pendingChangeRequest: z.object({ id: z.string(), approvalId: z.string(), body: PolicyBody }).nullish(),
});

const listOf = (rule: z.infer<typeof Rule>): readonly string[] | undefined =>
  rule.kind === 'TransactionRecipientWhitelist' ? List.parse(rule.configuration).addresses : undefined;

function toRule(rule: z.infer<typeof Rule>): CustodyRule {
  const addresses = listOf(rule);
  if (addresses !== undefined) return { kind: 'approved_list', addresses };
  if (rule.kind === 'AlwaysTrigger') return { kind: 'always' };
  return toLimit(rule) ?? { kind: 'other', name: rule.kind };
}

/** Undefined for what is no limit, or one in another currency: it bounds something, but not what we count in. */
function toLimit({ kind, configuration }: z.infer<typeof Rule>): CustodyRule | undefined {
  if (kind === 'TransactionCountVelocity') {
    const { limit, timeframe } = Count.parse(configuration);
    return { kind: 'count', limit, timeframeMinutes: timeframe };
  }
  if (kind === 'TransactionAmountLimit') {
    const { data } = Amount.safeParse(configuration);
    return data && { kind: 'amount', limit: data.limit };
  }
  if (kind !== 'TransactionAmountVelocity') return undefined;
  const { data } = Velocity.safeParse(configuration);
  return data && { kind: 'velocity', limit: data.limit, timeframeMinutes: data.timeframe };
}

const toGroup = (group: z.infer<typeof Group>): ApprovalGroup => ({
  name: group.name ?? undefined,
  quorum: group.quorum,
  approvers: group.approvers.userId?.in,
  initiatorCanApprove: group.initiatorCanApprove ?? false,
  serviceAccountsCanApprove: group.serviceAccountsCanApprove ?? false,
});

function toAction(action: z.infer<typeof Action>): CustodyAction {
  if (action.kind === 'Block') return { kind: 'block' };
  if (action.kind !== 'RequestApproval') return { kind: 'none' };
  return {
    kind: 'approval',
    groups: (action.approvalGroups ?? []).map(toGroup),
    autoRejectMinutes: action.autoRejectTimeout ?? undefined,
  };
}

export function toPolicy(answer: unknown): CustodyPolicy {
  const policy = Policy.parse(answer);
  const { walletTags, ...others } = policy.filters ?? {};
  const pending = policy.pendingChangeRequest;
  return {
    id: policy.id,
    name: policy.name,
    isActive: policy.status === 'Active',
    activity: policy.activityKind,
    rule: toRule(policy.rule),
    action: toAction(policy.action),
    walletTagsAll: walletTags?.hasAll ?? [],
    hasOtherFilters:
      (walletTags?.hasAny?.length ?? 0) > 0 || Object.values(others).some((filter) => filter !== undefined),
    pendingChange: pending
      ? {
          id: pending.id,
          approvalId: pending.approvalId,
          addresses: listOf(pending.body.rule),
          archives: pending.body.status === 'Archived',
        }
      : undefined,
  };
}

const Approval = z.object({
  id: z.string(),
  status: z.enum(['Pending', 'Approved', 'Denied', 'Expired']),
  decisions: z
    .array(z.object({ userId: z.string(), value: z.enum(['Approved', 'Denied']), reason: z.string().nullish() }))
    .default([]),
});
const approvalStatuses = { Pending: 'pending', Approved: 'approved', Denied: 'denied', Expired: 'expired' } as const;

export function toApproval(answer: unknown): CustodyApproval {
  const { id, status, decisions } = Approval.parse(answer);
  return {
    id,
    status: approvalStatuses[status],
    decisions: decisions.map(({ userId, value, reason }) => ({
      userId,
      value: value === 'Approved' ? 'approved' : 'denied',
      reason: reason ?? null,
    })),
  };
}

const ActivityRequest = z.object({ walletId: z.string(), requestBody: z.unknown(), externalId: z.string().optional() });
const ApprovalInFull = z.object({
  initiatorId: z.string(),
  dateCreated: z.string().optional(),
  expirationDate: z.string().nullish(),
  policyEvaluations: z.array(z.object({ policyId: z.string(), triggered: z.boolean() })).default([]),
  activity: z.object({
    kind: z.string(),
    changeRequest: z
      .object({
        id: z.string(),
        kind: z.string().optional(),
        entityId: z.string(),
        body: z.object({
          name: z.string().optional(),
          status: z.string().optional(),
          activityKind: z.string().optional(),
          rule: Rule.optional(),
          filters: Filters.nullish(),
        }),
      })
      .optional(),
    transferRequest: ActivityRequest.optional(),
    transactionRequest: ActivityRequest.optional(),
    signatureRequest: ActivityRequest.optional(),
  }),
});
const instant = (text: string | null | undefined): string | undefined =>
  text == null ? undefined : new Date(text).toISOString();

export function toApprovalInFull(answer: unknown): CustodyApprovalInFull {
  const { initiatorId, dateCreated, expirationDate, policyEvaluations, activity } = ApprovalInFull.parse(answer);
  return {
    ...toApproval(answer),
    initiatorId,
    activity: activity.kind,
    createdAt: instant(dateCreated),
    expiresAt: instant(expirationDate),
    policyIds: policyEvaluations.filter(({ triggered }) => triggered).map(({ policyId }) => policyId),
    change: changeOf(activity),
    request: requestOf(activity),
  };
}

const Reviewed = z.object({
  policyEvaluations: z.array(z.object({ policyId: z.string() })).default([]),
  activity: z.object({
    transferRequest: z.looseObject({ id: z.string() }).optional(),
    transactionRequest: z.looseObject({ id: z.string() }).optional(),
    signatureRequest: z.looseObject({ id: z.string() }).optional(),
  }),
});

/** With the request as custody keeps it, and every policy that was evaluated, triggered or not. */
export function toReviewedApproval(answer: unknown): ReviewedApproval {
  const { policyEvaluations, activity } = Reviewed.parse(answer);
  const request = activity.transferRequest ?? activity.transactionRequest ?? activity.signatureRequest;
  const seen = toApprovalInFull(answer);
  return {
    ...seen,
    evaluatedPolicyIds: policyEvaluations.map(({ policyId }) => policyId),
    request: seen.request && { ...seen.request, id: request?.id ?? '', body: request?.requestBody },
  };
}

const Assigned = z.object({ permissionId: z.string(), operations: z.array(z.string()).optional() });
const ServiceAccount = z.object({
  userInfo: z.object({ userId: z.string(), permissionAssignments: z.array(Assigned).default([]) }),
});
/** What a service account holds; where its operations are not shown, the role says them. */
export const toAssignments = (answer: unknown): z.infer<typeof Assigned>[] =>
  ServiceAccount.parse(answer).userInfo.permissionAssignments;

const Role = z.object({ operations: z.array(z.string()) });
export const toOperations = (answer: unknown): readonly string[] => Role.parse(answer).operations;

function changeOf({
  kind,
  changeRequest,
}: z.infer<typeof ApprovalInFull>['activity']): CustodyApprovalInFull['change'] {
  if (kind !== 'Policies:Modify' || changeRequest === undefined) return undefined;
  const { name, status, activityKind, rule, filters } = changeRequest.body;
  return {
    changeRequestId: changeRequest.id,
    policyId: changeRequest.entityId,
    policyName: name,
    activity: activityKind,
    walletTags: [...(filters?.walletTags?.hasAll ?? []), ...(filters?.walletTags?.hasAny ?? [])],
    archives: status === 'Archived',
    addresses: rule && listOf(rule),
  };
}

function requestOf(activity: z.infer<typeof ApprovalInFull>['activity']): CustodyApprovalInFull['request'] {
  const { transferRequest, transactionRequest, signatureRequest } = activity;
  const [kind, request] =
    transferRequest !== undefined
      ? ['transfer', transferRequest]
      : transactionRequest !== undefined
        ? ['transaction', transactionRequest]
        : ['signature', signatureRequest];
  return request && { kind, walletId: request.walletId, externalId: request.externalId };
}

const DecidedChange = z.object({
  id: z.string(),
  activity: z.object({
    changeRequest: z.object({ id: z.string(), entityId: z.string(), body: PolicyBody }).optional(),
  }),
});

/** The change that an approval is about; undefined when it is about something else. */
export function toDecidedChange(answer: unknown) {
  const { id, activity } = DecidedChange.parse(answer);
  const change = activity.changeRequest;
  return (
    change && {
      approvalId: id,
      changeRequestId: change.id,
      policyId: change.entityId,
      addresses: change.body.status === 'Archived' ? undefined : listOf(change.body.rule),
    }
  );
}

const ChangeRequest = z.object({ id: z.string(), approvalId: z.string() });
export const toChangeRequest = (answer: unknown): z.infer<typeof ChangeRequest> => ChangeRequest.parse(answer);

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
