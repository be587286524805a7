// Verifies attestations offline, the same way in a browser, in Node and in a Worker: nothing here asks anybody anything.
// A compact JWS (RFC 7515) over Ed25519 (RFC 8037) is accepted in exactly one spelling, so every altered character shows.
import type { AttestationClaims } from '../domain/attestation.ts';
import { canonicalJson } from '../domain/canonical.ts';

export const ATTESTATION_TYPE = 'fiducia-attestation+jwt';
export const ATTESTATION_ALGORITHM = 'EdDSA';
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
const FILE_CHARACTERS_MAX = 20_000_000;

type Refused = { readonly ok: false; readonly problem: string };
interface Genuine {
  readonly ok: true;
  readonly claims: AttestationClaims;
  readonly keyId: string;
  readonly hash: string;
}
export type Verified = Genuine | Refused;

/** One public key of the published set. */
interface Key {
  readonly keyId: string;
  readonly x: string;
}
export type Keys = { readonly ok: true; readonly keys: readonly Key[] } | Refused;

/** An attestation from a file, with what an answer of the API says beside it. */
interface Entry {
  readonly jws: string;
  readonly claims?: unknown;
  readonly hash?: unknown;
}
type Entries = { readonly ok: true; readonly entries: readonly Entry[] } | Refused;

const refused = (problem: string): Refused => ({ ok: false, problem });
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const hasOnly = (value: object, names: readonly string[]): boolean =>
  Object.keys(value).every((name) => names.includes(name));

const encoder = new TextEncoder();

/** Only the canonical spelling: the last character of base64url carries bits that a lenient reader would ignore. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  );
  return toBase64url(bytes) === text ? bytes : undefined;
}

const toBase64url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the question asked, and its answer.
    return undefined;
  }
}

/** The text of bytes and the value it spells, if it is the one canonical text of that value. */
function fromCanonical(bytes: Uint8Array<ArrayBuffer>): unknown {
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes);
  const value = parseJson(text);
  return value !== undefined && canonicalJson(value) === text ? value : undefined;
}

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));

/** SHA-256 in hex over the compact form: what the next attestation of the account names as the one before it. */
export const hashOfAttestation = async (jws: string): Promise<string> =>
  Array.from(await digest(jws), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** RFC 7638: the id of a key is a hash over the key, so no other key can go by its name. */
export const keyIdOf = async (x: string): Promise<string> =>
  toBase64url(await digest(canonicalJson({ crv: 'Ed25519', kty: 'OKP', x })));

/** The published key set, from its text. A set that does not hold what it says is refused as a whole. */
export async function readKeys(text: string): Promise<Keys> {
  const set = parseJson(text);
  if (!isObject(set) || !Array.isArray(set.keys)) return refused('The key file is not a JSON Web Key Set.');
  const keys: Key[] = [];
  for (const key of set.keys) {
    if (!isObject(key) || key.kty !== 'OKP' || key.crv !== 'Ed25519' || typeof key.x !== 'string')
      return refused('The key file holds something else than Ed25519 keys.');
    if ('d' in key) return refused('The key file holds a private key: it is not the published one.');
    if (fromBase64url(key.x)?.length !== KEY_BYTES) return refused('The key file holds a key of a wrong length.');
    if (key.kid !== (await keyIdOf(key.x))) return refused('The key file names a key by an id that is not its own.');
    keys.push({ keyId: key.kid, x: key.x });
  }
  return keys.length === 0 ? refused('The key file holds no key.') : { ok: true, keys };
}

/** Whether this text is, character for character, an attestation that one of the keys signed. */
export async function verifyAttestation(jws: string, { keys }: { readonly keys: readonly Key[] }): Promise<Verified> {
  const parts = jws.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  const [headerBytes, payloadBytes, signatureBytes] = [header, payload, signature].map(fromBase64url);
  if (parts.length !== 3 || !headerBytes || !payloadBytes || signatureBytes?.length !== SIGNATURE_BYTES)
    return refused('This is not an attestation: it is not three parts of base64url in their one right spelling.');
  const named = fromCanonical(headerBytes);
  if (!isObject(named) || named.typ !== ATTESTATION_TYPE || named.alg !== ATTESTATION_ALGORITHM)
    return refused('This is not an attestation: its header names another kind of document.');
  if (!hasOnly(named, ['alg', 'kid', 'typ'])) return refused('The header has members that an attestation has not.');
  const key = keys.find(({ keyId }) => keyId === named.kid);
  if (key === undefined) return refused('No key of the key file has the id that the attestation names.');
  if (!(await isSignedBy(key, `${header}.${payload}`, signatureBytes)))
    return refused('The signature does not fit: the text was altered, or signed by somebody else.');
  const claims = fromCanonical(payloadBytes);
  if (!isClaims(claims)) return refused('It is signed, but does not say what an attestation says.');
  if (claims.keyId !== key.keyId) return refused('It names two different keys.');
  return { ok: true, claims, keyId: key.keyId, hash: await hashOfAttestation(jws) };
}

async function isSignedBy({ x }: Key, text: string, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, encoder.encode(text));
}

const texts = ['issuer', 'keyId', 'statement', 'accountId', 'tag', 'checkedAt', 'validUntil', 'verdict'] as const;
const lists = ['findings', 'wallets', 'destinations', 'limits', 'guard'] as const;

/** Signed by the manager, so what it holds is the manager's; this only tells an attestation from any other document. */
const isClaims = (value: unknown): value is AttestationClaims =>
  isObject(value) &&
  texts.every((name) => typeof value[name] === 'string') &&
  lists.every((name) => Array.isArray(value[name])) &&
  isObject(value.approvedList) &&
  Array.isArray(value.approvedList.addresses) &&
  Number.isSafeInteger(value.sequence) &&
  (value.previousHash === null || typeof value.previousHash === 'string');

/** One compact text a line, an answer of the API, or a JSON array of either. */
export function readAttestationFile(text: string): Entries {
  const trimmed = text.trim();
  if (trimmed === '') return refused('The file is empty.');
  if (trimmed.length > FILE_CHARACTERS_MAX) return refused('The file is too large.');
  if (!/^[[{]/.test(trimmed))
    return { ok: true, entries: trimmed.split(/\r?\n/).flatMap((line) => (line === '' ? [] : [{ jws: line }])) };
  const parsed = parseJson(trimmed);
  const listed: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const entries = listed.map((item) => (typeof item === 'string' ? { jws: item } : item));
  return entries.length > 0 && entries.every(isEntry)
    ? { ok: true, entries }
    : refused('The file is JSON, but not an answer that holds an attestation.');
}

const isEntry = (value: unknown): value is Entry =>
  isObject(value) && typeof value.jws === 'string' && hasOnly(value, ['jws', 'claims', 'hash']);

/** What stands beside an attestation in a file must be what is signed, or it could say something else to the reader. */
async function verifyEntry({ jws, claims, hash }: Entry, keys: { readonly keys: readonly Key[] }): Promise<Verified> {
  const verified = await verifyAttestation(jws, keys);
  if (!verified.ok) return verified;
  if (claims !== undefined && canonicalJson(claims) !== canonicalJson(verified.claims))
    return refused('The claims beside the attestation are not those that are signed.');
  if (hash !== undefined && hash !== verified.hash) return refused('The hash beside the attestation is not its own.');
  return verified;
}

/** A file against a key file: each attestation, and, of several, that they follow one another without a gap. */
export async function verifyFile(
  text: string,
  keysText: string,
): Promise<{ readonly ok: true; readonly attestations: readonly Genuine[] } | Refused> {
  const keys = await readKeys(keysText);
  if (!keys.ok) return keys;
  const read = readAttestationFile(text);
  if (!read.ok) return read;
  const attestations: Genuine[] = [];
  for (const [index, entry] of read.entries.entries()) {
    const verified = await verifyEntry(entry, keys);
    const where = read.entries.length === 1 ? '' : `Number ${index + 1} of the file: `;
    if (!verified.ok) return refused(`${where}${verified.problem}`);
    const before = attestations.at(-1);
    const gap = before === undefined ? undefined : gapBetween(before, verified);
    if (gap !== undefined) return refused(`${where}${gap}`);
    attestations.push(verified);
  }
  return { ok: true, attestations };
}

/** Why the second does not follow the first; undefined when it does. */
function gapBetween(before: Genuine, after: Genuine): string | undefined {
  const [one, other] = [before.claims, after.claims];
  if (one.issuer !== other.issuer || one.accountId !== other.accountId) return 'it is about another account.';
  if (other.sequence !== one.sequence + 1)
    return `it has the sequence ${other.sequence} and stands after ${one.sequence}: one is missing, or they are not in order.`;
  if (other.previousHash !== before.hash) return 'it names another one before it: the chain was broken.';
  if (other.checkedAt < one.checkedAt) return 'it is older than the one before it.';
  return undefined;
}
