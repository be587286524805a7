/**
 * Owns what lies at the exchanges: accounts, their balances and the addresses that money is sent to. No exchange is
 * asked; what a deposit or a plain transfer brings there is credited once it is confirmed.
 */
import { addressOf, normalizeAddress } from './addresses.ts';
import type { ExchangeOperation } from './exchange-types.ts';
import { publicKeyOf } from './key-material.ts';
import { assetInfo, assetOf, familyOf, locatorOf, NATIVE, networks } from './networks.ts';
import type { World } from './world.ts';

/** The accounts that each exchange shows; Dfns documents only `spot`. */
export const ACCOUNTS = {
  Binance: ['spot', 'funding'],
  Kraken: ['spot'],
  CoinbaseApp: ['spot'],
  CoinbasePrime: ['spot'],
} as const satisfies Record<string, readonly string[]>;

export type Account = { exchangeId: string; accountId: string };

/** Exchanges count whole coins, so balances are kept with as many decimals as any coin has. */
const DECIMALS = 18;

/** The same address for the same account and network for ever, as exchanges do for one customer. */
export function depositAddress(world: World, { exchangeId, accountId }: Account, network: string): string {
  const id = `deposit/${exchangeId}/${accountId}`;
  const key =
    familyOf(network) === 'Solana'
      ? ({ id, scheme: 'EdDSA', curve: 'ed25519' } as const)
      : ({ id, scheme: 'ECDSA', curve: 'secp256k1' } as const);
  return addressOf(network, publicKeyOf(world, key));
}

/** Where an asset of this symbol can go: each network that has it, with its locator there. */
export function networksOf(symbol: string) {
  return Object.entries(networks).flatMap(([network, { native, tokens }]) => {
    const here = [...(native.symbol === symbol ? [NATIVE] : []), ...Object.keys(tokens)];
    return here
      .filter((asset) => assetInfo(network, asset).symbol === symbol)
      .map((asset) => ({ ...locatorOf(asset), network, decimals: assetInfo(network, asset).decimals }));
  });
}

export function listVenueBalances(world: World, account: Account): { symbol: string; balance: string }[] {
  creditArrived(world, account);
  return world.store.sql
    .exec<{ symbol: string; units: string }>(
      'SELECT symbol, units FROM exchange_balances WHERE exchange_id = ? AND account_id = ? ORDER BY symbol',
      ...[account.exchangeId, account.accountId],
    )
    .toArray()
    .map(({ symbol, units }) => ({ symbol, balance: decimalOf(BigInt(units)) }));
}

/** Adds minimum units of a network's asset, or takes them away; false where there is not enough. */
export function move(world: World, account: Account, symbol: string, units: bigint, decimals: number): boolean {
  creditArrived(world, account);
  return add(world, account, symbol, units * 10n ** BigInt(DECIMALS - decimals));
}

function add(world: World, { exchangeId, accountId }: Account, symbol: string, scaled: bigint): boolean {
  const query = 'SELECT units FROM exchange_balances WHERE exchange_id = ? AND account_id = ? AND symbol = ?';
  const rows = world.store.sql.exec<{ units: string }>(query, exchangeId, accountId, symbol).toArray();
  const sum = BigInt(rows[0]?.units ?? '0') + scaled;
  if (sum < 0n) return false;
  world.store.sql.exec(
    `INSERT INTO exchange_balances VALUES (?, ?, ?, ?)
     ON CONFLICT (exchange_id, account_id, symbol) DO UPDATE SET units = excluded.units`,
    ...[exchangeId, accountId, symbol, sum.toString()],
  );
  return true;
}

/** Looked at when somebody asks: an exchange notices money after it has arrived, not while it is sent. */
function creditArrived(world: World, account: Account): void {
  const open = world.store.select(
    'exchange_operations',
    'WHERE exchange_id = ? AND account_id = ? AND is_open = 1',
    ...[account.exchangeId, account.accountId],
  );
  for (const operation of open) credit(world, account, operation);
}

function credit(world: World, account: Account, operation: ExchangeOperation): void {
  const transfer = world.store.find('transfers', operation.transferId ?? '');
  const isOver = transfer === undefined || ['Confirmed', 'Failed', 'Rejected'].includes(transfer.status);
  if (!isOver) return;
  world.store.save('exchange_operations', operation.id, operation, { is_open: 0 });
  if (transfer?.status !== 'Confirmed' || !('amount' in transfer.requestBody)) return;
  const { symbol, decimals } = assetInfo(transfer.network, assetOf(transfer.requestBody));
  // An exchange does not know every token; what it does not know is lost there, as in life.
  if (symbol !== undefined) {
    add(world, account, symbol, BigInt(transfer.requestBody.amount) * 10n ** BigInt(DECIMALS - decimals));
  }
}

/** What was sent from a wallet to the address of an account without the API of exchanges: the exchange sees no difference. */
export function creditPlain(world: World, requestId: string, { network, asset, units, to }: Sent): void {
  // A deposit through the API is credited with its operation.
  if (world.store.select('exchange_operations', 'WHERE transfer_id = ?', requestId).length > 0) return;
  const { symbol, decimals } = assetInfo(network, asset);
  if (symbol === undefined) return;
  const isTo = (account: Account) => normalizeAddress(network, depositAddress(world, account, network)) === to;
  const accounts = world.store
    .select('exchanges', '')
    .flatMap(({ id, kind }) => ACCOUNTS[kind].map((accountId) => ({ exchangeId: id, accountId })));
  for (const account of accounts.filter(isTo)) move(world, account, symbol, units, decimals);
}

type Sent = { network: string; asset: string; units: bigint; to: string };

function decimalOf(scaled: bigint): string {
  const text = scaled.toString().padStart(DECIMALS + 1, '0');
  return `${text.slice(0, -DECIMALS)}.${text.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
}
