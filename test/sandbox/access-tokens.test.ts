import { beforeEach, describe, expect, it } from 'vitest';
import { clientOf, memberWith, newKey, newRole, tokenStatus } from './members.ts';
import { account, failure, organization, reset, sdk } from './support.ts';

beforeEach(reset);

async function newToken(
  name: string,
  extra: { permissionId?: string; daysValid?: number; secondsValid?: number } = {},
) {
  const owner = await sdk(name);
  const key = await newKey();
  const body = { name: 'laptop', publicKey: key.publicKey, ...extra };
  const created = await owner.auth.createPersonalAccessToken({ body });
  return { owner, created, tokenId: created.tokenId, client: await clientOf(created.accessToken, created.credId, key) };
}

const lifeOf = (token: string) => {
  const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return exp - iat;
};

describe('a personal access token', () => {
  it('is shown once and then listed, and acts with a key of its own as whoever made it', async () => {
    const { owner, created, tokenId, client } = await newToken('admin-1');
    const { orgId } = await organization();
    const { userId } = await account('admin-1');
    expect(created).toMatchObject({ kind: 'Pat', name: 'laptop', isActive: true, linkedUserId: userId, orgId });
    expect(created.permissionAssignments.map(({ permissionName }) => permissionName)).toEqual(['admin']);
    expect(lifeOf(created.accessToken)).toBe(730 * 86_400);
    const { accessToken: _shownOnce, ...rest } = created;
    expect(await owner.auth.getPersonalAccessToken({ tokenId })).toEqual(rest);
    const { items } = await owner.auth.listPersonalAccessTokens();
    expect(items).toHaveLength(2); // The other one is the token that the sandbox itself gives away.
    expect(items[0]).toEqual(rest);
    const wallet = await client.wallets.createWallet({ body: { network: 'EthereumSepolia' } });
    expect(wallet.status).toBe('Active');
    const transfer = await client.wallets.transferAsset({
      walletId: wallet.id,
      body: { kind: 'Native', to: '0x1111111111111111111111111111111111111111', amount: '1' },
    });
    expect(transfer.requester).toEqual({ userId, tokenId });
  });

  it('lives as many days or seconds as it was asked for, but not both', async () => {
    expect(lifeOf((await newToken('admin-1', { daysValid: 3 })).created.accessToken)).toBe(3 * 86_400);
    expect(lifeOf((await newToken('admin-1', { secondsValid: 90 })).created.accessToken)).toBe(90);
    expect((await failure(newToken('admin-1', { daysValid: 3, secondsValid: 90 }))).httpStatus).toBe(400);
    expect((await failure(newToken('admin-1', { daysValid: 731 }))).httpStatus).toBe(400);
  });

  it('with a permission may do only what both that and its maker may', async () => {
    const role = await newRole('Wallets:Read', 'Webhooks:Create');
    const member = await memberWith('Auth:Pats:Create', 'Wallets:Read', 'Policies:Read');
    const key = await newKey();
    const body = { name: 'narrow', publicKey: key.publicKey, permissionId: role.id };
    const created = await member.client.auth.createPersonalAccessToken({ body });
    expect(created.permissionAssignments.map(({ permissionId }) => permissionId)).toEqual([role.id]);
    const narrow = await clientOf(created.accessToken, created.credId, key);
    expect(await narrow.wallets.listWallets()).toEqual({ items: [] });
    expect((await failure(narrow.policies.listPolicies())).httpStatus).toBe(403);
    const webhook = { url: 'http://receiver.test/', events: ['*' as const] };
    expect((await failure(narrow.webhooks.createWebhook({ body: webhook }))).httpStatus).toBe(403);
    const missing = await failure(newToken('admin-1', { permissionId: 'pm-none' }));
    expect(missing.httpStatus).toBe(404);
  });

  it('is renamed, switched off and on, and archived with its key', async () => {
    const { owner, created, tokenId, client } = await newToken('admin-1');
    const token = created.accessToken;
    const body = { name: 'phone', externalId: 'mine' };
    expect(await owner.auth.updatePersonalAccessToken({ tokenId, body })).toMatchObject({ tokenId, name: 'phone' });
    expect(await owner.auth.deactivatePersonalAccessToken({ tokenId })).toMatchObject({ isActive: false });
    expect(await tokenStatus(token)).toBe(401);
    expect(await owner.auth.activatePersonalAccessToken({ tokenId })).toMatchObject({ isActive: true });
    expect(await tokenStatus(token)).toBe(200);
    await client.wallets.createWallet({ body: { network: 'EthereumSepolia' } });
    expect(await owner.auth.archivePersonalAccessToken({ tokenId })).toMatchObject({ tokenId, isActive: false });
    expect(await tokenStatus(token)).toBe(401);
    expect((await failure(owner.auth.getPersonalAccessToken({ tokenId }))).httpStatus).toBe(404);
    const { items } = await owner.auth.listCredentials();
    expect(items.find(({ credentialId }) => credentialId === created.credId)?.isActive).toBe(false);
  });

  it('is made only by whoever may, and seen by nobody else', async () => {
    const { tokenId } = await newToken('admin-1');
    expect((await failure(newToken('auditor-1'))).httpStatus).toBe(403);
    const other = await sdk('compliance-1');
    expect((await failure(other.auth.getPersonalAccessToken({ tokenId }))).httpStatus).toBe(404);
    expect((await failure(other.auth.archivePersonalAccessToken({ tokenId }))).httpStatus).toBe(404);
    const own = (await other.auth.listPersonalAccessTokens()).items.map((token) => token.linkedUserId);
    expect(own).toEqual([(await account('compliance-1')).userId]);
    expect(await (await sdk('maker')).auth.listPersonalAccessTokens()).toEqual({ items: [] });
  });
});
