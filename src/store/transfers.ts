// Transfers, the one way money leaves.
import { and, asc, desc, eq, gte, inArray, lte, ne, type SQL, sql } from 'drizzle-orm';
import type { AccountId, HotWalletId, TransferId, WalletId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import { type Database, newerThan, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { transfers } from './schema.ts';

export const toTransfer = (row: typeof transfers.$inferSelect): Transfer => ({
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

export async function findTransferByCustodyId(database: Database, custodyId: string): Promise<Transfer | undefined> {
  const row = await database.select().from(transfers).where(eq(transfers.custodyId, custodyId)).get();
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

// Word for word the conditions of the indexes: bound values would hide from the planner that they apply.
const isToSend = sql`${transfers.status} IN ('prepared', 'submitting')`;
const isToRead = sql`${transfers.status} IN ('submitted', 'awaiting_approval', 'broadcast')`;
const isInFlight = sql`${transfers.status} IN ('submitting', 'submitted')`;
const isUnsettled = sql`${transfers.status} IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review')`;
const isPrepared = sql`${transfers.status} = 'prepared'`;

const isStoppable = sql`${transfers.status} IN ('submitting', 'submitted', 'awaiting_approval')`;

/** Those that custody may have and has not sent, of one account or of all, payouts too, in the order of their ids. */
export async function listTransfersStoppable(
  database: Database,
  { accountId, after }: { accountId: AccountId | null; after: TransferId | null },
  limit: number,
): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(
      and(
        isStoppable,
        accountId === null ? undefined : eq(transfers.accountId, accountId),
        newerThan(transfers.id, after ?? undefined),
      ),
    )
    .orderBy(asc(transfers.id))
    .limit(limit)
    .all();
  return rows.map(toTransfer);
}

export async function listTransfersByIds(database: Database, ids: readonly TransferId[]): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(inArray(transfers.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`))
    .all();
  return rows.map(toTransfer);
}

const { walletId } = transfers;
const otherOfWallet = (where: SQL): SQL => sql`NOT EXISTS (SELECT 1 FROM transfers AS other
  WHERE other.wallet_id = ${walletId} AND ${where})`;
/** Only the first of a wallet that nothing holds: of thousands that wait behind it, none takes another wallet's place. */
const isInTurn = and(
  otherOfWallet(sql`other.status = 'prepared' AND other.id < ${transfers.id}`),
  otherOfWallet(sql`other.status IN ('submitting', 'submitted')`),
);

/** Custody is to be asked for them, and the time has come. */
export const listTransfersToSend = (database: Database, at: Timestamp, limit: number): Promise<Transfer[]> =>
  listDue(database, sql`${isToSend} AND (${transfers.status} = 'submitting' OR (${isInTurn}))`, at, limit);

/** Their hour has passed while they waited, in turn or not: they are not sent any more. */
export const listTransfersTooLate = (database: Database, at: Timestamp, limit: number): Promise<Transfer[]> =>
  listDue(
    database,
    sql`${isToSend} AND ${isPrepared}
      AND EXISTS (SELECT 1 FROM orders WHERE orders.id = ${transfers.orderId} AND orders.not_after < ${at})`,
    at,
    limit,
  );

/** Custody has them, and is to be asked again how they stand. */
export const listTransfersToRead = (database: Database, at: Timestamp, limit: number): Promise<Transfer[]> =>
  listDue(database, isToRead, at, limit);

async function listDue(database: Database, isDue: SQL, at: Timestamp, limit: number): Promise<Transfer[]> {
  const rows = await database
    .select()
    .from(transfers)
    .where(and(isDue, lte(transfers.nextAttemptAt, at)))
    .orderBy(asc(transfers.nextAttemptAt))
    .limit(limit)
    .all();
  return rows.map(toTransfer);
}

/** What goes before this one from the same wallet: one under way, or one that was prepared earlier. */
export async function findTransferAhead(
  database: Database,
  { walletId, id }: Pick<Transfer, 'walletId' | 'id'>,
): Promise<TransferId | undefined> {
  const inFlight = await database
    .select({ id: transfers.id })
    .from(transfers)
    .where(and(eq(transfers.walletId, walletId), isInFlight))
    .get();
  if (inFlight !== undefined) return inFlight.id;
  const first = await findFirstInTurn(database, walletId);
  return first === id ? undefined : first;
}

/** The one of this wallet that was prepared first and waits still; `besides` names one that does not count. */
export async function findFirstInTurn(
  database: Database,
  walletId: WalletId | HotWalletId,
  besides?: TransferId,
): Promise<TransferId | undefined> {
  const isOther = besides === undefined ? undefined : ne(transfers.id, besides);
  const row = await database
    .select({ id: transfers.id })
    .from(transfers)
    .where(and(eq(transfers.walletId, walletId), isPrepared, isOther))
    .orderBy(asc(transfers.id))
    .get();
  return row?.id;
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

/** In this status since before then, by the journal, and nobody was told of it yet. */
export async function listSlowTransfers(
  database: Database,
  status: string,
  before: Timestamp,
  limit: number,
): Promise<Transfer[]> {
  const entered = sql`FROM journal WHERE subject_id = ${transfers.id} AND kind = ${`transfer.${status}`}`;
  const isFresh = sql`EXISTS (SELECT 1 ${entered} AND at > ${before})`;
  // What a person resolved was about an earlier status, or is told of.
  const isTold = sql`EXISTS (SELECT 1 FROM incidents WHERE kind = 'transfer_slow' AND about = ${transfers.id}
    AND (status <> 'resolved' OR created_at > coalesce((SELECT max(at) ${entered}), '')))`;
  const rows = await database
    .select()
    .from(transfers)
    .where(
      and(
        isUnsettled,
        sql`${transfers.status} = ${status}`,
        lte(transfers.createdAt, before),
        sql`NOT ${isFresh}`,
        sql`NOT ${isTold}`,
      ),
    )
    .orderBy(asc(transfers.createdAt))
    .limit(limit)
    .all();
  return rows.map(toTransfer);
}

/** Which of these at custody are ours, by the id there or by our own. */
export async function listKnownTransfers(
  database: Database,
  custodyIds: readonly string[],
  externalIds: readonly string[],
): Promise<{ custodyId: string | null; externalId: string }[]> {
  const columns = { custodyId: transfers.custodyId, externalId: transfers.externalId };
  const listed = (texts: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(texts)}))`;
  const [byTheirs, byOurs] = await database.batch([
    database
      .select(columns)
      .from(transfers)
      .where(inArray(transfers.custodyId, listed(custodyIds))),
    database
      .select(columns)
      .from(transfers)
      .where(inArray(transfers.externalId, listed(externalIds))),
  ]);
  return [...byTheirs, ...byOurs];
}

/** Of a wallet, what may leave it or has left it without being confirmed. */
export async function listTransfersInFlight(
  database: Database,
  walletId: WalletId | HotWalletId,
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

/** The one that holds the lane of its wallet: handed over, and not sent to its network yet. */
export async function findTransferAtLane(
  database: Database,
  walletId: WalletId | HotWalletId,
): Promise<Transfer | undefined> {
  const row = await database
    .select()
    .from(transfers)
    .where(and(eq(transfers.walletId, walletId), sql`${transfers.status} IN ('submitting', 'submitted')`))
    .get();
  return row && toTransfer(row);
}

/** Nothing of the wallet is under way at the instant of the commit. */
export const nothingInFlight = (walletId: WalletId | HotWalletId): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.walletId} = ${walletId} AND ${isUnsettled})`;

/** Nothing holds the lane of the wallet, and nothing of it is under way but these, at the instant of the commit. */
export const onlyTheseInFlight = (walletId: WalletId | HotWalletId, ids: readonly TransferId[]): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.walletId} = ${walletId} AND ${isUnsettled}
    AND (${isInFlight} OR ${transfers.id} NOT IN (SELECT value FROM json_each(${JSON.stringify(ids)}))))`;

/** No other transfer of the same owner went out by this transaction, at the instant of the commit. */
export const hashIsOfNoOther = ({ id, accountId }: Transfer, hash: string): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.accountId} IS ${accountId}
    AND ${transfers.transactionHash} = ${hash} AND ${transfers.id} <> ${id})`;

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
