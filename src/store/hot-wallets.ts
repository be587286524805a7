// The pool of hot wallets, and the sums that it has let out.
import { and, asc, desc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { AssetId } from '../domain/asset.ts';
import type { HotWallet } from '../domain/hot-wallet.ts';
import type { HotWalletId } from '../domain/id.ts';
import type { Network } from '../domain/network.ts';
import type { CountsAfter, PayoutSum } from '../domain/payout-cap.ts';
import type { Change } from './commit.ts';
import { type Database, newerThan, olderThan } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { hotWallets, payoutSums, wallets } from './schema.ts';

export async function findHotWallet(database: Database, id: HotWalletId): Promise<HotWallet | undefined> {
  const row = await database.select().from(hotWallets).where(eq(hotWallets.id, id)).get();
  return row && fromRow<HotWallet>(row);
}

/** In the order of the ids, whatever its status. */
export async function findHotWalletAfter(database: Database, id: string): Promise<HotWallet | undefined> {
  const row = await database
    .select()
    .from(hotWallets)
    .where(newerThan(hotWallets.id, id))
    .orderBy(asc(hotWallets.id))
    .limit(1)
    .get();
  return row && fromRow<HotWallet>(row);
}

/** Newest first. */
export async function listHotWallets(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<HotWallet[]> {
  const rows = await database
    .select()
    .from(hotWallets)
    .where(olderThan(hotWallets.id, page.before))
    .orderBy(desc(hotWallets.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<HotWallet>(row));
}

/** Those that may pay, of these networks, however many were retired before. */
export async function listActiveHotWallets(
  database: Database,
  limit: number,
  networks: readonly Network[],
): Promise<HotWallet<'active'>[]> {
  const rows = await database
    .select()
    .from(hotWallets)
    .where(
      and(
        sql`${hotWallets.status} = 'active'`,
        gt(hotWallets.custodyId, ''),
        inArray(hotWallets.network, [...networks]),
      ),
    )
    .limit(limit)
    .all();
  return rows.map((row) => fromRow<HotWallet<'active'>>(row));
}

export const hotWalletChange = changesOf<HotWallet>(hotWallets, 'hot_wallet', () => null);

/** No client's account holds it. */
export const isNoClientsWallet = (custodyId: string): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${wallets} WHERE ${wallets.custodyId} = ${custodyId})`;

export const hotWalletIsActive = (id: HotWalletId): SQL =>
  sql`EXISTS (SELECT 1 FROM ${hotWallets} WHERE ${and(eq(hotWallets.id, id), eq(hotWallets.status, 'active'))})`;

export async function listPayoutSums(database: Database, ids: readonly string[]): Promise<PayoutSum[]> {
  const rows = await database
    .select()
    .from(payoutSums)
    .where(inArray(payoutSums.id, [...ids]))
    .all();
  return rows.map(toSum);
}
const toSum = (row: typeof payoutSums.$inferSelect): PayoutSum => ({ ...row, reserved: BigInt(row.reserved) });

const isOf = (asset: AssetId, period: keyof CountsAfter, after: CountsAfter) =>
  and(eq(payoutSums.asset, asset), eq(payoutSums.period, period), gt(payoutSums.begins, after[period]));

/** Every bucket of the asset that counts. */
export async function listPayoutSumsAfter(
  database: Database,
  asset: AssetId,
  after: CountsAfter,
): Promise<PayoutSum[]> {
  const of = (period: keyof CountsAfter) =>
    database
      .select()
      .from(payoutSums)
      .where(isOf(asset, period, after));
  const [ofHour, ofDay] = await database.batch([of('hour'), of('day')]);
  return [...ofHour, ...ofDay].map(toSum);
}

/** None of them moved since, and none came: each write raises a version. */
export function payoutSumsAreAt(asset: AssetId, after: CountsAfter, versions: number): SQL {
  const of = (period: keyof CountsAfter) =>
    sql`(SELECT coalesce(sum(${payoutSums.version}), 0) FROM ${payoutSums} WHERE ${isOf(asset, period, after)})`;
  return sql`${of('hour')} + ${of('day')} = ${versions}`;
}

const sumRow = changesOf<PayoutSum>(payoutSums, 'payout_sum', () => null);
export const payoutSumChange = (before: PayoutSum, after: PayoutSum): Change =>
  sumRow(
    before.version === 0 ? undefined : before,
    after,
    after.reserved > before.reserved ? 'payout_sum.reserved' : 'payout_sum.released',
  );
