import { beforeEach, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/sandbox/api.ts';
import { OPERATIONS } from '../../src/sandbox/operations.ts';
import { canonical } from '../../src/sandbox/roles.ts';
import { memberWith, newMember, newRole, operationsOf, revoke, signerOf } from './members.ts';
import { raw, reset, sdk, settings } from './support.ts';

beforeEach(reset);

/** What every account may do: sign its actions, look after its own credentials and tokens, and ask about a network. */
const FREE = [
  ...['POST /auth/action/init', 'POST /auth/action', 'POST /auth/credentials/init', 'POST /auth/credentials'],
  ...['GET /auth/credentials', 'PUT /auth/credentials/activate', 'PUT /auth/credentials/deactivate'],
  ...['GET /auth/pats', 'GET /auth/pats/:tokenId', 'PUT /auth/pats/:tokenId', 'DELETE /auth/pats/:tokenId'],
  ...['PUT /auth/pats/:tokenId/activate', 'PUT /auth/pats/:tokenId/deactivate'],
  ...['GET /networks/fees', 'POST /networks/:network/call-function'],
];

/** Written from the documentation, not from the code. */
const DOCUMENTED: Record<string, string> = {
  'GET /auth/action/logs': 'Auth:Logs:Read',
  'GET /auth/action/logs/:id': 'Auth:Logs:Read',
  'POST /auth/service-accounts': 'Auth:ServiceAccounts:Create',
  'GET /auth/service-accounts': 'Auth:ServiceAccounts:Read',
  'GET /auth/service-accounts/:serviceAccountId': 'Auth:ServiceAccounts:Read',
  'PUT /auth/service-accounts/:serviceAccountId': 'Auth:ServiceAccounts:Update',
  'PUT /auth/service-accounts/:serviceAccountId/activate': 'Auth:ServiceAccounts:Activate',
  'PUT /auth/service-accounts/:serviceAccountId/deactivate': 'Auth:ServiceAccounts:Deactivate',
  'DELETE /auth/service-accounts/:serviceAccountId': 'Auth:ServiceAccounts:Delete',
  'POST /auth/pats': 'Auth:Pats:Create',
  'GET /wallets/all/history': 'Wallets:Read',
  'POST /fee-sponsors': 'FeeSponsors:Create',
  'GET /fee-sponsors': 'FeeSponsors:Read',
  'GET /fee-sponsors/:feeSponsorId/fees': 'FeeSponsors:Read',
  'PUT /fee-sponsors/:feeSponsorId/activate': 'FeeSponsors:Update',
  'PUT /fee-sponsors/:feeSponsorId/deactivate': 'FeeSponsors:Update',
  'DELETE /fee-sponsors/:feeSponsorId': 'FeeSponsors:Delete',
  'GET /auth/users': 'Auth:Users:Read',
  'GET /auth/users/:userId': 'Auth:Users:Read',
  'PUT /auth/users/:userId/activate': 'Auth:Users:Activate',
  'PUT /auth/users/:userId/deactivate': 'Auth:Users:Deactivate',
  'POST /permissions': 'Permissions:Create',
  'GET /permissions': 'Permissions:Read',
  'GET /permissions/:permissionId': 'Permissions:Read',
  'PUT /permissions/:permissionId': 'Permissions:Update',
  'PUT /permissions/:permissionId/archive': 'Permissions:Delete',
  'POST /permissions/:permissionId/assignments': 'Permissions:Assign',
  'GET /permissions/:permissionId/assignments': 'Permissions:Assignments:Read',
  'DELETE /permissions/:permissionId/assignments/:assignmentId': 'Permissions:Revoke',
  'POST /wallets': 'Wallets:Create',
  'GET /wallets': 'Wallets:Read',
  'POST /wallets/:walletId/transfers': 'Wallets:Transfers:Create',
  'POST /v2/policies': 'Policies:Create',
  'DELETE /v2/policies/:policyId': 'Policies:Delete',
  'POST /v2/policy-approvals/:approvalId/decisions': 'Policies:Evaluations:Vote',
  'POST /webhooks': 'Webhooks:Create',
};

const OLD_NAMES: Record<string, string> = {
  'Policies:Evaluations:Read': 'Policies:Approvals:Read',
  'Policies:Evaluations:Vote': 'Policies:Approvals:Approve',
  'Policies:Delete': 'Policies:Archive',
  'Permissions:Delete': 'Permissions:Archive',
  'Wallets:Tags:Remove': 'Wallets:Tags:Delete',
};

const table = apiRoutes.map(({ method, path, operation, otherOperation }) => ({
  ...{ method, path, operation, otherOperation },
  name: `${method} ${path}`,
}));

/** Sends a signed request, as the only thing that could be missing is the permission. */
async function attempt({ token, credId, key }: Awaited<ReturnType<typeof newMember>>, method: string, path: string) {
  const at = path.replaceAll(/:[A-Za-z]+/g, 'none');
  if (method === 'GET') return raw(method, at, { token });
  const post = async (to: string, body: unknown) => (await raw('POST', to, { token, text: JSON.stringify(body) })).body;
  const wanted = { userActionPayload: '{}', userActionHttpMethod: method, userActionHttpPath: at };
  const { challenge, challengeIdentifier } = await post('/auth/action/init', wanted);
  const firstFactor = await signerOf(credId, key).sign({ challenge: String(challenge) });
  const { userAction } = await post('/auth/action', { challengeIdentifier, firstFactor });
  return raw(method, at, { token, text: '{}', headers: { 'x-dfns-useraction': String(userAction) } });
}

const isUnauthorized = ({ status, body }: Awaited<ReturnType<typeof raw>>) =>
  status === 403 && /is not authorized to perform operation/.test(body.error?.message ?? '');

describe('the table of endpoints and operations', () => {
  it('is as documented, and leaves out only what everybody may do', () => {
    const free = table.filter(({ operation }) => operation === undefined).map(({ name }) => name);
    expect(free.toSorted()).toEqual(FREE.toSorted());
    const operations = Object.fromEntries(table.map(({ name, operation }) => [name, operation]));
    expect(operations).toMatchObject(DOCUMENTED);
  });

  it('is enforced: without the operation 403, with it, under either name, not', { timeout: 120_000 }, async () => {
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Orgs:Read');
    const member = await newMember('Ed25519', permissionId);
    // So that each operation counts alone; the test below has them in pairs.
    await settings({ replacementOperations: 'both' });
    const grant = (names: readonly string[]) =>
      setup.permissions.updatePermission({ permissionId, body: { operations: operationsOf(...names) } });
    for (const operation of new Set(table.flatMap(({ operation: needed }) => needed ?? []))) {
      const endpoints = table.filter((endpoint) => endpoint.operation === operation);
      await grant(OPERATIONS.filter((held) => canonical(held) !== operation));
      for (const { method, path, name } of endpoints) {
        const answer = await attempt(member, method, path);
        expect(isUnauthorized(answer), `${name} without ${operation}`).toBe(true);
        expect(answer.body.error?.message).toContain(`(${operation})`);
      }
      for (const held of [operation, OLD_NAMES[operation] ?? operation]) {
        await grant([held]);
        for (const { method, path, name, otherOperation } of endpoints) {
          if (otherOperation !== undefined) await grant([held, otherOperation]);
          const answer = await attempt(member, method, path);
          expect(isUnauthorized(answer), `${name} with ${held}`).toBe(false);
          expect(answer.status, name).toBeLessThan(500);
        }
      }
    }
  });

  it('lets either of two operations cancel and speed up, or asks for both where the setting says so', async () => {
    const setup = await sdk('setup');
    const { id: permissionId } = await newRole('Orgs:Read');
    const member = await newMember('Ed25519', permissionId);
    const pairs = {
      transfers: ['Wallets:Transfers:Read', 'Wallets:Transactions:Create'],
      transactions: ['Wallets:Transactions:Create', 'Wallets:Transactions:Read'],
    } as const;
    for (const [kind, [one, other]] of Object.entries(pairs)) {
      for (const verb of ['cancel', 'speed-up']) {
        const refused: boolean[] = [];
        for (const replacementOperations of ['either', 'both']) {
          await settings({ replacementOperations });
          for (const held of [['Wallets:Read'], [one], [other], [one, other]]) {
            await setup.permissions.updatePermission({ permissionId, body: { operations: operationsOf(...held) } });
            refused.push(
              isUnauthorized(await attempt(member, 'POST', `/wallets/:walletId/${kind}/:requestId/${verb}`)),
            );
          }
        }
        expect(refused, `${kind} ${verb}`).toEqual([true, false, false, false, true, true, true, false]);
      }
    }
  });

  it('lets an account with every operation through everywhere', () => {
    const missing = table.filter(({ operation }) => operation !== undefined && !OPERATIONS.includes(operation));
    expect(missing).toEqual([]);
  });

  it('gives nothing for a permission that is archived or taken away', async () => {
    const setup = await sdk('setup');
    const { userId, client } = await memberWith('Wallets:Read');
    const { userInfo } = await setup.auth.getServiceAccount({ serviceAccountId: userId });
    const [{ permissionId = '', assignmentId = '' } = {}] = userInfo.permissionAssignments;
    const mayRead = () =>
      client.wallets.listWallets().then(
        () => true,
        () => false,
      );
    expect(await mayRead()).toBe(true);
    await setup.permissions.archivePermission({ permissionId, body: { isArchived: true } });
    expect(await mayRead()).toBe(false);
    await setup.permissions.archivePermission({ permissionId, body: { isArchived: false } });
    expect(await mayRead()).toBe(true);
    expect(await revoke(permissionId, assignmentId)).toEqual({ status: 204, text: '' });
    expect(await mayRead()).toBe(false);
  });
});
