// A batch as a whole: its sums against the limits, and against what the pool holds at custody, fees included.
import type { App } from '../../app/app.ts';
import { showAmount } from '../../domain/amount.ts';
import { assetIdOf, findAsset, nativeOf } from '../../domain/asset.ts';
import { feeReserveOf } from '../../domain/fee.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import type { AssetTotal, CheckProgress } from '../../domain/payout-batch.ts';
import { listActiveHotWallets } from '../../store/hot-wallets.ts';
import { listTransfersInFlight } from '../../store/transfers.ts';

const WALLETS_MAX = 100;
const IN_FLIGHT_MAX = 200;

export async function problemsOfBatch(app: App, { totals }: CheckProgress): Promise<string[]> {
  const pool = await listActiveHotWallets(app.database, WALLETS_MAX);
  const networks = new Set(totals.map(({ asset }) => findAsset(asset)?.network));
  const held = new Map<string, bigint>();
  for (const wallet of pool.filter(({ network }) => networks.has(network))) {
    for (const [asset, units] of await availableIn(app, wallet)) held.set(asset, (held.get(asset) ?? 0n) + units);
  }
  return totals.flatMap((total) => [...overLimit(app, total), ...shortOf(app, total, held)]);
}

/** Less what is under way already. */
async function availableIn(app: App, wallet: HotWallet): Promise<Map<string, bigint>> {
  const [balances, inFlight] = await Promise.all([
    app.custody.listBalances(wallet.custodyId),
    listTransfersInFlight(app.database, wallet.id, IN_FLIGHT_MAX),
  ]);
  const available = new Map(balances.map(({ contract, units }) => [assetIdOf(wallet.network, contract), units]));
  for (const { asset, units } of inFlight) available.set(asset, (available.get(asset) ?? 0n) - units);
  return available;
}

function overLimit(app: App, { asset, units }: AssetTotal): string[] {
  const limits = app.config.payoutLimits.get(asset);
  return limits === undefined || BigInt(units) <= limits.perBatch
    ? []
    : [`${showAmount(asset, BigInt(units))} is above the limit of one batch, ${showAmount(asset, limits.perBatch)}.`];
}

function shortOf(app: App, { asset: id, rows, units }: AssetTotal, held: ReadonlyMap<string, bigint>): string[] {
  const asset = findAsset(id);
  if (asset === undefined) return [];
  const fees = app.config.feeSponsors.has(asset.network) ? 0n : feeReserveOf(asset.network);
  // Fees are kept back at their highest: each wallet pays one row at a time, and a batch pays them one after another.
  const needed = BigInt(units) + (asset.kind === 'native' ? fees : 0n);
  const available = held.get(id) ?? 0n;
  const coin = nativeOf(asset.network);
  return [
    ...(available < needed
      ? [`The pool holds ${showAmount(id, available)}; ${rows} rows need ${showAmount(id, needed)}.`]
      : []),
    ...(asset.kind !== 'native' && (held.get(coin) ?? 0n) < fees
      ? [`The pool holds ${showAmount(coin, held.get(coin) ?? 0n)} for fees; a row needs ${showAmount(coin, fees)}.`]
      : []),
  ];
}
