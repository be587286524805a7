/** Owns the keys of credentials: which kinds are accepted, and the verification of what they signed. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1';
import { sha256 } from '@noble/hashes/sha2';

type Verifier = (data: Uint8Array, signature: Uint8Array) => boolean;

/** Dfns: RSA keys of service accounts have at least 2048 bits. */
const RSA_BITS_MIN = 2048;
/** The start of a SubjectPublicKeyInfo of this curve, for an uncompressed and for a compressed point. */
const SECP256K1_PREFIXES = [
  '3056301006072a8648ce3d020106052b8104000a034200',
  '3036301006072a8648ce3d020106052b8104000a032200',
];

export function isSignedBy(publicKeyPem: string, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifierOf(publicKeyPem)?.(data, signature) ?? false;
  } catch {
    return false; // A malformed signature throws in some runtimes, and is simply no signature.
  }
}

export const isAcceptedKey = (publicKeyPem: string): boolean => {
  try {
    return verifierOf(publicKeyPem) !== undefined;
  } catch {
    return false;
  }
};

function verifierOf(pem: string): Verifier | undefined {
  const point = secp256k1Point(pem);
  if (point) return secp256k1Verifier(point);
  // The runtime would take a private key too and find the public one in it.
  if (!/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem.trim())) return undefined;
  const key = createPublicKey(pem);
  const { kty, crv, n } = key.export({ format: 'jwk' });
  if (kty === 'OKP' && crv === 'Ed25519') return verifierWith(null, key);
  // Dfns: ECDSA signatures are DER, which is also what node's verify expects.
  if (kty === 'EC' && crv === 'P-256') return verifierWith('sha256', key);
  const bits = Buffer.from(String(n ?? ''), 'base64url').length * 8;
  return kty === 'RSA' && bits >= RSA_BITS_MIN ? verifierWith('sha256', key) : undefined;
}

const verifierWith =
  (digest: string | null, key: KeyObject): Verifier =>
  (data, signature) =>
    verify(digest, data, key, signature);

/** The Workers runtime knows no secp256k1, so such a key is read by hand. */
function secp256k1Point(pem: string): Uint8Array | undefined {
  const [, base64] = /^-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----$/.exec(pem.trim()) ?? [];
  const hex = Buffer.from(base64 ?? '', 'base64').toString('hex');
  const prefix = SECP256K1_PREFIXES.find((start) => hex.startsWith(start));
  return prefix === undefined ? undefined : Buffer.from(hex.slice(prefix.length), 'hex');
}

function secp256k1Verifier(point: Uint8Array): Verifier {
  secp256k1.ProjectivePoint.fromHex(point).assertValidity();
  // Only Ethereum wants the lower of the two possible values of s; other signers do not look.
  const options = { lowS: false, format: 'der' } as const;
  return (data, signature) => secp256k1.verify(signature, sha256(data), point, options);
}
