// Closing an account: only what is empty and at rest. At custody nothing changes, so that what arrives later is still held in.

import type { App } from '../../app/app.ts';
import { retryConflict } from '../../app/retry.ts';
import { close } from '../../domain/account.ts';
import { assetIdOf } from '../../domain/asset.ts';
import type { AccountId } from '../../domain/id.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { archiveWallet, type Wallet } from '../../domain/wallet.ts';
import { accountChange, findAccountWithWallets, walletChange } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { hasNoOpenWork, listOpenWork } from '../../store/open-work.ts';
import type { AccountWithWallets } from './service.ts';

type Keep = (closed: AccountWithWallets) => readonly Once[];
const REASONS_OF_A_KIND_MAX = 20;

export const closeAccount = (
  app: App,
  by: Provenance,
  of: { scope: Scope; accountId: AccountId },
  keep: Keep,
): Promise<Result<AccountWithWallets>> => retryConflict(() => closeOnce(app, by, of, keep));

async function closeOnce(
  app: App,
  by: Provenance,
  { scope, accountId }: { scope: Scope; accountId: AccountId },
  keep: Keep,
): Promise<Result<AccountWithWallets>> {
  const database = databaseFor(app, accountId);
  const found = await findAccountWithWallets(database, scope, accountId);
  if (found === undefined) return refuse({ code: 'not_found' });
  const { account } = found;
  if (account.status !== 'active') return refuse({ code: 'account_not_active', found: account.status });
  const reasons = [
    ...(await listOpenWork(database, accountId, REASONS_OF_A_KIND_MAX)),
    ...(await Promise.all(found.wallets.map((wallet) => balancesOf(app, wallet)))).flat(),
  ];
  if (reasons.length > 0) return refuse({ code: 'account_in_use', reasons });
  const closed = close(account, by.at);
  const wallets = found.wallets.map((wallet) => (wallet.status === 'active' ? archiveWallet(wallet) : wallet));
  const committed = await commit(database, {
    by,
    changes: [
      accountChange(account, closed),
      ...found.wallets.flatMap((before) =>
        before.status === 'active' ? [walletChange(before, archiveWallet(before))] : [],
      ),
    ],
    // What began since it was read is named when it is read again.
    requires: [{ holds: hasNoOpenWork(accountId), refusal: { code: 'version_conflict' } }],
    once: keep({ account: closed, wallets }),
  });
  return committed.ok ? accept({ account: closed, wallets }) : committed;
}

/** As custody has them now, of every wallet that was made, also one whose address was never shown. */
async function balancesOf(app: App, { id, network, custodyId }: Wallet) {
  if (custodyId === null) return [];
  const balances = await app.custody.listBalances(custodyId);
  return balances
    .filter(({ units }) => units > 0n)
    .map(({ contract, units }) => ({
      reason: 'balance',
      id,
      asset: assetIdOf(network, contract),
      units: units.toString(),
    }));
}
