// The statement of a period: what our books of custody's history say, the rules in force at its end, and whether the books
// agree with what custody holds. A difference is shown, never smoothed over.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import { showAddress } from '../../domain/address.ts';
import { showAmount } from '../../domain/amount.ts';
import { type AssetId, assetIdOf } from '../../domain/asset.ts';
import type { AccountId } from '../../domain/id.ts';
import type { Movement } from '../../domain/movement.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { addMovement, type Holdings, makeStatement, type Statement } from '../../domain/statement.ts';
import { type Timestamp, timestamp } from '../../domain/time.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { signStatement } from '../../kit/statement-code.ts';
import { findAccount, listWallets } from '../../store/accounts.ts';
import { type Database, databaseFor, type Scope } from '../../store/database.ts';
import { listDestinations } from '../../store/destinations.ts';
import { listMovementsAfter } from '../../store/movements.ts';
import { listTransfersByHash } from '../../store/transfers.ts';
import { readRestrictions } from './restrictions.ts';
import { amountView, type StatementView } from './schemas.ts';

const MOVEMENTS_PER_QUERY = 5_000;
/** So many an account has in all; from here on its books are read in more than one answer, which is not built yet. */
const MOVEMENTS_MAX = 200_000;
const LINES_MAX = 5_000;
const DESTINATIONS_MAX = 200;
const HASHES_PER_QUERY = 90;

interface Period {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export async function readStatement(
  app: App,
  scope: Scope,
  accountId: AccountId,
  { from, to }: Period,
): Promise<Result<z.infer<typeof StatementView>>> {
  if (from >= to) return refuse({ code: 'period_invalid', reason: '`from` lies before `to`.' });
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const madeAt = app.clock.now();
  const books = await readBooks(database, accountId, { from, to });
  if (!books.ok) return books;
  const { statement, now } = books.value;
  const transfers = await transfersOf(app, accountId, statement.lines);
  const destinations = await listDestinations(database, scope, accountId, { limit: DESTINATIONS_MAX });
  const labels = new Map(destinations.map(({ id, label }) => [id, label]));
  const rules = await rulesAt(app, scope, account, to <= madeAt ? timestamp(Date.parse(to) - 1) : madeAt);
  if (!rules.ok) return rules;
  const data = {
    from,
    to,
    accountId,
    madeAt,
    ...(await reconciled(app, scope, accountId, statement, now)),
    lines: statement.lines.map((line) => viewLine(line, transfers.get(line.transactionHash), labels)),
    rules: rules.value,
  };
  return accept({ ...data, verification: await signStatement(app.config, data) });
}

/** The last instant of the period counts, not the first behind it. Before the account was opened there were no rules. */
async function rulesAt(
  app: App,
  scope: Scope,
  account: { readonly id: AccountId; readonly createdAt: Timestamp },
  last: Timestamp,
): Promise<Result<z.infer<typeof StatementView>['rules']>> {
  return last < account.createdAt ? accept(null) : readRestrictions(app, scope, account.id, last);
}

/** The whole of the books in slices: what lies before and behind the period is added up and let go. */
async function readBooks(
  database: Database,
  accountId: AccountId,
  period: Period,
): Promise<Result<{ readonly statement: Statement; readonly now: Holdings }>> {
  let [carried, since]: Holdings[] = [new Map(), new Map()];
  const lines: Movement[] = [];
  let last: Movement | undefined;
  for (let read = 0; read < MOVEMENTS_MAX; read += MOVEMENTS_PER_QUERY) {
    const slice = await listMovementsAfter(database, accountId, last, MOVEMENTS_PER_QUERY);
    carried = slice.filter(({ at }) => at < period.from).reduce(addMovement, carried ?? new Map());
    since = slice.filter(({ at }) => at >= period.to).reduce(addMovement, since ?? new Map());
    lines.push(...slice.filter(({ at }) => at >= period.from && at < period.to));
    if (lines.length > LINES_MAX) return refuse({ code: 'history_too_long', rowsMax: LINES_MAX });
    last = slice.at(-1);
    if (slice.length < MOVEMENTS_PER_QUERY) {
      const statement = makeStatement(lines, period, carried);
      return accept({
        statement,
        now: sumOf(since, new Map(statement.assets.map(({ asset, closing }) => [asset, closing]))),
      });
    }
  }
  return refuse({ code: 'history_too_long', rowsMax: MOVEMENTS_MAX });
}

const sumOf = (one: Holdings, other: Holdings): Holdings =>
  new Map([...one, ...other].map(([asset]) => [asset, (one.get(asset) ?? 0n) + (other.get(asset) ?? 0n)]));

/** What custody holds now beside what our books say it holds now; every asset that either knows. */
async function reconciled(app: App, scope: Scope, accountId: AccountId, { assets }: Statement, now: Holdings) {
  const held = await readHeld(app, scope, accountId);
  const stated = new Map(assets.map((row) => [row.asset, row]));
  const known = [...new Set([...stated.keys(), ...now.keys(), ...held.keys()])].sort();
  const rows = known.map((asset) => {
    const row = stated.get(asset);
    const amount = (name: 'opening' | 'received' | 'sent' | 'fees' | 'closing') => (row?.[name] ?? 0n).toString();
    return {
      asset,
      opening: amount('opening'),
      received: amount('received'),
      sent: amount('sent'),
      fees: amount('fees'),
      closing: amount('closing'),
      formatted: showAmount(asset, row?.closing ?? 0n),
      difference: ((held.get(asset) ?? 0n) - (now.get(asset) ?? 0n)).toString(),
    };
  });
  const isReconciled = rows.every(({ difference }) => difference === '0');
  return { assets: rows, reconciliation: { checkedAt: app.clock.now(), isReconciled } };
}

async function readHeld(app: App, scope: Scope, accountId: AccountId): Promise<Holdings> {
  const held = new Map<AssetId, bigint>();
  for (const wallet of await listWallets(databaseFor(app, accountId), scope, accountId)) {
    if (wallet.status !== 'active' && wallet.status !== 'archived') continue;
    for (const { contract, units } of await app.custody.listBalances(wallet.custodyId))
      held.set(assetIdOf(wallet.network, contract), units);
  }
  return held;
}

async function transfersOf(app: App, accountId: AccountId, lines: readonly Movement[]): Promise<Map<string, Transfer>> {
  const hashes = [
    ...new Set(lines.filter(({ direction }) => direction === 'out').map(({ transactionHash }) => transactionHash)),
  ];
  const found = new Map<string, Transfer>();
  for (let from = 0; from < hashes.length; from += HASHES_PER_QUERY) {
    const transfers = await listTransfersByHash(
      databaseFor(app, accountId),
      accountId,
      hashes.slice(from, from + HASHES_PER_QUERY),
    );
    for (const transfer of transfers)
      if (transfer.transactionHash !== null) found.set(transfer.transactionHash, transfer);
  }
  return found;
}

function viewLine(line: Movement, transfer: Transfer | undefined, labels: ReadonlyMap<string, string>) {
  const ours = line.direction === 'out' ? transfer : undefined;
  return {
    id: line.id,
    at: line.at,
    direction: line.direction,
    amount: amountView(line.asset, line.units),
    fee: line.feeUnits > 0n ? amountView(line.feeAsset, line.feeUnits) : null,
    from: showAddress(line.from),
    to: showAddress(line.to),
    transactionHash: line.transactionHash,
    transferId: ours?.id ?? null,
    orderId: ours?.orderId ?? null,
    destination: labels.get(ours?.destinationId ?? '') ?? null,
    doubt: line.doubt,
  };
}
