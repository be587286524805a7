/** Owns what the page of the sandbox shows, in one read. */
import { viewApproval } from './approvals.ts';
import { listBalances } from './chain.ts';
import { readMode } from './deliveries.ts';
import type { Policy } from './entities.ts';
import { type Answer, type Call, ok, type Route } from './http.ts';
import { assetInfo } from './networks.ts';
import { iso, type World } from './world.ts';

const SHOWN_MAX = 50;

export const overviewRoutes: readonly Route<Call>[] = [
  { method: 'GET', path: '/_sandbox/overview', serve: getOverview },
];

function getOverview(world: World): Answer {
  const { store, organization } = world;
  const newest = `ORDER BY seq DESC LIMIT ${SHOWN_MAX}`;
  const pending = `WHERE status = 'Pending' ${newest}`;
  return ok({
    now: iso(world.now),
    orgId: organization.orgId,
    accounts: organization.accounts.map(({ name, userId, isServiceAccount }) => ({ name, userId, isServiceAccount })),
    wallets: store.select('wallets', newest).map((wallet) => ({
      ...{ id: wallet.id, name: wallet.name, network: wallet.network, address: wallet.address, tags: wallet.tags },
      balances: listBalances(world, wallet.id).map(({ asset, units }) => ({
        ...{ asset, units, ...assetInfo(wallet.network, asset) },
      })),
    })),
    transfers: store.select('transfers', newest),
    policies: store.select('policies', newest).map((policy) => ({ ...policy, inWords: inWords(policy) })),
    approvals: store.select('approvals', pending).map((approval) => ({
      ...viewApproval(world, approval),
      groups: approval.groups,
    })),
    webhooks: store.select('webhooks', newest).map(({ secret: _secret, ...webhook }) => webhook),
    webhookMode: readMode(world),
    deliveries: store.select('deliveries', newest).map(({ id, url, body, status, attempt, responseStatus }) => ({
      id,
      url,
      body,
      status,
      attempt,
      responseStatus,
    })),
    faults: store.select('faults', newest),
  });
}

/** A policy as one would say it. */
export function inWords(policy: Policy): string {
  return `${subjectOf(policy)}: ${conditionOf(policy.rule)}, ${consequenceOf(policy.action)}.`;
}

function subjectOf(policy: Policy): string {
  if (policy.activityKind !== 'Wallets:Sign' && policy.activityKind !== 'Wallets:IncomingTransaction') {
    return `On ${policy.activityKind}`;
  }
  const { walletId, walletTags } = policy.filters ?? {};
  const parts = [
    walletId && `wallet ${walletId.in.join(' or ')}`,
    walletTags?.hasAny && `a wallet tagged ${walletTags.hasAny.join(' or ')}`,
    walletTags?.hasAll && `a wallet tagged ${walletTags.hasAll.join(' and ')}`,
  ].filter((part) => part !== undefined);
  const verb = policy.activityKind === 'Wallets:Sign' ? 'sends' : 'receives';
  return `When ${parts.join(' that is also ') || 'any wallet'} ${verb}`;
}

function conditionOf(rule: Policy['rule']): string {
  switch (rule.kind) {
    case 'AlwaysTrigger':
      return 'always';
    case 'TransactionRecipientWhitelist':
      return `unless it goes to ${rule.configuration.addresses.join(' or ') || 'nobody (the list is empty)'}`;
    case 'TransactionAmountLimit':
      return `if it is worth more than ${rule.configuration.limit} USD`;
    case 'TransactionAmountLimitNominal':
      return `if it moves ${rule.configuration.assets.map(({ tid, limit }) => `more than ${limit} of ${tid}`).join(' or ')}`;
    case 'TransactionAmountVelocity':
      return `if more than ${rule.configuration.limit} USD leave within ${rule.configuration.timeframe} minutes`;
    case 'TransactionCountVelocity':
      return `if there are more than ${rule.configuration.limit} within ${rule.configuration.timeframe} minutes`;
    default:
      return `unless ${rule.kind.replace(/Transaction.*/, '')} clears it`;
  }
}

function consequenceOf(action: Policy['action']): string {
  switch (action.kind) {
    case 'Block':
      return 'it is blocked';
    case 'NoAction':
      return 'it is only reported';
    case 'RequestApproval': {
      const votes = action.approvalGroups.map(({ quorum, approvers }) => {
        const voters = approvers.userId?.in.length;
        return `${quorum} of ${voters === undefined ? 'all people' : voters}`;
      });
      return `it needs the approval of ${votes.join(' and of ')}`;
    }
  }
}
