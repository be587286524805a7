// Stops that come after the hand-over: nothing of ours can take the transfer back, so it is marked, and people are told.
import { amend } from './machine.ts';
import type { OrderFacts } from './order-decision.ts';
import type { Transfer, TransferStatus } from './transfer.ts';

/** Custody has it or may have it, and has not sent it as far as we know. */
export const stoppable = ['submitting', 'submitted', 'awaiting_approval'] as const;
export type Stoppable = Transfer<(typeof stoppable)[number]>;

export type StopRequest = NonNullable<Stoppable['stopRequested']>;

/** What stops money that was let go when it did not stand yet. An hour that passed is no wish of anybody. */
export function judgeStop({ halt, mandate, destination }: OrderFacts): string | undefined {
  if (halt !== undefined) return halt.reason;
  if (mandate?.status === 'revoked') return 'The mandate was revoked.';
  return destination?.status === 'approved' ? undefined : `The destination is ${destination?.status ?? 'not known'}.`;
}

export const requestStop = <T extends Stoppable>(transfer: T, stopRequested: StopRequest): T =>
  mark(transfer, stopRequested);

/** What stopped it was lifted before it took effect. A person's own wish to stop this one is never taken back so. */
export const dropStop = <T extends Stoppable>(transfer: T): T => mark(transfer, null);

// A transfer of any of these statuses may hold the mark, which the compiler does not see through the parameter.
const mark = <T extends Stoppable>(transfer: T, stopRequested: StopRequest | null): T =>
  amend<Stoppable>(transfer, { stopRequested }) as T;

const words: Readonly<Partial<Record<TransferStatus, string>>> = {
  submitting: 'Being handed to the custodian: it is looked up there, and not sent again.',
  submitted: 'Already with the custodian, who may send it at any moment.',
  awaiting_approval: 'Already with the custodian, waiting for a person, who is asked to deny it.',
  broadcast: 'Already sent to the network: it can no longer be stopped.',
  needs_review: 'A person finds out what became of it.',
};

/** Where a stop has left it, for whoever asked for that; undefined where nobody did, or it has ended. */
export function sayStop(transfer: Transfer): { stop: StopRequest; says: string } | undefined {
  const says = words[transfer.status];
  const stop = 'stopRequested' in transfer ? transfer.stopRequested : null;
  return says === undefined || stop == null ? undefined : { stop, says };
}
