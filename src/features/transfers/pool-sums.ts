// The sums of the pool as they stand at an instant, also those that nothing was counted in yet.
import type { App } from '../../app/app.ts';
import type { AssetId } from '../../domain/asset.ts';
import { countsAfter, freshSums, type PayoutSum, type PoolSums, poolSums } from '../../domain/payout-cap.ts';
import type { Timestamp } from '../../domain/time.ts';
import { listPayoutSums, listPayoutSumsAfter } from '../../store/hot-wallets.ts';

export const readSums = async (app: App, asset: AssetId, at: Timestamp): Promise<PoolSums> =>
  poolSums(asset, at, await listPayoutSumsAfter(app.database, asset, countsAfter(at)));

/** Where something of an earlier instant counts. */
export async function readSumsAt(app: App, asset: AssetId, at: Timestamp): Promise<readonly PayoutSum[]> {
  const fresh = freshSums(asset, at);
  const known = await listPayoutSums(
    app.database,
    fresh.map(({ id }) => id),
  );
  return fresh.map((sum) => known.find(({ id }) => id === sum.id) ?? sum);
}
