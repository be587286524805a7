// What speaks against a transfer, as the checker is told.
import type { Stop } from '../../domain/checker-facts.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { explain } from '../../kit/problem.ts';

export const stopOf = (refusal: Refusal): Stop => ({ code: refusal.code, says: explain(refusal) });

/** Somebody, or a rule, wants it denied where it is. */
export function stopsOfTransfer(transfer: Transfer): readonly Stop[] {
  const stopped = 'stopRequested' in transfer ? transfer.stopRequested : null;
  return stopped == null ? [] : [{ code: 'stop_requested', says: `Somebody stopped it: ${stopped.reason}` }];
}
