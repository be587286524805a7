/**
 * Owns the directory of the organisation: accounts with their tokens and credentials, and what their permissions let
 * them do. It begins with the accounts derived from the seed; the API adds more.
 */
import { type Account, type DerivedOrganization, type FirstAccount, FOUNDED_AT } from './derive.ts';
import type { Assignment, Credential, Permission, StoredAccount } from './directory-types.ts';
import { Refused } from './errors.ts';
import { holds } from './roles.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

const FOUNDED = new Date(FOUNDED_AT).toISOString();

/** Writes the derived accounts into empty tables; afterwards they are rows like any other. */
export function foundDirectory(store: Store, { accounts }: DerivedOrganization): void {
  const roles = new Map(accounts.map(({ role }) => [role.id, role]));
  for (const { id, name, operations } of roles.values()) {
    if (store.find('permissions', id)) continue;
    const dates = { dateCreated: FOUNDED, dateUpdated: FOUNDED };
    const isImmutable = name === 'admin';
    const permission: Permission = {
      id,
      name,
      operations: [...operations],
      status: 'Active',
      isImmutable,
      isArchived: false,
      ...dates,
    };
    store.insert('permissions', id, permission);
  }
  for (const account of accounts) if (!store.find('accounts', account.userId)) found(store, account);
}

function found(store: Store, account: FirstAccount): void {
  const { userId, name, isServiceAccount, publicKey, credentialId, credentialUuid, tokenId, role } = account;
  insertAccount(store, { userId, username: name, name, isServiceAccount, isActive: true });
  const common = { userId, name, publicKey, isActive: true, dateCreated: FOUNDED };
  insertCredential(store, { ...common, kind: 'Key', credentialId, credentialUuid, origin: '' });
  const kind = isServiceAccount ? 'ServiceAccount' : 'Pat';
  store.insert('tokens', tokenId, { ...common, tokenId, kind, credId: credentialId }, { user_id: userId });
  const id = `as-${userId.slice('us-'.length)}`;
  const dates = { dateCreated: FOUNDED, dateUpdated: FOUNDED };
  insertAssignment(store, { id, permissionId: role.id, identityId: userId, isImmutable: false, ...dates }, true);
}

export const insertAccount = (store: Store, account: StoredAccount) =>
  store.insert('accounts', account.userId, account, { is_service: account.isServiceAccount ? 1 : 0 });

export const insertCredential = (store: Store, credential: Credential) =>
  store.insert('credentials', credential.credentialUuid, credential, {
    user_id: credential.userId,
    credential_id: credential.credentialId,
  });

export const insertAssignment = (store: Store, assignment: Assignment, isGranted: boolean) =>
  store.insert('assignments', assignment.id, assignment, {
    permission_id: assignment.permissionId,
    identity_id: assignment.identityId,
    granted: isGranted ? 1 : 0,
  });

/** Whoever holds the token, unless the token or its account is not active. */
export function callerOf({ store }: World, tokenId: string): Account | undefined {
  const token = store.find('tokens', tokenId);
  const account = token?.isActive ? store.find('accounts', token.userId) : undefined;
  if (!account?.isActive) return undefined;
  const { userId, name, isServiceAccount } = account;
  const operations = operationsOf(store, userId);
  if (!token?.isRestricted) return { userId, name, isServiceAccount, tokenId, operations };
  const own = operationsOf(store, tokenId);
  const both = operations.filter((operation) => holds(own, operation));
  return { userId, name, isServiceAccount, tokenId, operations: both };
}

const operationsOf = (store: Store, identityId: string) =>
  permissionsOf(store, identityId).flatMap(({ permission }) => permission.operations);

/** What has been granted to an account or a token, and not archived since. */
function permissionsOf(store: Store, identityId: string): { assignment: Assignment; permission: Permission }[] {
  const assignments = store.select('assignments', 'WHERE identity_id = ? AND granted = 1 ORDER BY seq', identityId);
  return assignments.flatMap((assignment) => {
    const permission = store.find('permissions', assignment.permissionId);
    return permission && !permission.isArchived ? [{ assignment, permission }] : [];
  });
}

/** The assignments of an account as its own views show them. */
export const viewAssignmentsOf = (store: Store, userId: string) =>
  permissionsOf(store, userId).map(({ assignment, permission }) => ({
    permissionName: permission.name,
    permissionId: permission.id,
    assignmentId: assignment.id,
    operations: permission.operations,
  }));

export const credentialsOf = (store: Store, userId: string): Credential[] =>
  store.select('credentials', 'WHERE user_id = ? ORDER BY seq', userId);

export const findCredential = (store: Store, credentialId: string): Credential | undefined =>
  store.select('credentials', 'WHERE credential_id = ?', credentialId)[0];

/** What Dfns calls `userInfo`. */
export function viewAccount({ store, organization }: World, account: StoredAccount) {
  const { userId, username, name, isActive, isServiceAccount } = account;
  return {
    ...{ username, name, userId, kind: 'CustomerEmployee', isActive, isServiceAccount, isRegistered: true },
    credentialUuid: credentialsOf(store, userId)[0]?.credentialUuid ?? '',
    orgId: organization.orgId,
    permissionAssignments: viewAssignmentsOf(store, userId),
  };
}

export function requireAccount({ store, organization }: World, userId: string, what: 'User' | 'Service account') {
  const where = 'WHERE id = ? AND is_service = ? AND archived = 0';
  const [account] = store.select('accounts', where, userId, what === 'User' ? 0 : 1);
  if (!account) throw new Refused(404, `${what} not found.`, { userId, orgId: organization.orgId });
  return account;
}

/** The user ids of all people. */
export const peopleOf = ({ store }: World): string[] =>
  store.select('accounts', 'WHERE is_service = 0 AND archived = 0').map(({ userId }) => userId);
