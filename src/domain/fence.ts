// What holds an account's money in: tags, approved list, limits and guard. Wanted and found go in, findings come out.
import { LIMITS_TAG, limitsTagOf } from './account.ts';
import type { CustodyAction, CustodyPolicy, CustodyRule, CustodyWallet } from './custody.ts';
import type { AccountId } from './id.ts';
import { boundOf, type LimitKind, type LimitRule, type LimitsTemplate, rulesOf, saysBound } from './limits-template.ts';
import { checkProof, type ProofStanding } from './permission-proof.ts';
import { isSameList } from './policy-change.ts';
import type { Timestamp } from './time.ts';

export type FenceResult = 'intact' | 'degraded' | 'broken' | 'unknown';

export type FindingCode =
  | 'wallet_missing'
  | 'tag_missing'
  | 'limits_tag_missing'
  | 'wallet_outside'
  | 'wallet_unknown'
  | 'list_missing'
  | 'list_rule_differs'
  | 'list_differs'
  | 'list_filter_differs'
  | 'list_action_differs'
  | 'foreign_change_pending'
  | 'limits_missing'
  | 'limits_differ'
  | 'limits_filtered'
  | 'limits_action_differs'
  | 'guard_missing'
  | 'guard_unsound'
  | 'permission_proof_old'
  | 'permission_proof_unsound'
  | 'unreadable';

export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'breaks' | 'degrades';
  /** A sentence that a client can read. */
  readonly says: string;
}

/** The last check of an account's fence; older ones are in the journal. */
export interface Fence {
  readonly accountId: AccountId;
  readonly version: number;
  readonly result: FenceResult;
  readonly findings: readonly Finding[];
  readonly checkedAt: Timestamp;
  readonly found: FoundSummary | null;
}

/** What custody returned at the check, kept for the client to read. */
export interface FoundSummary {
  readonly addresses: readonly string[];
  readonly action: CustodyAction['kind'];
  readonly limits: readonly FoundLimit[];
  /** When it was last proven who may vote, untag and assign; null when never. */
  readonly permissionsProvenAt: Timestamp | null;
  readonly guard: readonly {
    readonly name?: string | undefined;
    readonly quorum: number;
    readonly approvers: number | null;
  }[];
}

/** One limit in force at custody; custody counts it for each wallet. */
export interface FoundLimit {
  readonly kind: LimitKind;
  readonly limit: number;
  readonly windowMinutes: number | null;
  readonly action: CustodyAction['kind'];
}

export interface WantedFence {
  readonly tag: string;
  readonly limitsTemplate: LimitsTemplate;
  /** One of their tags is on each wallet; more than one only while a change of limits is under way. */
  readonly limitsAccepted: readonly LimitsTemplate[];
  readonly policyId: string | null;
  readonly custodyWalletIds: readonly string[];
  /** While a change is under way the list before and the list after it are both right. */
  readonly lists: readonly (readonly string[])[];
  readonly ourChangeRequestId: string | undefined;
  /** Addresses that a change of ours under way would set. */
  readonly listUnderWay: readonly string[] | undefined;
}

export interface FoundFence {
  readonly wallets: readonly (CustodyWallet | undefined)[];
  readonly policies: readonly CustodyPolicy[];
  /** Wallets that are none of ours and spend with the key of one of ours. */
  readonly strays: readonly CustodyWallet[];
  /** What cannot be read with the maker's key, and is proven from time to time instead. */
  readonly proof: ProofStanding;
}

/** Dfns counts the guard's waiting time in minutes; a day is the longest that a decision may take. */
const GUARD_MINUTES_MAX = 1440;
export const guardActivities = ['Policies:Modify', 'Permissions:Assign', 'Permissions:Modify'] as const;
/** A check older than this proves nothing any more. */
export const FENCE_SECONDS_MAX = 86_400;

const breaks = (code: FindingCode, says: string): Finding => ({ code, severity: 'breaks', says });
const degrades = (code: FindingCode, says: string): Finding => ({ code, severity: 'degrades', says });

/** The policies that hold everyone in: the guard, and the limits of the templates. */
export const isShared = ({ activity, walletTagsAll }: CustodyPolicy): boolean =>
  guardActivities.some((guarded) => guarded === activity) || walletTagsAll.some((tag) => tag.startsWith(LIMITS_TAG));

/** Every difference between the fence that should stand and the one that custody returned. */
export function checkFence(wanted: WantedFence, found: FoundFence): readonly Finding[] {
  return [
    ...wanted.custodyWalletIds.flatMap((id, index) => checkWallet(wanted, id, found.wallets[index])),
    ...checkApprovedList(wanted, found.policies),
    ...checkShared(wanted, found.policies),
    ...checkStrays(wanted, found.strays),
    ...checkProof(found.proof),
  ];
}

/** What holds everyone in: the limits of the account's template, and the guard. */
export const checkShared = (wanted: WantedFence, policies: readonly CustodyPolicy[]): readonly Finding[] => [
  ...checkLimits(wanted, policies),
  ...checkGuard(policies),
];

export function checkWallet(wanted: WantedFence, id: string, wallet: CustodyWallet | undefined): Finding[] {
  if (wallet === undefined) return [breaks('wallet_missing', `Custody does not return the wallet ${id}.`)];
  return [
    ...(wallet.tags.includes(wanted.tag)
      ? []
      : [breaks('tag_missing', `The wallet ${id} lost the tag that holds it inside the approved list.`)]),
    ...(wanted.limitsAccepted.some((template) => wallet.tags.includes(limitsTagOf(template)))
      ? []
      : [breaks('limits_tag_missing', `The wallet ${id} lost the tag that holds it inside its limits.`)]),
  ];
}

/** A wallet on the same key spends the same coins; only the tag puts it under the same list. */
export const checkStrays = ({ tag }: WantedFence, strays: readonly CustodyWallet[]): Finding[] =>
  strays
    .filter(({ isActive }) => isActive)
    .map(({ id, tags }) =>
      tags.includes(tag)
        ? degrades('wallet_unknown', `Custody has the wallet ${id} on a key of this account, which was not made here.`)
        : breaks(
            'wallet_outside',
            `The wallet ${id} at custody uses a key of this account and no approved list holds it.`,
          ),
    );

/** Custody gives no answer that can be read, so nothing is known. */
export const unreadable: Finding = degrades('unreadable', 'Custody cannot be read at the moment.');

export function checkApprovedList(wanted: WantedFence, policies: readonly CustodyPolicy[]): Finding[] {
  const policy = policies.find(({ id }) => id === wanted.policyId);
  if (policy === undefined || !policy.isActive)
    return [breaks('list_missing', 'The approved list is not in force at custody.')];
  const findings: Finding[] = [];
  if (policy.activity !== 'Wallets:Sign' || policy.rule.kind !== 'approved_list') {
    findings.push(breaks('list_rule_differs', 'The approved list was replaced by another rule.'));
  } else if (
    !wanted.lists.some((list) => isSameList(list, policy.rule.kind === 'approved_list' ? policy.rule.addresses : []))
  ) {
    findings.push(breaks('list_differs', 'The approved list at custody is not the list that was approved here.'));
  }
  if (policy.hasOtherFilters || policy.walletTagsAll.join() !== wanted.tag) {
    findings.push(
      breaks('list_filter_differs', 'The approved list no longer covers exactly the wallets of this account.'),
    );
  }
  if (policy.action.kind !== 'block')
    findings.push(breaks('list_action_differs', 'The approved list no longer blocks other addresses.'));
  const pending = policy.pendingChange;
  const isOurs =
    pending === undefined ||
    (!pending.archives &&
      wanted.listUnderWay !== undefined &&
      pending.addresses !== undefined &&
      isSameList(pending.addresses, wanted.listUnderWay) &&
      (wanted.ourChangeRequestId === undefined || wanted.ourChangeRequestId === pending.id));
  if (!isOurs)
    findings.push(
      breaks('foreign_change_pending', 'A change of the approved list waits for approval that was not asked for here.'),
    );
  return findings;
}

/** The policies at custody that bear on the template's wallets, in the order of the template's rules. */
const limitsOn = (template: LimitsTemplate, policies: readonly CustodyPolicy[]): readonly CustodyPolicy[] =>
  policies.filter(
    (policy) =>
      policy.isActive && policy.activity === 'Wallets:Sign' && policy.walletTagsAll.includes(limitsTagOf(template)),
  );

/** The template's policies at custody, without which its tag holds nothing in. */
export function checkLimits(
  wanted: Pick<WantedFence, 'limitsTemplate'>,
  policies: readonly CustodyPolicy[],
): Finding[] {
  const limits = limitsOn(wanted.limitsTemplate, policies);
  return rulesOf(wanted.limitsTemplate).flatMap((rule) => checkLimit(rule, wanted.limitsTemplate, limits));
}

/** Custody judges by every matching policy, so one that is as wanted is enough: another can only be narrower. */
function checkLimit(rule: LimitRule, template: LimitsTemplate, limits: readonly CustodyPolicy[]): Finding[] {
  const ofKind = limits.filter((policy) => policy.rule.kind === rule.kind);
  const bound = saysBound(boundOf(rule));
  const found = ofKind.map((policy) => ({ policy, finding: limitProblem(rule, template, policy) }));
  const right = found.find(({ finding }) => finding === undefined);
  if (right === undefined) {
    const [first] = found;
    return [first?.finding ?? breaks('limits_missing', `The limit of ${bound} is not in force at custody.`)];
  }
  // The template serves many accounts: what only waits for an officer's decision stops none of them.
  return right.policy.pendingChange === undefined
    ? []
    : [degrades('foreign_change_pending', `A change of the limit of ${bound} waits for approval at custody.`)];
}

function limitProblem(rule: LimitRule, template: LimitsTemplate, policy: CustodyPolicy): Finding | undefined {
  const bound = saysBound(boundOf(rule));
  if (policy.hasOtherFilters || policy.walletTagsAll.join() !== limitsTagOf(template))
    return breaks('limits_filtered', `The limit of ${bound} no longer covers all wallets that it should.`);
  const found = foundLimit(policy);
  if (found === undefined || !isBound(rule, policy.rule))
    return breaks(
      'limits_differ',
      `The limits of the account were changed at custody: ${found === undefined ? 'another rule' : saysBound(found)} instead of ${bound}.`,
    );
  return isAction(rule, policy.action)
    ? undefined
    : breaks('limits_action_differs', `What custody does beyond the limit of ${bound} was changed.`);
}

function isBound(rule: LimitRule, found: CustodyRule): boolean {
  const { limit, windowMinutes } = boundOf(rule);
  return (
    (found.kind === 'amount' && found.limit === limit) ||
    ((found.kind === 'velocity' || found.kind === 'count') &&
      found.limit === limit &&
      found.timeframeMinutes === windowMinutes)
  );
}

/** Blocking is narrower than asking, but it is not what the client was told: both must be as wanted. */
function isAction({ action: wanted }: LimitRule, found: CustodyAction): boolean {
  if (wanted.kind === 'block') return found.kind === 'block';
  return (
    found.kind === 'approval' &&
    found.groups.some(
      ({ quorum, approvers, initiatorCanApprove }) =>
        quorum >= wanted.quorum && approvers !== undefined && !initiatorCanApprove,
    )
  );
}

function foundLimit({ rule, action }: CustodyPolicy): FoundLimit | undefined {
  if (rule.kind === 'amount') return { kind: rule.kind, limit: rule.limit, windowMinutes: null, action: action.kind };
  if (rule.kind !== 'velocity' && rule.kind !== 'count') return undefined;
  return { kind: rule.kind, limit: rule.limit, windowMinutes: rule.timeframeMinutes, action: action.kind };
}

/** The policies that make a change of policies and permissions wait for a human officer. */
export function checkGuard(policies: readonly CustodyPolicy[]): Finding[] {
  return guardActivities.flatMap((activity) => {
    const guards = policies.filter((policy) => policy.isActive && policy.activity === activity);
    if (guards.length === 0)
      return [breaks('guard_missing', `Nothing at custody makes ${activity} wait for an officer.`)];
    const problems = guards.map(guardProblem);
    return problems.includes(undefined)
      ? []
      : [breaks('guard_unsound', `The guard of ${activity} is unsound: ${problems.join('; ')}.`)];
  });
}

function guardProblem(policy: CustodyPolicy): string | undefined {
  const { rule, action } = policy;
  if (rule.kind !== 'always') return 'it does not always trigger';
  if (policy.hasOtherFilters || policy.walletTagsAll.length > 0) return 'it is filtered';
  if (policy.pendingChange !== undefined) return 'a change of it waits for approval';
  if (action.kind !== 'approval' || action.groups.length === 0) return 'it asks nobody';
  if (action.autoRejectMinutes === undefined || action.autoRejectMinutes > GUARD_MINUTES_MAX)
    return 'requests wait longer than a day';
  if (action.groups.some((group) => group.quorum < 1)) return 'nobody has to approve';
  if (action.groups.some((group) => group.initiatorCanApprove)) return 'who asks may approve';
  if (action.groups.some((group) => group.approvers === undefined)) return 'anyone in the organisation may approve';
  if (action.groups.some((group) => group.serviceAccountsCanApprove)) return 'service accounts may approve';
  return undefined;
}

export const resultOf = (findings: readonly Finding[]): Exclude<FenceResult, 'unknown'> =>
  findings.some(({ severity }) => severity === 'breaks') ? 'broken' : findings.length > 0 ? 'degraded' : 'intact';

/** The part of the answer that a client can read as its restrictions. */
export function summarize(wanted: WantedFence, found: FoundFence): FoundSummary {
  const list = found.policies.find(({ id }) => id === wanted.policyId);
  const limits = limitsOn(wanted.limitsTemplate, found.policies);
  const guard = found.policies.find((policy) => policy.isActive && policy.activity === 'Policies:Modify')?.action;
  return {
    addresses: list?.rule.kind === 'approved_list' ? list.rule.addresses : [],
    action: list?.action.kind ?? 'none',
    limits: rulesOf(wanted.limitsTemplate).flatMap(({ kind }) =>
      limits.map(foundLimit).filter((limit): limit is FoundLimit => limit?.kind === kind),
    ),
    permissionsProvenAt: found.proof.soundAt,
    guard:
      guard?.kind === 'approval'
        ? guard.groups.map(({ name, quorum, approvers }) => ({ name, quorum, approvers: approvers?.length ?? null }))
        : [],
  };
}

/** How far a check may be relied on now: an old one is unknown. */
export const standsAt = (fence: Fence | undefined, at: Timestamp): FenceResult =>
  fence === undefined || Date.parse(at) - Date.parse(fence.checkedAt) > FENCE_SECONDS_MAX * 1000
    ? 'unknown'
    : fence.result;
