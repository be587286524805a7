// Signatures at custody, offline: of every kind of key that Dfns takes, and nothing that is not one.
import { describe, expect, it } from 'vitest';
import type { SignedAction } from '../../src/domain/custody.ts';
import { verifyAction } from '../../src/kit/user-action.ts';

const base64 = (bytes: ArrayBuffer | Uint8Array) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const base64url = (bytes: ArrayBuffer | Uint8Array) =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const text = new TextEncoder();
const CLIENT_DATA = JSON.stringify({ type: 'key.get', challenge: 'ch-1' });

/** As custody keeps an ECDSA signature: two integers in DER. */
function toDer(raw: Uint8Array): Uint8Array {
  const integer = (part: Uint8Array) => {
    let digits = [...part];
    while (digits.length > 1 && digits[0] === 0) digits = digits.slice(1);
    const value = (digits[0] ?? 0) > 127 ? [0, ...digits] : digits;
    return [2, value.length, ...value];
  };
  const body = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return Uint8Array.from([0x30, body.length, ...body]);
}

const kinds = {
  Ed25519: { key: { name: 'Ed25519' }, sign: { name: 'Ed25519' } },
  'P-256': { key: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  RSA: {
    key: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: Uint8Array.from([1, 0, 1]),
    },
    sign: { name: 'RSASSA-PKCS1-v1_5' },
  },
} as const;
const names = Object.keys(kinds) as (keyof typeof kinds)[];

async function signedBy(
  name: keyof typeof kinds,
  clientData = CLIENT_DATA,
  authenticatorData: Uint8Array | null = null,
): Promise<SignedAction> {
  const { key, sign } = kinds[name];
  const pair = (await crypto.subtle.generateKey(key, true, ['sign', 'verify'])) as CryptoKeyPair;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text.encode(clientData)));
  const said =
    authenticatorData === null ? text.encode(clientData) : Uint8Array.from([...authenticatorData, ...digest]);
  const signature = new Uint8Array(await crypto.subtle.sign(sign, pair.privateKey, said));
  const spki = (await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer;
  const lines = base64(spki).match(/.{1,64}/g) ?? [];
  return {
    ...{
      id: 'uj-1',
      action: 'POST /wallets',
      userId: 'us-1',
      username: 'maker',
      performedAt: '',
      credentialId: 'cr-1',
    },
    credentialKind: authenticatorData === null ? 'Key' : 'Fido2',
    publicKey: `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`,
    assertion: {
      authenticatorData: authenticatorData && base64url(authenticatorData),
      clientData: base64url(text.encode(clientData)),
      signature: base64url(name === 'P-256' ? toDer(signature) : signature),
    },
  };
}
const withAssertion = (action: SignedAction, over: object): SignedAction =>
  action.assertion === null ? action : { ...action, assertion: { ...action.assertion, ...over } };

describe.each(names)('a signature by %s', (name) => {
  it('is genuine over exactly its client data, by exactly its key', async () => {
    // Integers in DER differ in length from signature to signature.
    for (let n = 0; n < (name === 'RSA' ? 2 : 20); n += 1) {
      const action = await signedBy(name, JSON.stringify({ type: 'key.get', challenge: `ch-${n}`, origin: 'x' }));
      expect(await verifyAction(action)).toBe('genuine');
    }
    const action = await signedBy(name);
    const other = base64url(text.encode(CLIENT_DATA.replace('ch-1', 'ch-2')));
    expect(await verifyAction(withAssertion(action, { clientData: other }))).toBe('forged');
    expect(await verifyAction({ ...action, publicKey: (await signedBy(name)).publicKey })).toBe('forged');
  });

  it('is forged when it is cut, empty, of another shape, or over something that is no client data', async () => {
    const action = await signedBy(name);
    const { signature } = action.assertion ?? { signature: '' };
    for (const broken of [signature.slice(0, -4), '', '!', base64url(Uint8Array.from([0x30, 0x02, 0x02, 0x00]))])
      expect(await verifyAction(withAssertion(action, { signature: broken })), broken).toBe('forged');
    expect(await verifyAction(await signedBy(name, '{"type":"key.create","challenge":"x"}'))).toBe('forged');
    expect(await verifyAction(await signedBy(name, 'x'))).toBe('forged');
  });

  it('of a passkey is over what its authenticator says and a hash of the client data', async () => {
    const clientData = JSON.stringify({ type: 'webauthn.get', challenge: 'ch-1', origin: 'https://app.dfns.io' });
    const action = await signedBy(
      name,
      clientData,
      Uint8Array.from({ length: 37 }, (_, n) => n),
    );
    expect(await verifyAction(action)).toBe('genuine');
    expect(await verifyAction(withAssertion(action, { authenticatorData: null }))).toBe('forged');
    expect(await verifyAction(withAssertion(action, { authenticatorData: 'AAAA' }))).toBe('forged');
  });
});

it('nothing is said of an action without a signature or a key, or with a key of another kind', async () => {
  const action = await signedBy('Ed25519');
  expect(await verifyAction({ ...action, assertion: null })).toBe('unsigned');
  expect(await verifyAction({ ...action, publicKey: null })).toBe('unsigned');
  expect(await verifyAction({ ...action, publicKey: 'ssh-ed25519 AAAA' })).toBe('unsigned');
});
