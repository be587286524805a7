// The wire of payouts.
import { z } from '@hono/zod-openapi';
import { showAddress } from '../../domain/address.ts';
import { showAmount } from '../../domain/amount.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import { networks } from '../../domain/network.ts';
import type { Payee } from '../../domain/payee.ts';
import { type Counts, flagKinds, type Payout, payoutStatuses } from '../../domain/payout.ts';
import type { Batch } from '../../domain/payout-batch.ts';
import { AmountView, Instant, id, PageQuery, shown } from '../../kit/schemas.ts';

const LABEL_CHARACTERS_MAX = 100;
const REASON_CHARACTERS_MAX = 500;
/** As people type it; what is wrong with it is named, not refused. */
const CELL_CHARACTERS_MAX = 200;
const LINES_PER_PAGE_MAX = 200;
const LINES_PER_PAGE = 50;

export const UploadQuery = z.strictObject({
  label: shown(LABEL_CHARACTERS_MAX).default('Payouts'),
  again: z.enum(['true', 'false']).default('false').openapi({
    description: 'Says that a file which was uploaded before is meant once more: every row is paid again.',
  }),
});

export const LinesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LINES_PER_PAGE_MAX).default(LINES_PER_PAGE).openapi({ type: 'integer' }),
  after: z.coerce.number().int().min(0).default(0).openapi({
    type: 'integer',
    description: 'The `nextAfter` of the page before.',
  }),
});
export const FlagsQuery = LinesQuery.extend({
  limit: LinesQuery.shape.limit.openapi({
    description: `A page ends with all flags of a line, and so may have up to ${flagKinds.length - 1} more.`,
  }),
});
export const PayoutsQuery = LinesQuery.extend({ status: z.enum(payoutStatuses).optional() });

const Cell = z.string().max(CELL_CHARACTERS_MAX);
export const RowRequest = z
  .strictObject({ network: Cell, asset: Cell, address: Cell, amount: Cell, reference: Cell })
  .partial()
  .refine((row) => Object.keys(row).length > 0, 'names what changes')
  .openapi('PayoutRowRequest', { description: 'What changes; amounts are decimal, as in a file.' });
export const ReleaseRequest = z
  .strictObject({ rowsHash: z.string().regex(/^[0-9a-f]{64}$/) })
  .openapi('ReleaseRequest', { description: 'The `rowsHash` of the rows that were shown.' });
export const CancelRequest = z.strictObject({ reason: shown(REASON_CHARACTERS_MAX) }).openapi('CancelBatchRequest');

const Count = z.number().int();
export const BatchView = z
  .object({
    id: z.string(),
    label: z.string(),
    status: z.string(),
    fileHash: z.string(),
    upload: Count,
    rows: Count,
    retryOf: z.string().nullable(),
    uploadedBy: z.string(),
    editors: z.array(z.string()),
    counts: z.record(z.string(), Count).openapi({ description: 'Rows by status.' }),
    check: z
      .object({
        isComplete: z.boolean(),
        rowsHash: z.string().nullable().openapi({ description: 'Of the rows as they were checked; for the release.' }),
        totals: z.array(z.object({ rows: Count, amount: AmountView })),
        invalidRows: Count,
        flags: z.record(z.string(), Count),
        problems: z.array(z.string()).openapi({ description: 'Of the batch as a whole.' }),
      })
      .nullable(),
    releases: z.array(z.object({ by: z.string(), at: Instant })),
    progress: z
      .object({
        settled: Count,
        left: Count,
        rowsPerMinute: z.number().nullable(),
        secondsLeft: Count.nullable().openapi({ description: 'At the rate so far.' }),
      })
      .nullable(),
    reason: z.string().nullable(),
    createdAt: Instant,
    finishedAt: Instant.nullable(),
  })
  .openapi('PayoutBatch');

const SECOND = 1000;
const MINUTE = 60_000;

export function viewBatch(batch: Batch, counts: Counts, now: string): z.infer<typeof BatchView> {
  return {
    id: batch.id,
    label: batch.label,
    status: batch.status,
    fileHash: batch.fileHash,
    upload: batch.upload,
    rows: batch.rowCount,
    retryOf: batch.retryOf,
    uploadedBy: batch.uploadedBy,
    editors: [...batch.editors],
    counts: { ...counts },
    check: viewCheck(batch),
    releases: 'releases' in batch ? [...batch.releases] : [],
    progress: viewProgress(batch, counts, now),
    reason: batch.status === 'canceled' ? batch.reason : null,
    createdAt: batch.createdAt,
    finishedAt: batch.status === 'finished' ? batch.finishedAt : null,
  };
}

function viewCheck(batch: Batch): z.infer<typeof BatchView>['check'] {
  if (!('check' in batch)) return null;
  const { rowsHash, totals, invalidRows, flags } = batch.check;
  const isComplete = 'checkedAt' in batch;
  return {
    isComplete,
    rowsHash: isComplete ? rowsHash : null,
    totals: totals.map(({ asset, rows, units }) => ({
      rows,
      amount: { asset, units, formatted: showAmount(asset, BigInt(units)) },
    })),
    invalidRows,
    flags: { ...flags },
    problems: 'problems' in batch ? [...batch.problems] : [],
  };
}

function viewProgress(batch: Batch, counts: Counts, now: string): z.infer<typeof BatchView>['progress'] {
  if (!('startedAt' in batch)) return null;
  const { ready = 0, executing = 0, paid = 0, failed = 0, rejected = 0, canceled = 0 } = counts;
  const [settled, left] = [paid + failed + rejected + canceled, ready + executing];
  const until = batch.status === 'finished' ? batch.finishedAt : now;
  const milliseconds = Date.parse(until) - Date.parse(batch.startedAt);
  const isKnown = settled > 0 && milliseconds > 0;
  return {
    settled,
    left,
    rowsPerMinute: isKnown ? Math.round((settled * MINUTE * 10) / milliseconds) / 10 : null,
    secondsLeft: isKnown ? Math.ceil((left * milliseconds) / settled / SECOND) : null,
  };
}

export const PayoutView = z
  .object({
    id: z.string(),
    line: Count,
    status: z.string(),
    network: z.string(),
    asset: z.string(),
    address: z.string(),
    amount: z.string(),
    units: z.string().nullable(),
    reference: z.string().nullable(),
    problems: z.array(z.object({ column: z.string(), reason: z.string() })),
    transferId: z.string().nullable(),
    transactionHash: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .openapi('Payout');

export const viewPayout = (payout: Payout): z.infer<typeof PayoutView> => ({
  id: payout.id,
  line: payout.line,
  status: payout.status,
  network: payout.network,
  asset: payout.asset,
  address: showAddress(payout.address),
  amount: payout.amount,
  units: payout.units?.toString() ?? null,
  reference: payout.reference,
  problems: payout.status === 'invalid' ? payout.problems.map((problem) => ({ ...problem })) : [],
  transferId: payout.transferId,
  transactionHash: payout.status === 'paid' ? payout.transactionHash : null,
  reason: 'reason' in payout ? payout.reason : null,
});

export const FlagView = z.object({ line: Count, flag: z.string(), detail: z.string() }).openapi('PayoutFlag');

export const linesOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextAfter: Count.nullable() });

/** Reads more than asked to know whether there is a next page; a page ends with a whole line, which may make it longer. */
export function toLines<R extends { readonly line: number }, V>(
  records: readonly R[],
  limit: number,
  view: (record: R) => V,
) {
  const last = records[Math.min(limit, records.length) - 1]?.line ?? 0;
  const items = records.filter(({ line }) => line <= last);
  return { items: items.map(view), nextAfter: records.length > items.length ? last : null };
}

export const HotWalletRequest = z
  .strictObject({ custodyWalletId: z.string().min(1).max(LABEL_CHARACTERS_MAX), label: shown(LABEL_CHARACTERS_MAX) })
  .openapi('HotWalletRequest');
export const HotWalletView = z
  .object({
    id: z.string(),
    status: z.string(),
    network: z.string(),
    address: z.string(),
    custodyWalletId: z.string(),
    preset: z.string(),
    label: z.string(),
    createdAt: Instant,
  })
  .openapi('HotWallet');
export const viewHotWallet = (wallet: HotWallet): z.infer<typeof HotWalletView> => ({
  id: wallet.id,
  status: wallet.status,
  network: wallet.network,
  address: showAddress(wallet.address),
  custodyWalletId: wallet.custodyId,
  preset: wallet.preset,
  label: wallet.label,
  createdAt: wallet.createdAt,
});

export const PayeeRequest = z
  .strictObject({
    network: z.enum(networks),
    address: z.string().min(1).max(CELL_CHARACTERS_MAX),
    name: shown(LABEL_CHARACTERS_MAX),
  })
  .openapi('PayeeRequest');
export const PayeeView = z
  .object({
    id: z.string(),
    status: z.string(),
    network: z.string(),
    address: z.string(),
    name: z.string(),
    proposedBy: z.string(),
    confirmedBy: z.string().nullable(),
    createdAt: Instant,
  })
  .openapi('Payee');
export const viewPayee = (payee: Payee): z.infer<typeof PayeeView> => ({
  id: payee.id,
  status: payee.status,
  network: payee.network,
  address: showAddress(payee.address),
  name: payee.name,
  proposedBy: payee.proposedBy,
  confirmedBy: payee.status === 'confirmed' ? payee.confirmedBy : null,
  createdAt: payee.createdAt,
});

export const LinePath = z.object({
  id: id('bat').openapi({ param: { name: 'id', in: 'path' } }),
  line: z.coerce
    .number()
    .int()
    .min(1)
    .openapi({ param: { name: 'line', in: 'path' }, type: 'integer' }),
});
export { PageQuery };
