/** Owns verification of credential signatures by kind of key. secp256k1 is missing: the runtime has no such curve. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';

const verifiers: Readonly<Record<string, (key: KeyObject, data: Uint8Array, signature: Uint8Array) => boolean>> = {
  ed25519: (key, data, signature) => verify(null, data, key, signature),
  // Dfns: ECDSA signatures are DER, which is also what node's verify expects.
  ec: (key, data, signature) => verify('sha256', data, key, signature),
  rsa: (key, data, signature) => verify('sha256', data, key, signature),
};

export function isSignedBy(publicKeyPem: string, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey(publicKeyPem);
    return verifiers[key.asymmetricKeyType ?? '']?.(key, data, signature) ?? false;
  } catch {
    return false; // A malformed signature throws in some runtimes, and is simply no signature.
  }
}
