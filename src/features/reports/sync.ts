// Brings the confirmed history of a wallet into our books: each fact once, whatever event or sweep caused the reading.

import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import { assetIdOf, nativeOf } from '../../domain/asset.ts';
import type { CustodyMovement } from '../../domain/custody.ts';
import type { Movement } from '../../domain/movement.ts';
import type { Wallet } from '../../domain/wallet.ts';
import { SyncWallet } from '../../kit/messages.ts';
import { findWallet } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { listMovementsByHash, movementChange } from '../../store/movements.ts';

const PAGES_MAX = 50;
const MOVEMENTS_PER_COMMIT = 25;
const HASHES_PER_QUERY = 90;

export const syncWallet = consumer('events', SyncWallet, async (app, { walletId }, by) => {
  const wallet = await findWallet(app.database, walletId);
  if (wallet?.status !== 'active') return 'done';
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await app.custody.listMovements(wallet.custodyId, after);
    const fresh = await withoutKnown(app, wallet, items);
    if (!(await keep(app, by, wallet, fresh))) return 'again';
    // Custody lists the newest first: behind a page without news there is none. The order is not promised, so the first
    // page alone never ends the search.
    if (next === undefined || (pages > 0 && fresh.length === 0)) return 'done';
    after = next;
  }
  app.log.error('history.too_long', { walletId, pages: PAGES_MAX });
  return 'done';
});

const factOf = (movement: { direction: string; transactionHash: string; position: string }, asset: string): string =>
  [movement.transactionHash, movement.position, movement.direction, asset].join('|');

async function withoutKnown(app: App, wallet: Wallet, items: readonly CustodyMovement[]): Promise<CustodyMovement[]> {
  const database = databaseFor(app, wallet.accountId);
  const hashes = [...new Set(items.map(({ transactionHash }) => transactionHash))];
  const known = new Set<string>();
  for (let from = 0; from < hashes.length; from += HASHES_PER_QUERY) {
    const found = await listMovementsByHash(database, wallet.id, hashes.slice(from, from + HASHES_PER_QUERY));
    for (const movement of found) known.add(factOf(movement, movement.asset));
  }
  return items.filter((item) => !known.has(factOf(item, assetIdOf(wallet.network, item.contract))));
}

async function keep(app: App, by: Provenance, wallet: Wallet, fresh: readonly CustodyMovement[]): Promise<boolean> {
  for (let from = 0; from < fresh.length; from += MOVEMENTS_PER_COMMIT) {
    const changes = fresh
      .slice(from, from + MOVEMENTS_PER_COMMIT)
      .map((item) =>
        movementChange(
          undefined,
          toMovement(by, wallet, item),
          item.direction === 'in' ? 'movement.received' : 'movement.sent',
        ),
      );
    const committed = await commit(databaseFor(app, wallet.accountId), { by, changes });
    if (!committed.ok) return false;
  }
  return true;
}

const toMovement = (by: Provenance, wallet: Wallet, item: CustodyMovement): Movement => ({
  id: by.newId('mov'),
  version: 1,
  accountId: wallet.accountId,
  walletId: wallet.id,
  direction: item.direction,
  asset: assetIdOf(wallet.network, item.contract),
  units: item.units,
  feeAsset: nativeOf(wallet.network),
  // The receiver of a payment pays no fee for it.
  feeUnits: item.direction === 'out' ? item.feeUnits : 0n,
  from: item.from,
  to: item.to,
  transactionHash: item.transactionHash,
  position: item.position,
  at: item.at,
});
