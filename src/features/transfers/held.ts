// Every wallet whose transfers are read at custody: the company's pool, and those of accounts.
import type { App } from '../../app/app.ts';
import type { AccountId, HotWalletId, WalletId } from '../../domain/id.ts';
import type { Network } from '../../domain/network.ts';
import { findWalletAfter } from '../../store/accounts.ts';
import { findHotWalletAfter } from '../../store/hot-wallets.ts';

export type Held = { readonly custodyId: string; readonly network: Network } & (
  | { readonly id: WalletId; readonly accountId: AccountId }
  | { readonly id: HotWalletId; readonly accountId: null }
);

/** The ids of accounts' wallets sort behind those of the pool. */
const FIRST_OF_ACCOUNTS = 'wal_';

/** The next one in the order of the ids; retired wallets of the pool too, which may have something under way. */
export async function findHeldAfter(app: App, id: string): Promise<Held | undefined> {
  const hot = id < FIRST_OF_ACCOUNTS ? await findHotWalletAfter(app.database, id) : undefined;
  if (hot !== undefined) return { id: hot.id, accountId: null, custodyId: hot.custodyId, network: hot.network };
  const wallet = await findWalletAfter(app.database, id);
  return wallet?.status === 'active' ? wallet : undefined;
}
