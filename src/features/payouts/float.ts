// A batch as a whole: its sums against the limits, and against what the pool holds at custody. A wallet keeps back the highest fee
// of one transfer, as when it pays: it pays one row after another, and what they cost together nobody knows before.
import type { App } from '../../app/app.ts';
import { showAmount } from '../../domain/amount.ts';
import { type Asset, type AssetId, assetIdOf, findAsset, nativeOf } from '../../domain/asset.ts';
import { feeReserveOf } from '../../domain/fee.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import { availableOf, type Funds, judgeFunds } from '../../domain/order-decision.ts';
import { type AssetTotal, type Batch, networksOf } from '../../domain/payout-batch.ts';
import { listActiveHotWallets } from '../../store/hot-wallets.ts';
import { listBatchesIn } from '../../store/payout-batches.ts';
import { listLinesAbove, listUnitsReady } from '../../store/payouts-ready.ts';
import { listTransfersInFlight } from '../../store/transfers.ts';

const WALLETS_MAX = 100;
const IN_FLIGHT_MAX = 200;
const BATCHES_MAX = 50;
const LINES_NAMED_MAX = 10;

export async function problemsOfBatch(app: App, batch: Batch<'draft'>): Promise<string[]> {
  const { totals } = batch.check;
  const pool: FundsOf[] = [];
  for (const wallet of await listActiveHotWallets(app.database, WALLETS_MAX, networksOf(batch.check)))
    pool.push(await readFunds(app, wallet));
  const promised = await promisedTo(app, batch);
  const problems: string[] = [];
  for (const total of totals) {
    problems.push(...overLimit(app, total), ...(await shortOf(app, batch, { total, pool, promised })));
  }
  return problems;
}

/** What one wallet has of an asset; undefined on another network. */
type FundsOf = (asset: Asset) => Funds | undefined;

async function readFunds(app: App, { id, network, custodyId }: HotWallet): Promise<FundsOf> {
  const [balances, inFlight] = await Promise.all([
    app.custody.listBalances(custodyId),
    listTransfersInFlight(app.database, id, IN_FLIGHT_MAX),
  ]);
  const held = new Map(balances.map(({ contract, units }) => [assetIdOf(network, contract), units]));
  const coinHeld = held.get(nativeOf(network)) ?? 0n;
  const isSponsored = app.config.feeSponsors.has(network);
  return (asset) =>
    asset.network === network ? { held: held.get(asset.id) ?? 0n, coinHeld, isSponsored, inFlight } : undefined;
}

/** What of these assets other batches have been let go to pay and have not begun to. */
async function promisedTo(app: App, { id, check }: Batch<'draft'>): Promise<ReadonlyMap<AssetId, bigint>> {
  const promised = new Map<AssetId, bigint>();
  const assets = new Set(check.totals.map(({ asset }) => asset));
  for (const status of ['released', 'running', 'paused'] as const) {
    for (const other of await listBatchesIn(app.database, status, { limit: BATCHES_MAX })) {
      if (other.id === id || !('check' in other) || !other.check.totals.some(({ asset }) => assets.has(asset)))
        continue;
      for (const { asset, units, rows } of await listUnitsReady(app.database, other.id))
        promised.set(asset, (promised.get(asset) ?? 0n) + units * BigInt(rows));
    }
  }
  return promised;
}

function overLimit(app: App, { asset, units }: AssetTotal): string[] {
  const limits = app.config.payoutLimits.get(asset);
  return limits === undefined || BigInt(units) <= limits.perBatch
    ? []
    : [`${showAmount(asset, BigInt(units))} is above the limit of one batch, ${showAmount(asset, limits.perBatch)}.`];
}

interface Float {
  readonly total: AssetTotal;
  readonly pool: readonly FundsOf[];
  readonly promised: ReadonlyMap<AssetId, bigint>;
}

async function shortOf(app: App, batch: Batch<'draft'>, { total, pool, promised }: Float): Promise<string[]> {
  const asset = findAsset(total.asset);
  if (asset === undefined) return [];
  const show = (units: bigint) => showAmount(asset.id, units);
  const funds = pool.flatMap((of) => of(asset) ?? []);
  const isFuelled = (of: Funds) => {
    const judged = judgeFunds({ amount: { kind: 'fixed' }, units: 1n }, asset, of);
    return judged.ok || judged.refusal.code !== 'no_fee_coin';
  };
  const fuelled = funds.filter(isFuelled);
  if (funds.length > 0 && fuelled.length === 0) {
    const reserve = showAmount(nativeOf(asset.network), feeReserveOf(asset.network));
    return [`No wallet of the pool holds ${reserve}, which each keeps for the fee of a row.`];
  }
  const payable = fuelled.map((of) => availableOf(asset, of).available);
  const waitedFor = promised.get(asset.id) ?? 0n;
  const left = payable.reduce((sum, units) => sum + units, 0n) - waitedFor;
  const besides = waitedFor === 0n ? '' : ` besides ${show(waitedFor)} for other batches`;
  if (left < BigInt(total.units))
    return [
      `The pool holds ${show(left > 0n ? left : 0n)}${besides}; ${total.rows} rows need ${show(BigInt(total.units))}.`,
    ];
  const largest = payable.reduce((most, units) => (units > most ? units : most), 0n);
  const lines = await listLinesAbove(
    app.database,
    { batchId: batch.id, asset: asset.id },
    largest,
    LINES_NAMED_MAX + 1,
  );
  if (lines.length === 0) return [];
  const named = `${lines.slice(0, LINES_NAMED_MAX).join(', ')}${lines.length > LINES_NAMED_MAX ? ' and others' : ''}`;
  return [`No wallet of the pool holds enough for line ${named}: the largest can pay ${show(largest)}.`];
}
