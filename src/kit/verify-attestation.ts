// Verifies attestations offline: each by its signature, several of one account by the chain that they make.
import type { AttestationClaims } from '../domain/attestation.ts';
import { canonicalJson } from '../domain/canonical.ts';
import {
  type DocumentKind,
  hasOnly,
  isObject,
  type KeySet,
  parseJson,
  type Refused,
  readKeys,
  refused,
  verifySigned,
} from './signed.ts';

export const ATTESTATION: DocumentKind = { type: 'fiducia-attestation+jwt', name: 'an attestation' };
const FILE_CHARACTERS_MAX = 20_000_000;

export interface Genuine {
  readonly ok: true;
  readonly claims: AttestationClaims;
  readonly keyId: string;
  readonly hash: string;
}
export type Verified = Genuine | Refused;

/** An attestation from a file, with what an answer of the API says beside it. */
interface Entry {
  readonly jws: string;
  readonly claims?: unknown;
  readonly hash?: unknown;
}
type Entries = { readonly ok: true; readonly entries: readonly Entry[] } | Refused;

/** Whether this text is, character for character, an attestation that one of the keys signed. */
export async function verifyAttestation(jws: string, keys: KeySet): Promise<Verified> {
  const verified = await verifySigned(jws, ATTESTATION, keys);
  if (!verified.ok) return verified;
  const { claims } = verified;
  return isClaims(claims)
    ? { ...verified, claims }
    : refused('It is signed, but does not say what an attestation says.');
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
async function verifyEntry({ jws, claims, hash }: Entry, keys: KeySet): Promise<Verified> {
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
export function gapBetween(before: Genuine, after: Genuine): string | undefined {
  const [one, other] = [before.claims, after.claims];
  if (one.issuer !== other.issuer || one.accountId !== other.accountId) return 'it is about another account.';
  if (other.sequence !== one.sequence + 1)
    return `it has the sequence ${other.sequence} and stands after ${one.sequence}: one is missing, or they are not in order.`;
  if (other.previousHash !== before.hash) return 'it names another one before it: the chain was broken.';
  if (other.checkedAt < one.checkedAt) return 'it is older than the one before it.';
  return undefined;
}
