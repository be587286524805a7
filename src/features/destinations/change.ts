// What the use cases of destinations share: the change of the approved list that a wish queues, and who did what.
import { nameOf } from '../../domain/actor.ts';
import type { Destination } from '../../domain/destination.ts';
import type { PolicyChange } from '../../domain/policy-change.ts';
import type { Once } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';

/** The rows that keep the answer under the request's Idempotency-Key. */
export type Keep = (destination: Destination) => readonly Once[];

export const named = ({ actor, at }: Provenance) => ({ name: nameOf(actor), at });

export const newChange = (
  by: Provenance,
  policyId: string,
  destination: Destination,
  operation: PolicyChange['operation'],
): PolicyChange<'queued'> => ({
  id: by.newId('chg'),
  version: 1,
  status: 'queued',
  accountId: destination.accountId,
  destinationId: destination.id,
  policyId,
  operation,
  address: destination.address,
  createdAt: by.at,
  nextLookAt: by.at,
});
