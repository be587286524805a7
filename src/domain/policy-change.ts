// One change of an approved list. Custody replaces the whole list, so one change per policy is in flight and the rest wait.
import type { AccountId, DestinationId, PolicyChangeId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Timestamp } from './time.ts';

export const policyChangeMachine = machine({
  queued: ['submitting', 'withdrawn'],
  submitting: ['submitted', 'failed', 'conflict'],
  submitted: ['applied', 'rejected', 'expired', 'failed', 'conflict'],
  conflict: ['queued', 'withdrawn'],
  withdrawn: [],
  applied: [],
  rejected: [],
  expired: [],
  failed: [],
});

interface PolicyChangeCore {
  readonly id: PolicyChangeId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly destinationId: DestinationId;
  readonly policyId: string;
  readonly operation: 'add' | 'remove';
  readonly address: string;
  readonly createdAt: Timestamp;
  /** When the reconciler looks again, should no webhook arrive. */
  readonly nextLookAt: Timestamp;
}

interface Submitting {
  /** The list at custody when the change was made, and the list that replaces it; both sorted. */
  readonly addressesBefore: readonly string[];
  readonly addressesWanted: readonly string[];
}
interface Submitted extends Submitting {
  readonly changeRequestId: string;
  readonly approvalId: string;
  readonly submittedAt: Timestamp;
}
interface PolicyChangeFacts {
  queued: object;
  submitting: Submitting;
  submitted: Submitted;
  conflict: { readonly reason: string; readonly addressesFound: readonly string[] };
  withdrawn: { readonly withdrawnAt: Timestamp };
  applied: Submitted & { readonly appliedAt: Timestamp; readonly addressesRead: readonly string[] };
  rejected: Submitted & { readonly reason: string };
  expired: Submitted & { readonly reason: string };
  failed: { readonly reason: string };
}

export type PolicyChangeStatus = keyof typeof policyChangeMachine;
export type PolicyChange<S extends PolicyChangeStatus = PolicyChangeStatus> = InStatus<
  PolicyChangeCore,
  PolicyChangeFacts,
  S
>;

const become = transitions<typeof policyChangeMachine, PolicyChangeCore, PolicyChangeFacts>();

export const sortedList = (addresses: readonly string[]): readonly string[] => [...new Set(addresses)].sort();
export const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  sortedList(one).join() === sortedList(other).join();

/**
 * The intent, with the whole list that will replace the present one.
 * @param listed the address of each (network, address) pair that custody's list should hold now: one address may stand
 * for two pairs, and its removal for one leaves it on the list for the other
 */
export function startSubmission(change: PolicyChange<'queued'>, listed: readonly string[]): PolicyChange<'submitting'> {
  const position = listed.indexOf(change.address);
  const wanted =
    change.operation === 'add' ? [...listed, change.address] : listed.filter((_, index) => index !== position);
  return become(change, 'submitting', { addressesBefore: sortedList(listed), addressesWanted: sortedList(wanted) });
}

export const submit = (
  change: PolicyChange<'submitting'>,
  asked: { changeRequestId: string; approvalId: string; at: Timestamp },
): PolicyChange<'submitted'> =>
  become(change, 'submitted', {
    changeRequestId: asked.changeRequestId,
    approvalId: asked.approvalId,
    submittedAt: asked.at,
  });

export const apply = (
  change: PolicyChange<'submitted'>,
  addressesRead: readonly string[],
  at: Timestamp,
): PolicyChange<'applied'> => become(change, 'applied', { addressesRead: sortedList(addressesRead), appliedAt: at });

export const rejectChange = (change: PolicyChange<'submitted'>, reason: string): PolicyChange<'rejected'> =>
  become(change, 'rejected', { reason });

export const expireChange = (change: PolicyChange<'submitted'>, reason: string): PolicyChange<'expired'> =>
  become(change, 'expired', { reason });

export const failSubmission = (change: PolicyChange<'submitting'>, reason: string): PolicyChange<'failed'> =>
  become(change, 'failed', { reason });

export const failChange = (change: PolicyChange<'submitted'>, reason: string): PolicyChange<'failed'> =>
  become(change, 'failed', { reason });

export const findConflict = (
  change: PolicyChange<'submitting'>,
  reason: string,
  addressesFound: readonly string[],
): PolicyChange<'conflict'> => become(change, 'conflict', { reason, addressesFound: sortedList(addressesFound) });

/** What stood in the way is gone: the list at custody is ours again. */
export const requeue = (change: PolicyChange<'conflict'>): PolicyChange<'queued'> => become(change, 'queued', {});

export const withdrawChange = (change: PolicyChange<'queued' | 'conflict'>, at: Timestamp): PolicyChange<'withdrawn'> =>
  become(change, 'withdrawn', { withdrawnAt: at });
