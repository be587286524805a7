// Signatures of people and machines at custody, verified offline: over the client data that they saw, by the key that custody
// keeps of them. Ed25519, ECDSA on P-256 with SHA-256 in DER, and RSA PKCS #1 v1.5 with SHA-256, from a public key in PEM (SPKI).
import type { SignedAction } from '../domain/custody.ts';
import { sha256Of } from '../domain/digest.ts';
import { fromBase64url, isObject, parseJson } from './signed.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** `unsigned`: custody gave no signature, or a key of a kind that is not known here: nothing is said about it. */
export type ActionSignature = 'genuine' | 'forged' | 'unsigned';

interface Algorithm {
  readonly oid: readonly number[];
  readonly key: SubtleCryptoImportKeyAlgorithm;
  readonly verify: SubtleCryptoSignAlgorithm;
  /** The signature as WebCrypto takes it; undefined when it has not the shape of one. */
  readonly signature: (bytes: Bytes) => Bytes | undefined;
}

const COORDINATE_BYTES = 32;
const ED25519_BYTES = 64;

/** By the object identifier in the key, in DER. */
const algorithms: readonly Algorithm[] = [
  {
    oid: [0x06, 0x03, 0x2b, 0x65, 0x70],
    key: { name: 'Ed25519' },
    verify: { name: 'Ed25519' },
    signature: (bytes) => (bytes.length === ED25519_BYTES ? bytes : undefined),
  },
  {
    oid: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    verify: { name: 'ECDSA', hash: 'SHA-256' },
    signature: fromDer,
  },
  {
    oid: [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
    key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verify: { name: 'RSASSA-PKCS1-v1_5' },
    signature: (bytes) => bytes,
  },
];

export async function verifyAction({ publicKey, assertion }: SignedAction): Promise<ActionSignature> {
  if (publicKey === null || assertion === null) return 'unsigned';
  const spki = fromPem(publicKey);
  const algorithm = spki && algorithms.find(({ oid }) => holds(spki, oid));
  if (spki === undefined || algorithm === undefined) return 'unsigned';
  const [clientData, signature] = [fromBase64url(assertion.clientData), fromBase64url(assertion.signature)];
  const given = signature && algorithm.signature(signature);
  if (clientData === undefined || given === undefined || !isClientData(clientData)) return 'forged';
  const text = await signedBytes(clientData, assertion.authenticatorData);
  if (text === undefined) return 'forged';
  const key = await importKey(spki, algorithm);
  if (key === undefined) return 'forged';
  return (await crypto.subtle.verify(algorithm.verify, key, given, text)) ? 'genuine' : 'forged';
}

async function importKey(spki: Bytes, { key }: Algorithm): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey('spki', spki, key, false, ['verify']);
  } catch {
    // Named like a key and none: nothing can have been signed with it.
    return undefined;
  }
}

/** A key signs the client data; a passkey signs what its authenticator says, and a hash of the client data behind it. */
async function signedBytes(clientData: Bytes, authenticatorData: string | null): Promise<Bytes | undefined> {
  if (authenticatorData === null) return clientData;
  const said = fromBase64url(authenticatorData);
  return said && Uint8Array.from([...said, ...(await sha256Of(clientData))]);
}

const isClientData = (bytes: Bytes): boolean => {
  const value = parseJson(new TextDecoder().decode(bytes));
  return (
    isObject(value) &&
    (value.type === 'key.get' || value.type === 'webauthn.get') &&
    typeof value.challenge === 'string'
  );
};

function fromPem(pem: string): Bytes | undefined {
  const body = /^-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem.trim())?.[1];
  if (body === undefined) return undefined;
  const base64url = body.replace(/\s/g, '').replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return fromBase64url(base64url);
}

/** How far into a key its object identifiers stand. */
const OID_BYTES_MAX = 40;
const holds = (bytes: Bytes, oid: readonly number[]): boolean =>
  Array.from({ length: OID_BYTES_MAX }).some((_, start) => oid.every((byte, index) => bytes[start + index] === byte));

/** SEQUENCE of two INTEGERs to the two coordinates, each of its full length. */
function fromDer(der: Bytes): Bytes | undefined {
  const joined = new Uint8Array(2 * COORDINATE_BYTES);
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  let at = 2;
  for (const end of [COORDINATE_BYTES, 2 * COORDINATE_BYTES]) {
    const length = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + length);
    const digits = value[0] === 0 ? value.subarray(1) : value;
    if (der[at] !== 0x02 || value.length !== length || digits.length > COORDINATE_BYTES) return undefined;
    joined.set(digits, end - digits.length);
    at += 2 + length;
  }
  return at === der.length ? joined : undefined;
}
