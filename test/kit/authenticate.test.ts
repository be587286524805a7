// Tokens when the issuer misbehaves: rotated keys, an outage, a flood, a copy that cannot be written.
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { authenticate, type TokenRules } from '../../src/kit/authenticate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const rulesOf = (host: string): TokenRules => ({
  issuer: 'https://issuer.example/',
  audience: 'fiducia',
  audienceClaim: 'aud',
  jwksUrl: `https://${host}/jwks`,
  rolesClaim: 'roles',
  type: 'at+jwt',
});

/** An issuer of its own for each test: keys are kept by address. */
let issuers = 0;
let rules: TokenRules;
let published: object[] = [];
let isReachable = true;
let asked = 0;
let copies: Map<string, string>;
const store = {
  get: async (key: string) => copies.get(key) ?? null,
  put: async (key: string, value: string) => void copies.set(key, value),
};
let now = Date.now();

async function newKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }, privateKey, kid };
}
const sign = (key: Awaited<ReturnType<typeof newKey>>, claims: object = {}, header: object = { typ: 'at+jwt' }) =>
  new SignJWT({
    iss: rules.issuer,
    aud: 'fiducia',
    sub: 'somebody',
    iat: Math.floor(now / 1000),
    exp: Math.floor(now / 1000) + 3600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header })
    .sign(key.privateKey);
const codeOf = async (token: string): Promise<string> => {
  const result = await authenticate(`Bearer ${token}`, rules, store, now);
  return result.ok ? result.value.kind : result.refusal.code;
};

beforeEach(() => {
  issuers += 1;
  rules = rulesOf(`issuer-${issuers}.example`);
  [published, isReachable, asked, copies, now] = [[], true, 0, new Map(), Date.now()];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
    asked += 1;
    if (!isReachable) throw new TypeError('the issuer is unreachable');
    return Response.json({ keys: published });
  });
});
afterEach(() => vi.restoreAllMocks());

describe('the issuer’s keys', () => {
  it('are read once for many tokens', async () => {
    const key = await newKey('a');
    published = [key.jwk];
    for (let token = 0; token < 20; token += 1) expect(await codeOf(await sign(key))).toBe('client');
    expect(asked).toBe(1);
  });

  it('that were rotated are found by the first token of the new key', async () => {
    const [old, fresh] = [await newKey('old'), await newKey('fresh')];
    published = [old.jwk];
    expect(await codeOf(await sign(old))).toBe('client');
    published = [old.jwk, fresh.jwk];
    now += MINUTE;
    expect(await codeOf(await sign(fresh))).toBe('client');
    expect(asked).toBe(2);
  });

  it('serve for a day while the issuer is unreachable, then nobody can say: 503, never 401', async () => {
    const key = await newKey('a');
    published = [key.jwk];
    await codeOf(await sign(key));
    isReachable = false;
    now += 23 * HOUR;
    expect(await codeOf(await sign(key))).toBe('client');
    now += HOUR + MINUTE;
    expect(await codeOf(await sign(key))).toBe('keys_unavailable');
  });

  it('that are unknown during an outage are nobody’s fault: 503', async () => {
    const [old, fresh] = [await newKey('old'), await newKey('fresh')];
    published = [old.jwk];
    await codeOf(await sign(old));
    isReachable = false;
    now += 11 * MINUTE;
    expect(await codeOf(await sign(fresh))).toBe('keys_unavailable');
    expect(await codeOf(await sign(old))).toBe('client');
  });

  it('are asked for at most every half minute, whatever is sent: outage, unknown keys, nonsense', async () => {
    const [known, unknown] = [await newKey('known'), await newKey('unknown')];
    published = [known.jwk];
    await codeOf(await sign(known));
    isReachable = false;
    now += 11 * MINUTE;
    const tokens = [await sign(known), await sign(unknown), 'a.b.c'];
    for (let round = 0; round < 30; round += 1) for (const token of tokens) await codeOf(token);
    expect(asked).toBe(2);
    expect(await codeOf('a.b.c')).toBe('token_invalid');
  });

  it('are found by another isolate in the copy, and a copy that fails breaks nothing', async () => {
    const key = await newKey('a');
    published = [key.jwk];
    store.put = () => Promise.reject(new Error('KV PUT failed'));
    expect(await codeOf(await sign(key))).toBe('client');
    store.put = async (name, value) => void copies.set(name, value);
    rules = rulesOf(`issuer-${issuers}-copy.example`);
    copies.set(`jwks:${rules.jwksUrl}`, JSON.stringify({ keys: { keys: [key.jwk] }, readAt: now - HOUR }));
    isReachable = false;
    expect(await codeOf(await sign(key))).toBe('client');
    rules = rulesOf(`issuer-${issuers}-broken.example`);
    copies.set(`jwks:${rules.jwksUrl}`, 'not json');
    expect(await codeOf(await sign(key))).toBe('keys_unavailable');
  });
});

describe('a token', () => {
  it('names a person by a text, and is neither old nor without its time', async () => {
    const key = await newKey('a');
    published = [key.jwk];
    for (const sub of [{ a: 1 }, null, '', ['x'], 7])
      expect(await codeOf(await sign(key, { sub }))).toBe('token_invalid');
    const hoursAgo = (hours: number) => ({ iat: Math.floor((now - hours * HOUR) / 1000) });
    expect(await codeOf(await sign(key, hoursAgo(23)))).toBe('client');
    expect(await codeOf(await sign(key, hoursAgo(25)))).toBe('token_invalid');
    expect(await codeOf(await sign(key, { iat: undefined }))).toBe('token_invalid');
  });

  it('of a provider without a type, and with roles in a nested claim, is read as configured', async () => {
    const key = await newKey('a');
    published = [key.jwk];
    rules = { ...rules, type: 'none', rolesClaim: 'realm_access.roles' };
    const token = await sign(key, { realm_access: { roles: ['operator'] } }, {});
    expect(await authenticate(`Bearer ${token}`, rules, store, now)).toMatchObject({
      value: { kind: 'staff', roles: ['operator'] },
    });
    rules = { ...rules, rolesClaim: 'https://claims.example/roles' };
    const named = await sign(key, { 'https://claims.example/roles': 'compliance' }, {});
    expect(await authenticate(`bearer ${named}`, rules, store, now)).toMatchObject({
      value: { roles: ['compliance'] },
    });
  });

  it('that is none, or too long, is told so', async () => {
    const reasonOf = async (header: string) => {
      const result = await authenticate(header, rules, store, now);
      return result.ok ? '' : JSON.stringify(result.refusal);
    };
    expect(await reasonOf('')).toContain('token_missing');
    expect(await reasonOf('Basic abc')).toContain('not a bearer token');
    expect(await reasonOf(`Bearer a.${'b'.repeat(9000)}.c`)).toContain('too long');
    expect(asked).toBe(0);
  });
});
