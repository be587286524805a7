// Pages of the journal for auditors: by any filters, in the order of places, and bounded in what they read however long the
// journal is.
import { and, asc, desc, eq, gt, gte, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import { addSeconds } from '../domain/time.ts';
import type { Database } from './database.ts';
import type { JournalRow } from './journal.ts';
import { journal } from './schema.ts';

export interface JournalQuery {
  readonly subjectId?: string | undefined;
  readonly walletId?: string | undefined;
  readonly policyId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly from?: Timestamp | undefined;
  /** Up to before it. */
  readonly to?: Timestamp | undefined;
}

/** The filters, the most telling first: the first one that is given finds entries by its index, the others look at them. */
const filters = ['subjectId', 'walletId', 'policyId', 'accountId', 'actor', 'kind'] as const;
/** What one page looks through at most when there are others; it then ends early, and the next one goes on. */
const LOOKED_THROUGH_MAX = 5_000;
/**
 * An entry is dated by the beginning of its use case and placed by its commit. No use case lasts as long as this, so entries
 * of a period lie between the places of entries that are this much older and newer.
 */
const USE_CASE_SECONDS_MAX = 3600;

function conditionsOf(query: JournalQuery): { first: SQL | undefined; others: SQL[]; period: SQL[] } {
  const given = filters.flatMap((name) => {
    const value = query[name];
    return value === undefined ? [] : [{ column: journal[name], value }];
  });
  const [first, ...others] = given;
  return {
    first: first && eq(first.column, first.value),
    // The sign keeps the planner from another index, which would find them in its own order.
    others: others.map(({ column, value }) => sql`+${column} = ${value}`),
    period: periodOf(query),
  };
}

const periodOf = ({ from, to }: JournalQuery): SQL[] => [
  ...(from === undefined
    ? []
    : [
        sql`+${journal.at} >= ${from}`,
        sql`${journal.place} > coalesce((SELECT place FROM journal WHERE at < ${addSeconds(from, -USE_CASE_SECONDS_MAX)} ORDER BY at DESC LIMIT 1), 0)`,
      ]),
  ...(to === undefined
    ? []
    : [
        sql`+${journal.at} < ${to}`,
        sql`${journal.place} < coalesce((SELECT place FROM journal WHERE at > ${addSeconds(to, USE_CASE_SECONDS_MAX)} ORDER BY at LIMIT 1), ${Number.MAX_SAFE_INTEGER})`,
      ]),
];

export interface JournalPage {
  readonly entries: readonly JournalRow[];
  /** Where the next page goes on; also behind a page that found nothing. */
  readonly next: number | undefined;
}

/** Newest first, behind a place. */
export async function listJournal(
  database: Database,
  query: JournalQuery,
  { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number | undefined; limit: number },
): Promise<JournalPage> {
  const { first, others, period } = conditionsOf(query);
  const floor = others.length === 0 ? undefined : await findFloor(database, and(first, ...period), before);
  const entries = await database
    .select()
    .from(journal)
    .where(and(first, ...others, ...period, lt(journal.place, before), gte(journal.place, floor ?? 0)))
    .orderBy(desc(journal.place))
    .limit(limit + 1)
    .all();
  if (entries.length > limit) return { entries: entries.slice(0, limit), next: entries[limit - 1]?.place };
  return { entries, next: floor };
}

/** The last place that a page may look at; undefined when all is within reach. */
async function findFloor(database: Database, first: SQL | undefined, before: number): Promise<number | undefined> {
  const row = await database
    .select({ place: journal.place })
    .from(journal)
    .where(and(first, lt(journal.place, before)))
    .orderBy(desc(journal.place))
    .limit(1)
    .offset(LOOKED_THROUGH_MAX)
    .get();
  return row?.place;
}

/** Oldest first, behind one place and up to another: what an export pages through. */
export function listJournalUpTo(
  database: Database,
  query: JournalQuery,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<JournalRow[]> {
  const { first, others, period } = conditionsOf(query);
  return database
    .select()
    .from(journal)
    .where(and(first, ...others, ...period, gt(journal.place, after), lte(journal.place, upTo)))
    .orderBy(asc(journal.place))
    .limit(limit)
    .all();
}
