// The receipt of a batch: a line for each row, with what became of it.
import type { App } from '../../app/app.ts';
import { showAddress } from '../../domain/address.ts';
import type { BatchId } from '../../domain/id.ts';
import type { Payout } from '../../domain/payout.ts';
import { csvLine } from '../../kit/csv.ts';
import { listPayouts } from '../../store/payouts.ts';

const ROWS_PER_READ = 500;
const header = ['line', 'status', 'network', 'asset', 'address', 'amount', 'units', 'reference'];
const ends = ['transactionHash', 'reason', 'transferId', 'externalId'];

const lineOf = (payout: Payout): string =>
  csvLine([
    ...[String(payout.line), payout.status, payout.network, payout.asset, showAddress(payout.address), payout.amount],
    ...[payout.units?.toString() ?? null, payout.reference],
    ...[payout.status === 'paid' ? payout.transactionHash : null, 'reason' in payout ? payout.reason : null],
    ...[payout.transferId, payout.externalId],
  ]);

/** Read by the slice as it is sent, so that its length costs no memory. */
export function receiptOf(app: App, batchId: BatchId): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder();
  let after = 0;
  return new ReadableStream({
    start: (stream) => stream.enqueue(bytes.encode(csvLine([...header, ...ends]))),
    async pull(stream) {
      const rows = await listPayouts(app.database, { batchId }, { after, limit: ROWS_PER_READ });
      const last = rows.at(-1);
      if (last === undefined) return stream.close();
      after = last.line;
      stream.enqueue(bytes.encode(rows.map(lineOf).join('')));
    },
  });
}
