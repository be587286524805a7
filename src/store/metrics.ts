// What the product shows of itself: what is open, what waits and since when. Counted over what is open alone, so that it does
// not grow with what is done.
import { type SQL, sql } from 'drizzle-orm';
import { secondsBetween, type Timestamp } from '../domain/time.ts';
import type { Database } from './database.ts';

/** Where more wait than this, the number says no more; the age still does. */
const COUNTED_MAX = 10_000;

export interface Waiting {
  readonly count: number;
  readonly oldestAt: Timestamp | null;
  readonly seconds: number | null;
}
type Counts = Record<string, number>;

interface Found {
  readonly name: string | null;
  readonly count: number;
  readonly oldest: Timestamp | null;
}

const byStatus = (table: string, statuses: readonly string[]): SQL =>
  sql.raw(`SELECT status AS name, count(*) AS count, NULL AS oldest FROM ${table}
    WHERE status IN (${statuses.map((status) => `'${status}'`).join(', ')}) GROUP BY status`);

const queries = {
  transfers: byStatus('transfers', [
    ...['prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review'],
  ]),
  orders: byStatus('orders', ['scheduled', 'released', 'executing']),
  policyChanges: byStatus('policy_changes', ['queued', 'submitting', 'submitted', 'conflict']),
  incidents: sql`SELECT kind AS name, count(*) AS count, min(created_at) AS oldest FROM incidents
    WHERE status IN ('open', 'acknowledged') GROUP BY kind`,
  halts: sql`SELECT NULL AS name, count(*) AS count, NULL AS oldest FROM halts
    WHERE status = 'active' AND level IN ('all', 'account', 'mandate')`,
  messages: sql`SELECT queue AS name, count(*) AS count, min(created_at) AS oldest
    FROM (SELECT queue, created_at FROM outbox ORDER BY due_at LIMIT ${COUNTED_MAX}) GROUP BY queue`,
  notices: sql`SELECT NULL AS name, count(*) AS count, min(created_at) AS oldest
    FROM (SELECT created_at FROM notice_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY next_attempt_at
      LIMIT ${COUNTED_MAX})`,
  deadLetters: sql`SELECT NULL AS name, count(*) AS count, NULL AS oldest
    FROM (SELECT id FROM dead_letters ORDER BY id LIMIT ${COUNTED_MAX})`,
  accounts: byStatus('accounts', ['opening', 'active', 'failed']),
  fences: sql`SELECT NULL AS name, 0 AS count, checked_at AS oldest FROM fences ORDER BY checked_at LIMIT 1`,
  lastEvent: sql`SELECT NULL AS name, 0 AS count, received_at AS oldest FROM inbox ORDER BY received_at DESC LIMIT 1`,
} as const;
type Name = keyof typeof queries;

/** One round trip: each query is a column of one row, as JSON. */
async function readAll(database: Database): Promise<Record<Name, Found[]>> {
  const columns = Object.entries(queries).map(
    ([name, query]) => sql`(SELECT json_group_array(json_object('name', name, 'count', count, 'oldest', oldest))
      FROM (${query})) AS ${sql.identifier(name)}`,
  );
  const [row] = await database.all<Record<Name, string>>(sql`SELECT ${sql.join(columns, sql`, `)}`);
  if (row === undefined) throw new RangeError('a row is always returned');
  return read(row);
}

// The columns are those of the queries, in the form that they are asked for in.
const read = (row: Record<Name, string>) =>
  Object.fromEntries(Object.entries(row).map(([name, text]) => [name, JSON.parse(text)])) as Record<Name, Found[]>;

const countsOf = (found: readonly Found[]): Counts =>
  Object.fromEntries(found.map(({ name, count }) => [String(name), count]));

const waitingOf = (found: Found | undefined, at: Timestamp): Waiting => ({
  count: found?.count ?? 0,
  oldestAt: found?.oldest ?? null,
  seconds: found?.oldest == null ? null : Math.max(0, Math.floor(secondsBetween(found.oldest, at))),
});

export async function readMetrics(database: Database, at: Timestamp) {
  const found = await readAll(database);
  const messages = found.messages.map((queue) => [String(queue.name), waitingOf(queue, at)] as const);
  return {
    at,
    open: {
      accounts: countsOf(found.accounts),
      transfers: countsOf(found.transfers),
      orders: countsOf(found.orders),
      policyChanges: countsOf(found.policyChanges),
      incidents: countsOf(found.incidents),
      halts: found.halts[0]?.count ?? 0,
    },
    messages: Object.fromEntries(messages),
    notices: waitingOf(found.notices[0], at),
    deadLetters: found.deadLetters[0]?.count ?? 0,
    oldestFenceCheckAt: found.fences[0]?.oldest ?? null,
    lastEventAt: found.lastEvent[0]?.oldest ?? null,
  };
}
