// HTTP of transfers, for staff.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { showAmount } from '../../domain/amount.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import {
  AmountView,
  Instant,
  idPath,
  json,
  NoQuery,
  PageQuery,
  pageOf,
  problems,
  shown,
  toPage,
} from '../../kit/schemas.ts';
import { findTransfer, listTransfers } from '../../store/transfers.ts';
import { resolveTransfer } from './resolve.ts';

const TransferView = z
  .object({
    id: z.string(),
    accountId: z.string().nullable(),
    orderId: z.string().nullable().openapi({ description: 'Null: a payout asked for it.' }),
    payoutId: z.string().nullable(),
    status: z.string(),
    amount: AmountView,
    destinationId: z.string().nullable(),
    externalId: z.string(),
    custodyId: z.string().nullable(),
    approvalId: z.string().nullable(),
    transactionHash: z.string().nullable(),
    attempts: z.number().int(),
    reason: z.string().nullable(),
    /** What one person said became of it, where it takes two. */
    proposal: z
      .object({
        outcome: z.string(),
        transactionHash: z.string().nullable(),
        note: z.string(),
        by: z.string(),
        at: Instant,
      })
      .nullable(),
    nextAttemptAt: Instant,
    createdAt: Instant,
  })
  .openapi('Transfer');

const viewTransfer = (transfer: Transfer): z.infer<typeof TransferView> => ({
  id: transfer.id,
  accountId: transfer.accountId,
  orderId: transfer.orderId,
  payoutId: transfer.payoutId,
  status: transfer.status,
  amount: {
    asset: transfer.asset,
    units: transfer.units.toString(),
    formatted: showAmount(transfer.asset, transfer.units),
  },
  destinationId: transfer.destinationId,
  externalId: transfer.externalId,
  custodyId: transfer.custodyId,
  approvalId: transfer.status === 'awaiting_approval' ? transfer.approvalId : null,
  transactionHash: transfer.transactionHash,
  attempts: 'attempts' in transfer ? transfer.attempts : 0,
  reason: 'reason' in transfer ? transfer.reason : null,
  proposal: transfer.status === 'needs_review' ? (transfer.proposal ?? null) : null,
  nextAttemptAt: transfer.nextAttemptAt,
  createdAt: transfer.createdAt,
});

const staff = authorize('operator', 'compliance', 'auditor', 'admin');

const getTransfers = createRoute({
  method: 'get',
  path: '/transfers',
  summary: 'List transfers, newest first',
  middleware: [staff] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(TransferView)) }, ...problems },
});

const getTransfer = createRoute({
  method: 'get',
  path: '/transfers/{id}',
  summary: 'Read a transfer',
  middleware: [staff] as const,
  request: { query: NoQuery, params: idPath('xfr') },
  responses: { 200: { description: 'The transfer.', ...json(TransferView) }, ...problems },
});

const NOTE_CHARACTERS_MAX = 1000;
const Note = shown(NOTE_CHARACTERS_MAX);
const TransactionHash = z.string().regex(/^[0-9A-Za-z]{32,128}$/);
const ResolveRequest = z
  .discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.literal('confirmed'), transactionHash: TransactionHash, note: Note }),
    z.strictObject({ outcome: z.enum(['failed', 'rejected']), note: Note }),
  ])
  .openapi('ResolveRequest');

const postResolve = createRoute({
  method: 'post',
  path: '/transfers/{id}/resolve',
  summary: 'Say what became of a transfer in review, with evidence; a large one takes two persons',
  middleware: [authorize('operator', 'compliance', 'admin'), idempotent] as const,
  request: { query: NoQuery, params: idPath('xfr'), body: { required: true, ...json(ResolveRequest) } },
  responses: {
    200: { description: 'Resolved.', ...json(TransferView) },
    202: { description: 'Another person has to say the same.', ...json(TransferView) },
    ...problems,
  },
});

export const transferRoutes = routes()
  .openapi(getTransfers, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(
      toPage(await listTransfers(c.env.database, {}, { before: cursor, limit: limit + 1 }), limit, viewTransfer),
      200,
    );
  })
  .openapi(getTransfer, async (c) => {
    const transfer = await findTransfer(c.env.database, 'staff', c.req.valid('param').id);
    return transfer === undefined ? problem(c, { code: 'not_found' }) : c.json(viewTransfer(transfer), 200);
  })
  .openapi(postResolve, async (c) => {
    const statusOf = ({ isProposed }: { isProposed: boolean }) => (isProposed ? 202 : 200);
    const verdict = c.req.valid('json');
    const resolved = await resolveTransfer(c.env, by(c), c.req.valid('param').id, verdict, (said) =>
      c.var.keep(statusOf(said), viewTransfer(said.transfer)),
    );
    if (!resolved.ok) return problem(c, resolved.refusal);
    return c.json(viewTransfer(resolved.value.transfer), statusOf(resolved.value));
  });
