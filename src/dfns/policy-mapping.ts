// Dfns' policies, and changes of them, into our words: as in mapping.ts.
import * as z from 'zod';
import type { ApprovalGroup, CustodyAction, CustodyPolicy, CustodyRule, OtherFilters } from '../domain/custody.ts';

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
export const Rule = z.object({ kind: z.string(), configuration: z.record(z.string(), z.unknown()).nullish() });
const List = z.object({ addresses: z.array(z.string()) });
const Amount = z.object({ limit: z.number(), currency: z.literal('USD') });
const Count = z.object({ limit: z.number(), timeframe: z.number() });
const Velocity = Amount.extend(Count.shape);
const WalletIds = z.strictObject({ in: z.array(z.string()).min(1) });
/** With whatever else there is: a filter that is not known still narrows. */
export const Filters = z.looseObject({
  walletTags: z
    .looseObject({ hasAny: z.array(z.string()).optional(), hasAll: z.array(z.string()).optional() })
    .optional(),
});
export const PolicyBody = z.object({ status: z.string().optional(), rule: Rule });
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

/** The addresses, where it is an approved list. */
export const listOf = (rule: z.infer<typeof Rule>): readonly string[] | undefined =>
  rule.kind === 'TransactionRecipientWhitelist' ? List.parse(rule.configuration).addresses : undefined;

function toRule(rule: z.infer<typeof Rule>): CustodyRule {
  const addresses = listOf(rule);
  if (addresses !== undefined) return { kind: 'approved_list', addresses };
  if (rule.kind === 'AlwaysTrigger') return { kind: 'always' };
  return toLimit(rule) ?? { kind: 'other', name: rule.kind };
}

/** Undefined for what is no limit, or one in other terms or another currency: it bounds something, but not what we count in. */
function toLimit({ kind, configuration }: z.infer<typeof Rule>): CustodyRule | undefined {
  if (kind === 'TransactionCountVelocity') {
    const { data } = Count.safeParse(configuration);
    return data && { kind: 'count', limit: data.limit, timeframeMinutes: data.timeframe };
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
  if (action.kind === 'NoAction') return { kind: 'none' };
  if (action.kind !== 'RequestApproval') return { kind: 'other', name: action.kind };
  return {
    kind: 'approval',
    groups: (action.approvalGroups ?? []).map(toGroup),
    autoRejectMinutes: action.autoRejectTimeout ?? undefined,
  };
}

/** Everything but `walletTags.hasAll`; undefined where nothing else is set. */
function toOtherFilters(filters: z.infer<typeof Filters>): OtherFilters | undefined {
  const { walletTags: { hasAll: _, hasAny, ...byTag } = {}, walletId, ...others } = filters;
  const wallets = WalletIds.safeParse(walletId);
  const unread = [...Object.values(byTag), ...Object.values(others), ...(wallets.success ? [] : [walletId])];
  const isWhole = unread.every((filter) => filter == null);
  const walletIds = wallets.data?.in;
  const walletTagsAny = hasAny?.length === 0 ? undefined : hasAny;
  return isWhole && walletIds === undefined && walletTagsAny === undefined
    ? undefined
    : { walletIds, walletTagsAny, isWhole };
}

export function toPolicy(answer: unknown): CustodyPolicy {
  const policy = Policy.parse(answer);
  const otherFilters = toOtherFilters(policy.filters ?? {});
  const pending = policy.pendingChangeRequest;
  return {
    id: policy.id,
    name: policy.name,
    isActive: policy.status === 'Active',
    activity: policy.activityKind,
    rule: toRule(policy.rule),
    action: toAction(policy.action),
    walletTagsAll: policy.filters?.walletTags?.hasAll ?? [],
    hasOtherFilters: otherFilters !== undefined,
    otherFilters,
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

const ChangeRequest = z.object({ id: z.string(), approvalId: z.string() });
export const toChangeRequest = (answer: unknown): z.infer<typeof ChangeRequest> => ChangeRequest.parse(answer);
