// The key that signs attestations, and the set that is published to verify them. Retired and coming keys stand in the set
// beside the present one, so that a rotation leaves no attestation without its key.
import { CompactSign, decodeJwt, exportJWK, importJWK, importPKCS8 } from 'jose';
import type { AttestationClaims } from '../domain/attestation.ts';
import { canonicalJson } from '../domain/canonical.ts';
import { type DocumentKind, hashOfSigned, keyIdOf, SIGNING_ALGORITHM } from './signed.ts';
import { ATTESTATION } from './verify-attestation.ts';

export interface AttestationKeySettings {
  /** An Ed25519 private key: a JWK, or PKCS8 in PEM. */
  readonly key: string;
  /** The public part of keys that signed before, or will. */
  readonly publicKeys: readonly { readonly x: string }[];
}

interface Signed {
  readonly jws: string;
  readonly hash: string;
}

export interface Attestor {
  readonly keyId: string;
  readonly sign: (claims: AttestationClaims) => Promise<Signed>;
  /** Another kind of document with the same key; no text of one kind passes for another. */
  readonly signAs: (kind: DocumentKind, claims: object) => Promise<Signed>;
}

interface SigningKey {
  readonly key: CryptoKey;
  readonly x: string;
}

async function readSigningKey(text: string): Promise<SigningKey> {
  const key = text.trimStart().startsWith('{')
    ? await importJWK(JSON.parse(text), SIGNING_ALGORITHM, { extractable: true })
    : await importPKCS8(text, SIGNING_ALGORITHM, { extractable: true });
  if (key instanceof Uint8Array || key.type !== 'private') throw new TypeError('no private key');
  // The public part is derived from the private one: a JWK could name another.
  const { d, x } = await exportJWK(key);
  if (d === undefined || x === undefined) throw new TypeError('not an Ed25519 key');
  return { key, x };
}

export async function openAttestor(settings: AttestationKeySettings): Promise<Attestor> {
  const { key, x } = await readSigningKey(settings.key);
  const keyId = await keyIdOf(x);
  const signAs = async ({ type }: DocumentKind, claims: object): Promise<Signed> => {
    const payload = new TextEncoder().encode(canonicalJson(claims));
    const jws = await new CompactSign(payload)
      // Written in the order of canonical JSON, the only one that verifies.
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keyId, typ: type })
      .sign(key);
    return { jws, hash: await hashOfSigned(jws) };
  };
  return { keyId, signAs, sign: (claims) => signAs(ATTESTATION, claims) };
}

/** The set as it is published: the present key first. */
export async function publishedKeys(settings: AttestationKeySettings) {
  const { x } = await readSigningKey(settings.key);
  const all = [...new Set([x, ...settings.publicKeys.map((key) => key.x)])];
  return {
    keys: await Promise.all(
      all.map(async (known) => ({
        kty: 'OKP',
        crv: 'Ed25519',
        x: known,
        kid: await keyIdOf(known),
        use: 'sig',
        alg: SIGNING_ALGORITHM,
      })),
    ),
  };
}

/**
 * The claims of an attestation that this system signed and kept where nobody can rewrite it. Whoever has one from elsewhere
 * verifies it instead.
 */
export const readClaims = (jws: string): AttestationClaims => decodeJwt<AttestationClaims>(jws);
