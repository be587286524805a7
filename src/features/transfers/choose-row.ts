// Which row a hot wallet pays next, and whom to tell where it can pay none.
import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import { type Asset, type AssetId, assetIdOf, assets, findAsset } from '../../domain/asset.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import { availableOf, type Funds, judgeFunds } from '../../domain/order-decision.ts';
import type { Payout } from '../../domain/payout.ts';
import { type PayoutLimits, type PayoutSum, type PoolSums, reserveSums, roomOf } from '../../domain/payout-cap.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { explain } from '../../kit/problem.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { findBatchWaiting, findSmallestReady, listAssetsWaiting, listPayoutsReady } from '../../store/payouts-ready.ts';
import { readSums } from './pool-sums.ts';

/** So far a wallet looks along the lines for a row that it can pay; where all of these are too large it takes the smallest. */
const ROWS_PER_LOOK = 20;

/** What a wallet chooses by. */
export interface Lane {
  readonly wallet: HotWallet;
  /** Those that rows wait for on its network. */
  readonly wanted: readonly Wanted[];
  /** What was under way when its funds were read, or before: what ends in between counts twice, not never. */
  readonly inFlight: readonly Transfer[];
  readonly fundsOf: (asset: Asset) => Funds;
}
export interface Wanted {
  readonly asset: Asset;
  readonly limits: PayoutLimits;
}

export async function listWanted(app: App, { network }: HotWallet): Promise<Wanted[]> {
  const { payoutLimits } = app.config;
  const paid = assets.filter((asset) => asset.network === network && payoutLimits.has(asset.id)).map(({ id }) => id);
  return (await listAssetsWaiting(app.database, paid)).flatMap((id) => {
    const [asset, limits] = [findAsset(id), payoutLimits.get(id)];
    return asset === undefined || limits === undefined ? [] : [{ asset, limits }];
  });
}

export async function readFunds(
  app: App,
  wallet: HotWallet,
  inFlight: readonly Transfer[],
): Promise<(asset: Asset) => Funds> {
  const balances = await app.custody.listBalances(wallet.custodyId);
  const held = (contract: string | undefined) =>
    balances.find((one) => assetIdOf(wallet.network, one.contract) === assetIdOf(wallet.network, contract))?.units ??
    0n;
  const isSponsored = app.config.feeSponsors.has(wallet.network);
  return ({ contract }) => ({ held: held(contract), coinHeld: held(undefined), isSponsored, inFlight });
}

export interface Chosen {
  readonly payout: Payout<'ready'>;
  readonly asset: Asset;
  readonly units: bigint;
  readonly sums: { readonly before: PoolSums; readonly after: readonly PayoutSum[] };
}

/**
 * Of each asset the first row that the wallet can pay and the pool's caps let go, and of these the first. A row that is too
 * large for this wallet waits for another.
 */
export async function choose(app: App, { at }: Provenance, { wanted, fundsOf }: Lane): Promise<Chosen | undefined> {
  let first: Chosen | undefined;
  for (const { asset, limits } of wanted) {
    const before = await readSums(app, asset.id, at);
    const [room, affordable] = [roomOf(before, limits), affordableOf(asset, fundsOf(asset))];
    const row = await findRow(app, asset.id, room < affordable ? room : affordable);
    const after = row && reserveSums(before, row.units, limits);
    if (row === undefined || !after?.ok || (first !== undefined && comesBefore(first.payout, row.payout))) continue;
    first = { ...row, asset, sums: { before, after: after.value } };
  }
  return first;
}

const comesBefore = (one: Payout, other: Payout): boolean =>
  one.batchId === other.batchId ? one.line < other.line : one.batchId < other.batchId;

const affordableOf = (asset: Asset, funds: Funds): bigint =>
  judgeFunds({ amount: { kind: 'fixed' }, units: 1n }, asset, funds).ok ? availableOf(asset, funds).available : 0n;

interface Row {
  readonly payout: Payout<'ready'>;
  readonly units: bigint;
}

/** A row of at most so many units, of the oldest batch that has one. */
async function findRow(app: App, asset: AssetId, most: bigint): Promise<Row | undefined> {
  const batchId = most === 0n ? undefined : await findBatchWaiting(app.database, asset, most);
  if (batchId === undefined) return undefined;
  const fitting = (payout: Payout<'ready'>): Row[] =>
    payout.units !== null && payout.units <= most ? [{ payout, units: payout.units }] : [];
  const [first] = (await listPayoutsReady(app.database, { batchId, asset }, ROWS_PER_LOOK)).flatMap(fitting);
  if (first !== undefined) return first;
  const smallest = await findSmallestReady(app.database, { batchId, asset });
  return smallest && fitting(smallest)[0];
}

/** Nobody has to be told of a cap, which passes; a wallet without float waits for a person. */
export async function tellOfFloat(app: App, by: Provenance, { wallet, wanted, fundsOf }: Lane): Promise<Outcome> {
  for (const { asset, limits } of wanted) {
    const row = await findRow(app, asset.id, roomOf(await readSums(app, asset.id, by.at), limits));
    const judged = row && judgeFunds({ amount: { kind: 'fixed' }, units: row.units }, asset, fundsOf(asset));
    if (judged === undefined || judged.ok) continue;
    const detail = `The hot wallet cannot pay any of the rows that wait. ${explain(judged.refusal)}`;
    const of = { kind: 'payout_float_low', about: wallet.id, accountId: null, detail } as const;
    await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
    break;
  }
  return 'done';
}
