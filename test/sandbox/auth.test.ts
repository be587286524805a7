import { sign } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  control,
  failure,
  type Json,
  organization,
  raw,
  reset,
  SANDBOX,
  sdk,
  settings,
  userAction,
} from './support.ts';

beforeEach(reset);

const WALLET = JSON.stringify({ network: 'EthereumSepolia' });
const createWallet = async (name: string, action: string, text = WALLET, path = '/wallets') => {
  const { authToken: token } = await account(name);
  return raw('POST', path, { token, text, headers: { 'x-dfns-useraction': action } });
};

describe('a bearer token', () => {
  it('is required, well-formed and one that this organisation signed', async () => {
    const { authToken } = await account('maker');
    const [header, payload] = authToken.split('.');
    for (const token of ['', 'nonsense', 'a.b.c', `${header}.${payload}.`, `${header}.${payload}.AAAA`]) {
      const { status, body } = await raw('GET', '/wallets', { token });
      expect(status).toBe(401);
      expect(body.error).toMatchObject({ status: 401, message: 'Not Authorized.', id: expect.any(String) });
    }
    expect((await raw('GET', '/wallets', { token: authToken })).status).toBe(200);
  });

  it('names its organisation the way the SDK checks it', async () => {
    const { orgId } = await organization();
    const { authToken } = await account('maker');
    const claims = JSON.parse(atob((authToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
    expect(claims['https://custom/app_metadata']).toMatchObject({ orgId });
    expect(claims.exp).toBeGreaterThan(Date.now() / 1000);
  });

  it('is not a challenge or a user action, though one key signs them all', async () => {
    const token = await userAction('maker', { method: 'POST', path: '/wallets', text: WALLET });
    expect((await raw('GET', '/wallets', { token })).status).toBe(401);
  });
});

describe('a user action', () => {
  it('lets the signed request pass once', async () => {
    const action = await userAction('maker', { method: 'POST', path: '/wallets', text: WALLET });
    expect((await createWallet('maker', action)).status).toBe(200);
    const again = await createWallet('maker', action);
    expect(again.status).toBe(400);
    expect(again.body.error?.message).toMatch(/already been used/);
  });

  it('is spent by a request that is then refused', async () => {
    const text = JSON.stringify({ network: 'Atlantis' });
    const action = await userAction('maker', { method: 'POST', path: '/wallets', text });
    expect((await createWallet('maker', action, text)).status).toBe(400);
    expect((await createWallet('maker', action, text)).body.error?.message).toMatch(/already been used/);
  });

  it.each([
    ['another body', { method: 'POST', path: '/wallets', text: `${WALLET} ` }],
    ['another path', { method: 'POST', path: '/wallets/x', text: WALLET }],
    ['another method', { method: 'PUT', path: '/wallets', text: WALLET }],
    ['a path with its query', { method: 'POST', path: '/wallets?a=b', text: WALLET }],
  ])('is refused when it was signed for %s', async (_case, signed) => {
    const action = await userAction('maker', signed);
    expect((await createWallet('maker', action, WALLET, '/wallets?a=b')).status).toBe(403);
  });

  it('is refused when absent, made up, or of somebody else', async () => {
    const foreign = await userAction('admin-1', { method: 'POST', path: '/wallets', text: WALLET });
    for (const action of ['', 'made-up', foreign]) {
      const { status, body } = await createWallet('maker', action);
      expect(status).toBe(403);
      expect(body.error?.message).toMatch(/missing or invalid/);
    }
  });

  it('is given for the signature of its own challenge by the right key, once', async () => {
    const { authToken: token, credentialId: credId, privateKey } = await account('maker');
    const text = JSON.stringify({
      userActionPayload: '',
      userActionHttpMethod: 'POST',
      userActionHttpPath: '/wallets',
    });
    const init = async () => (await raw('POST', '/auth/action/init', { token, text })).body;
    const [one, two] = [await init(), await init()];
    expect(one).toMatchObject({
      allowCredentials: { key: [{ type: 'public-key', id: credId }], webauthn: [] },
      supportedCredentialKinds: [{ kind: 'Key', factor: 'first', requiresSecondFactor: false }],
    });
    const answer = async (challenge: unknown, extra: Json = {}, key = privateKey) => {
      const data = Buffer.from(JSON.stringify({ type: 'key.get', challenge, ...extra }));
      const [clientData, signature] = [data, sign(null, data, key)].map((bytes) => bytes.toString('base64url'));
      const firstFactor = { kind: 'Key', credentialAssertion: { credId, clientData, signature } };
      const body = JSON.stringify({ challengeIdentifier: one.challengeIdentifier, firstFactor });
      return (await raw('POST', '/auth/action', { token, text: body })).status;
    };
    expect(await answer(two.challenge)).toBe(403);
    expect(await answer(one.challenge, { type: 'key.create' })).toBe(403);
    expect(await answer(one.challenge, {}, (await account('checker')).privateKey)).toBe(403);
    // Other clients of Dfns send more client data than the TypeScript SDK does.
    expect(await answer(one.challenge, { origin: 'https://app.example', crossOrigin: false })).toBe(200);
    expect(await answer(one.challenge)).toBe(403);
  });

  it('cannot be had once its challenge has expired', async () => {
    await settings({ userActionSeconds: 0 });
    await expect(userAction('maker', { method: 'POST', path: '/wallets', text: WALLET })).rejects.toThrow();
    const maker = await sdk('maker');
    const fault = await failure(maker.wallets.createWallet({ body: { network: 'EthereumSepolia' } }));
    expect(fault).toMatchObject({ httpStatus: 403, message: 'Challenge token is not valid.' });
  });
});

describe('permissions', () => {
  const id = 'x';
  it.each([
    ['POST', '/wallets', 'checker', 'Wallets:Create'],
    ['PUT', `/wallets/${id}`, 'maker', 'Wallets:Update'],
    ['PUT', `/wallets/${id}/tags`, 'checker', 'Wallets:Tags:Add'],
    ['DELETE', `/wallets/${id}/tags`, 'maker', 'Wallets:Tags:Remove'],
    ['POST', `/wallets/${id}/transfers`, 'checker', 'Wallets:Transfers:Create'],
    ['GET', `/wallets/${id}/transfers`, 'checker', 'Wallets:Transfers:Read'],
    ['GET', `/wallets/${id}/transfers/${id}`, 'checker', 'Wallets:Transfers:Read'],
    ['POST', '/v2/policies', 'checker', 'Policies:Create'],
    ['PUT', `/v2/policies/${id}`, 'checker', 'Policies:Update'],
    ['DELETE', `/v2/policies/${id}`, 'maker', 'Policies:Delete'],
    ['POST', `/v2/policy-approvals/${id}/decisions`, 'maker', 'Policies:Evaluations:Vote'],
    ['POST', '/webhooks', 'maker', 'Webhooks:Create'],
    ['GET', '/webhooks', 'checker', 'Webhooks:Read'],
    ['GET', `/webhooks/${id}`, 'checker', 'Webhooks:Read'],
    ['PUT', `/webhooks/${id}`, 'maker', 'Webhooks:Update'],
    ['DELETE', `/webhooks/${id}`, 'maker', 'Webhooks:Delete'],
    ['POST', `/webhooks/${id}/ping`, 'maker', 'Webhooks:Ping'],
    ['GET', `/webhooks/${id}/events`, 'checker', 'Webhooks:Events:Read'],
    ['GET', `/webhooks/${id}/events/${id}`, 'checker', 'Webhooks:Events:Read'],
  ])('%s %s is refused to %s', async (method, path, name, operation) => {
    const { authToken: token } = await account(name);
    const { status, body } = await raw(method, path, { token });
    expect(status).toBe(403);
    expect(body.error?.message).toContain(`is not authorized to perform operation (${operation})`);
  });

  it('let a wallet be created with tags only by whoever may tag', async () => {
    const maker = await sdk('maker');
    const wallet = await maker.wallets.createWallet({ body: { network: 'EthereumSepolia', tags: ['a'] } });
    expect(wallet.tags).toEqual(['a']);
    expect((await failure(maker.wallets.untagWallet({ walletId: wallet.id, body: { tags: ['a'] } }))).httpStatus).toBe(
      403,
    );
  });
});

describe('the manners of the API', () => {
  it('answer unknown paths and broken JSON in the shape of Dfns', async () => {
    const { authToken: token } = await account('maker');
    const missing = await raw('GET', '/no/such/path', { token });
    expect(missing).toMatchObject({ status: 404, body: { error: { status: 404 } } });
    const broken = await raw('POST', '/wallets', { token, text: '{' });
    expect(broken).toMatchObject({ status: 400, body: { error: { status: 400 } } });
  });

  it('limit the rate when told to, and say when to come back', async () => {
    await settings({ rateLimitPerMinute: 2 });
    const { authToken: token } = await account('maker');
    const answers = [];
    for (let count = 0; count < 3; count += 1) answers.push(await raw('GET', '/wallets', { token }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(0);
    await control('POST', '/time/advance', { seconds: 60 });
    expect((await raw('GET', '/wallets', { token })).status).toBe(200);
  });

  it('refuse a missing User-Agent when told to', async () => {
    await settings({ requireUserAgent: true });
    const { authToken: token } = await account('maker');
    expect((await raw('GET', '/wallets', { token })).status).toBe(400);
    expect((await raw('GET', '/wallets', { token, headers: { 'user-agent': 'test' } })).status).toBe(200);
  });
});

describe('the development identity provider', () => {
  const ask = async (form: Record<string, string>) => {
    const answer = await fetch(`${SANDBOX}/_sandbox/identity/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return { status: answer.status, body: await answer.json<Record<string, string>>() };
  };

  it.each([
    ['client-1', undefined],
    ['operator-2', ['operator']],
    ['compliance-1', ['compliance']],
    ['auditor-1', ['auditor']],
    ['admin-1', ['admin']],
  ])('gives %s a token that verifies by discovery', async (name, roles) => {
    const issuer = `${SANDBOX}/_sandbox/identity`;
    const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json<Record<string, string>>();
    expect(discovery.issuer).toBe(issuer);
    const { body } = await ask({ grant_type: 'client_credentials', client_id: name });
    const token = body.access_token ?? '';
    const keys = createRemoteJWKSet(new URL(discovery.jwks_uri ?? ''));
    const { payload } = await jwtVerify(token, keys, { issuer, audience: 'fiducia', typ: 'at+jwt' });
    expect(decodeProtectedHeader(token).alg).toBe('EdDSA');
    expect(payload).toMatchObject({ sub: name, client_id: name, jti: expect.any(String) });
    expect(payload.roles).toEqual(roles);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it('refuses strangers and other grants', async () => {
    const stranger = await ask({ grant_type: 'client_credentials', client_id: 'client-9' });
    expect(stranger).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    const grant = await ask({ grant_type: 'password', client_id: 'client-1' });
    expect(grant).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
  });
});
