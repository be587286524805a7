// What in the organisation would let somebody step over a fence. The plan refuses to go on over it, the proof records it.
import { minutesInWords } from '../../src/domain/limits-template.ts';
import { current, currentSet, dangerous, onlyReads } from './operations.ts';
import type { Wanted } from './organization.ts';
import { actionKindOf, askingOf, isApprovedList, meaningOf, type PolicyShape, wantedPolicies } from './policies.ts';
import {
  type FoundAccount,
  type FoundOrganization,
  type FoundPolicy,
  type FoundRole,
  isWaiting,
  type Reading,
} from './read.ts';

export interface Danger {
  readonly code: string;
  readonly says: string;
}

/** A request may wait this long at most: the longer, the more is decided that nobody remembers. */
const TIMEOUT_MINUTES_MAX = 10_080;
const readOf = <T>(reading: Reading<readonly T[]>): readonly T[] => (reading.ok ? reading.value : []);

/** Everything unsafe in what could be read. What could not be read is for the caller to tell. */
export function dangersIn(wanted: Wanted, found: FoundOrganization): Danger[] {
  const policies = readOf(found.policies);
  return [
    ...guardDangers(wanted, found, policies),
    ...groupDangers(wanted, found, policies),
    ...listDangers(wanted, policies),
    ...waitingDangers(wanted, policies),
    ...officerDangers(wanted, found),
    ...readOf(found.serviceAccounts).flatMap((account) => accountDangers(wanted, account)),
    ...strangerDangers(found),
  ];
}

/** A missing guard is made by `apply` while there is nothing to guard, and is a danger from the first account on. */
function guardDangers(wanted: Wanted, found: FoundOrganization, policies: readonly FoundPolicy[]): Danger[] {
  if (!found.policies.ok) return [];
  const isUsed = (found.hasClientWallets.ok && found.hasClientWallets.value) || policies.some(isApprovedList);
  return wanted.guard.activities.flatMap((activity) => {
    const guards = policies.filter(({ activityKind }) => activityKind === activity);
    if (guards.length === 0) {
      const says = `Nothing makes ${activity} wait for an officer, and there are accounts already.`;
      return isUsed ? [{ code: 'guard_missing', says }] : [];
    }
    const problems = guards.map((guard) => guardProblem(wanted, guard));
    if (problems.includes(undefined)) return [];
    return guards.map(({ name }, index) => ({
      code: 'guard_unsound',
      says: `The guard "${name}" of ${activity} is unsound: ${problems[index]}.`,
    }));
  });
}

function guardProblem({ guard }: Wanted, policy: FoundPolicy): string | undefined {
  const asking = askingOf(policy);
  if (policy.rule.kind !== 'AlwaysTrigger') return 'it does not always trigger';
  if (policy.filters !== undefined && Object.keys(policy.filters).length > 0) return 'it is filtered';
  if (asking === undefined || asking.groups.length === 0) return 'it asks nobody';
  const { autoRejectTimeout: timeout, groups } = asking;
  if (timeout === null) return 'requests wait for ever (no autoRejectTimeout)';
  if (timeout > TIMEOUT_MINUTES_MAX)
    return `requests wait ${minutesInWords(timeout)} (autoRejectTimeout ${timeout} minutes), longer than a week`;
  if (groups.some(({ approvers }) => approvers.userId === undefined)) return 'anyone in the organisation may approve';
  if (groups.some(({ initiatorCanApprove }) => initiatorCanApprove)) return 'whoever asks may approve';
  if (groups.some(({ serviceAccountsCanApprove }) => serviceAccountsCanApprove)) return 'service accounts may approve';
  const least = groups.find(({ quorum }) => quorum < guard.quorum);
  return least && `${least.quorum} must approve where ${guard.quorum} are wanted`;
}

/** A machine in a group that decides about lists or rights: those who make the changes would pass them. */
function groupDangers(wanted: Wanted, found: FoundOrganization, policies: readonly FoundPolicy[]): Danger[] {
  const machines = new Map(readOf(found.serviceAccounts).map(({ userId, name }) => [userId, name]));
  const isGuard = ({ activityKind }: FoundPolicy) =>
    wanted.guard.activities.some((activity) => activity === activityKind);
  return policies
    .filter((policy) => isGuard(policy) || isApprovedList(policy))
    .flatMap((policy) => {
      const ids = (askingOf(policy)?.groups ?? []).flatMap(({ approvers }) => approvers.userId?.in ?? []);
      return [...new Set(ids)]
        .filter((id) => machines.has(id))
        .map((id) => ({
          code: isGuard(policy) ? 'service_account_in_guard' : 'service_account_in_list',
          says: `The service account ${machines.get(id)} (${id}) may decide under "${policy.name}".`,
        }));
    });
}

const listDangers = ({ approvedListAction }: Wanted, policies: readonly FoundPolicy[]): Danger[] =>
  policies
    .filter((policy) => isApprovedList(policy) && actionKindOf(policy) !== approvedListAction)
    .map((policy) => ({
      code: 'list_does_not_block',
      says: `The approved list "${policy.name}" does not block other addresses (${actionKindOf(policy)}).`,
    }));

/** A change of a guard or a limit that waits and is not the one wanted here: an approval away from being in force. */
function waitingDangers(wanted: Wanted, policies: readonly FoundPolicy[]): Danger[] {
  const bodies = wantedPolicies(wanted, policies);
  const meanings = new Set(bodies.map(meaningOf));
  const isOurs = (policy: PolicyShape) =>
    bodies.some(({ name }) => name === policy.name) || meanings.has(meaningOf(policy));
  return policies.flatMap((policy) => {
    const change = policy.pendingChangeRequest;
    if (!isOurs(policy) || change?.status !== 'Pending' || meanings.has(meaningOf(change.body))) return [];
    const says = `A change of "${policy.name}" that was not asked for here waits for approval ${change.approvalId}.`;
    return [{ code: 'foreign_change_waits', says }];
  });
}

function officerDangers({ officers, guard }: Wanted, found: FoundOrganization): Danger[] {
  if (!found.people.ok) return [];
  const people = new Set(found.people.value.flatMap(({ userId, isActive }) => (isActive ? [userId] : [])));
  const absent = [...new Set(officers)].filter((id) => !people.has(id));
  const left = new Set(officers).size - absent.length;
  return [
    ...absent.map((id) => ({ code: 'officer_is_no_person', says: `The officer ${id} is no active person at Dfns.` })),
    // Whoever asks cannot approve, so one more than the quorum is needed where officers ask as well.
    ...(left < guard.quorum
      ? [
          {
            code: 'too_few_officers',
            says: `${left} of ${guard.quorum} needed officers can decide: every change would be stuck.`,
          },
        ]
      : []),
  ];
}

/** The accounts that the product knows may do what they need; all others nothing with which a fence is stepped over. */
function accountDangers({ roles, makerId, checkerId, setupId }: Wanted, account: FoundAccount): Danger[] {
  if (!account.isActive) return [];
  const known = new Map([
    [makerId, roles.maker],
    [setupId, roles.setup],
    ...(checkerId === undefined ? [] : [[checkerId, roles.checker] as const]),
  ]).get(account.userId);
  const allowed = currentSet([...(known?.operations ?? []), ...(known?.alsoAllowed ?? [])]);
  const held = [...currentSet(account.operations)];
  const tooMuch =
    known === undefined
      ? held.filter((operation) => dangerous.has(operation))
      : held.filter((operation) => !allowed.has(operation) && !onlyReads(operation));
  if (tooMuch.length === 0) return [];
  const says = `The service account ${account.name} (${account.userId}) may do what it should not: ${tooMuch.sort().join(', ')}.`;
  return [{ code: 'too_many_rights', says }];
}

/** Rights of somebody whom Dfns lists neither among people nor among service accounts, such as a personal access token. */
function strangerDangers({ roles, people, serviceAccounts }: FoundOrganization): Danger[] {
  if (!people.ok || !serviceAccounts.ok) return [];
  const known = new Set([...people.value, ...serviceAccounts.value].map(({ userId }) => userId));
  const isPowerful = ({ operations }: FoundRole) => operations.some((operation) => dangerous.has(current(operation)));
  return readOf(roles)
    .filter(isPowerful)
    .flatMap((role) =>
      role.assignments
        .filter((assignment) => !known.has(assignment.identityId) && !isWaiting(assignment))
        .map(({ identityId }) => ({
          code: 'unknown_holder',
          says: `${identityId} holds the role "${role.name}" and is neither a person nor a service account that Dfns lists.`,
        })),
    );
}
