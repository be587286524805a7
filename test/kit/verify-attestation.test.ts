// Attestations offline: the one verifier that the command and the page share. No request is made by any of these tests.
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { type AttestationClaims, attest } from '../../src/domain/attestation.ts';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { summarize } from '../../src/domain/fence.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { openAttestor, publishedKeys } from '../../src/kit/attestation-keys.ts';
import { explain } from '../../src/kit/explain-attestation.ts';
import { keyIdOf, readKeys } from '../../src/kit/signed.ts';
import { verifyAttestation, verifyFile } from '../../src/kit/verify-attestation.ts';
import { ATTESTATION_KEY, ATTESTATION_KEY_ID } from '../support/attestation-key.ts';
import {
  ADDRESS,
  AT,
  approvedDestination,
  custodyWallet,
  fence,
  foundFence,
  openingAccount,
  wantedFence,
} from '../support/build.ts';

const settings = { key: ATTESTATION_KEY, publicKeys: [] };
const attestor = await openAttestor(settings);
const keysText = JSON.stringify(await publishedKeys(settings));
const keys = await readKeys(keysText);
if (!keys.ok) throw new Error(keys.problem);

const claimsOf = (over: Partial<AttestationClaims> = {}): AttestationClaims => ({
  ...attest({
    issuer: 'https://fiducia.example.com',
    keyId: attestor.keyId,
    account: openingAccount(),
    fence: fence({ found: summarize(wantedFence(), foundFence()) }),
    wallets: [custodyWallet()],
    destinations: [approvedDestination()],
    previousHash: null,
    permissionProofAt: null,
  }),
  ...over,
});
const signed = await attestor.sign(claimsOf());

/** A chain of `length` checks of one account. */
async function chain(length: number): Promise<{ jws: string; hash: string }[]> {
  const made: { jws: string; hash: string }[] = [];
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const checkedAt = addSeconds(AT, sequence);
    made.push(await attestor.sign(claimsOf({ sequence, checkedAt, previousHash: made.at(-1)?.hash ?? null })));
  }
  return made;
}
const lines = (items: readonly { jws: string }[]) => items.map(({ jws }) => jws).join('\n');
const problemOf = async (text: string, with_ = keysText) => {
  const answer = await verifyFile(text, with_);
  return answer.ok ? undefined : answer.problem;
};
const base64url = (text: string) => btoa(text).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');

describe('an attestation', () => {
  it('says what was found, and is what was signed', async () => {
    expect(await verifyAttestation(signed.jws, keys)).toEqual({
      ok: true,
      claims: claimsOf(),
      keyId: ATTESTATION_KEY_ID,
      hash: signed.hash,
    });
    expect(claimsOf()).toMatchObject({
      verdict: 'intact',
      sequence: 1,
      checkedAt: AT,
      validUntil: '2031-03-04T09:00:00.000Z',
      statement: 'Statement of the manager about what Dfns returned, not of Dfns.',
      wallets: [{ network: 'EthereumSepolia', address: '0xde709f2102306220921060314715629080e2fb77' }],
      approvedList: { action: 'block', addresses: ['0x52908400098527886E0F7030069857D2E4169EE7'] },
      destinations: [{ network: 'EthereumSepolia', status: 'approved' }],
      limits: [
        { numbers: { limit: 250_000 } },
        { numbers: { limit: 1_000_000, windowMinutes: 1440 } },
        { numbers: { limit: 100, windowMinutes: 1440 }, says: expect.stringContaining('100 transfers') },
      ],
      guard: [{ group: 'officers', quorum: 1, approvers: 2 }],
      permissionProofAt: null,
    });
    expect(ADDRESS).toBe('0x52908400098527886e0f7030069857d2e4169ee7');
  });

  it('altered in one character, whichever it is, is refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const { jws } = signed;
    const accepted: string[] = [];
    for (let place = 0; place < jws.length; place += 1) {
      const old = alphabet.indexOf(jws.charAt(place));
      // The neighbour differs in the last bit alone, which a lenient reader of base64url may not look at.
      const others = [alphabet.charAt(old ^ 1), alphabet.charAt((old + 32) % 64), '.', ' ', '=', 'é'];
      for (const other of others.filter((character) => character !== jws.charAt(place))) {
        const altered = jws.slice(0, place) + other + jws.slice(place + 1);
        if ((await verifyAttestation(altered, keys)).ok) accepted.push(`${place}: ${other}`);
      }
    }
    expect(jws.length).toBeGreaterThan(1000);
    expect(accepted).toEqual([]);
  });

  it('is refused in every other spelling of its last character', async () => {
    const { jws } = signed;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const outcomes = await Promise.all(
      [...alphabet].map(async (last) => (await verifyAttestation(jws.slice(0, -1) + last, keys)).ok),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect((await verifyAttestation(`${jws}A`, keys)).ok).toBe(false);
    expect((await verifyAttestation(jws.slice(0, -1), keys)).ok).toBe(false);
  });

  it('of another key, another kind or another algorithm is refused', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const other = await openAttestor({ key: JSON.stringify(await exportJWK(privateKey)), publicKeys: [] });
    expect(await problemOf((await other.sign(claimsOf())).jws)).toContain('No key of the key file');
    // The right key's name on another key's signature.
    const [, payload = '', signature = ''] = (await other.sign(claimsOf())).jws.split('.');
    const [header = ''] = signed.jws.split('.');
    expect(await problemOf(`${header}.${payload}.${signature}`)).toContain('The signature does not fit');
    for (const named of [
      { alg: 'none', kid: attestor.keyId, typ: 'fiducia-attestation+jwt' },
      { alg: 'EdDSA', kid: attestor.keyId, typ: 'at+jwt' },
      { alg: 'EdDSA', b64: false, crit: ['b64'], kid: attestor.keyId, typ: 'fiducia-attestation+jwt' },
    ]) {
      expect(await problemOf(`${base64url(canonicalJson(named))}.${payload}.${signature}`)).toContain('header');
    }
  });

  it('beside which a file says something else is refused', async () => {
    const answer = { jws: signed.jws, claims: claimsOf(), hash: signed.hash };
    expect(await problemOf(JSON.stringify(answer, null, 2))).toBeUndefined();
    expect(await problemOf(JSON.stringify([answer]))).toBeUndefined();
    const better = { ...answer, claims: claimsOf({ verdict: 'broken' }) };
    expect(await problemOf(JSON.stringify(better))).toContain('not those that are signed');
    expect(await problemOf(JSON.stringify({ ...answer, hash: '0'.repeat(64) }))).toContain('hash');
    expect(await problemOf(JSON.stringify({ ...answer, verdict: 'intact' }))).toContain('not an answer');
    for (const text of ['', '  ', '{', '[]', '{}', 'null', 'a.b.c', signed.jws.slice(10)]) {
      expect(await problemOf(text), text).toBeDefined();
    }
  });

  it('is verified only by a key set that is what it says', async () => {
    const [key] = (await publishedKeys(settings)).keys;
    const bad: readonly [object | string, string][] = [
      ['nonsense', 'not a JSON Web Key Set'],
      [{ keys: [] }, 'no key'],
      [{ keys: [{ ...key, kid: 'another' }] }, 'not its own'],
      [{ keys: [{ ...key, d: 'secret' }] }, 'private key'],
      [{ keys: [{ ...key, kty: 'EC' }] }, 'something else'],
      [{ keys: [{ ...key, x: 'AAAA' }] }, 'wrong length'],
    ];
    for (const [set, words] of bad) {
      expect(await problemOf(signed.jws, typeof set === 'string' ? set : JSON.stringify(set))).toContain(words);
    }
    expect(await keyIdOf(key?.x ?? '')).toBe(ATTESTATION_KEY_ID);
  });

  it('says in words whether it still speaks of now', () => {
    const { isCurrent, heading, says } = explain(claimsOf(), AT);
    expect(isCurrent).toBe(true);
    expect(heading).toMatch(/^intact: /);
    expect(JSON.stringify(says)).toContain('0x52908400098527886E0F7030069857D2E4169EE7');
    expect(explain(claimsOf(), '2031-03-04T08:59:59.999Z').isCurrent).toBe(true);
    expect(explain(claimsOf(), '2031-03-04T09:00:00.000Z')).toMatchObject({ isCurrent: false });
    expect(explain(claimsOf(), '2031-03-03T08:59:59.999Z')).toMatchObject({ isCurrent: false });
  });
});

describe('several attestations', () => {
  it('that follow one another are accepted in their order alone', async () => {
    const [one, two, three] = await chain(3);
    if (one === undefined || two === undefined || three === undefined) throw new Error('no chain');
    expect(await problemOf(`${lines([one, two, three])}\n`)).toBeUndefined();
    expect(await problemOf(lines([two, three]))).toBeUndefined();
    expect(await problemOf(lines([one, three]))).toContain('one is missing');
    expect(await problemOf(lines([two, one]))).toContain('not in order');
    expect(await problemOf(lines([one, one]))).toContain('not in order');
  });

  it('of which one was exchanged for another of the same number are refused', async () => {
    const [one, two] = await chain(2);
    if (one === undefined || two === undefined) throw new Error('no chain');
    const other = await attestor.sign(claimsOf({ sequence: 1, verdict: 'broken' }));
    expect(await problemOf(lines([other, two]))).toContain('names another one before it');
    const elsewhere = await attestor.sign(claimsOf({ sequence: 2, previousHash: one.hash, accountId: 'acc_other' }));
    expect(await problemOf(lines([one, elsewhere]))).toContain('another account');
    const older = claimsOf({ sequence: 2, previousHash: one.hash, checkedAt: addSeconds(AT, -60) });
    expect(await problemOf(lines([one, await attestor.sign(older)]))).toContain('older');
  });
});

describe('a key', () => {
  it('is read from a JWK and from PKCS8, and goes by its thumbprint', async () => {
    // The same key as the JWK of the tests: RFC 8410 puts the 32 bytes behind a fixed prefix.
    const { d }: { d: string } = JSON.parse(ATTESTATION_KEY);
    const raw = atob(d.replaceAll('-', '+').replaceAll('_', '/'));
    const prefix = String.fromCharCode(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
    const pem = `-----BEGIN PRIVATE KEY-----\n${btoa(prefix + raw)}\n-----END PRIVATE KEY-----\n`;
    expect((await openAttestor({ key: pem, publicKeys: [] })).keyId).toBe(ATTESTATION_KEY_ID);
    expect(attestor.keyId).toBe(ATTESTATION_KEY_ID);
  });

  it('that was retired still verifies what it signed, as long as it is published', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const fresh = JSON.stringify(await exportJWK(privateKey));
    const { x }: { x: string } = JSON.parse(ATTESTATION_KEY);
    const rotated = { key: fresh, publicKeys: [{ x }] };
    const published = await publishedKeys(rotated);
    expect(published.keys).toHaveLength(2);
    expect(JSON.stringify(published)).not.toContain('"d"');
    const after = await openAttestor(rotated);
    const next = await after.sign(claimsOf({ sequence: 2, previousHash: signed.hash, keyId: after.keyId }));
    expect(await problemOf(lines([signed, next]), JSON.stringify(published))).toBeUndefined();
    const withoutOld = JSON.stringify(await publishedKeys({ key: fresh, publicKeys: [] }));
    expect(await problemOf(signed.jws, withoutOld)).toContain('No key of the key file');
  });
});
