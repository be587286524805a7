// Transfers, the one way money leaves.
import { and, asc, desc, eq, gte, inArray, lte, type SQL, sql } from 'drizzle-orm';
import type { AccountId, TransferId, WalletId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { transfers } from './schema.ts';

const toTransfer = (row: typeof transfers.$inferSelect): Transfer => ({
  ...fromRow<Transfer>(row),
  units: BigInt(row.units),
});

export async function findTransfer(database: Database, scope: Scope, id: TransferId): Promise<Transfer | undefined> {
  const row = await database
    .select()
    .from(transfers)
    .where(and(within(scope, transfers.accountId), eq(transfers.id, id)))
    .get();
  return row && toTransfer(row);
}

export async function findTransferByExternalId(database: Database, externalId: string): Promise<Transfer | undefined> {
  const row = await database.select().from(transfers).where(eq(transfers.externalId, externalId)).get();
  return row && toTransfer(row);
}

/** Newest first; of one account, or of all for staff. */
export async function listTransfers(
  database: Database,
  filter: { accountId?: AccountId | undefined },
  page: { before?: string | undefined; limit: number },
): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(
      and(
        filter.accountId === undefined ? undefined : eq(transfers.accountId, filter.accountId),
        olderThan(transfers.id, page.before),
      ),
    )
    .orderBy(desc(transfers.id))
    .limit(page.limit)
    .all();
  return rows.map(toTransfer);
}

// Word for word the condition of the index `transfers_due`: bound values would hide from the planner that it applies.
const isOpen = sql`${transfers.status} IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast')`;

/** Not at an end, and their next step is due. */
export async function listTransfersDue(database: Database, at: Timestamp, limit: number): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(and(isOpen, lte(transfers.nextAttemptAt, at)))
    .orderBy(asc(transfers.nextAttemptAt))
    .limit(limit)
    .all();
  return rows.map(toTransfer);
}

export const transferChange = changesOf<Transfer>(transfers, 'transfer', ({ accountId }) => accountId);

/** Those that made these transactions: at most 90 hashes a call, D1 binds 100 parameters. */
export async function listTransfersByHash(
  database: Database,
  accountId: AccountId,
  hashes: readonly string[],
): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(and(eq(transfers.accountId, accountId), inArray(transfers.transactionHash, [...hashes])))
    .all();
  return rows.map(toTransfer);
}

// Word for word the condition of the index `transfers_wallet`.
const isUnsettled = sql`${transfers.status} IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review')`;

/** Of a wallet, what may leave it or has left it without being confirmed. */
export async function listTransfersInFlight(
  database: Database,
  walletId: WalletId,
  limit: number,
): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(and(eq(transfers.walletId, walletId), isUnsettled))
    .orderBy(desc(transfers.id))
    .limit(limit)
    .all();
  return rows.map(toTransfer);
}

/** Nothing of the wallet is under way at the instant of the commit. */
export const nothingInFlight = (walletId: WalletId): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.walletId} = ${walletId} AND ${isUnsettled})`;

/** Transfers of a wallet made since then, the newest first. */
export async function listTransfersSince(
  database: Database,
  walletId: WalletId,
  since: Timestamp,
  limit: number,
): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(and(eq(transfers.walletId, walletId), gte(transfers.createdAt, since)))
    .orderBy(desc(transfers.createdAt))
    .limit(limit)
    .all();
  return rows.map(toTransfer);
}
