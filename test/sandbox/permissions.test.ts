import type { DfnsApiClient } from '@dfns/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { memberWith, newKey, newMember, newRole, operationsOf, revoke } from './members.ts';
import {
  account,
  advance,
  approvalBy,
  decide,
  failure,
  hold,
  kinds,
  pending,
  reset,
  sdk,
  settings,
  userIds,
} from './support.ts';

beforeEach(reset);

type Kind = 'Permissions:Assign' | 'Permissions:Modify';
type PolicyBody = Parameters<DfnsApiClient['policies']['createPolicy']>[0]['body'];

/** A policy under which the first officer decides. */
async function guard(activityKind: Kind, { permissionId = '', action = approvalBy([]) as object } = {}) {
  const setup = await sdk('setup');
  const voters = approvalBy(await userIds('compliance-1'));
  const chosen = 'approvalGroups' in action ? { ...action, ...voters } : action;
  const filters = permissionId === '' ? {} : { filters: { permissionId: { in: [permissionId] } } };
  const body = { name: 'guard', activityKind, rule: { kind: 'AlwaysTrigger' }, action: chosen, ...filters };
  return setup.policies.createPolicy({ body: body as PolicyBody });
}

const setActive = async (permissionId: string, isArchived: boolean) =>
  (await sdk('setup')).permissions.archivePermission({ permissionId, body: { isArchived } });

describe('a permission', () => {
  it('is created, read, listed, changed in part, archived and brought back', async () => {
    const setup = await sdk('setup');
    const operations = operationsOf('Wallets:Read', 'Policies:Approvals:Read', 'Wallets:Read');
    const created = await setup.permissions.createPermission({ body: { name: 'reader', operations } });
    const expected = { name: 'reader', operations: ['Wallets:Read', 'Policies:Approvals:Read'], status: 'Active' };
    expect(created).toMatchObject({ ...expected, isImmutable: false, isArchived: false });
    const { id: permissionId } = created;
    expect(permissionId).toMatch(/^pm-/);
    expect(await setup.permissions.getPermission({ permissionId })).toEqual(created);
    const { items, nextPageToken } = await setup.permissions.listPermissions({ query: { limit: 1 } });
    expect(items).toEqual([created]);
    expect(nextPageToken).toEqual(expect.any(String));

    const renamed = await setup.permissions.updatePermission({ permissionId, body: { name: 'new' } });
    expect(renamed).toMatchObject({ ...expected, name: 'new' });
    expect((await setActive(permissionId, true)).isArchived).toBe(true);
    const late = setup.permissions.updatePermission({ permissionId, body: { name: 'x' } });
    expect((await failure(late)).httpStatus).toBe(422);
    expect((await setActive(permissionId, false)).isArchived).toBe(false);
  });

  it.each([
    ['an unknown operation', { operations: operationsOf('Wallets:Eat') }, 'operations'],
    ['no operation', { operations: [] }, 'operations'],
    ['no name', { name: '' }, 'name'],
    ['a name too long', { name: 'x'.repeat(101) }, 'name'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('is refused with %s', async (_case, change, field) => {
    const setup = await sdk('setup');
    const body = { name: 'role', operations: operationsOf('Wallets:Read'), ...change };
    const fault = await failure(setup.permissions.createPermission({ body }));
    expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining(field) });
  });

  it('that is unknown is not found', async () => {
    const setup = await sdk('setup');
    const permissionId = 'pm-none';
    for (const call of [
      () => setup.permissions.getPermission({ permissionId }),
      () => setup.permissions.updatePermission({ permissionId, body: {} }),
      () => setup.permissions.listAssignments({ permissionId }),
    ]) {
      expect((await failure(call())).httpStatus).toBe(404);
    }
  });

  it('of administrators cannot be changed', async () => {
    const admin = await sdk('admin-1');
    const { items } = await admin.permissions.listPermissions();
    const permissionId = items.find(({ isImmutable }) => isImmutable)?.id ?? '';
    const fault = await failure(admin.permissions.updatePermission({ permissionId, body: { name: 'x' } }));
    expect(fault.httpStatus).toBe(422);
  });
});

describe('an assignment', () => {
  it('is made once, listed and taken back', async () => {
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Wallets:Read');
    const { userId: identityId, client } = await newMember();
    const assigned = await setup.permissions.createAssignment({ permissionId, body: { identityId } });
    expect(assigned).toMatchObject({ permissionId, identityId, isImmutable: false, id: expect.stringMatching(/^as-/) });
    expect(await client.wallets.listWallets()).toEqual({ items: [] });
    const again = await failure(setup.permissions.createAssignment({ permissionId, body: { identityId } }));
    expect(again.httpStatus).toBe(409);
    expect((await setup.permissions.listAssignments({ permissionId })).items).toEqual([assigned]);
    expect((await revoke(permissionId, assigned.id)).status).toBe(204);
    expect((await revoke(permissionId, assigned.id)).status).toBe(404);
    expect((await setup.permissions.listAssignments({ permissionId })).items).toEqual([]);
    expect((await failure(client.wallets.listWallets())).httpStatus).toBe(403);
  });

  it('needs an account that exists and a permission that is not archived', async () => {
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Wallets:Read');
    const unknown = setup.permissions.createAssignment({ permissionId, body: { identityId: 'us-none' } });
    expect((await failure(unknown)).httpStatus).toBe(404);
    await setActive(permissionId, true);
    const { userId: identityId } = await account('maker');
    const late = setup.permissions.createAssignment({ permissionId, body: { identityId } });
    expect((await failure(late)).httpStatus).toBe(422);
  });
});

describe('a policy on assignments', () => {
  const waiting = async () => {
    await guard('Permissions:Assign');
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Wallets:Read');
    const { userId: identityId, client } = await newMember();
    const assign = () => setup.permissions.createAssignment({ permissionId, body: { identityId } });
    const change = await pending(assign());
    const list = async () => (await setup.permissions.listAssignments({ permissionId })).items;
    return { setup, permissionId, identityId, client, assign, change, list };
  };

  it('holds up a grant until it is approved', async () => {
    await hold();
    const { setup, permissionId, identityId, client, assign, change, list } = await waiting();
    const body = { permissionId, identityId, isImmutable: false };
    expect(change).toMatchObject({ kind: 'Assignment', operationKind: 'Create', status: 'Pending', body });
    expect(change.id).toMatch(/^cr-/);
    expect((await failure(assign())).httpStatus).toBe(409);
    expect(await list()).toMatchObject([{ identityId, pendingChangeRequest: { id: change.id } }]);
    expect((await failure(client.wallets.listWallets())).httpStatus).toBe(403);
    const { activity } = await setup.policies.getApproval({ approvalId: change.approvalId });
    expect(activity).toMatchObject({ kind: 'Permissions:Assign', changeRequest: { id: change.id } });
    expect(await kinds()).toEqual(['policy.triggered', 'policy.approval.pending']);

    await decide('compliance-1', change.approvalId, 'Approved');
    expect(await client.wallets.listWallets()).toEqual({ items: [] });
    expect((await list())[0]).not.toHaveProperty('pendingChangeRequest');
    const resolved = await setup.policies.getApproval({ approvalId: change.approvalId });
    expect(resolved.activity).toMatchObject({ changeRequest: { status: 'Applied', dateResolved: expect.any(String) } });
  });

  it('leaves nothing of a grant that is denied, which can then be asked for again', async () => {
    const { client, assign, change, list } = await waiting();
    await decide('compliance-1', change.approvalId, 'Denied');
    expect(await list()).toEqual([]);
    expect((await failure(client.wallets.listWallets())).httpStatus).toBe(403);
    await pending(assign());
  });

  it('holds up taking a permission away, unless that is forced', async () => {
    const { setup, permissionId, client, change, list } = await waiting();
    await decide('compliance-1', change.approvalId, 'Approved');
    const [assignment] = await list();
    const asked = await revoke(permissionId, assignment?.id ?? '');
    expect(asked.status).toBe(202);
    const { approvalId, ...request } = JSON.parse(asked.text);
    expect(request).toMatchObject({ kind: 'Assignment', operationKind: 'Delete', entityId: assignment?.id });
    expect((await revoke(permissionId, assignment?.id ?? '')).status).toBe(409);
    expect(await client.wallets.listWallets()).toEqual({ items: [] });
    expect((await revoke(permissionId, assignment?.id ?? '', '?force=true')).status).toBe(204);
    expect((await failure(client.wallets.listWallets())).httpStatus).toBe(403);
    await decide('compliance-1', approvalId, 'Approved');
    const { activity } = await setup.policies.getApproval({ approvalId });
    expect(activity).toMatchObject({ changeRequest: { status: 'Failed' } });
  });

  it('is not got round by creating a service account with the permission', async () => {
    await guard('Permissions:Assign');
    const { id: permissionId } = await newRole('Wallets:Read');
    const { client } = await newMember('Ed25519', permissionId);
    expect((await failure(client.wallets.listWallets())).httpStatus).toBe(403);
    const setup = await sdk('setup');
    const [approval] = (await setup.policies.listApprovals({ query: { status: 'Pending' } })).items;
    await decide('compliance-1', approval?.id ?? '', 'Approved');
    expect(await client.wallets.listWallets()).toEqual({ items: [] });
  });

  it('may forbid grants, wholly', async () => {
    const { id: permissionId } = await newRole('Wallets:Read');
    await guard('Permissions:Assign', { permissionId, action: { kind: 'Block' } });
    const setup = await sdk('setup');
    const { userId: identityId } = await newMember();
    const blocked = setup.permissions.createAssignment({ permissionId, body: { identityId } });
    expect((await failure(blocked)).httpStatus).toBe(403);
    const { publicKey } = await newKey();
    const created = setup.auth.createServiceAccount({ body: { name: 'x', publicKey, permissionId } });
    expect((await failure(created)).httpStatus).toBe(403);
    expect((await setup.permissions.listAssignments({ permissionId })).items).toEqual([]);
    expect((await setup.auth.listServiceAccounts()).items).toHaveLength(4);
    const { id: other } = await newRole('Wallets:Read');
    await setup.permissions.createAssignment({ permissionId: other, body: { identityId } });
  });
});

describe('a policy on permissions', () => {
  it('keeps the old operations in force until the change is approved', async () => {
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Wallets:Read');
    const { client } = await newMember('Ed25519', permissionId);
    await guard('Permissions:Modify', { permissionId });
    const body = { operations: operationsOf('Webhooks:Read') };
    const change = await pending(setup.permissions.updatePermission({ permissionId, body }));
    expect(change).toMatchObject({ kind: 'Permission', operationKind: 'Update', entityId: permissionId, body });
    expect(await client.wallets.listWallets()).toEqual({ items: [] });
    const { pendingChangeRequest } = await setup.permissions.getPermission({ permissionId });
    expect(pendingChangeRequest).toEqual(change);
    const second = () => setup.permissions.archivePermission({ permissionId, body: { isArchived: true } });
    expect((await failure(second())).httpStatus).toBe(409);
    await settings({ secondPendingChange: 'queue' });
    await pending(second());

    await decide('compliance-1', change.approvalId, 'Approved');
    expect((await failure(client.wallets.listWallets())).httpStatus).toBe(403);
    expect(await client.webhooks.listWebhooks()).toMatchObject({ items: [] });
    const { operations, isArchived } = await setup.permissions.getPermission({ permissionId });
    expect({ operations, isArchived }).toEqual({ operations: ['Webhooks:Read'], isArchived: false });
  });

  it('changes nothing when time runs out', async () => {
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Wallets:Read');
    await guard('Permissions:Modify', { action: { ...approvalBy([]), autoRejectTimeout: 1 } });
    const change = await pending(setActive(permissionId, true));
    await advance(60);
    const { activity } = await setup.policies.getApproval({ approvalId: change.approvalId });
    expect(activity).toMatchObject({ kind: 'Permissions:Modify', changeRequest: { status: 'Rejected' } });
    const after = await setup.permissions.getPermission({ permissionId });
    expect(after.isArchived).toBe(false);
    expect(after).not.toHaveProperty('pendingChangeRequest');
  });

  it('does not hold up making one', async () => {
    await guard('Permissions:Modify');
    expect((await newRole('Wallets:Read')).status).toBe('Active');
    expect((await memberWith('Wallets:Read')).userId).toMatch(/^us-/);
  });
});
