/**
 * Owns votes on approvals: who may decide, when an approval is settled, and what its outcome does to the transfer or
 * the policy change that waited for it.
 */
import * as z from 'zod';
import { groupsOf, requireApproval, saveSettled, viewApproval } from './approvals.ts';
import type { Account } from './derive.ts';
import type { Approval, ApprovalGroup, Decision } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { emit } from './events.ts';
import { type Answer, type ApiCall, ok, param, type Route } from './http.ts';
import { settleRequest } from './outcomes.ts';
import { settlePermissionChange } from './permission-changes.ts';
import { settleChange } from './policies.ts';
import { accountById, iso, type World } from './world.ts';

export const DecisionBody = z.strictObject({
  value: z.enum(['Approved', 'Denied']),
  reason: z.string().max(1000).optional(),
});
type DecisionBody = z.infer<typeof DecisionBody>;

type Voter = Pick<Account, 'userId' | 'isServiceAccount'>;

export const decisionRoutes: readonly Route<ApiCall>[] = [
  {
    method: 'POST',
    path: '/v2/policy-approvals/:approvalId/decisions',
    operation: 'Policies:Evaluations:Vote',
    serve: (world, call): Answer => {
      const body = parse(DecisionBody, readJson(call.text), 'body');
      return ok(decide(world, param(call, 'approvalId'), call.caller, body));
    },
  },
];

export function decide(world: World, id: string, account: Account, { value, reason }: DecisionBody) {
  const { voteNotAllowedStatus, voteRepeatedStatus, voteTooLateStatus } = world.settings;
  const approval = requireApproval(world, id);
  if (approval.status !== 'Pending') throw new Refused(voteTooLateStatus, `Approval is already ${approval.status}.`);
  if (approval.decisions.some(({ userId }) => userId === account.userId)) {
    throw new Refused(voteRepeatedStatus, 'User has already decided on this approval.');
  }
  const seats = groupsOf(world, approval).filter((group) => maySit(world, group, account));
  const isInitiator = account.userId === approval.initiatorId;
  // Dfns: the initiator may always deny, to cancel, and may approve only where a group lets the initiator.
  const mayDecide = isInitiator ? !account.isServiceAccount || seats.length > 0 : seats.length > 0;
  if (!mayDecide) throw new Refused(voteNotAllowedStatus, 'User is not allowed to decide on this approval.');
  if (isInitiator && value === 'Approved' && !seats.some((group) => group.initiatorCanApprove)) {
    throw new Refused(voteNotAllowedStatus, 'The initiator is not allowed to approve their own activity.');
  }
  const decision: Decision = { userId: account.userId, date: iso(world.now), reason: reason ?? null, value };
  const decided = { ...approval, decisions: [...approval.decisions, decision], dateUpdated: decision.date };
  const status = outcome(world, decided);
  if (status !== 'Pending') return settle(world, decided, status);
  world.store.save('approvals', id, decided);
  return viewApproval(world, decided);
}

/** Nobody decided in time. */
export function expireApproval(world: World, id: string): void {
  const approval = world.store.find('approvals', id);
  if (approval?.status === 'Pending') settle(world, approval, world.settings.expiredApproval);
}

/** One denial ends it; an approval needs the quorum of every group. One vote counts in each group of its voter. */
function outcome(world: World, approval: Approval): Approval['status'] {
  const { decisions, initiatorId } = approval;
  if (decisions.some(({ value }) => value === 'Denied')) return 'Denied';
  const votesIn = (group: ApprovalGroup) =>
    decisions.filter(({ userId }) => {
      const account = accountById(world, userId);
      const mayCount = userId !== initiatorId || group.initiatorCanApprove === true;
      return account !== undefined && mayCount && maySit(world, group, account);
    }).length;
  return groupsOf(world, approval).every((group) => votesIn(group) >= group.quorum) ? 'Approved' : 'Pending';
}

/**
 * Dfns: a service account votes only where staff enabled it, the group allows it and lists the account by its user id;
 * a group that lists nobody is open to every person.
 */
function maySit(world: World, { approvers, serviceAccountsCanApprove }: ApprovalGroup, account: Voter): boolean {
  const isListed = approvers.userId?.in.includes(account.userId);
  if (!account.isServiceAccount) return isListed ?? true;
  return world.settings.serviceAccountVotes && serviceAccountsCanApprove === true && isListed === true;
}

function settle(world: World, pending: Approval, status: 'Approved' | 'Denied' | 'Expired' | 'Pending') {
  const at = iso(world.now);
  const approval: Approval = { ...pending, status, dateUpdated: at, dateResolved: at };
  saveSettled(world, approval);
  const { subject } = approval;
  if (subject.kind === 'Wallets:Sign') settleRequest(world, subject, approval);
  else if (subject.kind === 'Policies:Modify') settleChange(world, subject.changeRequestId, approval);
  else settlePermissionChange(world, subject.changeRequestId, approval);
  const view = viewApproval(world, approval);
  emit(world, 'policy.approval.resolved', { approval: view });
  return view;
}
