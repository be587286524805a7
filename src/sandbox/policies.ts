/**
 * Owns policies and the change requests that stand between a wish to change one and the change. Until a change request
 * is approved the old policy stays in force.
 */
import * as z from 'zod';
import { emitTriggered, judgeActivity, requestApproval } from './approvals.ts';
import type { Account } from './derive.ts';
import type { Approval, ChangeRequest, Policy, PolicyBody } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, choice, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { PolicyBody as PolicyBodySchema } from './policy-schemas.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

export const policyRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/v2/policies', operation: 'Policies:Create', serve: createPolicy },
  { method: 'GET', path: '/v2/policies', operation: 'Policies:Read', serve: listPolicies },
  { method: 'GET', path: '/v2/policies/:policyId', operation: 'Policies:Read', serve: getPolicy },
  { method: 'PUT', path: '/v2/policies/:policyId', operation: 'Policies:Update', serve: updatePolicy },
  { method: 'DELETE', path: '/v2/policies/:policyId', operation: 'Policies:Delete', serve: archivePolicy },
];

function requirePolicy(world: World, call: ApiCall): Policy {
  const policyId = param(call, 'policyId');
  const policy = world.store.find('policies', policyId);
  if (!policy) throw new Refused(404, 'Policy not found.', { policyId, orgId: world.organization.orgId });
  return policy;
}

/** Guides send `status: "Active"` although the schema has no such field; a setting says whether that is borne. */
function readBody(world: World, text: string): PolicyBody {
  const json = z.looseObject({ status: z.literal('Active').optional() });
  const value = readJson(text);
  if (world.settings.policyStatusInBody === 'refuse') return bounded(world, parse(PolicyBodySchema, value, 'body'));
  const { status: _status, ...body } = parse(json, value, 'body');
  return bounded(world, parse(PolicyBodySchema, body, 'body'));
}

/** No limit of addresses is documented; a setting has one. */
function bounded({ settings: { whitelistAddressesMax: max } }: World, body: PolicyBody): PolicyBody {
  const { rule } = body;
  const addresses = rule.kind === 'TransactionRecipientWhitelist' ? rule.configuration.addresses.length : 0;
  if (max === null || addresses <= max) return body;
  throw new Refused(400, `Invalid body: rule.configuration.addresses: at most ${max}`);
}

/** Dfns: creating a policy is not an activity that another policy can hold up. */
function createPolicy(world: World, { text }: ApiCall): Answer {
  const body = readBody(world, text);
  const at = iso(world.now);
  const policy: Policy = { id: newId('plc'), status: 'Active', dateCreated: at, dateUpdated: at, ...body };
  world.store.insert('policies', policy.id, policy, { status: policy.status, activity_kind: policy.activityKind });
  return ok(policy);
}

/** An update replaces everything but the id and the dates: what the body leaves out is gone. */
function updatePolicy(world: World, call: ApiCall): Answer {
  const { id, status, dateCreated } = requirePolicy(world, call);
  const body = readBody(world, call.text);
  return change(world, call.caller, { id, status, dateCreated, dateUpdated: iso(world.now), ...body });
}

function archivePolicy(world: World, call: ApiCall): Answer {
  const policy = requirePolicy(world, call);
  return change(world, call.caller, { ...policy, status: 'Archived', dateUpdated: iso(world.now) });
}

/** Applies a change at once, or answers 202 with the change request that a policy on policies asks for. */
function change(world: World, caller: Account, body: Policy): Answer {
  if (world.store.find('policies', body.id)?.status !== 'Active') throw new Refused(422, 'Policy is archived.');
  if (pendingChange(world, body.id) && world.settings.secondPendingChange === 'refuse') {
    const message = 'Policy already has a pending change request.';
    throw new Refused(world.settings.secondPendingChangeStatus, message, { policyId: body.id });
  }
  const judgement = judgeActivity(world, { kind: 'Policies:Modify', policyId: body.id });
  if (judgement.verdict === 'allowed') {
    savePolicy(world, body);
    return ok(body);
  }
  const approvalId = newId('ap');
  const request: ChangeRequest = {
    id: newId('cr'),
    requester: requesterOf(caller),
    kind: 'Policy',
    operationKind: body.status === 'Archived' ? world.settings.archiveOperation : 'Update',
    status: 'Pending',
    entityId: body.id,
    dateCreated: iso(world.now),
    approvalId,
    body,
  };
  const subject = { kind: 'Policies:Modify', changeRequestId: request.id } as const;
  world.store.insert('change_requests', request.id, request, { policy_id: body.id, status: request.status });
  emitTriggered(world, judgement, subject);
  requestApproval(world, approvalId, caller.userId, subject, judgement);
  return { status: 202, body: request };
}

function savePolicy(world: World, policy: Policy): void {
  world.store.save('policies', policy.id, policy, { status: policy.status, activity_kind: policy.activityKind });
}

/** The oldest one, where several wait. */
function pendingChange(world: World, policyId: string): ChangeRequest | undefined {
  const where = `WHERE policy_id = ? AND status = 'Pending' ORDER BY seq LIMIT 1`;
  return world.store.select('change_requests', where, policyId)[0];
}

/** The approval of a change was resolved. A change of a policy that was archived meanwhile can no longer be applied. */
export function settleChange(world: World, id: string, { status: outcome }: Approval): void {
  const request = world.store.find('change_requests', id);
  if (request?.status !== 'Pending') return;
  const isAlive = world.store.find('policies', request.entityId)?.status === 'Active';
  const status = outcome !== 'Approved' ? world.settings.deniedChange : isAlive ? 'Applied' : 'Failed';
  const settled = { ...request, status, dateResolved: iso(world.now) } as const;
  world.store.save('change_requests', id, settled, { status });
  if (status === 'Applied') savePolicy(world, { ...request.body, dateUpdated: iso(world.now) });
}

function view(world: World, policy: Policy) {
  const pendingChangeRequest = pendingChange(world, policy.id);
  return { ...policy, ...(pendingChangeRequest && { pendingChangeRequest }) };
}

function getPolicy(world: World, call: ApiCall): Answer {
  return ok(view(world, requirePolicy(world, call)));
}

function listPolicies(world: World, call: ApiCall): Answer {
  const status = choice(call, 'status', ['Active', 'Archived']);
  const page = world.store.page('policies', { status }, pageRequest(call, { limitDefault: 20 }));
  return pageAnswer(page, (policy) => view(world, policy));
}
