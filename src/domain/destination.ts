// Where money may go: an address on a network that the client asked for and an officer approved inside custody.
import type { AccountId, DestinationId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Network } from './network.ts';
import { isSameList, type PolicyChange } from './policy-change.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

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
  readonly createdAt: Timestamp;
}

interface InReview {
  readonly changeId: string;
  readonly approvalId: string;
}
interface Approved {
  readonly changeId: string;
  readonly approvedAt: Timestamp;
}
interface DestinationFacts {
  proposed: object;
  requested: object;
  in_review: InReview;
  approved: Approved;
  suspended: Approved & { readonly reason: string };
  removing: Approved & { readonly removalAskedAt: Timestamp };
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

const become = transitions<typeof destinationMachine, DestinationCore, DestinationFacts>();

/** Custody took the change and asks an officer. */
export const review = (
  destination: Destination<'requested'>,
  change: PolicyChange<'submitted'>,
): Destination<'in_review'> => become(destination, 'in_review', { changeId: change.id, approvalId: change.approvalId });

/** The list was read back from custody and holds the address: only now may money go there. */
export function approve(
  destination: Destination<'in_review'>,
  change: PolicyChange<'applied'>,
): Result<Destination<'approved'>> {
  if (change.destinationId !== destination.id) throw new TypeError('change of another destination');
  if (!change.addressesRead.includes(destination.address)) {
    return refuse({ code: 'list_does_not_match', policyId: change.policyId });
  }
  return accept(become(destination, 'approved', { changeId: change.id, approvedAt: change.appliedAt }));
}

export const reject = (destination: Destination<'in_review'>, reason: string): Destination<'rejected'> =>
  become(destination, 'rejected', { reason });

export const expire = (destination: Destination<'in_review'>, reason: string): Destination<'expired'> =>
  become(destination, 'expired', { reason });

const failReview = (destination: Destination<'in_review'>, reason: string): Destination<'failed'> =>
  become(destination, 'failed', { reason });

/** The request never reached an officer: custody or its state did not allow it. */
const refuseRequest = (destination: Destination<'requested'>, reason: string): Destination<'refused'> =>
  become(destination, 'refused', { reason });

export const withdraw = (destination: Destination<'requested'>, at: Timestamp): Destination<'withdrawn'> =>
  become(destination, 'withdrawn', { withdrawnAt: at });

/** From this commit on nothing is sent there, long before custody has dropped the address from its list. */
export const startRemoval = (
  destination: Destination<'approved' | 'suspended'>,
  at: Timestamp,
): Destination<'removing'> => become(destination, 'removing', { removalAskedAt: at });

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
export const keepSuspended = (destination: Destination<'removing'>, reason: string): Destination<'suspended'> =>
  become(destination, 'suspended', { reason });

/** Its change ended without an officer's decision: a request is refused, a removal leaves it shut on our side. */
export function giveUpOn(destination: Destination, reason: string): Destination | undefined {
  if (destination.status === 'requested') return refuseRequest(destination, reason);
  if (destination.status === 'in_review') return failReview(destination, reason);
  if (destination.status === 'removing') return keepSuspended(destination, reason);
  return undefined;
}
