// HTTP of payout batches.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { routes } from '../../app/routes.ts';
import { sha256 } from '../../domain/digest.ts';
import { flagKinds } from '../../domain/payout.ts';
import type { Batch } from '../../domain/payout-batch.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { findBatch, findCounts, listBatches, listCounts, listFlags } from '../../store/payout-batches.ts';
import { listPayouts } from '../../store/payouts.ts';
import { answered } from './answered.ts';
import { JsonFile } from './file.ts';
import { receiptOf } from './receipt.ts';
import { retryBatch } from './retry.ts';
import {
  BatchView,
  CancelRequest,
  FlagsQuery,
  FlagView,
  LinePath,
  linesOf,
  PayoutsQuery,
  PayoutView,
  ReleaseRequest,
  RowRequest,
  toLines,
  UploadQuery,
  viewBatch,
  viewPayout,
} from './schemas.ts';
import { cancel, editRow, pauseBatch, recheck, release, resumeBatch } from './steer.ts';
import { uploadBatch } from './upload.ts';

const operators = authorize('operator');
const staff = authorize('operator', 'compliance', 'auditor', 'admin');
const BatchPath = idPath('bat');
/** Of an instant as text, up to the minute. */
const MINUTE_CHARACTERS = '2031-03-03T09:30'.length;

const postBatch = createRoute({
  method: 'post',
  path: '/payout-batches',
  summary: 'Upload a batch of payouts, as CSV or JSON; nothing is sent before it was checked and released',
  description: 'The same file again answers 200 with the batch that is there, unless `again=true`.',
  middleware: [operators, idempotent] as const,
  request: {
    query: UploadQuery,
    body: {
      // Which of the two it is decides how it is read: required, a file of CSV would be read as JSON.
      required: false,
      content: {
        'application/json': { schema: JsonFile.openapi('PayoutFile') },
        'text/csv': {
          schema: z
            .string()
            .openapi({ example: 'network,asset,address,amount,reference\nBase,USDC,0x…,12.50,INV-7\n' }),
        },
      },
    },
  },
  responses: {
    200: { description: 'This file was uploaded before.', ...json(BatchView) },
    202: { description: 'Being checked.', ...json(BatchView) },
    ...problems,
  },
});

const getBatches = createRoute({
  method: 'get',
  path: '/payout-batches',
  summary: 'List batches, newest first',
  middleware: [staff] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(BatchView)) }, ...problems },
});

const getBatch = createRoute({
  method: 'get',
  path: '/payout-batches/{id}',
  summary: 'Read a batch and its progress; with If-None-Match, 304 while nothing changed, for a minute while it runs',
  middleware: [staff] as const,
  request: { query: NoQuery, params: BatchPath },
  responses: {
    200: { description: 'The batch.', ...json(BatchView) },
    304: { description: 'As it was.' },
    ...problems,
  },
});

const getPayouts = createRoute({
  method: 'get',
  path: '/payout-batches/{id}/payouts',
  summary: 'Rows of a batch, in the order of the file',
  middleware: [staff] as const,
  request: { query: PayoutsQuery, params: BatchPath },
  responses: { 200: { description: 'A page.', ...json(linesOf(PayoutView)) }, ...problems },
});

const getFlags = createRoute({
  method: 'get',
  path: '/payout-batches/{id}/flags',
  summary: 'What the last check found worth a look in rows that are sound',
  middleware: [staff] as const,
  request: { query: FlagsQuery, params: BatchPath },
  responses: { 200: { description: 'A page.', ...json(linesOf(FlagView)) }, ...problems },
});

const getReceipt = createRoute({
  method: 'get',
  path: '/payout-batches/{id}/receipt',
  summary: 'What became of each row, as CSV',
  middleware: [staff] as const,
  request: { query: NoQuery, params: BatchPath },
  responses: {
    200: { description: 'A line for each row.', content: { 'text/csv': { schema: z.string() } } },
    ...problems,
  },
});

const patchRow = createRoute({
  method: 'patch',
  path: '/payout-batches/{id}/payouts/{line}',
  summary: 'Put a row right; the batch is a draft again, and whoever edits may not release it',
  middleware: [operators, idempotent] as const,
  request: { query: NoQuery, params: LinePath, body: { required: true, ...json(RowRequest) } },
  responses: { 200: { description: 'Being checked again.', ...json(BatchView) }, ...problems },
});

const postCheck = createRoute({
  method: 'post',
  path: '/payout-batches/{id}/check',
  summary: 'Check a batch again, after the float or a list changed',
  middleware: [operators, idempotent] as const,
  request: { query: NoQuery, params: BatchPath },
  responses: { 200: { description: 'Being checked.', ...json(BatchView) }, ...problems },
});

const postRelease = createRoute({
  method: 'post',
  path: '/payout-batches/{id}/release',
  summary: 'Release a checked batch: another person than its uploader and editors',
  middleware: [authorize('operator', 'compliance', 'admin'), idempotent] as const,
  request: { query: NoQuery, params: BatchPath, body: { required: true, ...json(ReleaseRequest) } },
  responses: {
    200: { description: 'Released.', ...json(BatchView) },
    202: { description: 'Another person has to release it too.', ...json(BatchView) },
    ...problems,
  },
});

const steering = <Path extends string>(path: Path, summary: string) =>
  createRoute({
    method: 'post',
    path,
    summary,
    middleware: [authorize('operator', 'compliance', 'admin'), idempotent] as const,
    request: { query: NoQuery, params: BatchPath },
    responses: { 200: { description: 'Done.', ...json(BatchView) }, ...problems },
  });
const postPause = steering('/payout-batches/{id}/pause', 'Pause a running batch: no further row is handed over');
const postResume = steering('/payout-batches/{id}/resume', 'Go on with a paused batch');

const postCancel = createRoute({
  method: 'post',
  path: '/payout-batches/{id}/cancel',
  summary: 'Cancel what has not left',
  middleware: [authorize('operator', 'compliance', 'admin'), idempotent] as const,
  request: { query: NoQuery, params: BatchPath, body: { required: true, ...json(CancelRequest) } },
  responses: { 200: { description: 'Canceled.', ...json(BatchView) }, ...problems },
});

const postRetry = createRoute({
  method: 'post',
  path: '/payout-batches/{id}/retry',
  summary: 'Try what failed or was rejected once more, as a new batch',
  middleware: [operators, idempotent] as const,
  request: { query: NoQuery, params: BatchPath },
  responses: {
    200: { description: 'It was retried before.', ...json(BatchView) },
    202: { description: 'Being checked.', ...json(BatchView) },
    ...problems,
  },
});

const accepted = () => 202;
const releasedAs = ({ status }: Pick<Batch, 'status'>): 200 | 202 => (status === 'released' ? 200 : 202);

export const payoutRoutes = routes()
  .openapi(postBatch, async (c) => {
    const { label, again } = c.req.valid('query');
    const isJson = /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '');
    const file = { text: await c.req.text(), format: isJson ? ('json' as const) : ('csv' as const) };
    const asked = { label, again: again === 'true', unanswered: c.var.unanswered };
    const uploaded = await answered(c, (who, keep) => uploadBatch(c.env, who, file, asked, keep), accepted);
    if (!uploaded.ok) return problem(c, uploaded.refusal);
    const { body, isKnown } = uploaded.value;
    return c.json(body, isKnown ? 200 : 202);
  })
  .openapi(getBatches, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const batches = await listBatches(c.env.database, { before: cursor, limit: limit + 1 });
    const ids = batches.map(({ id }) => id);
    const [counts, now] = [await listCounts(c.env.database, ids), c.env.clock.now()];
    return c.json(
      toPage(batches, limit, (batch) => viewBatch(batch, counts.get(batch.id) ?? {}, now)),
      200,
    );
  })
  .openapi(getBatch, async (c) => {
    const { id } = c.req.valid('param');
    const [batch, counts] = await Promise.all([findBatch(c.env.database, id), findCounts(c.env.database, id)]);
    if (batch === undefined) return problem(c, { code: 'not_found' });
    const now = c.env.clock.now();
    // The rate of what still runs moves with time: it is told anew each minute, and not with each look.
    const minute = batch.status === 'running' || batch.status === 'paused' ? now.slice(0, MINUTE_CHARACTERS) : null;
    const etag = `"${(await sha256(JSON.stringify([batch.id, batch.version, counts, minute]))).slice(0, 32)}"`;
    c.header('etag', etag);
    c.header('cache-control', 'private, no-cache');
    return c.req.header('if-none-match') === etag ? c.body(null, 304) : c.json(viewBatch(batch, counts, now), 200);
  })
  .openapi(getPayouts, async (c) => {
    const { id: batchId } = c.req.valid('param');
    const { limit, after, status } = c.req.valid('query');
    if ((await findBatch(c.env.database, batchId)) === undefined) return problem(c, { code: 'not_found' });
    const rows = await listPayouts(c.env.database, { batchId, status }, { after, limit: limit + 1 });
    return c.json(toLines(rows, limit, viewPayout), 200);
  })
  .openapi(getFlags, async (c) => {
    const { id: batchId } = c.req.valid('param');
    const { limit, after } = c.req.valid('query');
    const batch = await findBatch(c.env.database, batchId);
    if (batch === undefined) return problem(c, { code: 'not_found' });
    const number = 'check' in batch ? batch.check.number : 0;
    const flags = await listFlags(c.env.database, { batchId, number }, { after, limit: limit + flagKinds.length });
    return c.json(
      toLines(flags, limit, (flag) => flag),
      200,
    );
  })
  .openapi(getReceipt, async (c) => {
    const { id } = c.req.valid('param');
    if ((await findBatch(c.env.database, id)) === undefined) return problem(c, { code: 'not_found' });
    c.header('content-type', 'text/csv; charset=utf-8');
    c.header('content-disposition', `attachment; filename="${id}.csv"`);
    return c.body(receiptOf(c.env, id), 200);
  })
  .openapi(patchRow, async (c) => {
    const edit = { ...c.req.valid('param'), changed: present(c.req.valid('json')) };
    const done = await answered(c, (who, keep) => editRow(c.env, who, edit, keep));
    return done.ok ? c.json(done.value.body, 200) : problem(c, done.refusal);
  })
  .openapi(postCheck, async (c) => {
    const { id } = c.req.valid('param');
    const done = await answered(c, (who, keep) => recheck(c.env, who, id, keep));
    return done.ok ? c.json(done.value.body, 200) : problem(c, done.refusal);
  })
  .openapi(postRelease, async (c) => {
    const asked = { ...c.req.valid('param'), ...c.req.valid('json') };
    const done = await answered(c, (who, keep) => release(c.env, who, asked, keep), releasedAs);
    return done.ok ? c.json(done.value.body, releasedAs(done.value.batch)) : problem(c, done.refusal);
  })
  .openapi(postPause, async (c) => {
    const { id } = c.req.valid('param');
    const done = await answered(c, (who, keep) => pauseBatch(c.env, who, id, keep));
    return done.ok ? c.json(done.value.body, 200) : problem(c, done.refusal);
  })
  .openapi(postResume, async (c) => {
    const { id } = c.req.valid('param');
    const done = await answered(c, (who, keep) => resumeBatch(c.env, who, id, keep));
    return done.ok ? c.json(done.value.body, 200) : problem(c, done.refusal);
  })
  .openapi(postCancel, async (c) => {
    const asked = { ...c.req.valid('param'), ...c.req.valid('json') };
    const done = await answered(c, (who, keep) => cancel(c.env, who, asked, keep));
    return done.ok ? c.json(done.value.body, 200) : problem(c, done.refusal);
  })
  .openapi(postRetry, async (c) => {
    const { id } = c.req.valid('param');
    const made = await answered(c, (who, keep) => retryBatch(c.env, who, id, keep), accepted);
    if (!made.ok) return problem(c, made.refusal);
    const { body, isKnown } = made.value;
    return c.json(body, isKnown ? 200 : 202);
  });

/** Without the members that are not named: absent is not the same as undefined. */
const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
