import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, clientOf, KINDS, type Member, memberWith, newKey, registration } from './members.ts';
import { account, failure, raw, reset, sdk, settings } from './support.ts';

beforeEach(reset);

const openWallet = ({ wallets }: Member['client']) => wallets.createWallet({ body: { network: 'EthereumSepolia' } });

describe('a credential', () => {
  it.each(KINDS)('of kind %s replaces the first one while the token stays', async (kind) => {
    const member = await memberWith('Wallets:Create');
    const key = await newKey(kind);
    const body = await registration(member, key);
    const created = await member.client.auth.createCredential({ body });
    const { credId } = body.credentialInfo;
    const about = { kind: 'Key', credentialId: credId, name: 'next key', publicKey: key.publicKey, isActive: true };
    expect(created).toMatchObject({ ...about, origin: 'https://app.example' });
    expect(created.credentialUuid).toMatch(/^cr-/);
    const next = await clientOf(member.token, credId, key);
    await openWallet(next);

    const { items } = await next.auth.listCredentials();
    expect(items).toHaveLength(2);
    expect(items[1]).toEqual(created);
    const credentialUuid = items.find(({ credentialId }) => credentialId === member.credId)?.credentialUuid ?? '';
    await next.auth.deactivateCredential({ body: { credentialUuid } });
    expect((await failure(openWallet(member.client))).httpStatus).toBe(403);
    await openWallet(next);
    await next.auth.activateCredential({ body: { credentialUuid } });
    await openWallet(member.client);
  });

  it('is not offered for signing while deactivated', async () => {
    const member = await memberWith('Wallets:Create');
    const key = await newKey();
    const created = await member.client.auth.createCredential({ body: await registration(member, key) });
    const offered = async () => {
      const text = JSON.stringify({ userActionPayload: '', userActionHttpMethod: 'POST', userActionHttpPath: '/x' });
      const { body } = await raw('POST', '/auth/action/init', { token: member.token, text });
      return body.allowCredentials;
    };
    const key1 = { type: 'public-key', id: member.credId };
    expect(await offered()).toMatchObject({ key: [key1, { type: 'public-key', id: created.credentialId }] });
    const { credentialUuid } = created;
    await member.client.auth.deactivateCredential({ body: { credentialUuid } });
    expect(await offered()).toMatchObject({ key: [key1] });
  });

  it.each<[string, Change]>([
    ['the challenge of another registration', { client: { challenge: 'another' } }],
    ['client data for signing', { client: { type: 'key.get' } }],
    ['client data in another order', { clientText: '{"type":"key.create"}' }],
    ['client data without an origin', { client: { origin: undefined } }],
    ['client data that are not JSON', { clientText: 'no' }],
    ['an attestation of another key', { signed: { publicKey: 'another' } }],
    ['an attestation of other client data', { signed: { clientDataHash: '00' } }],
    ['a signature that is not hex', { attestation: { signature: 'AAAA-_' } }],
    ['a public key of no kind', { attestation: { publicKey: 'key' } }],
    ['an unknown algorithm', { attestation: { algorithm: 'MD5' } }],
    ['an unknown field', { attestation: { colour: 'red' } }],
  ])('is refused with %s', async (_case, change) => {
    const member = await memberWith('Wallets:Create');
    const body = await registration(member, await newKey(), change);
    expect((await failure(member.client.auth.createCredential({ body }))).httpStatus).toBe(400);
    expect((await member.client.auth.listCredentials()).items).toHaveLength(1);
  });

  it('is refused with spaces in its client data, although they mean the same', async () => {
    const member = await memberWith('Wallets:Create');
    const key = await newKey();
    const body = await registration(member, key);
    const compact = Buffer.from(body.credentialInfo.clientData, 'base64url').toString();
    const clientText = JSON.stringify(JSON.parse(compact), null, 1);
    const spaced = await registration(member, key, { clientText });
    const mixed = { ...spaced, challengeIdentifier: body.challengeIdentifier };
    const fault = await failure(member.client.auth.createCredential({ body: mixed }));
    expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining('without spaces') });
  });

  it('is registered once per challenge, and once per id', async () => {
    const member = await memberWith('Wallets:Create');
    const key = await newKey();
    const body = await registration(member, key);
    await member.client.auth.createCredential({ body });
    expect((await failure(member.client.auth.createCredential({ body }))).httpStatus).toBe(400);
    const { credId } = body.credentialInfo;
    const again = await registration(member, key, { credId });
    expect((await failure(member.client.auth.createCredential({ body: again }))).httpStatus).toBe(409);
  });

  it('is refused for the challenge of somebody else, or one that has expired', async () => {
    const [one, two] = [await memberWith('Wallets:Create'), await memberWith('Wallets:Create')];
    const foreign = await registration(one, await newKey());
    expect((await failure(two.client.auth.createCredential({ body: foreign }))).httpStatus).toBe(400);
    await settings({ userActionSeconds: 0 });
    const late = await registration(one, await newKey());
    await settings({ userActionSeconds: 900 });
    expect((await failure(one.client.auth.createCredential({ body: late }))).httpStatus).toBe(400);
  });

  it('can be of kind Key only, here', async () => {
    const { authToken: token } = await account('maker');
    const { status } = await raw('POST', '/auth/credentials/init', { token, text: '{"kind":"Fido2"}' });
    expect(status).toBe(400);
  });

  it('of somebody else is not found', async () => {
    const [maker, checker] = [await sdk('maker'), await sdk('checker')];
    const [{ credentialUuid = '' } = {}] = (await checker.auth.listCredentials()).items;
    const fault = await failure(maker.auth.deactivateCredential({ body: { credentialUuid } }));
    expect(fault.httpStatus).toBe(404);
  });
});
