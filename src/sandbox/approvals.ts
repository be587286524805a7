/**
 * Owns approvals as Dfns shows them: asked for when policies trigger, listed, read. Groups are kept as they were when
 * the approval was asked for. Deciding is in decisions.ts.
 */

import type { Account } from './derive.ts';
import { peopleOf } from './directory.ts';
import type { Activity, Judgement } from './engine.ts';
import { judge } from './engine.ts';
import type { Approval, ApprovalGroup, Policy } from './entities.ts';
import { Refused } from './errors.ts';
import { emit } from './events.ts';
import { type Answer, type ApiCall, choice, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { viewRequest } from './request-types.ts';
import { readScript } from './screening.ts';
import { type Page, type PageRequest, startOf } from './store.ts';
import { iso, newId, type World } from './world.ts';

const MINUTE = 60_000;
/** The last instant that has a date of the usual form; a timeout that ends later never ends. */
const LAST_INSTANT = Date.UTC(9999, 11, 31);

export const approvalRoutes: readonly Route<ApiCall>[] = [
  { method: 'GET', path: '/v2/policy-approvals', operation: 'Policies:Evaluations:Read', serve: listApprovals },
  {
    method: 'GET',
    path: '/v2/policy-approvals/:approvalId',
    operation: 'Policies:Evaluations:Read',
    serve: getApproval,
  },
];

/** All active policies of the kind go to the engine, which does the filtering: few enough for one organisation. */
export function judgeActivity(world: World, activity: Activity): Judgement {
  const policies = world.store.select(
    'policies',
    `WHERE activity_kind = ? AND status = 'Active' ORDER BY seq`,
    activity.kind,
  );
  return judge(policies, activity, { ...world.settings, screening: readScript(world) });
}

/** Tells the webhooks which policies triggered, with the activity as an approval would show it. */
export function emitTriggered(world: World, judgement: Judgement, subject: Approval['subject']): void {
  for (const { policy, evaluation } of judgement.triggered) {
    const { triggered, reason, context } = evaluation;
    const seen = { id: newId('plce'), triggered, reason, date: iso(world.now), policy };
    const policyEvaluation = { ...seen, activity: viewActivity(world, subject), context: context ?? null };
    emit(world, 'policy.triggered', { policyEvaluation });
  }
}

/** One activity has one approval, which needs every group of every triggered policy. */
export function requestApproval(
  world: World,
  id: string,
  initiator: Account['userId'],
  subject: Approval['subject'],
  judgement: Judgement,
): void {
  const actions = judgement.triggered.flatMap(({ policy }) => requestsOf(policy));
  const timeouts = actions.flatMap(({ autoRejectTimeout }) => autoRejectTimeout ?? []);
  const expiresAt = timeouts.length > 0 ? endOf(world, Math.min(...timeouts)) : undefined;
  const approval: Approval = {
    id,
    initiatorId: initiator,
    subject,
    status: 'Pending',
    ...(expiresAt !== undefined && { expirationDate: iso(expiresAt) }),
    dateCreated: iso(world.now),
    dateUpdated: iso(world.now),
    policyEvaluations: judgement.evaluations,
    decisions: [],
    groups: actions.flatMap(({ approvalGroups }) => approvalGroups),
  };
  const seq = world.store.insert('approvals', id, approval, { status: 'Pending', initiator_id: initiator });
  for (const userId of namedBy(world, approval.groups)) {
    world.store.sql.exec('INSERT INTO approvers VALUES (?, ?, ?, ?)', userId, seq, 'Pending', initiator);
  }
  if (expiresAt !== undefined) world.store.schedule(expiresAt, 'approval.expire', id);
  emit(world, 'policy.approval.pending', { approval: viewApproval(world, approval) });
}

const endOf = (world: World, minutes: number) => Math.min(world.now + minutes * MINUTE, LAST_INSTANT);

const requestsOf = ({ action }: Policy) => (action.kind === 'RequestApproval' ? [action] : []);

/** Whom the groups name: listed users, or every person where a group lists nobody. */
const namedBy = (world: World, groups: readonly ApprovalGroup[]) =>
  new Set(groups.flatMap(({ approvers }) => approvers.userId?.in ?? peopleOf(world)));

export function requireApproval(world: World, id: string): Approval {
  const approval = world.store.find('approvals', id);
  if (!approval) throw new Refused(404, 'Approval not found.', { approvalId: id, orgId: world.organization.orgId });
  return approval;
}

/** Who decides: the groups as they were, or by the setting those that the triggered policies have now. */
export function groupsOf(
  { store, settings }: World,
  { groups, policyEvaluations }: Approval,
): readonly ApprovalGroup[] {
  if (settings.approvalGroups === 'frozen') return groups;
  return policyEvaluations
    .filter(({ triggered }) => triggered)
    .flatMap(({ policyId }) => store.find('policies', policyId) ?? [])
    .flatMap(requestsOf)
    .flatMap(({ approvalGroups }) => approvalGroups);
}

/** Dfns embeds the activity but not the approval groups, which a reader finds in the policy. */
export function viewApproval(world: World, { groups: _groups, subject, ...approval }: Approval) {
  const { id, initiatorId, ...rest } = approval;
  return { id, initiatorId, activity: viewActivity(world, subject), ...rest };
}

type ChangeSubject = Extract<Approval['subject'], { changeRequestId: string }>;

const REQUEST_NAMES = {
  transfers: 'transferRequest',
  transactions: 'transactionRequest',
  signatures: 'signatureRequest',
} as const;

function requestView({ store }: World, table: keyof typeof REQUEST_NAMES, id: string) {
  const request = store.find(table, id);
  return { [REQUEST_NAMES[table]]: request && viewRequest(request) };
}

function viewActivity(world: World, subject: Approval['subject']) {
  return subject.kind === 'Wallets:Sign'
    ? { kind: subject.kind, ...requestView(world, subject.table, subject.requestId) }
    : { kind: subject.kind, changeRequest: changeRequestOf(world, subject) };
}

const changeRequestOf = ({ store }: World, { kind, changeRequestId }: ChangeSubject) =>
  kind === 'Policies:Modify'
    ? store.find('change_requests', changeRequestId)
    : store.find('permission_changes', changeRequestId);

function getApproval(world: World, call: ApiCall): Answer {
  return ok(viewApproval(world, requireApproval(world, param(call, 'approvalId'))));
}

function listApprovals(world: World, call: ApiCall): Answer {
  const status = choice(call, 'status', ['Pending', 'Approved', 'Denied', 'Expired']);
  const initiator = call.url.searchParams.get('initiatorId') ?? undefined;
  const approver = call.url.searchParams.get('approverId') ?? undefined;
  const page = pageRequest(call, { limitDefault: 20 });
  const found =
    approver === undefined
      ? world.store.page('approvals', { status, initiator_id: initiator }, page)
      : pageOfApprover(world, approver, { status, initiator }, page);
  return pageAnswer(found, (approval) => viewApproval(world, approval));
}

type Filters = { status: string | undefined; initiator: string | undefined };

/** The statement names just the filters that are given, because each set of them has an index of its own. */
function pageOfApprover(
  { store }: World,
  approver: string,
  { status, initiator }: Filters,
  page: PageRequest,
): Page<Approval> {
  const { from, beyond, direction } = startOf('approvals', page);
  const named = [
    { column: 'status', value: status },
    { column: 'initiator_id', value: initiator },
  ].flatMap(({ column, value }) => (value === undefined ? [] : [{ column, value }]));
  const rows = store.sql.exec<{ seq: number; body: string }>(
    `SELECT approvals.seq, body FROM approvers CROSS JOIN approvals ON approvals.seq = approval_seq
     WHERE user_id = ? AND approval_seq ${beyond} ? ${named.map(({ column }) => `AND approvers.${column} = ?`).join(' ')}
     ORDER BY approval_seq ${direction} LIMIT ?`,
    ...[approver, from, ...named.map(({ value }) => value), page.limit + 1],
  );
  return store.pageOf('approvals', rows.toArray(), page.limit);
}

/** A settled approval; its status is also kept where approvers look for it. */
export function saveSettled({ store }: World, approval: Approval): void {
  store.save('approvals', approval.id, approval, { status: approval.status });
  const which = 'approval_seq = (SELECT seq FROM approvals WHERE id = ?)';
  store.sql.exec(`UPDATE approvers SET status = ? WHERE ${which}`, approval.status, approval.id);
}
