// A permission proof: who may vote, untag, assign and change roles and policies at custody, as the set-up account read it.
// The maker cannot read any of this, so it is proven from time to time and each check of a fence quotes the newest proof.
import type { Finding } from './fence.ts';
import type { PermissionProofId } from './id.ts';
import { secondsBetween, type Timestamp } from './time.ts';

/** The powers with which somebody could step over a fence, in the order in which people read them. */
export const powers = ['vote', 'untag', 'assign', 'change_roles', 'change_policies', 'delete_policies'] as const;
export type Power = (typeof powers)[number];

export interface Holder {
  readonly userId: string;
  readonly name: string;
  readonly kind: 'person' | 'service_account';
}

export interface ProofFinding {
  readonly code: string;
  readonly says: string;
}

export interface PermissionProof {
  readonly id: PermissionProofId;
  readonly version: number;
  /** Sound when nothing was found that should not be. */
  readonly result: 'sound' | 'unsound';
  /** When custody was read. */
  readonly provenAt: Timestamp;
  /** How many of each were read: a proof over nothing proves nothing. */
  readonly read: Readonly<Record<'people' | 'serviceAccounts' | 'roles' | 'assignments' | 'policies', number>>;
  readonly holders: Readonly<Record<Power, readonly Holder[]>>;
  readonly findings: readonly ProofFinding[];
  readonly createdAt: Timestamp;
}

/** What of the proofs a check of a fence needs to know. */
export interface ProofStanding {
  readonly at: Timestamp;
  /** The newest proof that was sound. */
  readonly soundAt: Timestamp | null;
  /** The newest proof of all, when it was not sound. */
  readonly unsound: Pick<PermissionProof, 'provenAt' | 'findings'> | null;
}

/** A proof older than this proves nothing any more. */
export const PROOF_SECONDS_MAX = 7 * 86_400;

/**
 * What the proofs say of a fence. None of it breaks the fence: it concerns the whole organisation, the guard and the lists
 * still stand as they were read, and a person looks into it.
 */
export function checkProof({ at, soundAt, unsound }: ProofStanding): Finding[] {
  const findings: Finding[] = [];
  if (soundAt === null || secondsBetween(soundAt, at) > PROOF_SECONDS_MAX) {
    const last = soundAt === null ? 'has not been proven yet' : `was last proven on ${soundAt.slice(0, 10)}`;
    findings.push({
      code: 'permission_proof_old',
      severity: 'degrades',
      says: `Who may vote, untag wallets and assign rights at custody ${last}; a proof counts for 7 days.`,
    });
  }
  if (unsound !== null) {
    findings.push({
      code: 'permission_proof_unsound',
      severity: 'degrades',
      says: `The proof of ${unsound.provenAt.slice(0, 10)} found rights at custody that nobody should have, and people are looking into it.`,
    });
  }
  return findings;
}
