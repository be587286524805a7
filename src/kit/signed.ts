// Documents that the manager signs, verified offline, the same way in a browser, in Node and in a Worker: nothing here asks
// anybody anything. A compact JWS (RFC 7515) over Ed25519 (RFC 8037) is accepted in exactly one spelling, so every altered
// character shows.
import { canonicalJson } from '../domain/canonical.ts';
import { hex, sha256Of } from '../domain/digest.ts';

export const SIGNING_ALGORITHM = 'EdDSA';
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

export type Refused = { readonly ok: false; readonly problem: string };

/** One public key of the published set. */
interface Key {
  readonly keyId: string;
  readonly x: string;
}
export interface KeySet {
  readonly keys: readonly Key[];
}
export type Keys = ({ readonly ok: true } & KeySet) | Refused;

/** A kind of signed document: the type in its header, and how a person calls it. */
export interface DocumentKind {
  readonly type: string;
  readonly name: string;
}

export const refused = (problem: string): Refused => ({ ok: false, problem });
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const hasOnly = (value: object, names: readonly string[]): boolean =>
  Object.keys(value).every((name) => names.includes(name));

const encoder = new TextEncoder();

/** Only the canonical spelling: the last character of base64url carries bits that a lenient reader would ignore. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
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

export function parseJson(text: string): unknown {
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

const digest = (text: string): Promise<Uint8Array<ArrayBuffer>> => sha256Of(encoder.encode(text));

/** SHA-256 in hex over the compact form: what the next document of the chain names as the one before it. */
export const hashOfSigned = async (jws: string): Promise<string> => hex(await digest(jws));

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

/** Whether this text is, character for character, a document of this kind that one of the keys signed, and what it says. */
export async function verifySigned(
  jws: string,
  { type, name }: DocumentKind,
  { keys }: KeySet,
): Promise<{ readonly ok: true; readonly claims: unknown; readonly keyId: string; readonly hash: string } | Refused> {
  const parts = jws.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  const [headerBytes, payloadBytes, signatureBytes] = [header, payload, signature].map(fromBase64url);
  if (parts.length !== 3 || !headerBytes || !payloadBytes || signatureBytes?.length !== SIGNATURE_BYTES)
    return refused(`This is not ${name}: it is not three parts of base64url in their one right spelling.`);
  const named = fromCanonical(headerBytes);
  if (!isObject(named) || named.typ !== type || named.alg !== SIGNING_ALGORITHM)
    return refused(`This is not ${name}: its header names another kind of document.`);
  if (!hasOnly(named, ['alg', 'kid', 'typ'])) return refused(`The header has members that ${name} has not.`);
  const key = keys.find(({ keyId }) => keyId === named.kid);
  if (key === undefined)
    return refused(`No key of the key file has the id that ${name.replace(/^an? /, 'the ')} names.`);
  if (!(await isSignedBy(key, `${header}.${payload}`, signatureBytes)))
    return refused('The signature does not fit: the text was altered, or signed by somebody else.');
  const claims = fromCanonical(payloadBytes);
  if (!isObject(claims)) return refused(`It is signed, but does not say what ${name} says.`);
  if (claims.keyId !== key.keyId) return refused('It names two different keys.');
  return { ok: true, claims, keyId: key.keyId, hash: await hashOfSigned(jws) };
}

async function isSignedBy({ x }: Key, text: string, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, encoder.encode(text));
}
