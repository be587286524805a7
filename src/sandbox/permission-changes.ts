/**
 * Owns what stands between a wish to change a permission or an assignment and the change: policies on them may block it
 * or hold it up for approval. Until then the old permission stays in force.
 */
import { emitTriggered, judgeActivity, requestApproval } from './approvals.ts';
import type { Account } from './derive.ts';
import type { Assignment, Permission, PermissionChange } from './directory-types.ts';
import type { Approval } from './entities.ts';
import { dfnsError, Refused } from './errors.ts';
import type { Answer } from './http.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

/** What is wanted, before it is known whether anyone must approve it. */
export type Wish =
  | { kind: 'Permission'; operationKind: 'Update'; body: Permission }
  | { kind: 'Assignment'; operationKind: 'Create' | 'Delete'; body: Assignment };

type Outcome = { state: 'allowed' } | { state: 'blocked' | 'pending'; answer: Answer };

const activityOf = (wish: Wish) =>
  wish.kind === 'Permission'
    ? ({ kind: 'Permissions:Modify', permissionId: wish.body.id } as const)
    : ({ kind: 'Permissions:Assign', permissionId: wish.body.permissionId } as const);

/** Whether a wish may be carried out now; if not, the answer to whoever has it. */
export function askFor(world: World, caller: Account, wish: Wish): Outcome {
  if (pendingChangeOf(world, wish.body.id) && world.settings.secondPendingChange === 'refuse') {
    const what = wish.kind === 'Permission' ? 'Permission' : 'Permission assignment';
    const message = `${what} already has a pending change request.`;
    throw new Refused(world.settings.secondPendingChangeStatus, message, { id: wish.body.id });
  }
  const activity = activityOf(wish);
  const judgement = judgeActivity(world, activity);
  if (judgement.verdict === 'allowed') return { state: 'allowed' };
  if (judgement.verdict === 'blocked') {
    return { state: 'blocked', answer: { status: 403, body: dfnsError(403, 'The activity is blocked by a policy.') } };
  }
  const approvalId = newId('ap');
  const change = newChange(world, caller, wish, approvalId);
  const subject = { kind: activity.kind, changeRequestId: change.id } as const;
  world.store.insert('permission_changes', change.id, change, { entity_id: change.entityId, status: change.status });
  emitTriggered(world, judgement, subject);
  requestApproval(world, approvalId, caller.userId, subject, judgement);
  return { state: 'pending', answer: { status: 202, body: change } };
}

function newChange(world: World, caller: Account, wish: Wish, approvalId: string): PermissionChange {
  const common = {
    ...{ id: newId('cr'), requester: requesterOf(caller), status: 'Pending' as const, entityId: wish.body.id },
    ...{ dateCreated: iso(world.now), approvalId },
  };
  // Dfns leaves the dates out of the body of a change request.
  if (wish.kind === 'Permission') {
    const { dateCreated: _created, dateUpdated: _updated, ...body } = wish.body;
    return { ...common, kind: wish.kind, operationKind: wish.operationKind, body };
  }
  const { dateCreated: _created, dateUpdated: _updated, ...body } = wish.body;
  return { ...common, kind: wish.kind, operationKind: wish.operationKind, body };
}

/** The oldest one, where several wait. */
export const pendingChangeOf = ({ store }: World, entityId: string): PermissionChange | undefined =>
  store.select('permission_changes', `WHERE entity_id = ? AND status = 'Pending' ORDER BY seq LIMIT 1`, entityId)[0];

export function withPendingChange<T extends { id: string }>(world: World, entity: T) {
  const pendingChangeRequest = pendingChangeOf(world, entity.id);
  return { ...entity, ...(pendingChangeRequest && { pendingChangeRequest }) };
}

/** The approval of a change was resolved. */
export function settlePermissionChange(world: World, id: string, { status: outcome }: Approval): void {
  const change = world.store.find('permission_changes', id);
  if (change?.status !== 'Pending') return;
  const isApproved = outcome === 'Approved';
  const isApplied = isApproved && apply(world, change);
  const status = isApplied ? 'Applied' : isApproved ? 'Failed' : world.settings.deniedChange;
  world.store.save('permission_changes', id, { ...change, status, dateResolved: iso(world.now) }, { status });
  // What never came to be granted leaves nothing behind, so that it can be asked for again.
  const isRefusedGrant = change.kind === 'Assignment' && change.operationKind === 'Create' && !isApplied;
  if (isRefusedGrant) world.store.remove('assignments', change.entityId);
}

/** False where the thing to be changed is gone by now. */
function apply(world: World, change: PermissionChange): boolean {
  const { store, now } = world;
  if (change.kind === 'Permission') {
    const permission = store.find('permissions', change.entityId);
    if (permission) savePermission(world, { ...permission, ...change.body, dateUpdated: iso(now) });
    return permission !== undefined;
  }
  if (change.operationKind === 'Delete') return store.remove('assignments', change.entityId);
  const assignment = store.find('assignments', change.entityId);
  if (assignment) store.save('assignments', assignment.id, { ...assignment, dateUpdated: iso(now) }, { granted: 1 });
  return assignment !== undefined;
}

export const savePermission = ({ store }: World, permission: Permission) =>
  store.save('permissions', permission.id, permission, { archived: permission.isArchived ? 1 : 0 });
