/**
 * Owns the cryptography of keys: private keys, public keys and raw signatures. A private key is a function of the
 * organisation's secret and the key's id, so it is never kept; nothing outside this file sees one.
 */
import { createHmac } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import { secp256k1 } from '@noble/curves/secp256k1';
import { bytesToHex, hexToBytes } from 'viem';
import type { World } from './world.ts';

export type Curve = { scheme: 'ECDSA'; curve: 'secp256k1' } | { scheme: 'EdDSA'; curve: 'ed25519' };
export type KeyRef = Curve & { id: string };
export type RawSignature = { r: `0x${string}`; s: `0x${string}`; recid?: number; encoded: `0x${string}` };

const privateKeyOf = ({ organization }: World, keyId: string): Uint8Array =>
  new Uint8Array(createHmac('sha256', organization.walletSecret).update(keyId).digest());

/** As Dfns writes it: hex without a prefix; a secp256k1 key is compressed. */
export function publicKeyOf(world: World, { id, curve }: KeyRef): string {
  const secret = privateKeyOf(world, id);
  const bytes = curve === 'secp256k1' ? secp256k1.getPublicKey(secret, true) : ed25519.getPublicKey(secret);
  return bytesToHex(bytes).slice(2);
}

/** ECDSA signs 32 bytes that are a hash already; EdDSA signs whatever it is given. */
export function signBytes(world: World, { id, curve }: KeyRef, bytes: Uint8Array): RawSignature {
  const secret = privateKeyOf(world, id);
  if (curve === 'ed25519') {
    const encoded = bytesToHex(ed25519.sign(bytes, secret));
    return { r: `0x${encoded.slice(2, 66)}`, s: `0x${encoded.slice(66)}`, encoded };
  }
  const signed = secp256k1.sign(bytes, secret);
  const [r, s] = [signed.r, signed.s].map((part) => part.toString(16).padStart(64, '0'));
  const v = (27 + signed.recovery).toString(16);
  return { r: `0x${r}`, s: `0x${s}`, recid: signed.recovery, encoded: `0x${r}${s}${v}` };
}

export const uncompressed = (publicKey: string): Uint8Array =>
  secp256k1.ProjectivePoint.fromHex(publicKey).toRawBytes(false);
export const compressed = (publicKey: string): Uint8Array => hexToBytes(`0x${publicKey}`);
