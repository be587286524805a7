// What people may read of the checker's work: decisions, figures, and the recorded facts for a back-test. Admins load its
// sanctions list here too; nothing else can be written.
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { networkFamilies } from '../domain/network.ts';
import { canonicalEntry } from '../domain/screening.ts';
import { authorize } from '../kit/authorize.ts';
import { csvLine } from '../kit/csv.ts';
import { problem } from '../kit/problem.ts';
import { parseJson, readCapped } from './body.ts';
import type { Checker } from './checker.ts';
import type { Variables } from './http.ts';
import { metricRows, metricsOf } from './metrics.ts';
import type { Decision } from './review-record.ts';
import {
  cursorOf,
  listDecisionsBetween,
  listFiguresBetween,
  listReviewsBetween,
  replaceSanctions,
  type Span,
} from './store.ts';

type Env = { Bindings: Checker; Variables: Variables };

const PAGE_ITEMS_MAX = 500;
const PAGE_ITEMS = 100;
/** With their facts: a request of the longest call data that is read makes one of 300 KB. */
const FACTS_ITEMS_MAX = 50;
const METRIC_REVIEWS_MAX = 20_000;
const SANCTIONS_MAX = 50_000;
const SANCTIONS_BYTES_MAX = 8 * 1024 * 1024;

const Instant = z.iso.datetime({ offset: false }).transform((text) => new Date(text).toISOString());
const Period = z.strictObject({
  from: Instant,
  to: Instant,
  format: z.enum(['json', 'csv']).default('json'),
});
const Page = Period.extend({
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS),
  cursor: z.string().max(200).optional(),
});
const FactsPage = Page.extend({
  limit: z.coerce.number().int().min(1).max(FACTS_ITEMS_MAX).default(FACTS_ITEMS_MAX),
});
const Sanctions = z.strictObject({
  edition: z.string().trim().min(1).max(100),
  addresses: z.array(z.string().max(100)).max(SANCTIONS_MAX),
});

function refuseInput(c: Context, { issues }: z.ZodError) {
  const fields = issues.map(({ path, message }) => ({ field: path.join('.'), problem: message }));
  return problem(c, { code: 'input_invalid', fields });
}

const csv = (c: Context<Env>, text: string) =>
  c.body(text, 200, { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment' });

const toCsv = (names: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  [names, ...rows].map((row) => csvLine(row.map((cell) => (cell === null ? null : String(cell))))).join('');

type Listing<T> = (database: Checker['database'], span: Span, limit: number) => Promise<T[]>;

async function readPage<T extends Decision>(
  database: Checker['database'],
  { from, to, cursor, limit }: z.infer<typeof Page>,
  list: Listing<T>,
) {
  const read = await list(database, { from, to, after: cursor }, limit + 1);
  const items = read.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: read.length > limit && last !== undefined ? cursorOf(last) : null };
}

const columns = [
  'approvalId',
  'kind',
  'walletId',
  'mode',
  'verdict',
  'status',
  'reasons',
  'pendingAt',
  'decidedAt',
  'votedAt',
  'outcome',
  'outcomeAt',
  'byPeople',
] as const;
const view = (review: Decision) => ({
  approvalId: review.id,
  kind: review.kind,
  walletId: review.walletId,
  mode: review.mode,
  verdict: review.verdict,
  status: review.status,
  findings: review.findings,
  pendingAt: review.pendingAt,
  decidedAt: review.decidedAt,
  votedAt: review.votedAt,
  outcome: review.outcome,
  outcomeAt: review.outcomeAt,
  byPeople: review.byPeople,
});
const row = (review: Decision) => {
  const shown = {
    ...view(review),
    reasons: review.findings.map(({ code }) => code).join(' '),
    byPeople: review.byPeople === null ? null : String(review.byPeople),
  };
  return columns.map((name) => shown[name]);
};

const readers = authorize('compliance', 'auditor', 'admin');

export const readingRoutes = new Hono<Env>()
  .get('/decisions', readers, async (c) => {
    const { data: query, error } = Page.safeParse(c.req.query());
    if (error) return refuseInput(c, error);
    const { items, nextCursor } = await readPage(c.env.database, query, listDecisionsBetween);
    if (query.format === 'csv') {
      if (nextCursor !== null) c.header('x-next-cursor', nextCursor);
      return csv(c, toCsv(columns, items.map(row)));
    }
    return c.json({ items: items.map(view), nextCursor }, 200);
  })
  .get('/metrics', readers, async (c) => {
    const { data: query, error } = Period.safeParse(c.req.query());
    if (error) return refuseInput(c, error);
    const reviews = await listFiguresBetween(c.env.database, query, METRIC_REVIEWS_MAX + 1);
    if (reviews.length > METRIC_REVIEWS_MAX)
      return problem(c, {
        code: 'period_invalid',
        reason: `more than ${METRIC_REVIEWS_MAX} reviews: ask for a shorter period`,
      });
    const metrics = metricsOf(reviews, c.env.config.notifyUrl !== undefined);
    return query.format === 'csv' ? csv(c, toCsv(['figure', 'value'], metricRows(metrics))) : c.json(metrics, 200);
  })
  .get('/facts', readers, async (c) => {
    const { data: query, error } = FactsPage.safeParse(c.req.query());
    if (error) return refuseInput(c, error);
    const page = await readPage(c.env.database, query, listReviewsBetween);
    return c.json({ ...page, terms: c.env.config.terms }, 200);
  })
  .put('/sanctions', authorize('admin'), async (c) => {
    const body = await readCapped(c.req.raw.body, SANCTIONS_BYTES_MAX);
    if (body === undefined) return problem(c, { code: 'body_too_large', bytesMax: SANCTIONS_BYTES_MAX });
    const { data, error } = Sanctions.safeParse(parseJson(new TextDecoder().decode(body)));
    if (error) return refuseInput(c, error);
    const { edition } = data;
    const read = data.addresses.map((text) =>
      networkFamilies.map((family) => canonicalEntry(family, text)).find(Boolean),
    );
    const wrong = read.indexOf(undefined);
    if (wrong >= 0) {
      const fields = [{ field: `addresses.${wrong}`, problem: 'no address of a network that is known here' }];
      return problem(c, { code: 'input_invalid', fields });
    }
    const addresses = [...new Set(read.flatMap((address) => address ?? []))];
    await replaceSanctions(c.env.database, { edition, addresses, at: c.env.clock.now() });
    c.env.log.info('sanctions.loaded', { edition, addresses: addresses.length });
    return c.json({ edition, addresses: addresses.length }, 200);
  });
