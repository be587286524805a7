// The wanted organisation at Dfns, as one typed value: who guards changes, which limits a template sets, which webhook.
// Units are Dfns': timeouts and windows in minutes.
import { type LimitsTemplate, limitsTemplateNames, limitsTemplates } from '../../src/domain/limits-template.ts';

export interface Wanted {
  /** User ids of the human officers who decide about changes; at least one, never a service account. */
  readonly officers: readonly string[];
  readonly quorum: number;
  readonly webhookUrl: string;
}

const GUARD_MINUTES = 1440;

export const webhookEvents = [
  'wallet.created',
  'wallet.tags.modified',
  'wallet.blockchainevent.detected',
  'wallet.transfer.requested',
  'wallet.transfer.broadcasted',
  'wallet.transfer.confirmed',
  'wallet.transfer.failed',
  'wallet.transfer.rejected',
  'policy.triggered',
  'policy.approval.pending',
  'policy.approval.resolved',
] as const;

const guardedActivities = ['Policies:Modify', 'Permissions:Assign', 'Permissions:Modify'] as const;

const guardPolicy = <Activity extends (typeof guardedActivities)[number]>(
  activityKind: Activity,
  { officers, quorum }: Wanted,
) => ({
  name: `Fiducia guard of ${activityKind}`,
  activityKind,
  rule: { kind: 'AlwaysTrigger' as const },
  action: {
    kind: 'RequestApproval' as const,
    autoRejectTimeout: GUARD_MINUTES,
    approvalGroups: [{ name: 'Compliance officers', quorum, approvers: { userId: { in: [...officers] } } }],
  },
});

/** Dfns counts velocity per wallet, so one policy on the template's tag serves all accounts. */
const limitsOf = (template: LimitsTemplate) => ({
  name: `Fiducia limits ${template}: transfers a day`,
  activityKind: 'Wallets:Sign' as const,
  rule: {
    kind: 'TransactionCountVelocity' as const,
    configuration: { limit: limitsTemplates[template].count, timeframe: limitsTemplates[template].timeframeMinutes },
  },
  action: { kind: 'Block' as const },
  filters: { walletTags: { hasAll: [`limits:${template}`] } },
});

export const wantedPolicies = (wanted: Wanted) => [
  guardPolicy('Policies:Modify', wanted),
  guardPolicy('Permissions:Assign', wanted),
  guardPolicy('Permissions:Modify', wanted),
  ...limitsTemplateNames.map(limitsOf),
];
export type WantedPolicy = ReturnType<typeof wantedPolicies>[number];
