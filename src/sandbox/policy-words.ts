/** Owns how a policy is said in one sentence, for whoever looks at the page. */
import type { Policy, PolicyBody } from './entities.ts';

/** How an id is called; an id without a name is its own. */
type Names = (id: string) => string;

export function policyInWords(policy: PolicyBody, nameOf: Names): string {
  const condition = isOfWallets(policy) ? ` ${conditionOf(policy.rule)}` : '';
  return `${subjectOf(policy, nameOf)}${condition}, ${consequenceOf(policy.action, nameOf)}.`;
}

type OfWallets = Extract<PolicyBody, { activityKind: 'Wallets:Sign' | 'Wallets:IncomingTransaction' }>;
const isOfWallets = (policy: PolicyBody): policy is OfWallets => policy.activityKind.startsWith('Wallets:');

/** The kinds whose rule is always to trigger. */
const ON: Readonly<Record<string, string>> = {
  'Policies:Modify': 'When anybody changes a policy',
  'Permissions:Modify': 'When anybody changes a role',
  'Permissions:Assign': 'When anybody gives or takes a role',
  'Registry:Addresses:Modify': 'When anybody changes the address book',
  'Registry:ContractSchemas:Modify': 'When anybody changes the contract schemas',
};

const or = (items: readonly string[]) => items.join(' or ');

function subjectOf(policy: PolicyBody, nameOf: Names): string {
  if (!isOfWallets(policy)) return `${ON[policy.activityKind] ?? policy.activityKind}${scopeOf(policy, nameOf)}`;
  const { walletId, walletTags } = policy.filters ?? {};
  const parts = [
    walletId && `wallet ${or(walletId.in.map(nameOf))}`,
    walletTags?.hasAny && `a wallet tagged ${or(walletTags.hasAny)}`,
    walletTags?.hasAll && `a wallet tagged ${walletTags.hasAll.join(' and ')}`,
  ].filter((part) => part !== undefined);
  const verb = policy.activityKind === 'Wallets:Sign' ? 'signs' : 'receives';
  return `When ${parts.join(' that is also ') || 'any wallet'} ${verb}`;
}

/** Which policies or roles it is about; without a filter all of them. */
function scopeOf({ filters = {} }: PolicyBody, nameOf: Names): string {
  const ids =
    ('policyId' in filters && filters.policyId?.in) || ('permissionId' in filters && filters.permissionId?.in);
  return ids ? ` (${or(ids.map(nameOf))})` : '';
}

function conditionOf(rule: Policy['rule']): string {
  switch (rule.kind) {
    case 'AlwaysTrigger':
      return 'anything at all';
    case 'TransactionRecipientWhitelist':
      return rule.configuration.addresses.length === 0
        ? 'anything at all (the list is empty)'
        : `anything that is not for ${or(rule.configuration.addresses)}`;
    case 'TransactionAmountLimit':
      return `more than ${rule.configuration.limit} USD at once`;
    case 'TransactionAmountLimitNominal':
      return or(rule.configuration.assets.map(({ tid, limit }) => `more than ${limit} units of ${tid}`));
    case 'TransactionAmountVelocity':
      return `more than ${rule.configuration.limit} USD within ${rule.configuration.timeframe} minutes`;
    case 'TransactionCountVelocity':
      return `more than ${rule.configuration.limit} times within ${rule.configuration.timeframe} minutes`;
    default:
      return `what ${rule.kind.replace(/Transaction.*/, '')} does not clear`;
  }
}

function consequenceOf(action: Policy['action'], nameOf: Names): string {
  switch (action.kind) {
    case 'Block':
      return 'it is blocked';
    case 'NoAction':
      return 'it is only reported';
    case 'RequestApproval': {
      const votes = action.approvalGroups.map(({ quorum, approvers }) => {
        const voters = approvers.userId?.in.map(nameOf).join(', ');
        return `${quorum} of ${voters ?? 'all people'}`;
      });
      const { autoRejectTimeout: minutes } = action;
      return `it needs the approval of ${votes.join(' and of ')}${minutes ? ` within ${minutes} minutes` : ''}`;
    }
  }
}
