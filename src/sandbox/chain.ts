/**
 * Owns the pretended chain: balances, confirmed events, block numbers and fees. It moves units and writes history; it
 * knows nothing of policies or approvals.
 */
import { normalizeAddress } from './addresses.ts';
import type { AssetMetadata, HistoryItem, Wallet } from './entities.ts';
import { emit } from './events.ts';
import { judgeIncoming } from './incoming.ts';
import { assetInfo, familyOf, locatorOf, NATIVE, usdQuote } from './networks.ts';
import { iso, newId, type World } from './world.ts';

const BLOCK_MILLISECONDS = 12_000;
const FEES = {
  Evm: { native: 21_000n * 2_000_000_000n, token: 65_000n * 2_000_000_000n },
  Bitcoin: { native: 1_410n, token: 1_410n },
  Solana: { native: 5_000n, token: 5_000n },
} as const;

export type Movement = { network: string; asset: string; units: bigint; from: string; to: string; txHash: string };

/** In minimum units of the native coin. */
export const feeOf = (network: string, asset: string): bigint =>
  FEES[familyOf(network)][asset === NATIVE ? 'native' : 'token'];

/** The native coin is always listed, tokens once the wallet has held one. */
export function listBalances(world: World, walletId: string): { asset: string; units: string }[] {
  const rows = world.store.sql
    .exec<{ asset: string; units: string }>('SELECT asset, units FROM balances WHERE wallet_id = ?', walletId)
    .toArray();
  const native = rows.find(({ asset }) => asset === NATIVE) ?? { asset: NATIVE, units: '0' };
  return [native, ...rows.filter(({ asset }) => asset !== NATIVE)];
}

export function balanceOf(world: World, walletId: string, asset: string): bigint {
  const query = 'SELECT units FROM balances WHERE wallet_id = ? AND asset = ?';
  return BigInt(world.store.sql.exec<{ units: string }>(query, walletId, asset).toArray()[0]?.units ?? '0');
}

function addToBalance(world: World, walletId: string, asset: string, units: bigint): void {
  const sum = (balanceOf(world, walletId, asset) + units).toString();
  world.store.sql.exec(
    `INSERT INTO balances VALUES (?, ?, ?) ON CONFLICT (wallet_id, asset) DO UPDATE SET units = excluded.units`,
    ...[walletId, asset, sum],
  );
}

/** A confirmed arrival at one of our wallets: balance, history and the webhook that tells of it. */
export function receive(world: World, wallet: Wallet, movement: Movement): HistoryItem {
  addToBalance(world, wallet.id, movement.asset, movement.units);
  const item = record(world, wallet, 'In', movement);
  emit(world, 'wallet.blockchainevent.detected', { blockchainEvent: item });
  judgeIncoming(world, wallet, item);
  return item;
}

/** A confirmed departure. The fee is paid apart, in the native coin, and shown with the movement that caused it. */
export function send(world: World, wallet: Wallet, movement: Movement, fee?: bigint): void {
  addToBalance(world, wallet.id, movement.asset, -movement.units);
  record(world, wallet, 'Out', movement, fee);
}

export function payFee(world: World, wallet: Wallet, fee: bigint): void {
  addToBalance(world, wallet.id, NATIVE, -fee);
}

/** The wallet of this organisation behind an address, if it is one: then the sandbox is on both sides. */
export function walletAt(world: World, network: string, address: string): Wallet | undefined {
  const where = 'WHERE network = ? AND address = ?';
  return world.store.select('wallets', where, network, normalizeAddress(network, address))[0];
}

export function metadataOf(world: World, network: string, asset: string): AssetMetadata {
  const quote = usdQuote(world.settings, network, asset);
  return { ...assetInfo(network, asset), ...(quote !== undefined && { quotes: { USD: quote } }) };
}

function record(world: World, wallet: Wallet, direction: 'In' | 'Out', movement: Movement, fee?: bigint): HistoryItem {
  const { asset, network } = movement;
  const item: HistoryItem = {
    walletId: wallet.id,
    direction,
    network,
    blockNumber: Math.floor(world.now / BLOCK_MILLISECONDS),
    txHash: movement.txHash,
    index: '0',
    timestamp: iso(world.now),
    metadata: {
      asset: metadataOf(world, network, asset),
      ...(fee !== undefined && { fee: metadataOf(world, network, NATIVE) }),
    },
    ...kindOf(movement),
    value: movement.units.toString(),
    ...(fee !== undefined && { fee: fee.toString() }),
  };
  world.store.insert('history', newId('he'), item, {
    wallet_id: wallet.id,
    direction,
    kind: item.kind,
    contract: item.contract ?? null,
    at: world.now,
  });
  return item;
}

/** Each kind of event has its own fields; only the oldest ones repeat what `metadata` says. */
function kindOf({ network, asset, from, to }: Movement): Pick<HistoryItem, 'kind' | 'from' | 'to' | 'froms' | 'tos'> {
  const locator = locatorOf(asset);
  switch (locator.kind) {
    case 'Native':
      if (familyOf(network) === 'Bitcoin') return { kind: 'UtxoTransfer', froms: [from], tos: [to] };
      return { kind: 'NativeTransfer', from, to, ...assetInfo(network, asset) };
    case 'Erc20': {
      const { kind: _kind, ...place } = locator;
      return { kind: 'Erc20Transfer', ...place, from, to, ...assetInfo(network, asset) };
    }
    default: {
      const { kind, ...place } = locator;
      return { kind: `${kind}Transfer`, ...place, from, to };
    }
  }
}
