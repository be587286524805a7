// Brings the confirmed history of a wallet into our books: each fact once, whatever event or sweep caused the reading.
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { demandIdleReads } from '../../app/pace.ts';
import { showAmount } from '../../domain/amount.ts';
import { assetIdOf, nativeOf } from '../../domain/asset.ts';
import type { CustodyMovement } from '../../domain/custody.ts';
import { doubtOf, type Movement } from '../../domain/movement.ts';
import { isNewestFirst } from '../../domain/time.ts';
import type { Wallet } from '../../domain/wallet.ts';
import { depositsBooked, SyncWallet } from '../../kit/messages.ts';
import { findWallet } from '../../store/accounts.ts';
import { findKnownAddresses } from '../../store/address-facts.ts';
import { type Change, commit, type Message } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { listMovementsByHash, movementChange } from '../../store/movements.ts';
import { message } from '../../store/outbox.ts';

const PAGES_MAX = 200;
const MOVEMENTS_PER_COMMIT = 25;

export const syncWallet = consumer('events', SyncWallet, async (app, { walletId, isUrgent }, by) => {
  const wallet = await findWallet(app.database, walletId);
  if (wallet?.status !== 'active' && wallet?.status !== 'archived') return 'done';
  if (!isUrgent) await demandIdleReads(app);
  const read = await readBack(app, wallet);
  if (read === 'too long') return reportDropped(app, by, wallet);
  const fresh = toMovements(by, wallet, read.items).filter((movement) => !read.known.has(factOf(movement)));
  const judged = await withDoubts(app, wallet, oldestFirst(fresh), read.items);
  // Oldest first: what is booked never leaves a gap behind it, so a sync that breaks off is taken up where it ended.
  return (await keep(app, by, wallet, judged)) ? 'done' : 'again';
});

const oldestFirst = (movements: readonly Movement[]): Movement[] =>
  [...movements].reverse().sort((one, other) => Date.parse(one.at) - Date.parse(other.at));

interface Read {
  readonly items: readonly CustodyMovement[];
  /** The facts among them that our books held when their page was read; of two syncs at once one loses its commit. */
  readonly known: ReadonlySet<string>;
}

/**
 * Pages of the history until one brings nothing new. Its order is not promised, so the first alone never ends it, and the
 * others only where the list is seen to go back in time.
 */
async function readBack(app: App, wallet: Wallet<'active' | 'archived'>): Promise<Read | 'too long'> {
  const items: CustodyMovement[] = [];
  const known = new Set<string>();
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await app.custody.listMovements(wallet.custodyId, after);
    items.push(...page.items);
    const hashes = page.items.map(({ transactionHash }) => transactionHash);
    const booked = await listMovementsByHash(databaseFor(app, wallet.accountId), wallet.id, hashes);
    for (const movement of booked) known.add(factOf(movement));
    const bookedHashes = new Set(booked.map(({ transactionHash }) => transactionHash));
    const isBehind =
      pages > 0 && hashes.every((hash) => bookedHashes.has(hash)) && isNewestFirst(items.map(({ at }) => at));
    if (page.next === undefined || isBehind) return { items, known };
    after = page.next;
  }
  return 'too long';
}

async function reportDropped(app: App, by: Provenance, wallet: Wallet): Promise<Outcome> {
  const database = databaseFor(app, wallet.accountId);
  const detail = `More than ${PAGES_MAX} pages of history are not booked yet.`;
  const changes = await openIncident(database, by, {
    kind: 'movements_dropped',
    about: wallet.id,
    accountId: wallet.accountId,
    detail,
  });
  const committed = await commit(database, { by, changes });
  return committed.ok ? 'done' : 'again';
}

const factOf = ({ transactionHash, position, direction, asset }: Movement): string =>
  [transactionHash, position, direction, asset].join('|');

async function keep(app: App, by: Provenance, wallet: Wallet, fresh: readonly Movement[]): Promise<boolean> {
  for (let from = 0; from < fresh.length; from += MOVEMENTS_PER_COMMIT) {
    const slice = fresh.slice(from, from + MOVEMENTS_PER_COMMIT);
    const changes = slice.map((movement) => movementChange(undefined, movement, kindOf(movement)));
    const report = await reportLate(app, by, wallet, slice);
    const committed = await commit(databaseFor(app, wallet.accountId), {
      by,
      changes: [...changes, ...report],
      messages: announcementOf(wallet, slice),
    });
    if (!committed.ok) return false;
  }
  return true;
}

const kindOf = ({ direction, doubt }: Movement): string =>
  doubt === null ? (direction === 'in' ? 'movement.received' : 'movement.sent') : 'movement.doubted';

/** Judged in the order in which they came, so that a payment makes its sender known to what follows. */
async function withDoubts(
  app: App,
  wallet: Wallet,
  fresh: readonly Movement[],
  read: readonly CustodyMovement[],
): Promise<Movement[]> {
  if (fresh.length === 0) return [];
  const known = [...(await findKnownAddresses(databaseFor(app, wallet.accountId), wallet.accountId))];
  const verified = new Map(read.map(({ contract, isVerified }) => [assetIdOf(wallet.network, contract), isVerified]));
  return fresh.map((movement) => {
    const doubt = doubtOf(movement, verified.get(movement.asset), known);
    const address = movement.direction === 'in' ? movement.from : movement.to;
    if (doubt === null) known.push({ address, what: 'counterparty' });
    return { ...movement, doubt };
  });
}

/** Schedules may wait for a deposit: they hear of it by the very commit that books it. */
function announcementOf({ id: walletId, accountId, status }: Wallet, fresh: readonly Movement[]): Message[] {
  const received = fresh.filter(({ direction }) => direction === 'in');
  if (status !== 'active' || received.length === 0) return [];
  const hashes = [...new Set(received.map(({ transactionHash }) => transactionHash))];
  return [message('events', depositsBooked({ accountId, walletId, hashes }))];
}

/** Money that came to a closed account: nobody would look for it there. */
async function reportLate(app: App, by: Provenance, wallet: Wallet, fresh: readonly Movement[]): Promise<Change[]> {
  const received = fresh.filter(({ direction }) => direction === 'in');
  if (wallet.status !== 'archived' || received.length === 0) return [];
  const amounts = received.map(
    ({ asset, units, transactionHash }) => `${showAmount(asset, units)} of ${asset} by ${transactionHash}`,
  );
  return openIncident(databaseFor(app, wallet.accountId), by, {
    kind: 'deposit_after_close',
    about: wallet.id,
    accountId: wallet.accountId,
    detail: `Money came to a wallet of a closed account: ${amounts.join('; ')}`,
  });
}

/**
 * Two equal entries of one transaction are two facts: where custody names no place in it, the second is told apart by its
 * number. The network takes one fee for a transaction, so the first outgoing entry carries it.
 */
function toMovements(by: Provenance, wallet: Wallet, items: readonly CustodyMovement[]): Movement[] {
  const seen = new Map<string, number>();
  const charged = new Set<string>();
  return items.map((item) => {
    const movement = toMovement(by, wallet, item);
    const repeats = seen.get(factOf(movement)) ?? 0;
    seen.set(factOf(movement), repeats + 1);
    const isCharged = item.direction === 'out' && !charged.has(item.transactionHash);
    if (isCharged) charged.add(item.transactionHash);
    return {
      ...movement,
      position: repeats === 0 ? movement.position : `${movement.position}#${repeats + 1}`,
      feeUnits: isCharged ? item.feeUnits : 0n,
    };
  });
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
  feeUnits: 0n,
  from: item.from,
  to: item.to,
  transactionHash: item.transactionHash,
  position: item.position,
  at: item.at,
  doubt: null,
});
