// Balances as custody has them now, by wallet and by asset, with what custody says they are worth.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import { assetIdOf } from '../../domain/asset.ts';
import type { AccountId } from '../../domain/id.ts';
import { showCents, worthOf } from '../../domain/quote.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { findAccountWithWallets } from '../../store/accounts.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import { amountView, type BalancesView } from './schemas.ts';

/** One statement to D1, whatever the account holds. */
export async function readBalances(
  app: App,
  scope: Scope,
  accountId: AccountId,
): Promise<Result<z.infer<typeof BalancesView>>> {
  const found = await findAccountWithWallets(databaseFor(app, accountId), scope, accountId);
  if (found === undefined) return refuse({ code: 'not_found' });
  const read = await Promise.all(
    found.wallets.flatMap((wallet) =>
      wallet.status !== 'active'
        ? []
        : [
            app.custody.listBalances(wallet.custodyId).then((balances) => ({
              walletId: wallet.id,
              network: wallet.network,
              balances: balances.map(({ contract, units, usd }) => ({
                asset: assetIdOf(wallet.network, contract),
                units,
                usd,
              })),
            })),
          ],
    ),
  );
  const asOf = app.clock.now();
  const assets = read
    .flatMap(({ balances }) => balances)
    .sort((one, other) => (one.asset < other.asset ? -1 : 1))
    .map(({ asset, units, usd }) => ({
      ...amountView(asset, units),
      quote: usd === undefined ? null : { currency: 'USD' as const, price: String(usd), asOf },
      value: usd === undefined ? null : (worthOf(asset, units, usd) ?? null),
    }));
  const worth = assets.map(({ value }) => value);
  const isWhole = worth.every((value) => value !== null);
  const cents = worth.reduce((sum, value) => sum + BigInt((value ?? '0.00').replace('.', '')), 0n);
  return accept({
    accountId,
    asOf,
    assets,
    total: { currency: 'USD', value: showCents(cents), isWhole },
    wallets: read.map(({ walletId, network, balances }) => ({
      walletId,
      network,
      balances: balances.map(({ asset, units }) => amountView(asset, units)),
    })),
  });
}
