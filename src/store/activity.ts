// The journal as one account's feed. What a page reads depends on the size of the page and on how many kinds there are, never
// on how much has happened: the newest of each kind come from an index, and the page is the newest of those.
import { type SQL, sql } from 'drizzle-orm';
import type { AccountId } from '../domain/id.ts';
import type { Order } from '../domain/order.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Database } from './database.ts';
import type { JournalRow } from './journal.ts';
import { fromRow } from './records.ts';
import { destinations, journal, orders, policyChanges, transfers } from './schema.ts';
import { toTransfer } from './transfers.ts';

/** Hidden entries are counted so far and no further. */
export const HIDDEN_MAX = 1_000;
/** An asset stands in no index, so that many entries are looked at for a page of one. */
const SCANNED_FOR_ASSET = 200;

export interface ActivityFilter {
  readonly accountId: AccountId;
  readonly kinds: readonly string[];
  /** Kinds that are left out and counted. */
  readonly hiddenKinds: readonly string[];
  /** Kinds of entries that concern every account. */
  readonly kindsOfAll: readonly string[];
  readonly asset?: string | undefined;
  readonly from?: Timestamp | undefined;
  /** The first instant outside. */
  readonly to?: Timestamp | undefined;
}

export interface ActivityRow {
  readonly entry: JournalRow;
  /** What the record of the entry moves. */
  readonly asset: string | null;
}
export interface ActivityPage {
  readonly rows: readonly ActivityRow[];
  /** Where the next page begins. */
  readonly next: string | null;
  /** How many were left out between the beginning and the end of this page. */
  readonly hidden: number;
}

type Answer = JournalRow & {
  readonly asset: string | null;
  readonly hidden: number;
  /** The entry behind which the next page begins; empty at the end of the feed. */
  readonly last: string;
};

const subjectId = sql`entry.subject_id`;
const assetOfSubject = sql`CASE substr(${subjectId}, 1, 4)
  WHEN 'xfr_' THEN (SELECT asset FROM transfers WHERE id = ${subjectId})
  WHEN 'ord_' THEN (SELECT asset FROM orders WHERE id = ${subjectId})
  WHEN 'mov_' THEN (SELECT asset FROM movements WHERE id = ${subjectId})
  WHEN 'sch_' THEN (SELECT asset FROM schedules WHERE id = ${subjectId}) END`;

/** Ids of the newest entries of one kind, as a JSON list. */
const newestOf = (accountId: SQL, kind: SQL, range: SQL, limit: number): SQL => sql`(SELECT json_group_array(id) FROM (
  SELECT id FROM ${journal} WHERE account_id IS ${accountId} AND kind = ${kind} AND ${range}
  ORDER BY at DESC, id DESC LIMIT ${limit}))`;

/** One statement: the page, where the next one begins, and what was hidden. */
export async function listActivity(
  database: Database,
  filter: ActivityFilter,
  page: { readonly before?: string | undefined; readonly limit: number },
): Promise<ActivityPage> {
  const looks = filter.asset === undefined ? page.limit + 1 : SCANNED_FOR_ASSET;
  const pairs = [
    ...filter.kinds.map((kind) => ({ accountId: filter.accountId, kind })),
    ...filter.kindsOfAll.map((kind) => ({ accountId: null, kind })),
  ];
  const inRange = rangeOf(filter, page.before);
  // What concerns everybody concerns an account from its beginning on.
  const sinceOpening = sql`(wanted.value ->> 'accountId' IS NOT NULL
    OR at >= (SELECT created_at FROM accounts WHERE id = ${filter.accountId}))`;
  const [accountId, kind] = [sql`(wanted.value ->> 'accountId')`, sql`(wanted.value ->> 'kind')`];
  const found = newestOf(accountId, kind, sql`${inRange} AND ${sinceOpening}`, looks);
  const leftOut = newestOf(
    sql`${filter.accountId}`,
    sql`kind.value`,
    sql`${inRange} AND (at, id) >= ((SELECT last_at FROM ends), (SELECT last_id FROM ends))`,
    HIDDEN_MAX,
  );
  const rows: Answer[] = await database.all(sql`
    WITH looked AS MATERIALIZED (SELECT found.* FROM json_each(${JSON.stringify(pairs)}) AS wanted, json_each(${found}) AS one
        CROSS JOIN ${journal} AS found ON found.id = one.value ORDER BY found.at DESC, found.id DESC LIMIT ${looks}),
      page AS MATERIALIZED (SELECT entry.*, ${assetOfSubject} AS asset FROM looked AS entry
        WHERE ${filter.asset ?? null} IS NULL OR asset = ${filter.asset ?? null}
        ORDER BY entry.at DESC, entry.id DESC LIMIT ${page.limit + 1}),
      last AS MATERIALIZED (SELECT at, id FROM
        (SELECT at, id FROM page ORDER BY at DESC, id DESC LIMIT 1 OFFSET ${page.limit - 1})
        WHERE (SELECT count(*) FROM page) > ${page.limit}
        UNION ALL SELECT at, id FROM (SELECT at, id FROM looked ORDER BY at, id LIMIT 1)
        WHERE (SELECT count(*) FROM looked) = ${looks} AND (SELECT count(*) FROM page) <= ${page.limit}),
      ends AS MATERIALIZED (SELECT coalesce(max(at), '') AS last_at, coalesce(max(id), '') AS last_id FROM last)
    SELECT page.id, page.subject_id AS subjectId, page.version, page.kind, page.account_id AS accountId, page.actor,
      page.actor_role AS actorRole, page.request_id AS requestId, page.at, page.data, page.hash, page.asset,
      min((SELECT coalesce(sum(json_array_length(${leftOut})), 0) FROM json_each(${JSON.stringify(filter.hiddenKinds)}) AS kind),
        ${HIDDEN_MAX}) AS hidden,
      (SELECT last_id FROM ends) AS last
    FROM (SELECT 1) LEFT JOIN page ORDER BY page.at DESC, page.id DESC`);
  const { hidden, last } = rows[0] ?? { hidden: 0, last: '' };
  return {
    // Of an empty page there is one row without an entry, for its count.
    rows: rows
      .filter(({ id }) => id !== null)
      .slice(0, page.limit)
      .map(({ asset, hidden: _, last: _last, ...entry }) => ({ entry, asset })),
    next: last === '' ? null : last,
    hidden,
  };
}

function rangeOf({ from, to }: ActivityFilter, before: string | undefined): SQL {
  const conditions = [
    from === undefined ? [] : [sql`at >= ${from}`],
    to === undefined ? [] : [sql`at < ${to}`],
    before === undefined ? [] : [sql`(at, id) < ((SELECT at FROM ${journal} WHERE id = ${before}), ${before})`],
  ].flat();
  return conditions.length === 0 ? sql`1` : sql.join(conditions, sql` AND `);
}

/** A transfer with what led to it: order, destination, the change of the list that let it through, the approval it needed. */
export interface Story {
  readonly transfer: Transfer;
  readonly order: Pick<Order, 'id' | 'kind' | 'scheduleId' | 'slot' | 'mandateId'>;
  readonly destination: { readonly id: string; readonly label: string };
  readonly change: PolicyChange | null;
  readonly approvalId: string | null;
}

export async function listStories(
  database: Database,
  accountId: AccountId,
  named: { readonly ids: readonly string[]; readonly hashes: readonly string[] },
): Promise<Story[]> {
  const [ids, hashes] = [JSON.stringify(named.ids), JSON.stringify(named.hashes)];
  const rows = await database
    .select({
      transfer: transfers,
      order: {
        id: orders.id,
        kind: orders.kind,
        scheduleId: orders.scheduleId,
        slot: orders.slot,
        mandateId: orders.mandateId,
      },
      destination: { id: destinations.id, label: destinations.label },
      change: policyChanges,
      approvalId: sql<string | null>`(SELECT data ->> '$.after.approvalId' FROM ${journal}
        WHERE subject_id = ${transfers.id} AND kind = 'transfer.awaiting_approval' ORDER BY version DESC LIMIT 1)`.as(
        'asked',
      ),
    })
    .from(transfers)
    .innerJoin(orders, sql`${orders.id} = ${transfers.orderId}`)
    .innerJoin(destinations, sql`${destinations.id} = ${transfers.destinationId}`)
    .leftJoin(policyChanges, sql`${policyChanges.id} = ${destinations.facts} ->> '$.changeId'`)
    // By the unary plus the account only filters: its index would lead through all its transfers.
    .where(sql`+${transfers.accountId} = ${accountId} AND ${transfers.id} IN (
      SELECT value FROM json_each(${ids})
      UNION SELECT id FROM ${transfers} WHERE order_id IN (SELECT value FROM json_each(${ids}))
      UNION SELECT id FROM ${transfers} WHERE account_id = ${accountId}
        AND transaction_hash IN (SELECT value FROM json_each(${hashes})))`);
  return rows.map(({ transfer, change, ...others }) => ({
    ...others,
    transfer: toTransfer(transfer),
    change: change && fromRow<PolicyChange>(change),
  }));
}
