// A checkpoint: what the manager signed about a range of the journal. Made by a job, verified here by whoever has the keys.
import { type DocumentKind, isObject, type KeySet, type Refused, refused, verifySigned } from './signed.ts';

export const CHECKPOINT: DocumentKind = { type: 'fiducia-checkpoint+jwt', name: 'a checkpoint' };

export interface CheckpointClaims {
  /** The public address of the manager's service. */
  readonly issuer: string;
  readonly keyId: string;
  /** Another one begins when the database was restored. */
  readonly epoch: string;
  readonly sequence: number;
  /** SHA-256 in hex of the compact form of the checkpoint before this one; null in the first. */
  readonly previousHash: string | null;
  /** The places of the entries that it covers: all of them, without a gap. */
  readonly from: number;
  readonly to: number;
  /** The root of the tree over the hashes of these entries (RFC 6962), in hex. */
  readonly root: string;
  readonly at: string;
}

export interface Checkpoint {
  readonly claims: CheckpointClaims;
  readonly keyId: string;
  readonly hash: string;
}

const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;

const isClaims = (value: unknown): value is CheckpointClaims =>
  isObject(value) &&
  ['issuer', 'keyId', 'epoch', 'at'].every((name) => typeof value[name] === 'string') &&
  ['sequence', 'from', 'to'].every((name) => isCount(value[name])) &&
  Number(value.from) <= Number(value.to) &&
  isHash(value.root) &&
  (value.previousHash === null || isHash(value.previousHash));

export async function verifyCheckpoint(
  jws: string,
  keys: KeySet,
): Promise<({ readonly ok: true } & Checkpoint) | Refused> {
  const verified = await verifySigned(jws, CHECKPOINT, keys);
  if (!verified.ok) return verified;
  const { claims } = verified;
  return isClaims(claims) ? { ...verified, claims } : refused('It is signed, but does not say what a checkpoint says.');
}

/** Why the second does not follow the first; undefined when it does. */
export function gapBetweenCheckpoints(before: Checkpoint | undefined, { claims }: Checkpoint): string | undefined {
  if (before === undefined)
    return claims.previousHash === null && claims.from === 1 ? undefined : 'the first one names another before it.';
  if (claims.sequence !== before.claims.sequence + 1)
    return `it has the sequence ${claims.sequence} and stands after ${before.claims.sequence}: one is missing, or they are not in order.`;
  if (claims.issuer !== before.claims.issuer) return 'it is of another issuer.';
  if (claims.previousHash !== before.hash) return 'it names another one before it: the chain was broken.';
  if (claims.from !== before.claims.to + 1)
    return `it begins at place ${claims.from}, and the one before it ends at ${before.claims.to}.`;
  return undefined;
}
