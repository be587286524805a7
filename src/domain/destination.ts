// Where money may go: an address on a network that the client asked for and an officer approved inside custody.
import type { AccountId, DestinationId } from './id.ts';
import type { KnownAddress } from './look-alike.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import type { Network } from './network.ts';
import { isSameList, type PolicyChange } from './policy-change.ts';
import { accept, type Result, refuse } from './result.ts';
import type { ScreenedAgainst } from './screening.ts';
import { addSeconds, type Timestamp } from './time.ts';

export const destinationMachine = machine({
  proposed: ['requested', 'withdrawn', 'expired'],
  requested: ['in_review', 'refused', 'withdrawn'],
  in_review: ['approved', 'suspended', 'rejected', 'expired', 'failed'],
  approved: ['suspended', 'removing'],
  suspended: ['approved', 'removing'],
  removing: ['removed', 'suspended'],
  refused: [],
  withdrawn: [],
  rejected: [],
  expired: [],
  failed: [],
  removed: [],
});

export const destinationKinds = ['exchange', 'wallet', 'other'] as const;
export type DestinationKind = (typeof destinationKinds)[number];

interface DestinationCore {
  readonly id: DestinationId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly network: Network;
  readonly address: string;
  readonly label: string;
  readonly kind: DestinationKind;
  /** Known addresses that it may be taken for: a flag for the client and the officer. */
  readonly looksLike?: readonly KnownAddress[];
  /** The list on which the address was found; whoever opens it again screens it again. */
  readonly sanctionsHit?: ScreenedAgainst | null;
  readonly createdAt: Timestamp;
}

/** The list that it was held against and not found on; null where none was loaded and none was required. */
interface Screened {
  readonly screening: ScreenedAgainst | null;
}

/** Who shut a destination: the one who may open it again depends on it. */
export type SuspendedBy = 'client' | 'officer' | 'screening' | 'system';

interface InReview extends Screened {
  readonly changeId: string;
  readonly approvalId: string;
  /** The client took the wish back while an officer was deciding: applied anyway, it is shut and removed. */
  readonly unwantedAt?: Timestamp;
}
interface Approved extends Screened {
  readonly changeId: string;
  readonly approvedAt: Timestamp;
  /** End of the cooling-off, in which the client may still take it back; nothing is sent there before. */
  readonly usableFrom: Timestamp;
  /** When the client last said that the address is still its own. */
  readonly confirmedAt: Timestamp;
  /** The client was asked to say so again, and until when. */
  readonly confirmUntil?: Timestamp | null;
}
interface Suspended extends Approved {
  readonly reason: string;
  readonly suspendedBy: SuspendedBy;
  /** The person or job, as in the journal: an officer's suspension is lifted by another officer. */
  readonly suspendedByName: string;
  readonly suspendedAt: Timestamp;
}
interface DestinationFacts {
  proposed: { readonly proposedBy: string; readonly expiresAt: Timestamp };
  requested: Screened;
  in_review: InReview;
  approved: Approved;
  suspended: Suspended;
  removing: Approved & {
    readonly removalAskedAt: Timestamp;
    /** A denied removal gives it back to whoever had shut it before. */
    readonly wasSuspendedBy?: SuspendedBy;
    readonly wasSuspendedByName?: string;
  };
  refused: { readonly reason: string };
  withdrawn: { readonly withdrawnAt: Timestamp };
  rejected: InReview & { readonly reason: string };
  expired: { readonly reason: string };
  failed: { readonly reason: string };
  removed: { readonly removedAt: Timestamp };
}

export type DestinationStatus = keyof typeof destinationMachine;
export type Destination<S extends DestinationStatus = DestinationStatus> = InStatus<
  DestinationCore,
  DestinationFacts,
  S
>;

/** As the journal names it. */
const SCREENING = 'system:screening';

const become = transitions<typeof destinationMachine, DestinationCore, DestinationFacts>();

/** Custody took the change and asks an officer. */
export const review = (
  destination: Destination<'requested'>,
  change: PolicyChange<'submitted'>,
): Destination<'in_review'> => become(destination, 'in_review', { changeId: change.id, approvalId: change.approvalId });

/** What a client is told of a sanctions hit, and no more. */
export const REFUSED_BY_SCREENING = 'Refused by compliance screening.';
export const SUSPENDED_BY_SCREENING = 'Suspended by compliance screening.';

/** The client makes an operator's proposal its own wish; only now is it screened. */
export function confirmProposal(
  destination: Destination<'proposed'>,
  screened: { screening: ScreenedAgainst | null; looksLike: readonly KnownAddress[] },
  at: Timestamp,
): Result<Destination<'requested'>> {
  return at < destination.expiresAt
    ? accept(become(destination, 'requested', screened))
    : refuse({ code: 'proposal_expired', expiresAt: destination.expiresAt });
}

export const expireProposal = (destination: Destination<'proposed'>): Destination<'expired'> =>
  become(destination, 'expired', { reason: 'The client did not confirm the proposal in time.' });

/**
 * The list was read back from custody and holds the address: only now may money go there, after the cooling-off. One that a
 * sanctions list named meanwhile is on custody's list all the same, and shut on our side.
 */
export function approve(
  destination: Destination<'in_review'>,
  change: PolicyChange<'applied'>,
  coolingOffHours: number,
): Result<Destination<'approved' | 'suspended'>> {
  const read = wasReadBack(destination, change);
  if (!read.ok) return read;
  const approval = approvalOf(change, coolingOffHours);
  if (destination.sanctionsHit == null) return accept(become(destination, 'approved', approval));
  return accept(
    become(destination, 'suspended', {
      ...approval,
      reason: SUSPENDED_BY_SCREENING,
      suspendedBy: 'screening',
      suspendedByName: SCREENING,
      suspendedAt: change.appliedAt,
    }),
  );
}

/** Applied although the client had taken the wish back: it stays shut, and its removal follows. */
export function approveUnwanted(
  destination: Destination<'in_review'>,
  change: PolicyChange<'applied'>,
  by: string,
): Result<Destination<'suspended'>> {
  const read = wasReadBack(destination, change);
  if (!read.ok) return read;
  return accept(
    become(destination, 'suspended', {
      ...approvalOf(change, 0),
      reason: 'The client withdrew the wish while an officer was deciding. The address is being removed.',
      suspendedBy: 'client',
      suspendedByName: by,
      suspendedAt: change.appliedAt,
    }),
  );
}

function wasReadBack(destination: Destination<'in_review'>, change: PolicyChange<'applied'>): Result<void> {
  if (change.destinationId !== destination.id) throw new TypeError('change of another destination');
  return change.addressesRead.includes(destination.address)
    ? accept(undefined)
    : refuse({ code: 'list_does_not_match', policyId: change.policyId });
}

const approvalOf = (change: PolicyChange<'applied'>, coolingOffHours: number) => ({
  changeId: change.id,
  approvedAt: change.appliedAt,
  usableFrom: addSeconds(change.appliedAt, coolingOffHours * 3600),
  confirmedAt: change.appliedAt,
});

export const reject = (destination: Destination<'in_review'>, reason: string): Destination<'rejected'> =>
  become(destination, 'rejected', { reason });

export const expire = (destination: Destination<'in_review'>, reason: string): Destination<'expired'> =>
  become(destination, 'expired', { reason });

const failReview = (destination: Destination<'in_review'>, reason: string): Destination<'failed'> =>
  become(destination, 'failed', { reason });

/** The request never reached an officer: custody or its state did not allow it. */
const refuseRequest = (destination: Destination<'requested'>, reason: string): Destination<'refused'> =>
  become(destination, 'refused', { reason });

export const withdraw = (destination: Destination<'proposed' | 'requested'>, at: Timestamp): Destination<'withdrawn'> =>
  become(destination, 'withdrawn', { withdrawnAt: at });

/** While an officer decides, a wish can only be marked as unwanted; the officer is asked to deny it. */
export const markUnwanted = (destination: Destination<'in_review'>, at: Timestamp): Destination<'in_review'> =>
  amend(destination, { unwantedAt: at });

export const isCoolingOff = (destination: Destination<'approved'>, at: Timestamp): boolean =>
  at < destination.usableFrom;

/** Shut on our side at once; the address stays on custody's list. */
export const suspend = (
  destination: Destination<'approved'>,
  suspended: { reason: string; suspendedBy: SuspendedBy; suspendedByName: string; at: Timestamp },
): Destination<'suspended'> =>
  become(destination, 'suspended', {
    reason: suspended.reason,
    suspendedBy: suspended.suspendedBy,
    suspendedByName: suspended.suspendedByName,
    suspendedAt: suspended.at,
  });

/**
 * Opens it again. What the client or a clock shut, the client opens by saying that the address is its own, or an officer;
 * what an officer or the screening shut needs an officer, and another one than who shut it.
 * @param screening the list that does not name it now
 */
export function resume(
  destination: Destination<'suspended'>,
  who: { role: 'client' | 'officer'; name: string },
  screening: ScreenedAgainst | null,
  at: Timestamp,
): Result<Destination<'approved'>> {
  const isOfficersMatter =
    destination.suspendedBy === 'officer' ||
    destination.suspendedBy === 'screening' ||
    destination.sanctionsHit != null;
  if (isOfficersMatter && who.role === 'client') {
    return refuse({ code: 'resume_needs_officer', reason: destination.reason });
  }
  if (who.role === 'officer' && who.name === destination.suspendedByName) {
    return refuse({ code: 'resume_needs_another_person' });
  }
  return accept(
    become({ ...destination, sanctionsHit: null }, 'approved', {
      confirmUntil: null,
      screening,
      ...(who.role === 'client' ? { confirmedAt: at } : {}),
    }),
  );
}

/** The client says that an approved address is still its own. */
export const recertify = (destination: Destination<'approved'>, at: Timestamp): Destination<'approved'> =>
  amend(destination, { confirmedAt: at, confirmUntil: null });

/** The client is asked whether the address is still its own; without an answer it is shut. */
export const askAgain = (destination: Destination<'approved'>, until: Timestamp): Destination<'approved'> =>
  amend(destination, { confirmUntil: until });

/** From this commit on nothing is sent there, long before custody has dropped the address from its list. */
export const startRemoval = (
  destination: Destination<'approved' | 'suspended'>,
  at: Timestamp,
): Destination<'removing'> =>
  become(destination, 'removing', {
    removalAskedAt: at,
    ...(destination.status === 'suspended'
      ? { wasSuspendedBy: destination.suspendedBy, wasSuspendedByName: destination.suspendedByName }
      : {}),
  });

export function completeRemoval(
  destination: Destination<'removing'>,
  change: PolicyChange<'applied'>,
): Result<Destination<'removed'>> {
  if (change.destinationId !== destination.id) throw new TypeError('change of another destination');
  // The list keeps an address that another pair (network, address) still needs.
  if (!isSameList(change.addressesRead, change.addressesWanted)) {
    return refuse({ code: 'list_does_not_match', policyId: change.policyId });
  }
  return accept(become(destination, 'removed', { removedAt: change.appliedAt }));
}

/** A denied removal leaves the address on custody's list; on our side it stays shut. */
export const keepSuspended = (
  destination: Destination<'removing'>,
  reason: string,
  by: { name: string; at: Timestamp },
): Destination<'suspended'> =>
  become(destination, 'suspended', {
    reason,
    suspendedBy: destination.wasSuspendedBy ?? 'client',
    suspendedByName: destination.wasSuspendedByName ?? by.name,
    suspendedAt: by.at,
  });

/** Its change ended without an officer's decision: a request is refused, a removal leaves it shut on our side. */
export function giveUpOn(
  destination: Destination,
  reason: string,
  by: { name: string; at: Timestamp },
): Destination | undefined {
  if (destination.status === 'requested') return refuseRequest(destination, reason);
  if (destination.status === 'in_review') return failReview(destination, reason);
  if (destination.status === 'removing') return keepSuspended(destination, reason, by);
  return undefined;
}

/** Requests that wait, in review, or on the approved list: what a new sanctions list is held against. */
export type LivingDestination = Destination<
  'proposed' | 'requested' | 'in_review' | 'approved' | 'suspended' | 'removing'
>;

/**
 * A sanctions list names the address. What custody does not have yet is refused, what money could go to is shut at once, and
 * what an officer decides about keeps the mark: approved all the same, it comes out suspended.
 * @param isWithCustody its change has been handed to custody, or may have been
 */
export function meetSanction(
  destination: LivingDestination,
  hit: ScreenedAgainst,
  isWithCustody: boolean,
): LivingDestination | Destination<'refused'> {
  switch (destination.status) {
    case 'approved':
      return suspend(
        { ...destination, sanctionsHit: hit },
        { reason: SUSPENDED_BY_SCREENING, suspendedBy: 'screening', suspendedByName: SCREENING, at: hit.at },
      );
    case 'suspended':
      return amend(destination, {
        sanctionsHit: hit,
        suspendedBy: 'screening',
        suspendedByName: SCREENING,
        reason: SUSPENDED_BY_SCREENING,
      });
    case 'removing':
      return amend(destination, { sanctionsHit: hit, wasSuspendedBy: 'screening', wasSuspendedByName: SCREENING });
    case 'requested':
      return isWithCustody
        ? amend(destination, { sanctionsHit: hit })
        : refuseRequest({ ...destination, sanctionsHit: hit }, REFUSED_BY_SCREENING);
    case 'proposed':
    case 'in_review':
      return amend(destination, { sanctionsHit: hit });
  }
}
