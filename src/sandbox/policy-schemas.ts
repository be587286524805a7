/**
 * Owns the body of a policy: which rules, actions and filters go with which kind of activity, and the bounds of each
 * number. The same body serves create and update, because an update replaces the whole policy.
 */
import * as z from 'zod';
import { IncomingScreening, prescreeningRules } from './screening-schemas.ts';

const LIST_MAX = 100;
const list = z.array(z.string().min(1)).min(1).max(LIST_MAX);
const timeframe = z.int().min(1).max(43_200);
const limit = z.number().min(0);

/** Absent from the types of the SDK, present in the newest documents: a limit in minimum units, as digits. */
const NominalLimit = z.strictObject({
  network: z.string().min(1),
  tid: z.string().min(1),
  limit: z.string().regex(/^\d{1,78}$/, 'must be a whole number of minimum units, as digits'),
});

const AlwaysTrigger = z.strictObject({
  kind: z.literal('AlwaysTrigger'),
  configuration: z.strictObject({}).optional(),
});

const SigningRule = z.discriminatedUnion('kind', [
  AlwaysTrigger,
  z.strictObject({
    kind: z.literal('TransactionRecipientWhitelist'),
    // Dfns: no limit on the number of addresses, and an empty list makes everything trigger.
    configuration: z.strictObject({ addresses: z.array(z.string().min(1)) }),
  }),
  z.strictObject({
    kind: z.literal('TransactionAmountLimit'),
    configuration: z.strictObject({ limit, currency: z.literal('USD') }),
  }),
  z.strictObject({
    kind: z.literal('TransactionAmountLimitNominal'),
    configuration: z.strictObject({ assets: z.array(NominalLimit).min(1).max(LIST_MAX) }),
  }),
  z.strictObject({
    kind: z.literal('TransactionAmountVelocity'),
    configuration: z.strictObject({ limit, currency: z.literal('USD'), timeframe }),
  }),
  z.strictObject({
    kind: z.literal('TransactionCountVelocity'),
    configuration: z.strictObject({ limit: z.int().min(0), timeframe }),
  }),
  ...prescreeningRules,
]);

const Group = z.strictObject({
  name: z.string().optional(),
  quorum: z.int().min(1),
  approvers: z.strictObject({ userId: z.strictObject({ in: list }).optional() }),
  initiatorCanApprove: z.boolean().optional(),
  serviceAccountsCanApprove: z.boolean().optional(),
});

const RequestApproval = z.strictObject({
  kind: z.literal('RequestApproval'),
  approvalGroups: z.array(Group).min(1),
  /** Minutes. */
  autoRejectTimeout: z.int().min(1).nullable().optional(),
});
const Block = z.strictObject({ kind: z.literal('Block') });
const NoAction = z.strictObject({ kind: z.literal('NoAction') });
const ApproveOrBlock = z.discriminatedUnion('kind', [RequestApproval, Block]);

const common = { name: z.string().min(1) };
const Tagged = z.strictObject({ hasAny: list.optional(), hasAll: list.optional() });
const signingFilters = z
  .strictObject({
    walletId: z.strictObject({ in: list }).optional(),
    walletTags: Tagged.optional(),
  })
  .optional();
const permission = z.strictObject({ permissionId: z.strictObject({ in: list }) }).optional();

/** In the newest documents only. Their other rule, ChainalysisQuarantineScreening, has no published configuration. */
const vault = {
  ...common,
  rule: AlwaysTrigger,
  action: ApproveOrBlock,
  filters: z.strictObject({ vaultTags: Tagged.optional() }).optional(),
};

export const PolicyBody = z.discriminatedUnion('activityKind', [
  z.strictObject({
    ...common,
    activityKind: z.literal('Wallets:Sign'),
    rule: SigningRule,
    action: z.discriminatedUnion('kind', [RequestApproval, Block, NoAction]),
    filters: signingFilters,
  }),
  z.strictObject({
    ...common,
    activityKind: z.literal('Policies:Modify'),
    rule: AlwaysTrigger,
    // Dfns: a change of a policy can be put up for approval but not blocked.
    action: RequestApproval,
    filters: z.strictObject({ policyId: z.strictObject({ in: list }) }).optional(),
  }),
  z.strictObject({
    ...common,
    activityKind: z.literal('Permissions:Assign'),
    rule: AlwaysTrigger,
    action: ApproveOrBlock,
    filters: permission,
  }),
  z.strictObject({
    ...common,
    activityKind: z.literal('Permissions:Modify'),
    rule: AlwaysTrigger,
    action: ApproveOrBlock,
    filters: permission,
  }),
  z.strictObject({
    ...common,
    activityKind: z.literal('Registry:Addresses:Modify'),
    rule: AlwaysTrigger,
    action: ApproveOrBlock,
    filters: z.strictObject({}).optional(),
  }),
  z.strictObject({
    ...common,
    activityKind: z.literal('Registry:ContractSchemas:Modify'),
    rule: AlwaysTrigger,
    action: ApproveOrBlock,
    filters: z.strictObject({}).optional(),
  }),
  z.strictObject({
    ...common,
    activityKind: z.literal('Wallets:IncomingTransaction'),
    rule: IncomingScreening,
    // What has arrived on a chain can be reported, not held back.
    action: NoAction,
    filters: signingFilters,
  }),
  z.strictObject({ ...vault, activityKind: z.literal('Vaults:ReleaseQuarantine') }),
  z.strictObject({ ...vault, activityKind: z.literal('Vaults:CreateLock') }),
]);
export type PolicyBody = z.infer<typeof PolicyBody>;

export type Policy = PolicyBody & {
  id: string;
  status: 'Active' | 'Archived';
  dateCreated: string;
  dateUpdated: string;
};
