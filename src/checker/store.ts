// The checker's database: reviews, sums, its sanctions list and what it knows of itself. Writes are batches that a lost race
// aborts as a whole.
import { and, asc, eq, getTableColumns, gte, inArray, lt, lte, notExists, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import type { Timestamp } from '../domain/time.ts';
import type { Decision, Figure, Review } from './review-record.ts';
import { deadLetters, guard, looks, reviews, sanctions, standing, sums } from './schema.ts';
import { type Outlay, sumIdsOf } from './sums.ts';

export type Database = DrizzleD1Database;
export const openDatabase = (binding: D1Database): Database => drizzle(binding);

type Row = typeof reviews.$inferSelect;
type Statement = BatchItem<'sqlite'>;

// Written by `toRow` below from the same type.
const toReview = (row: Row): Review => ({
  ...row,
  facts: JSON.parse(row.facts),
  findings: JSON.parse(row.findings),
  outlays: JSON.parse(row.outlays),
  asked: JSON.parse(row.asked),
});
const toRow = (review: Review): Row => ({
  ...review,
  facts: JSON.stringify(review.facts),
  findings: JSON.stringify(review.findings),
  outlays: JSON.stringify(review.outlays),
  asked: JSON.stringify(review.asked),
});

export async function findReview(database: Database, id: string): Promise<Review | undefined> {
  const row = await database.select().from(reviews).where(eq(reviews.id, id)).get();
  return row && toReview(row);
}

/** Of these approvals those without a review whose look is due: first those never looked at, then the longest ago. */
export async function listApprovalsDue(
  database: Database,
  ids: readonly string[],
  at: Timestamp,
  limit: number,
): Promise<readonly string[]> {
  const rows = await database.all<{ id: string }>(sql`SELECT json_each.value AS id
    FROM json_each(${JSON.stringify(ids)}) LEFT JOIN ${looks} ON ${looks.approvalId} = json_each.value
    WHERE NOT EXISTS (SELECT 1 FROM ${reviews} WHERE ${reviews.id} = json_each.value)
      AND (${looks.nextLookAt} IS NULL OR ${looks.nextLookAt} <= ${at})
    ORDER BY ${looks.nextLookAt}, json_each.key LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

/** They were sent to the queue; looks that were due before `forgetBefore` are about what waits no longer. */
export async function keepLooks(
  database: Database,
  ids: readonly string[],
  { nextLookAt, forgetBefore }: { readonly nextLookAt: Timestamp; readonly forgetBefore: Timestamp },
): Promise<void> {
  const sent = sql`SELECT value, ${nextLookAt} FROM json_each(${JSON.stringify(ids)}) WHERE true`;
  await database.batch([
    database.insert(looks).select(sent).onConflictDoUpdate({ target: looks.approvalId, set: { nextLookAt } }),
    database.delete(looks).where(lt(looks.nextLookAt, forgetBefore)),
  ]);
}

// Word for word the conditions of the partial indexes: bound values would hide from the planner that they apply.
const isOpen = sql`${reviews.status} <> 'closed'`;
const isToTell = sql`${reviews.tellAt} IS NOT NULL`;

/** Not closed, and due to be looked at. */
export async function listReviewsDue(database: Database, at: Timestamp, limit: number): Promise<Review[]> {
  const rows = await database
    .select()
    .from(reviews)
    .where(and(isOpen, lte(reviews.nextLookAt, at)))
    .orderBy(asc(reviews.nextLookAt))
    .limit(limit)
    .all();
  return rows.map(toReview);
}

export async function listReviewsToTell(database: Database, at: Timestamp, limit: number): Promise<Review[]> {
  const rows = await database
    .select()
    .from(reviews)
    .where(and(isToTell, lte(reviews.tellAt, at)))
    .orderBy(asc(reviews.tellAt))
    .limit(limit)
    .all();
  return rows.map(toReview);
}

export interface Span {
  readonly from: Timestamp;
  readonly to: Timestamp;
  /** Of the last one that was read, as `cursorOf` writes it. */
  readonly after?: string | undefined;
}
export const cursorOf = ({ decidedAt, id }: Pick<Review, 'decidedAt' | 'id'>): string => `${decidedAt}|${id}`;

function isWithin({ from, to, after }: Span) {
  const [decidedAt = '', id = ''] = after?.split('|') ?? [];
  const isAfter = after === undefined ? undefined : sql`(${reviews.decidedAt}, ${reviews.id}) > (${decidedAt}, ${id})`;
  return and(gte(reviews.decidedAt, from), lt(reviews.decidedAt, to), isAfter);
}
const oldestFirst = [asc(reviews.decidedAt), asc(reviews.id)] as const;

/** Decided within a span of time, the oldest first, with their facts: at most a page of them fits into memory. */
export async function listReviewsBetween(database: Database, span: Span, limit: number): Promise<Review[]> {
  const rows = await database
    .select()
    .from(reviews)
    .where(isWithin(span))
    .orderBy(...oldestFirst)
    .limit(limit)
    .all();
  return rows.map(toReview);
}

/** The same without what they were judged by. */
export async function listDecisionsBetween(database: Database, span: Span, limit: number): Promise<Decision[]> {
  const { facts: _, outlays: __, asked: ___, ...shown } = getTableColumns(reviews);
  const rows = await database
    .select(shown)
    .from(reviews)
    .where(isWithin(span))
    .orderBy(...oldestFirst)
    .limit(limit)
    .all();
  return rows.map((row) => ({ ...row, findings: JSON.parse(row.findings) })); // Written by `toRow` above.
}

/** What figures are made of: a few words of each review. */
export async function listFiguresBetween(database: Database, span: Span, limit: number): Promise<Figure[]> {
  const { mode, verdict, outcome, byPeople, pendingAt, decidedAt, votedAt, told, tellAt } = reviews;
  const words = sql<string>`(SELECT json_group_array(json_object('rule', value ->> 'rule', 'code', value ->> 'code')) FROM json_each(${reviews.findings}))`;
  const rows = await database
    .select({ mode, verdict, outcome, byPeople, pendingAt, decidedAt, votedAt, told, tellAt, findings: words })
    .from(reviews)
    .where(isWithin(span))
    .orderBy(...oldestFirst)
    .limit(limit)
    .all();
  return rows.map((row) => ({ ...row, findings: JSON.parse(row.findings) })); // Made by the statement.
}

export interface Sum {
  readonly id: string;
  readonly version: number;
  readonly units: bigint;
}
/** Each of these sums; one that nobody wrote yet is nothing at version 0. */
export async function findSums(database: Database, ids: readonly string[]): Promise<readonly Sum[]> {
  const listed = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const rows = await database.select().from(sums).where(inArray(sums.id, listed)).all();
  return ids.map((id) => {
    const row = rows.find((found) => found.id === id);
    return { id, version: row?.version ?? 0, units: BigInt(row?.units ?? 0) };
  });
}

export type Written = 'written' | 'lost';
const LOST = /guard: |reviews: records are not replaced|reviews: version must rise by one/;

/** One batch; `lost` when somebody else wrote one of its rows first. */
async function write(database: Database, statements: readonly Statement[]): Promise<Written> {
  const [first, ...rest] = statements;
  if (first === undefined) return 'written';
  try {
    await database.batch([first, ...rest]);
    return 'written';
  } catch (fault) {
    if (LOST.test(textOf(fault))) return 'lost';
    throw fault;
  }
}
const textOf = (fault: unknown): string =>
  fault instanceof Error ? `${fault.message} ${fault.cause === undefined ? '' : textOf(fault.cause)}` : '';

const abortUnlessOne = (database: Database, rule: string): Statement =>
  database.insert(guard).select(sql`SELECT ${rule} WHERE changes() <> 1`);

const sumStatements = (database: Database, { id, version, units }: Sum): Statement[] => [
  database
    .insert(sums)
    .values({ id, version: version + 1, units: units.toString() })
    .onConflictDoUpdate({
      target: sums.id,
      set: { version: version + 1, units: units.toString() },
      setWhere: eq(sums.version, version),
    }),
  abortUnlessOne(database, `sum ${id}`),
];

/** The sums after these outlays were taken or given back; each sum once. */
async function sumsAfter(database: Database, outlays: readonly Outlay[], sign: 1n | -1n): Promise<readonly Sum[]> {
  const parts = outlays.flatMap((outlay) => {
    const { ofWallet, ofAll } = sumIdsOf(outlay);
    return [ofWallet, ofAll].map((id) => ({ id, units: BigInt(outlay.units) * sign }));
  });
  const found = await findSums(
    database,
    parts.map(({ id }) => id),
  );
  return found.map((sum, index) => ({ ...sum, units: sum.units + (parts[index]?.units ?? 0n) }));
}

/** @param seen the sums by which it was judged: if one moved since, the whole is lost */
export function addReview(database: Database, review: Review, seen: readonly Sum[]): Promise<Written> {
  const taken = review.outlays.flatMap((outlay) => {
    const { ofWallet, ofAll } = sumIdsOf(outlay);
    return [ofWallet, ofAll].flatMap((id) => {
      const sum = seen.find((one) => one.id === id);
      if (sum === undefined) throw new TypeError(`the sum ${id} was not read`);
      return sumStatements(database, { ...sum, units: sum.units + BigInt(outlay.units) });
    });
  });
  return write(database, [database.insert(reviews).values(toRow(review)), ...taken]);
}

/** The next version of a review; with `givesBack` what it had taken of the day is free again. */
export async function saveReview(
  database: Database,
  before: Review,
  change: Partial<Omit<Review, 'id' | 'version'>>,
  { givesBack = false }: { givesBack?: boolean } = {},
): Promise<Written> {
  const released = givesBack ? await sumsAfter(database, before.outlays, -1n) : [];
  const next = { ...before, ...change, version: before.version + 1, ...(givesBack ? { outlays: [] } : {}) };
  return write(database, [
    database
      .update(reviews)
      .set(toRow(next))
      .where(and(eq(reviews.id, before.id), eq(reviews.version, before.version))),
    abortUnlessOne(database, `review ${before.id}`),
    ...released.flatMap((sum) => sumStatements(database, sum)),
  ]);
}

export interface Standing {
  readonly value: string;
  readonly at: Timestamp;
}
export const findStanding = (database: Database, key: 'fitness' | 'sanctions'): Promise<Standing | undefined> =>
  database.select().from(standing).where(eq(standing.key, key)).get();

const keepStatement = (database: Database, key: 'fitness' | 'sanctions', { value, at }: Standing) =>
  database.insert(standing).values({ key, value, at }).onConflictDoUpdate({ target: standing.key, set: { value, at } });

export const keepStanding = async (database: Database, key: 'fitness', kept: Standing): Promise<void> => {
  await keepStatement(database, key, kept);
};

export interface Screening {
  readonly edition: string;
  readonly hits: readonly string[];
}
/**
 * Which of these addresses the edition in force names; undefined where none is loaded. One statement: the list may be replaced
 * at any moment, and rows of the next edition read by the name of the last one would be no hit at all.
 */
export async function findScreening(database: Database, addresses: readonly string[]): Promise<Screening | undefined> {
  const listed = sql`(SELECT value FROM json_each(${JSON.stringify(addresses)}))`;
  const rows = await database
    .selectDistinct({ edition: standing.value, address: sanctions.address })
    .from(standing)
    .leftJoin(sanctions, and(inArray(sanctions.address, listed), eq(sanctions.edition, standing.value)))
    .where(eq(standing.key, 'sanctions'))
    .all();
  const [first] = rows;
  return first && { edition: first.edition, hits: rows.flatMap(({ address }) => address ?? []) };
}

const ADDRESSES_PER_STATEMENT = 5000;

/** Puts a whole list in force in one batch: nobody is ever held against half of it. The one before goes. */
export async function replaceSanctions(
  database: Database,
  { edition, addresses, at }: { edition: string; addresses: readonly string[]; at: Timestamp },
): Promise<void> {
  const parts: string[][] = [];
  for (let start = 0; start < addresses.length; start += ADDRESSES_PER_STATEMENT)
    parts.push(addresses.slice(start, start + ADDRESSES_PER_STATEMENT));
  await database.batch([
    database.delete(sanctions),
    ...parts.map((part) =>
      database.insert(sanctions).select(sql`SELECT ${edition}, value FROM json_each(${JSON.stringify(part)})`),
    ),
    keepStatement(database, 'sanctions', { value: edition, at }),
  ]);
}

/** Of which approvals no review was made although a message about them was buried since then; null where it named none. */
export async function listBuriedSince(
  database: Database,
  since: Timestamp,
  limit: number,
): Promise<readonly (string | null)[]> {
  const approvalId = sql<string | null>`${deadLetters.body} ->> '$.approvalId'`;
  const rows = await database
    .selectDistinct({ approvalId })
    .from(deadLetters)
    .where(
      and(
        gte(deadLetters.receivedAt, since),
        notExists(database.select({ id: reviews.id }).from(reviews).where(eq(reviews.id, approvalId))),
      ),
    )
    .limit(limit)
    .all();
  return rows.map((row) => row.approvalId);
}

export async function bury(database: Database, letter: typeof deadLetters.$inferInsert): Promise<void> {
  await database.insert(deadLetters).values(letter).onConflictDoNothing();
}
