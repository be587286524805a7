/** Owns permissions, which the dashboard of Dfns calls roles: their operations, and to whom they are assigned. */
import * as z from 'zod';
import type { Account } from './derive.ts';
import { insertAssignment } from './directory.ts';
import type { Assignment, Permission } from './directory-types.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, choice, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { ACCEPTED_OPERATIONS } from './operations.ts';
import { askFor, savePermission, withPendingChange } from './permission-changes.ts';
import { isNewName } from './roles.ts';
import { accountById, iso, newId, type World } from './world.ts';

const Name = z.string().min(1).max(100);
const Operations = z
  .array(z.string().refine((name) => ACCEPTED_OPERATIONS.has(name), 'unknown operation'))
  .min(1)
  .transform((names) => [...new Set(names)]);
const CreatePermission = z.strictObject({ name: Name, operations: Operations });
const UpdatePermission = z.strictObject({ name: Name.optional(), operations: Operations.optional() });
const ArchivePermission = z.strictObject({ isArchived: z.boolean() });
const CreateAssignment = z.strictObject({ identityId: z.string().min(1) });

const ONE = '/permissions/:permissionId';
export const permissionRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/permissions', operation: 'Permissions:Create', serve: createPermission },
  { method: 'GET', path: '/permissions', operation: 'Permissions:Read', serve: listPermissions },
  { method: 'GET', path: ONE, operation: 'Permissions:Read', serve: getPermission },
  { method: 'PUT', path: ONE, operation: 'Permissions:Update', serve: updatePermission },
  { method: 'PUT', path: `${ONE}/archive`, operation: 'Permissions:Delete', serve: archivePermission },
  { method: 'POST', path: `${ONE}/assignments`, operation: 'Permissions:Assign', serve: createAssignment },
  { method: 'GET', path: `${ONE}/assignments`, operation: 'Permissions:Assignments:Read', serve: listAssignments },
  {
    method: 'DELETE',
    path: `${ONE}/assignments/:assignmentId`,
    operation: 'Permissions:Revoke',
    serve: deleteAssignment,
  },
];

export function requirePermission({ store, organization }: World, permissionId: string): Permission {
  const permission = store.find('permissions', permissionId);
  if (!permission) throw new Refused(404, 'Permission not found.', { permissionId, orgId: organization.orgId });
  return permission;
}

const permissionOf = (world: World, call: ApiCall) => requirePermission(world, param(call, 'permissionId'));

/** Not every document has the names of 2026; by the setting the API has not either. */
function refuseNewNames({ settings }: World, operations: readonly string[]): void {
  const unknown = settings.operationNames === 'older' ? operations.find(isNewName) : undefined;
  if (unknown !== undefined) throw new Refused(400, `Invalid body: operations: unknown operation ${unknown}`);
}

/** Dfns: creating a permission is not an activity that a policy can hold up; it gives nobody anything yet. */
function createPermission(world: World, { text }: ApiCall): Answer {
  const { name, operations } = parse(CreatePermission, readJson(text), 'body');
  refuseNewNames(world, operations);
  const at = iso(world.now);
  const permission: Permission = {
    ...{ id: newId('pm'), name, operations, status: 'Active', isImmutable: false, isArchived: false },
    ...{ dateCreated: at, dateUpdated: at },
  };
  world.store.insert('permissions', permission.id, permission);
  return ok(permission);
}

function listPermissions(world: World, call: ApiCall): Answer {
  const page = world.store.page('permissions', {}, pageRequest(call));
  return pageAnswer(page, (permission) => withPendingChange(world, permission));
}

function getPermission(world: World, call: ApiCall): Answer {
  return ok(withPendingChange(world, permissionOf(world, call)));
}

function updatePermission(world: World, call: ApiCall): Answer {
  const permission = permissionOf(world, call);
  const { name = permission.name, operations = permission.operations } = parse(
    UpdatePermission,
    readJson(call.text),
    'body',
  );
  refuseNewNames(world, operations);
  if (permission.isArchived) throw new Refused(422, 'Permission is archived.', { permissionId: permission.id });
  return change(world, call.caller, { ...permission, name, operations });
}

function archivePermission(world: World, call: ApiCall): Answer {
  const permission = permissionOf(world, call);
  const { isArchived } = parse(ArchivePermission, readJson(call.text), 'body');
  return change(world, call.caller, { ...permission, isArchived });
}

/** Applies a change at once, or answers with what a policy makes of it. */
function change(world: World, caller: Account, wanted: Permission): Answer {
  if (wanted.isImmutable) throw new Refused(422, 'Permission cannot be changed.', { permissionId: wanted.id });
  const body = { ...wanted, dateUpdated: iso(world.now) };
  const outcome = askFor(world, caller, { kind: 'Permission', operationKind: 'Update', body });
  if (outcome.state !== 'allowed') return outcome.answer;
  savePermission(world, body);
  return ok(body);
}

function createAssignment(world: World, call: ApiCall): Answer {
  const permission = permissionOf(world, call);
  const { identityId } = parse(CreateAssignment, readJson(call.text), 'body');
  if (!accountById(world, identityId)) throw new Refused(404, 'Identity not found.', { identityId });
  return assign(world, call.caller, permission, identityId);
}

/** Also the way of a new service account to its first permission, so that it cannot get round a policy. */
export function assign(world: World, caller: Account, permission: Permission, identityId: string): Answer {
  const { id: permissionId, isArchived } = permission;
  if (isArchived) throw new Refused(422, 'Permission is archived.', { permissionId });
  const taken = 'WHERE permission_id = ? AND identity_id = ?';
  if (world.store.select('assignments', taken, permissionId, identityId).length > 0) {
    throw new Refused(409, 'Permission is already assigned to this identity.', { permissionId, identityId });
  }
  const at = iso(world.now);
  const ids = { id: newId('as'), permissionId, identityId };
  const body: Assignment = { ...ids, isImmutable: false, dateCreated: at, dateUpdated: at };
  const outcome = askFor(world, caller, { kind: 'Assignment', operationKind: 'Create', body });
  if (outcome.state !== 'blocked') insertAssignment(world.store, body, outcome.state === 'allowed');
  return outcome.state === 'allowed' ? ok(body) : outcome.answer;
}

function listAssignments(world: World, call: ApiCall): Answer {
  const { id } = permissionOf(world, call);
  const page = world.store.page('assignments', { permission_id: id }, pageRequest(call));
  return pageAnswer(page, (assignment) => withPendingChange(world, assignment));
}

/** Dfns: with `force` the approval process is passed over. */
function deleteAssignment(world: World, call: ApiCall): Answer {
  const { id: permissionId } = permissionOf(world, call);
  const assignmentId = param(call, 'assignmentId');
  parse(Empty, readJson(call.text), 'body');
  const assignment = world.store.find('assignments', assignmentId);
  if (assignment?.permissionId !== permissionId) {
    throw new Refused(404, 'Permission assignment not found.', { permissionId, assignmentId });
  }
  if (choice(call, 'force', ['true', 'false']) !== 'true') {
    const outcome = askFor(world, call.caller, { kind: 'Assignment', operationKind: 'Delete', body: assignment });
    if (outcome.state !== 'allowed') return outcome.answer;
  }
  world.store.remove('assignments', assignmentId);
  return { status: 204, body: undefined };
}
