// Balances as custody has them now, and the statement of a period from our books of its history.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import { showAddress } from '../../domain/address.ts';
import { showAmount } from '../../domain/amount.ts';
import { assetIdOf } from '../../domain/asset.ts';
import type { AccountId } from '../../domain/id.ts';
import type { Movement } from '../../domain/movement.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { makeStatement } from '../../domain/statement.ts';
import type { Timestamp } from '../../domain/time.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { findAccount, listWallets } from '../../store/accounts.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import { listDestinations } from '../../store/destinations.ts';
import { listMovementsBefore } from '../../store/movements.ts';
import { listTransfersByHash } from '../../store/transfers.ts';
import { amountView, type BalancesView, type StatementView } from './schemas.ts';

export async function readBalances(
  app: App,
  scope: Scope,
  accountId: AccountId,
): Promise<Result<z.infer<typeof BalancesView>>> {
  const account = await findAccount(databaseFor(app, accountId), scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const wallets = await listWallets(databaseFor(app, accountId), scope, accountId);
  const read = await Promise.all(
    wallets.flatMap((wallet) =>
      wallet.status !== 'active'
        ? []
        : [
            app.custody.listBalances(wallet.custodyId).then((balances) => ({
              walletId: wallet.id,
              network: wallet.network,
              balances: balances.map(({ contract, units }) => amountView(assetIdOf(wallet.network, contract), units)),
            })),
          ],
    ),
  );
  return accept({ accountId, asOf: app.clock.now(), wallets: read });
}

const MOVEMENTS_MAX = 10_000;
const LINES_MAX = 1_000;
const DESTINATIONS_MAX = 200;
const HASHES_PER_QUERY = 90;

export async function readStatement(
  app: App,
  scope: Scope,
  accountId: AccountId,
  period: { from: Timestamp; to: Timestamp },
): Promise<Result<z.infer<typeof StatementView>>> {
  if (period.from >= period.to) return refuse({ code: 'period_invalid', reason: '`from` lies before `to`.' });
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const movements = await listMovementsBefore(database, accountId, period.to, MOVEMENTS_MAX + 1);
  const statement = makeStatement(movements, period);
  if (movements.length > MOVEMENTS_MAX) return refuse({ code: 'history_too_long', rowsMax: MOVEMENTS_MAX });
  if (statement.lines.length > LINES_MAX) return refuse({ code: 'history_too_long', rowsMax: LINES_MAX });
  const transfers = await transfersOf(app, accountId, statement.lines);
  const destinations = await listDestinations(database, scope, accountId, { limit: DESTINATIONS_MAX });
  const labels = new Map(destinations.map(({ id, label }) => [id, label]));
  return accept({
    ...period,
    accountId,
    madeAt: app.clock.now(),
    assets: statement.assets.map(({ asset, opening, received, sent, fees, closing }) => ({
      asset,
      opening: opening.toString(),
      received: received.toString(),
      sent: sent.toString(),
      fees: fees.toString(),
      closing: closing.toString(),
      formatted: showAmount(asset, closing),
    })),
    lines: statement.lines.map((line) => viewLine(line, transfers.get(line.transactionHash), labels)),
  });
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
    destination: (ours?.destinationId && labels.get(ours.destinationId)) || null,
  };
}
