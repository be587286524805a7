// What a person says became of a transfer that nobody knows about. It ends one only where custody does not contradict it.
import type { CustodyTransfer } from './custody.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';
import { become, type Transfer, type Verdict } from './transfer.ts';
import { mayPayInPlace } from './transfer-answer.ts';

interface Evidence {
  /** What a paged list of the wallet shows under our external id. */
  readonly atCustody: CustodyTransfer | undefined;
  /** Whether custody or the network shows the transaction that the verdict names. */
  readonly isShown: boolean;
}

/** What waits for its approval there will still go, and what was rejected never went. */
const mayBePaid = ({ status }: CustodyTransfer): boolean => status !== 'awaiting_approval' && status !== 'rejected';

/** A person's word ends a transfer only where custody does not contradict it. */
export function resolve(
  transfer: Transfer<'needs_review'>,
  verdict: Verdict & { readonly by: string },
  { atCustody, isShown }: Evidence,
  at: Timestamp,
): Result<Transfer> {
  const { note } = verdict;
  const resolution = { note, by: verdict.by };
  const contradicted = refuse({ code: 'resolution_contradicted', found: atCustody?.status ?? 'none' });
  switch (verdict.outcome) {
    case 'confirmed': {
      if (atCustody === undefined || !isShown || !mayBePaid(atCustody)) return contradicted;
      const { transactionHash } = verdict;
      const known = { custodyId: atCustody.id, transactionHash, confirmedAt: at, resolution };
      return accept(become(transfer, 'confirmed', known));
    }
    case 'failed': {
      // What custody has failed by itself may be called failed; what it does not show, if it never said that it has it.
      const isGone =
        atCustody === undefined
          ? transfer.custodyId === null
          : atCustody.status === 'failed' && !mayPayInPlace(atCustody);
      if (!isGone) return contradicted;
      const custodyId = atCustody?.id ?? null;
      const failed = become(transfer, 'failed', {
        reason: note,
        transactionHash: transfer.transactionHash,
        resolution,
      });
      return accept({ ...failed, custodyId });
    }
    case 'rejected':
      return atCustody?.status === 'rejected'
        ? accept({ ...become(transfer, 'rejected', { reason: note, resolution }), custodyId: atCustody.id })
        : contradicted;
  }
}
