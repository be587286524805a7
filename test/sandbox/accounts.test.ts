import { beforeEach, describe, expect, it } from 'vitest';
import { KINDS, memberWith, newKey, newMember, newRole, tokenStatus } from './members.ts';
import {
  account,
  approvalBy,
  createGuard,
  failure,
  organization,
  raw,
  reset,
  sdk,
  settings,
  userAction,
} from './support.ts';

beforeEach(reset);

describe('a service account', () => {
  it('is created with a token that is shown once, and may do nothing without a permission', async () => {
    const setup = await sdk('setup');
    const { orgId } = await organization();
    const { publicKey } = await newKey();
    const created = await setup.auth.createServiceAccount({ body: { name: 'payroll', publicKey, daysValid: 30 } });
    const userInfo = { name: 'payroll', username: 'payroll', kind: 'CustomerEmployee', orgId, isServiceAccount: true };
    expect(created.userInfo).toMatchObject({ ...userInfo, isActive: true, permissionAssignments: [] });
    const [token] = created.accessTokens;
    const about = { kind: 'ServiceAccount', linkedUserId: created.userInfo.userId, publicKey, isActive: true };
    expect(token).toMatchObject({ ...about, tokenId: expect.stringMatching(/^to-/), accessToken: expect.any(String) });
    const claims = JSON.parse(Buffer.from(token?.accessToken?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.exp - claims.iat).toBe(30 * 86_400);
    expect(await tokenStatus(token?.accessToken ?? '')).toBe(403);

    const { userId: serviceAccountId } = created.userInfo;
    const read = await setup.auth.getServiceAccount({ serviceAccountId });
    const { accessToken: _shownOnce, ...rest } = token ?? {};
    expect(read).toEqual({ userInfo: created.userInfo, accessTokens: [rest] });
    const { items } = await setup.auth.listServiceAccounts();
    expect(items).toHaveLength(4);
    expect(items[0]).toEqual(read);
  });

  it('is given its first permission at creation, by whoever may assign permissions', async () => {
    const { id: permissionId } = await newRole('Wallets:Read');
    const member = await newMember('Ed25519', permissionId);
    expect(await member.client.wallets.listWallets()).toEqual({ items: [] });
    const creator = await memberWith('Auth:ServiceAccounts:Create');
    const { publicKey } = await newKey();
    const greedy = await failure(
      creator.client.auth.createServiceAccount({ body: { name: 'x', publicKey, permissionId } }),
    );
    expect(greedy).toMatchObject({ httpStatus: 403, message: expect.stringContaining('Permissions:Assign') });
    const setup = await sdk('setup');
    const unknown = setup.auth.createServiceAccount({ body: { name: 'x', publicKey, permissionId: 'pm-none' } });
    expect((await failure(unknown)).httpStatus).toBe(404);
    expect((await setup.auth.listServiceAccounts()).items).toHaveLength(5);
  });

  it('inherits what its creator may do where the setting says so', async () => {
    await settings({ newServiceAccount: 'inherits' });
    expect(await tokenStatus((await newMember()).token)).toBe(200);
  });

  it.each(KINDS)('signs its actions with a key of kind %s', async (kind) => {
    const { id } = await newRole('Wallets:Create');
    const [member, other] = [await newMember(kind, id), await newKey(kind)];
    const wallet = await member.client.wallets.createWallet({ body: { network: 'EthereumSepolia' } });
    expect(wallet.id).toMatch(/^wa-/);
    const { sign } = member.key;
    member.key.sign = other.sign;
    const forged = await failure(member.client.wallets.createWallet({ body: { network: 'EthereumSepolia' } }));
    expect(forged.httpStatus).toBe(403);
    member.key.sign = (data) => sign(data).slice(1);
    const broken = await failure(member.client.wallets.createWallet({ body: { network: 'EthereumSepolia' } }));
    expect(broken.httpStatus).toBe(403);
  });

  it('is refused with a key of another kind, a short one, a private one or none', async () => {
    const setup = await sdk('setup');
    const short = await newKey('RSA', { modulusLength: 1024 });
    const curve = await newKey('P-256', { namedCurve: 'P-384' });
    const { privateKey } = await account('maker');
    const point = 'MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE';
    const off = `-----BEGIN PUBLIC KEY-----\n${point}${'A'.repeat(86)}==\n-----END PUBLIC KEY-----`;
    for (const publicKey of [short.publicKey, curve.publicKey, privateKey, off, '', 'key']) {
      const fault = await failure(setup.auth.createServiceAccount({ body: { name: 'x', publicKey } }));
      expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining('publicKey') });
    }
    expect((await setup.auth.listServiceAccounts()).items).toHaveLength(3);
  });

  it.each([
    ['no name', { name: '' }, 'name'],
    ['no day', { daysValid: 0 }, 'daysValid'],
    ['more than two years', { daysValid: 731 }, 'daysValid'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('is refused with %s', async (_case, change, field) => {
    const setup = await sdk('setup');
    const { publicKey } = await newKey();
    const body = { name: 'x', publicKey, ...change };
    const fault = await failure(setup.auth.createServiceAccount({ body }));
    expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining(field) });
  });

  it('is renamed', async () => {
    const setup = await sdk('setup');
    const { userId: serviceAccountId } = await newMember();
    const { userInfo } = await setup.auth.updateServiceAccount({ serviceAccountId, body: { name: 'new' } });
    expect(userInfo.name).toBe('new');
    expect((await setup.auth.getServiceAccount({ serviceAccountId })).userInfo.name).toBe('new');
  });

  it('is shut out while deactivated, and for good once archived', async () => {
    const setup = await sdk('setup');
    const { userId: serviceAccountId, token, client } = await memberWith('Wallets:Read', 'Wallets:Create');
    expect(await tokenStatus(token)).toBe(200);
    const off = await setup.auth.deactivateServiceAccount({ serviceAccountId, body: {} });
    expect([off.userInfo.isActive, off.accessTokens[0]?.isActive]).toEqual([false, false]);
    expect(await tokenStatus(token)).toBe(401);
    expect((await failure(client.wallets.createWallet({ body: { network: 'EthereumSepolia' } }))).httpStatus).toBe(401);
    expect((await setup.auth.activateServiceAccount({ serviceAccountId })).userInfo.isActive).toBe(true);
    expect(await tokenStatus(token)).toBe(200);
    expect((await setup.auth.archiveServiceAccount({ serviceAccountId })).userInfo.isActive).toBe(false);
    expect(await tokenStatus(token)).toBe(401);
    expect((await failure(setup.auth.getServiceAccount({ serviceAccountId }))).httpStatus).toBe(404);
    expect((await failure(setup.auth.activateServiceAccount({ serviceAccountId }))).httpStatus).toBe(404);
    expect((await setup.auth.listServiceAccounts()).items).toHaveLength(3);
  });

  it.each([undefined, 422] as const)(
    'that approves for a policy is only removed by force (status %s)',
    async (status) => {
      if (status !== undefined) await settings({ approverInUseStatus: status });
      const setup = await sdk('setup');
      const { userId: serviceAccountId } = await newMember();
      await createGuard(approvalBy([serviceAccountId]));
      const gentle = [
        () => setup.auth.deactivateServiceAccount({ serviceAccountId, body: {} }),
        () => setup.auth.deactivateServiceAccount({ serviceAccountId, body: { force: false } }),
        () => setup.auth.archiveServiceAccount({ serviceAccountId }),
      ];
      for (const call of gentle) expect((await failure(call())).httpStatus).toBe(status ?? 409);
      expect((await setup.auth.getServiceAccount({ serviceAccountId })).userInfo.isActive).toBe(true);
      await setup.auth.deactivateServiceAccount({ serviceAccountId, body: { force: true } });
      await setup.auth.archiveServiceAccount({ serviceAccountId, query: { force: true } });
    },
  );

  it('of the beginning is there again after a reset, and no other', async () => {
    const { token, userId: serviceAccountId } = await memberWith('Wallets:Read');
    await reset();
    expect(await tokenStatus(token)).toBe(401);
    const setup = await sdk('setup');
    expect((await setup.auth.listServiceAccounts()).items.map(({ userInfo }) => userInfo.name)).toEqual([
      ...['checker', 'maker', 'setup'],
    ]);
    expect((await failure(setup.auth.getServiceAccount({ serviceAccountId }))).httpStatus).toBe(404);
  });
});

describe('users', () => {
  it('are the people, page by page, each with the permissions assigned', async () => {
    const setup = await sdk('setup');
    const { items, nextPageToken } = await setup.auth.listUsers({ query: { limit: 3 } });
    expect(items).toHaveLength(3);
    const rest = await setup.auth.listUsers({
      query: { limit: 3, ...(nextPageToken && { paginationToken: nextPageToken }) },
    });
    expect([...items, ...rest.items].map(({ name }) => name).toSorted()).toEqual([
      ...['admin-1', 'auditor-1', 'compliance-1', 'compliance-2', 'compliance-3'],
    ]);
    const [user] = items;
    expect(user).toMatchObject({ isServiceAccount: false, isSSORequired: false, kind: 'CustomerEmployee' });
    expect(user?.permissionAssignments).toHaveLength(1);
    expect(await setup.auth.getUser({ userId: user?.userId ?? '' })).toEqual(user);
    expect((await setup.auth.listUsers({ query: { kind: 'EndUser' } })).items).toEqual([]);
    expect((await failure(setup.auth.getUser({ userId: 'us-none' }))).httpStatus).toBe(404);
  });

  it('are shut out while deactivated', async () => {
    const admin = await sdk('admin-1');
    const { userId, authToken } = await account('auditor-1');
    expect((await admin.auth.deactivateUser({ userId })).isActive).toBe(false);
    expect(await tokenStatus(authToken)).toBe(401);
    expect((await admin.auth.activateUser({ userId })).isActive).toBe(true);
    expect(await tokenStatus(authToken)).toBe(200);
  });

  it('are told apart from service accounts', async () => {
    const { authToken: token, userId } = await account('setup');
    expect((await raw('GET', `/auth/users/${userId}`, { token })).status).toBe(404);
    const action = await userAction('setup', { method: 'POST', path: '/auth/service-accounts', text: '[]' });
    const headers = { 'x-dfns-useraction': action };
    expect((await raw('POST', '/auth/service-accounts', { token, text: '[]', headers })).status).toBe(400);
  });
});
