// The rows of batches: stored by the slice, and what our records say about each.
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { findAsset } from '../domain/asset.ts';
import type { BatchId, PayoutId } from '../domain/id.ts';
import { ends } from '../domain/look-alike.ts';
import { isIn } from '../domain/machine.ts';
import { networkFacts } from '../domain/network.ts';
import type { Payout, PayoutStatus } from '../domain/payout.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Bulk, Once } from './commit.ts';
import type { Database } from './database.ts';
import type { EntryDraft } from './journal.ts';
import { changesOf, fromRow, toRow } from './records.ts';
import { insertRows, type Row, updateRows } from './rows.ts';
import { payoutFlags, payouts, recoveries } from './schema.ts';

export const toPayout = (row: typeof payouts.$inferSelect): Payout => ({
  ...fromRow<Payout>(row),
  units: row.units === null ? null : BigInt(row.units),
});

export async function findPayout(database: Database, id: PayoutId): Promise<Payout | undefined> {
  const row = await database.select().from(payouts).where(eq(payouts.id, id)).get();
  return row && toPayout(row);
}

export async function findPayoutAt(database: Database, batchId: BatchId, line: number): Promise<Payout | undefined> {
  const row = await database
    .select()
    .from(payouts)
    .where(and(eq(payouts.batchId, batchId), eq(payouts.line, line)))
    .get();
  return row && toPayout(row);
}

/** In the order of the lines; all of a batch, or those in one status. */
export async function listPayouts(
  database: Database,
  { batchId, status }: { batchId: BatchId; status?: PayoutStatus | undefined },
  page: { after: number; limit: number },
): Promise<Payout[]> {
  const rows = await database
    .select()
    .from(payouts)
    .where(
      and(
        eq(payouts.batchId, batchId),
        status === undefined ? undefined : eq(payouts.status, status),
        gt(payouts.line, page.after),
      ),
    )
    .orderBy(asc(payouts.line))
    .limit(page.limit)
    .all();
  return rows.map(toPayout);
}

/** What of a canceled batch has not left, in the order of the lines; what custody paid in a time that we forgot has. */
export async function listPayoutsToCancel(
  database: Database,
  batchId: BatchId,
  page: { after: number; limit: number },
): Promise<Payout<'ready' | 'invalid'>[]> {
  const rows = await database
    .select()
    .from(payouts)
    .where(
      // The sign keeps the planner to the lines of the batch, which are in order.
      and(
        eq(payouts.batchId, batchId),
        gt(payouts.line, page.after),
        sql`+${payouts.status} IN ('ready', 'invalid')`,
        sql`NOT EXISTS (SELECT 1 FROM ${recoveries} WHERE ${recoveries.id} = ${payouts.externalId})`,
      ),
    )
    .orderBy(asc(payouts.line))
    .limit(page.limit)
    .all();
  return rows.map(toPayout).filter((payout) => isIn(payout, ['ready', 'invalid']));
}

export const payoutChange = changesOf<Payout>(payouts, 'payout', () => null);

/** Rows as they were uploaded, by one statement; one that is there already stays. */
export const payoutRows = (rows: readonly Payout[]): Once => ({
  table: 'payouts',
  insert: (database) =>
    insertRows(
      database,
      payouts,
      rows.map((row) => toRow(payouts, row)),
      'keep',
    ),
  taken: { code: 'version_conflict' },
});

export interface Flag {
  readonly batchId: BatchId;
  readonly checkNumber: number;
  readonly line: number;
  readonly flag: string;
  readonly detail: string;
}

export const flagRows = (flags: readonly Flag[]): Once => ({
  table: 'payout_flags',
  insert: (database) =>
    insertRows(
      database,
      payoutFlags,
      flags.map((flag): Row => ({ ...flag })),
      'keep',
    ),
  taken: { code: 'version_conflict' },
});

interface Step {
  readonly before: Payout;
  readonly after: Payout;
}

/** Many rows step at once, each with an entry of its own. */
export const payoutSteps = (run: EntryDraft, steps: readonly Step[]): Bulk => ({
  run,
  entries: steps.map(({ before, after }) => payoutChange(before, after).entry),
  writes: (database) =>
    steps.length === 0
      ? []
      : updateRows(
          database,
          payouts,
          steps.map(({ after }) => toRow(payouts, after)),
        ),
});

/** What our records say about a row that is to be checked. */
export interface RowFacts {
  readonly line: number;
  readonly isSanctioned: boolean;
  readonly isOwn: boolean;
  readonly isKnown: boolean;
  readonly looksLike: string | null;
  /** Another line of the batch that pays the same to the same. */
  readonly sameLine: number | null;
  /** Another batch that pays the same to the same: that still may, or that came or paid of late. */
  readonly sameBatch: string | null;
}
interface RowAsked {
  readonly line: number;
  readonly network: string;
  readonly family: string;
  readonly asset: string;
  readonly address: string;
  readonly ends: string;
  readonly units: string | null;
}

/** What is asked about a row; undefined where its network or asset cannot be read, so that nothing is known of it. */
export function askedOf({ line, network, asset: id, address, units }: Payout): RowAsked | undefined {
  const asset = findAsset(id);
  if (asset === undefined || network !== asset.network) return undefined;
  const { family } = networkFacts[asset.network];
  return { line, network, family, asset: id, address, ends: ends(address), units: units?.toString() ?? null };
}

/** One statement for a slice of rows. The signs keep the planner from walking a whole batch in its order for each row. */
export async function listRowFacts(
  database: Database,
  batchId: BatchId,
  rows: readonly RowAsked[],
  since: Timestamp,
): Promise<RowFacts[]> {
  const of = (name: string) => sql`json_each.value ->> ${sql.raw(`'${name}'`)}`;
  const found = await database.all<{
    line: number;
    sanctioned: number;
    own: number;
    known: number;
    looks_like: string | null;
    same_line: number | null;
    same_batch: string | null;
  }>(sql`SELECT ${of('line')} AS line,
    EXISTS (SELECT 1 FROM screening_addresses WHERE list_id = (SELECT id FROM screening_lists WHERE status = 'active')
      AND family = ${of('family')} AND address = ${of('address')}) AS sanctioned,
    EXISTS (SELECT 1 FROM wallets WHERE network = ${of('network')} AND address = ${of('address')})
      OR EXISTS (SELECT 1 FROM hot_wallets WHERE network = ${of('network')} AND address = ${of('address')}) AS own,
    EXISTS (SELECT 1 FROM payees WHERE status IN ('proposed', 'confirmed') AND status = 'confirmed'
      AND network = ${of('network')} AND address = ${of('address')}) AS known,
    (SELECT name FROM payees WHERE status = 'confirmed' AND network = ${of('network')} AND ends = ${of('ends')}
      AND address <> ${of('address')} LIMIT 1) AS looks_like,
    (SELECT min(+other.line) FROM payouts AS other WHERE other.address = ${of('address')} AND other.asset = ${of('asset')}
      AND other.units = ${of('units')} AND +other.batch_id = ${batchId} AND other.line <> ${of('line')}) AS same_line,
    (SELECT max(+other.batch_id) FROM payouts AS other WHERE other.address = ${of('address')} AND other.asset = ${of('asset')}
      AND other.units = ${of('units')} AND +other.batch_id <> ${batchId} AND (other.status IN ('ready', 'executing')
      OR (max(other.created_at, coalesce(other.facts ->> 'paidAt', '')) >= ${since}
        AND other.status NOT IN ('canceled', 'invalid')))) AS same_batch
    FROM json_each(${JSON.stringify(rows)})`);
  return found.map((row) => ({
    line: Number(row.line),
    isSanctioned: row.sanctioned === 1,
    isOwn: row.own === 1,
    isKnown: row.known === 1,
    looksLike: row.looks_like,
    sameLine: row.same_line,
    sameBatch: row.same_batch,
  }));
}

/** No sanctions list in force names whom it pays, at the instant of the hand-over. */
export const isNotSanctioned = (family: string, address: string) => sql`NOT EXISTS (SELECT 1 FROM screening_addresses
  WHERE list_id = (SELECT id FROM screening_lists WHERE status = 'active') AND family = ${family} AND address = ${address})`;
