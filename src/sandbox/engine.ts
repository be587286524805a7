/**
 * Owns the judgement of policies, as a pure function of the policies, the activity and its past. Everything is allowed
 * unless a policy says otherwise; every matching policy is evaluated; a Block wins; approvals add up; and what a rule
 * cannot read triggers it.
 */
import type { Policy, PolicyEvaluation } from './entities.ts';
import { type ScreeningScript, screen } from './screening.ts';

/** One asset on the move: `tid` as Dfns writes it, such as `native:eth` or `erc20:<lower-case contract>`. */
export type Moved = { network: string; tid: string; units: bigint };

/** What is known of money about to leave; undefined means it cannot be told, never "nothing". */
export type Signing = {
  kind: 'Wallets:Sign';
  walletId: string;
  walletTags: readonly string[];
  isEvm: boolean;
  recipients: readonly string[] | undefined;
  usd: number | undefined;
  moved?: readonly Moved[] | undefined;
  /** Earlier activities of this wallet in the last minutes, without the rejected ones and without this one. */
  earlier: (minutes: number) => readonly { usd: number | undefined }[];
};
/** Money that has arrived; whoever sent it cannot be stopped any more, only looked at. */
export type Incoming = {
  kind: 'Wallets:IncomingTransaction';
  walletId: string;
  walletTags: readonly string[];
  senders: readonly string[] | undefined;
};
export type Activity =
  | Signing
  | Incoming
  | { kind: 'Policies:Modify'; policyId: string }
  | { kind: 'Permissions:Assign' | 'Permissions:Modify'; permissionId: string }
  | { kind: 'Registry:Addresses:Modify' | 'Registry:ContractSchemas:Modify' };

export type EngineOptions = {
  strictAddressCase: boolean;
  velocityCountsCurrent: boolean;
  unreadableNominal: 'trigger' | 'pass';
  /** What the screening vendors would say. */
  screening: ScreeningScript;
};

export type Judgement = {
  verdict: 'allowed' | 'blocked' | 'needs_approval';
  evaluations: PolicyEvaluation[];
  triggered: readonly { policy: Policy; evaluation: PolicyEvaluation }[];
};

type Finding = { triggered: boolean; reason: string };

export function judge(policies: readonly Policy[], activity: Activity, options: EngineOptions): Judgement {
  const judged = policies
    .filter((policy) => policy.status === 'Active' && matches(policy, activity))
    .map((policy) => ({ policy, evaluation: { policyId: policy.id, ...evaluate(policy, activity, options) } }));
  const triggered = judged.filter(({ evaluation }) => evaluation.triggered);
  const has = (action: string) => triggered.some(({ policy }) => policy.action.kind === action);
  return {
    verdict: has('Block') ? 'blocked' : has('RequestApproval') ? 'needs_approval' : 'allowed',
    evaluations: judged.map(({ evaluation }) => evaluation),
    triggered,
  };
}

/** The parts of a filter narrow it together; a policy without filters is about every activity of its kind. */
function matches(policy: Policy, activity: Activity): boolean {
  switch (policy.activityKind) {
    case 'Wallets:Sign':
    case 'Wallets:IncomingTransaction': {
      if (activity.kind !== policy.activityKind) return false;
      const { walletId, walletTags } = policy.filters ?? {};
      const has = (tag: string) => activity.walletTags.includes(tag);
      return (
        (walletId?.in.includes(activity.walletId) ?? true) &&
        (walletTags?.hasAny?.some(has) ?? true) &&
        (walletTags?.hasAll?.every(has) ?? true)
      );
    }
    case 'Policies:Modify':
      return activity.kind === policy.activityKind && (policy.filters?.policyId.in.includes(activity.policyId) ?? true);
    case 'Permissions:Assign':
    case 'Permissions:Modify':
      return (
        activity.kind === policy.activityKind &&
        (policy.filters?.permissionId.in.includes(activity.permissionId) ?? true)
      );
    case 'Registry:Addresses:Modify':
    case 'Registry:ContractSchemas:Modify':
      return activity.kind === policy.activityKind;
    case 'Vaults:ReleaseQuarantine':
    case 'Vaults:CreateLock':
      return false; // There are no vaults here that could do anything.
  }
}

function evaluate({ rule }: Policy, activity: Activity, options: EngineOptions): Finding {
  if (rule.kind === 'AlwaysTrigger') return { triggered: true, reason: 'This policy always triggers' };
  if (rule.kind === 'ChainalysisTransactionScreening') {
    return screen(
      rule,
      activity.kind === 'Wallets:IncomingTransaction' ? activity.senders : undefined,
      options.screening,
    );
  }
  // Of the others only signing has rules that look at the activity; elsewhere there is nothing to read.
  if (activity.kind !== 'Wallets:Sign') return { triggered: true, reason: 'The activity could not be evaluated' };
  switch (rule.kind) {
    case 'TransactionRecipientWhitelist':
      return whitelist(rule.configuration.addresses, activity, options);
    case 'TransactionAmountLimit':
      return amountLimit(rule.configuration.limit, activity);
    case 'TransactionAmountLimitNominal':
      return nominalLimit(rule.configuration.assets, activity, options);
    case 'TransactionAmountVelocity':
      return amountVelocity(rule.configuration, activity, options);
    case 'TransactionCountVelocity':
      return countVelocity(rule.configuration, activity, options);
    case 'ChainalysisTransactionPrescreening':
    case 'GlobalLedgerTransactionPrescreening':
    case 'TravelRuleTransactionPrescreening':
      return screen(rule, activity.recipients, options.screening);
  }
}

function whitelist(addresses: readonly string[], { recipients, isEvm }: Signing, options: EngineOptions): Finding {
  if (!recipients) return { triggered: true, reason: 'The recipient could not be determined' };
  // Dfns: EVM addresses are compared without regard to case, all others exactly.
  const fold = (address: string) => (isEvm && !options.strictAddressCase ? address.toLowerCase() : address);
  const listed = new Set(addresses.map(fold));
  const stranger = recipients.find((recipient) => !listed.has(fold(recipient)));
  return stranger === undefined
    ? { triggered: false, reason: 'All recipients are whitelisted' }
    : { triggered: true, reason: `Recipient address (${stranger}) is not whitelisted` };
}

function amountLimit(limit: number, { usd }: Signing): Finding {
  if (usd === undefined) return { triggered: true, reason: 'The amount in USD could not be determined' };
  return usd > limit
    ? { triggered: true, reason: `Transaction amount (${usd} USD) is above limit (${limit} USD)` }
    : { triggered: false, reason: `Transaction amount (${usd} USD) is within limit (${limit} USD)` };
}

/** Each listed asset has its own limit in minimum units; an asset that is not listed never triggers. */
function nominalLimit(
  assets: readonly NominalLimit[],
  { moved, isEvm }: Signing,
  { unreadableNominal }: EngineOptions,
): Finding {
  const triggered = unreadableNominal === 'trigger';
  if (!moved) return { triggered, reason: 'The assets that move could not be determined' };
  const fold = (tid: string) => (isEvm ? tid.toLowerCase() : tid);
  for (const { network, tid, limit } of assets) {
    const units = moved
      .filter((asset) => asset.network === network && fold(asset.tid) === fold(tid))
      .reduce((sum, asset) => sum + asset.units, 0n);
    if (units > BigInt(limit)) {
      return { triggered: true, reason: `Transaction amount (${units} of ${tid}) is above limit (${limit})` };
    }
  }
  return { triggered: false, reason: 'No listed asset is above its limit' };
}

type NominalLimit = { network: string; tid: string; limit: string };
type Window = { limit: number; timeframe: number };

function amountVelocity({ limit, timeframe }: Window, activity: Signing, options: EngineOptions): Finding {
  const amounts = [...activity.earlier(timeframe), ...(options.velocityCountsCurrent ? [activity] : [])];
  let sum = 0;
  for (const { usd } of amounts) {
    if (usd === undefined) return { triggered: true, reason: 'An amount in USD could not be determined' };
    sum += usd;
  }
  return sum > limit
    ? { triggered: true, reason: `Sum of transactions (${sum} USD) is above limit (${limit} USD)` }
    : { triggered: false, reason: `Sum of transactions (${sum} USD) is within limit (${limit} USD)` };
}

function countVelocity({ limit, timeframe }: Window, activity: Signing, options: EngineOptions): Finding {
  const count = activity.earlier(timeframe).length + (options.velocityCountsCurrent ? 1 : 0);
  return count > limit
    ? { triggered: true, reason: `Number of transactions (${count}) is above limit (${limit})` }
    : { triggered: false, reason: `Number of transactions (${count}) is within limit (${limit})` };
}
