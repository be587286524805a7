// Rows that wait to be paid: of running batches, by their asset, in the order of the lines or by their size. However many of
// another asset, or too large ones, stand before a row, it is found by a few.
import { and, asc, eq, not, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { AssetId } from '../domain/asset.ts';
import type { BatchId } from '../domain/id.ts';
import type { Network } from '../domain/network.ts';
import type { Payout } from '../domain/payout.ts';
import type { Database } from './database.ts';
import { toPayout } from './payouts.ts';
import { payoutBatches, payouts } from './schema.ts';

// Word for word the condition of the indexes: a bound value would hide from the planner that they apply.
const isReady = sql`status = 'ready'`;

/** Of whole numbers in decimal the longer one is the larger one. */
const isAtMost = (units: SQLWrapper, most: SQLWrapper): SQL =>
  sql`(length(${units}) < length(${most}) OR (length(${units}) = length(${most}) AND ${units} <= ${most}))`;

const isWaitedFor = (asset: SQL): SQL => sql`EXISTS (SELECT 1 FROM payout_batches
  WHERE payout_batches.status = 'running' AND EXISTS (SELECT 1 FROM payouts
    WHERE batch_id = payout_batches.id AND asset = ${asset} AND ${isReady}))`;

/** Which of these assets a row of a running batch waits for. */
export async function listAssetsWaiting(database: Database, assets: readonly AssetId[]): Promise<AssetId[]> {
  const found = await database.all<{ asset: AssetId }>(sql`SELECT value AS asset
    FROM json_each(${JSON.stringify(assets)}) AS asked WHERE ${isWaitedFor(sql`asked.value`)}`);
  return found.map(({ asset }) => asset);
}

/** Of these too, where no wallet of the pool is left to pay them; of networks that nobody was told of. */
export async function listAssetsWithoutWallet(
  database: Database,
  assets: readonly { readonly id: AssetId; readonly network: Network }[],
): Promise<AssetId[]> {
  const asked = JSON.stringify(assets.map(({ id, network }) => ({ id, network })));
  const found = await database.all<{ asset: AssetId }>(sql`SELECT value ->> 'id' AS asset
    FROM json_each(${asked}) AS asked WHERE ${isWaitedFor(sql`asked.value ->> 'id'`)}
      AND NOT EXISTS (SELECT 1 FROM hot_wallets
        WHERE status = 'active' AND custody_id > '' AND network = asked.value ->> 'network')
      AND NOT EXISTS (SELECT 1 FROM incidents
        WHERE kind = 'payout_float_low' AND about = asked.value ->> 'network' AND status <> 'resolved')`);
  return found.map(({ asset }) => asset);
}

/** The oldest running batch with a row of at most so many units. */
export async function findBatchWaiting(database: Database, asset: AssetId, most: bigint): Promise<BatchId | undefined> {
  const smallest = sql`(SELECT id FROM payouts WHERE batch_id = payout_batches.id AND asset = ${asset} AND ${isReady}
    ORDER BY length(units), units LIMIT 1)`;
  const row = await database
    .select({ id: payoutBatches.id })
    .from(payoutBatches)
    .where(
      and(
        eq(payoutBatches.status, 'running'),
        sql`EXISTS (SELECT 1 FROM ${payouts} WHERE ${payouts.id} = ${smallest}
          AND ${isAtMost(payouts.units, sql`${most.toString()}`)})`,
      ),
    )
    .orderBy(asc(payoutBatches.id))
    .limit(1)
    .get();
  return row?.id;
}

interface Waiting {
  readonly batchId: BatchId;
  readonly asset: AssetId;
}
const waitsIn = ({ batchId, asset }: Waiting) => and(eq(payouts.batchId, batchId), eq(payouts.asset, asset), isReady);

/** In the order of the lines. */
export async function listPayoutsReady(database: Database, of: Waiting, limit: number): Promise<Payout<'ready'>[]> {
  const rows = await database.select().from(payouts).where(waitsIn(of)).orderBy(asc(payouts.line)).limit(limit).all();
  return rows.map(toPayout).filter((payout) => payout.status === 'ready');
}

export async function findSmallestReady(database: Database, of: Waiting): Promise<Payout<'ready'> | undefined> {
  const row = await database
    .select()
    .from(payouts)
    .where(waitsIn(of))
    .orderBy(sql`length(units)`, asc(payouts.units))
    .limit(1)
    .get();
  const payout = row && toPayout(row);
  return payout?.status === 'ready' ? payout : undefined;
}

/** Of each running batch and asset the largest row, where it is above what a row may move; of batches that nobody was told of. */
export async function listRowsAbove(
  database: Database,
  bounds: readonly { readonly asset: AssetId; readonly most: bigint }[],
  limit: number,
): Promise<Payout[]> {
  const asked = JSON.stringify(bounds.map(({ asset, most }) => ({ asset, most: most.toString() })));
  const rows = await database
    .select()
    .from(payouts)
    .where(
      sql`${payouts.id} IN (SELECT largest.id FROM payout_batches CROSS JOIN json_each(${asked}) AS bound
        CROSS JOIN payouts AS largest WHERE payout_batches.status = 'running' AND largest.id =
          (SELECT id FROM payouts WHERE batch_id = payout_batches.id AND asset = bound.value ->> 'asset' AND ${isReady}
            ORDER BY length(units) DESC, units DESC LIMIT 1)
          AND NOT ${isAtMost(sql`largest.units`, sql`(bound.value ->> 'most')`)}
          AND NOT EXISTS (SELECT 1 FROM incidents
            WHERE kind = 'payout_over_limits' AND about = payout_batches.id AND status <> 'resolved'))`,
    )
    .limit(limit)
    .all();
  return rows.map(toPayout);
}

/** How often which amount waits to be paid, or will when the batch runs. */
export async function listUnitsReady(
  database: Database,
  batchId: BatchId,
): Promise<{ asset: AssetId; units: bigint; rows: number }[]> {
  const found = await database.all<{ asset: AssetId; units: string; rows: number }>(
    sql`SELECT asset, units, count(*) AS rows FROM ${payouts} WHERE batch_id = ${batchId} AND ${isReady}
      GROUP BY asset, units`,
  );
  return found.map(({ asset, units, rows }) => ({ asset, units: BigInt(units), rows: Number(rows) }));
}

/** Of sound rows that pay more. */
export async function listLinesAbove(database: Database, of: Waiting, units: bigint, limit: number): Promise<number[]> {
  const rows = await database
    .select({ line: payouts.line })
    .from(payouts)
    .where(and(waitsIn(of), not(isAtMost(payouts.units, sql`${units.toString()}`))))
    .orderBy(asc(payouts.line))
    .limit(limit)
    .all();
  return rows.map(({ line }) => line);
}
