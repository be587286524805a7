// Policies: the wanted ones as Dfns takes them, when two mean the same, and how one reads in words.
import type { DfnsApiClient } from '@dfns/sdk';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { PAYOUT_TAG } from '../../src/domain/hot-wallet.ts';
import { boundOf, inDigits, type LimitRule, minutesInWords, saysBound } from '../../src/domain/limits-template.ts';
import type { PresetRule } from '../../src/domain/payout-preset.ts';
import type { Wanted } from './organization.ts';
import { CLIENT_TAG } from './read.ts';

export type PolicyBody = Parameters<DfnsApiClient['policies']['createPolicy']>[0]['body'];
type Signing = Extract<PolicyBody, { activityKind: 'Wallets:Sign' }>;

const asking = (
  { guard }: Wanted,
  group: { name: string; quorum: number; serviceAccountsCanApprove?: true },
  whom: readonly string[],
) => ({
  kind: 'RequestApproval' as const,
  autoRejectTimeout: guard.decideWithinMinutes,
  approvalGroups: [{ ...group, approvers: { userId: { in: [...whom] } } }],
});
const officersOf = (wanted: Wanted, quorum: number) =>
  asking(wanted, { name: wanted.guard.group, quorum }, wanted.officers);

const guardName = (activity: string): string => `Fiducia guard of ${activity}`;

const guards = (wanted: Wanted): PolicyBody[] =>
  wanted.guard.activities.map((activityKind) => ({
    name: guardName(activityKind),
    activityKind,
    rule: { kind: 'AlwaysTrigger' },
    action: officersOf(wanted, wanted.guard.quorum),
  }));

const limitNames = { amount: 'value of a transfer', velocity: 'value in all', count: 'number of transfers' } as const;

function ruleOf(rule: LimitRule): Signing['rule'] {
  switch (rule.kind) {
    case 'amount':
      return { kind: 'TransactionAmountLimit', configuration: { limit: rule.usd, currency: 'USD' } };
    case 'velocity':
      return {
        kind: 'TransactionAmountVelocity',
        configuration: { limit: rule.usd, currency: 'USD', timeframe: rule.windowMinutes },
      };
    case 'count':
      return {
        kind: 'TransactionCountVelocity',
        configuration: { limit: rule.transfers, timeframe: rule.windowMinutes },
      };
  }
}

interface Tagged {
  /** What the policies are called, before the name of what they bound. */
  readonly title: string;
  readonly tag: string;
  readonly rules: readonly LimitRule[];
}

/** Each is told from the others by its value too: a preset may have several tiers of one kind. */
const boundBy = (wanted: Wanted, { title, tag, rules }: Tagged): PolicyBody[] =>
  rules.map((rule) => {
    const isTier = rules.filter(({ kind }) => kind === rule.kind).length > 1;
    const tier = isTier ? ` above ${inDigits(boundOf(rule).limit)}` : '';
    return {
      name: `${title}: ${limitNames[rule.kind]}${tier}`,
      activityKind: 'Wallets:Sign' as const,
      rule: ruleOf(rule),
      action: rule.action.kind === 'block' ? { kind: 'Block' as const } : officersOf(wanted, rule.action.quorum),
      filters: { walletTags: { hasAll: [tag] } },
    };
  });

/** Dfns counts velocity per wallet, so one policy on the template's tag serves all accounts. */
const limits = (wanted: Wanted): PolicyBody[] =>
  wanted.limits.flatMap(({ template, rules }) =>
    boundBy(wanted, { title: `Fiducia limits ${template}`, tag: `limits:${template}`, rules }),
  );

type Other = Exclude<PresetRule, LimitRule>;
const isOther = (rule: PresetRule): rule is Other => rule.kind === 'recipients' || rule.kind === 'review';

const presets = (wanted: Wanted, found: readonly PolicyShape[]): PolicyBody[] =>
  wanted.payoutPresets.flatMap(({ name, rules }) => {
    const tagged = { title: `Fiducia payouts ${name}`, tag: `${PAYOUT_TAG}${name}` };
    const bounds = rules.flatMap((rule) => (isOther(rule) ? [] : [rule]));
    const others = rules.filter(isOther).flatMap((rule) => otherOf(wanted, tagged, rule, found) ?? []);
    return [...boundBy(wanted, { ...tagged, rules: bounds }), ...others];
  });

/** Undefined where there is nobody whom it could ask. */
function otherOf(
  wanted: Wanted,
  { title, tag }: Omit<Tagged, 'rules'>,
  rule: Other,
  found: readonly PolicyShape[],
): PolicyBody | undefined {
  const common = { activityKind: 'Wallets:Sign' as const, filters: { walletTags: { hasAll: [tag] } } };
  if (rule.kind === 'recipients') {
    const name = `${title}: recipients that are no payees`;
    // Without the list of the product, the one in force stays. An empty one makes everybody unknown.
    const addresses = wanted.payees ?? addressesOf(found.find((policy) => policy.name === name));
    const configuration = { addresses: [...addresses] };
    const action = officersOf(wanted, rule.quorum);
    return { ...common, name, rule: { kind: 'TransactionRecipientWhitelist', configuration }, action };
  }
  const { checkerId, officers } = wanted;
  if (checkerId === undefined) return undefined;
  const group = { name: 'Checker, or officers', quorum: 1, serviceAccountsCanApprove: true as const };
  const action = asking(wanted, group, [checkerId, ...officers]);
  return { ...common, name: `${title}: review`, rule: { kind: 'AlwaysTrigger' }, action };
}

// Of a rule of this one kind, which the SDK types among many.
const addressesOf = (policy: PolicyShape | undefined): readonly string[] =>
  policy?.rule.kind === 'TransactionRecipientWhitelist'
    ? ((policy.rule.configuration as { addresses?: readonly string[] } | undefined)?.addresses ?? [])
    : [];

/** @param found what stands at Dfns: a list of payees that was not given is taken from there */
export const wantedPolicies = (wanted: Wanted, found: readonly PolicyShape[] = []): PolicyBody[] => [
  ...guards(wanted),
  ...limits(wanted),
  ...presets(wanted, found),
];

/** What this looks at in a policy; the body of a pending change and a policy in force both have it. */
export interface PolicyShape {
  readonly name: string;
  readonly activityKind: string;
  readonly rule: { readonly kind: string; readonly configuration?: unknown };
  readonly action: object;
  readonly filters?: unknown;
  readonly status?: string | undefined;
}

interface Group {
  readonly name?: string | undefined;
  readonly quorum: number;
  readonly approvers: { readonly userId?: { readonly in: readonly string[] } | undefined };
  readonly initiatorCanApprove?: boolean | undefined;
  readonly serviceAccountsCanApprove?: boolean | undefined;
}
export interface Asking {
  readonly autoRejectTimeout: number | null;
  readonly groups: readonly Group[];
}

// The SDK types the action of each of its many policy kinds apart; all that ask for approval have these members.
const actionOf = (policy: PolicyShape) =>
  policy.action as { kind: string; approvalGroups?: readonly Group[]; autoRejectTimeout?: number | null };

/** Whom a policy asks; undefined when it asks nobody. */
export function askingOf(policy: PolicyShape): Asking | undefined {
  const action = actionOf(policy);
  if (action.kind !== 'RequestApproval') return undefined;
  return { autoRejectTimeout: action.autoRejectTimeout ?? null, groups: action.approvalGroups ?? [] };
}
export const actionKindOf = (policy: PolicyShape): string => actionOf(policy).kind;

// The filters of a policy on wallets; other kinds of policy have other members, which are not looked at.
const walletTagsOf = ({ filters }: PolicyShape) =>
  (filters as { walletTags?: { hasAll?: readonly string[]; hasAny?: readonly string[] } } | undefined | null)
    ?.walletTags;

/** An account's approved list, whoever made it. */
export const isApprovedList = (policy: PolicyShape): boolean =>
  policy.rule.kind === 'TransactionRecipientWhitelist' &&
  (walletTagsOf(policy)?.hasAll ?? []).some((tag) => tag.startsWith(CLIENT_TAG));

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** Sorts what Dfns reads as sets and leaves out what means nothing, at any depth. */
function plain(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(plain).sort((one, other) => (canonicalJson(one) < canonicalJson(other) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, plain(member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => !isEmpty(member)));
}

/** Two policies with the same text do the same; names of policies and groups are for reading and do nothing. */
export function meaningOf(policy: PolicyShape): string {
  const asking = askingOf(policy);
  const groups = asking?.groups.map(({ quorum, approvers, initiatorCanApprove, serviceAccountsCanApprove }) => ({
    ...{ quorum, approvers: approvers.userId?.in ?? 'anyone' },
    ...{ initiator: initiatorCanApprove ?? false, serviceAccounts: serviceAccountsCanApprove ?? false },
  }));
  const action = { kind: actionKindOf(policy), groups, timeout: asking?.autoRejectTimeout };
  return canonicalJson(
    plain({
      ...{ activity: policy.activityKind, rule: policy.rule, action, filters: policy.filters },
      archived: policy.status === 'Archived' ? true : undefined,
    }),
  );
}

const activities: Readonly<Record<string, string>> = {
  'Policies:Modify': 'every change of a policy',
  'Permissions:Assign': 'every assignment of rights',
  'Permissions:Modify': 'every change of a role',
  'Wallets:Sign': 'everything that a wallet signs',
};

function ruleInWords({ kind, configuration }: PolicyShape['rule']): string {
  // Read as numbers only for the three kinds whose configuration the SDK types so.
  const { limit, timeframe } = (configuration ?? {}) as { limit?: number; timeframe?: number };
  const names = {
    TransactionAmountLimit: 'amount',
    TransactionAmountVelocity: 'velocity',
    TransactionCountVelocity: 'count',
  } as const;
  const known = Object.entries(names).find(([name]) => name === kind)?.[1];
  if (known === undefined || limit === undefined)
    return kind === 'AlwaysTrigger' ? 'always' : `${kind} ${canonicalJson(configuration ?? {})}`;
  const bound = saysBound({ kind: known, limit, windowMinutes: timeframe ?? null });
  const window = timeframe === undefined ? '' : `, timeframe ${timeframe} minutes = ${minutesInWords(timeframe)}`;
  return `${bound} from each wallet (${kind}, limit ${limit} = ${inDigits(limit)}${known === 'count' ? '' : ' USD'}${window})`;
}

function actionInWords(policy: PolicyShape, nameOf: (userId: string) => string): string[] {
  const asking = askingOf(policy);
  if (asking === undefined)
    return [actionKindOf(policy) === 'Block' ? 'it is blocked (Block)' : `nothing (${actionKindOf(policy)})`];
  const end =
    asking.autoRejectTimeout === null
      ? 'undecided it waits for ever'
      : `undecided it is rejected after ${minutesInWords(asking.autoRejectTimeout)} (autoRejectTimeout ${asking.autoRejectTimeout} minutes)`;
  return [
    ...asking.groups.map((group) => {
      const ids = group.approvers.userId?.in;
      const whom = ids === undefined ? 'ANYONE in the organisation' : `${ids.length}: ${ids.map(nameOf).join(', ')}`;
      const also = [
        ...(group.initiatorCanApprove ? ['whoever asked may approve'] : []),
        ...(group.serviceAccountsCanApprove ? ['service accounts may approve'] : []),
      ];
      return `${group.quorum} of ${whom} must approve${also.length > 0 ? `; ${also.join('; ')}` : ''}`;
    }),
    end,
  ];
}

function filtersInWords({ filters }: PolicyShape): string {
  return isEmpty(plain(filters)) ? '' : `, only where ${canonicalJson(plain(filters))}`;
}

/** A policy in words, with Dfns' units beside them. Two lists of lines are compared line by line. */
export function policyInWords(policy: PolicyShape, nameOf: (userId: string) => string): string[] {
  const activity = activities[policy.activityKind];
  return [
    `on ${activity === undefined ? policy.activityKind : `${activity} (${policy.activityKind})`}${filtersInWords(policy)}`,
    policy.activityKind === 'Wallets:Sign'
      ? `beyond: ${ruleInWords(policy.rule)}`
      : `when: ${ruleInWords(policy.rule)}`,
    ...actionInWords(policy, nameOf).map((line) => `then: ${line}`),
  ];
}
