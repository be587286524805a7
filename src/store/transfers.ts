// Transfers, the one way money leaves.
import { and, asc, desc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { AccountId, TransferId } from '../domain/id.ts';
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
