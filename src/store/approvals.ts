// What of ours explains an approval at custody: the change of a list or the transfer that waits for it, and who asked.
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Account } from '../domain/account.ts';
import type { Destination } from '../domain/destination.ts';
import type { AccountId, BatchId, OrderId, ScheduleId } from '../domain/id.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import type { OrderTransfer, PayoutTransfer } from '../domain/transfer.ts';
import type { Database } from './database.ts';
import type { JournalRow } from './journal.ts';
import { fromRow } from './records.ts';
import {
  accounts,
  destinations,
  journal,
  orders,
  payoutBatches,
  payouts,
  policyChanges,
  transfers,
  wallets,
} from './schema.ts';

export interface ChangeAsked {
  readonly kind: 'change';
  readonly change: PolicyChange;
  readonly destination: Destination;
  readonly account: Account;
}
export interface TransferAsked {
  readonly kind: 'transfer';
  readonly transfer: OrderTransfer;
  readonly destination: Destination;
  readonly account: Account;
  /** What asked for it: a schedule, or an order that was asked for by itself. */
  readonly wishId: ScheduleId | OrderId;
}

/** A row of a payout batch that waits for a person. */
export interface PayoutAsked {
  readonly kind: 'payout';
  readonly transfer: PayoutTransfer;
  readonly line: number;
  readonly address: string;
  readonly network: string;
  readonly batch: string;
  readonly wishId: BatchId;
}

type Joined = {
  readonly destination: typeof destinations.$inferSelect;
  readonly account: typeof accounts.$inferSelect;
};
const together = ({ destination, account }: Joined) => ({
  destination: fromRow<Destination>(destination),
  account: fromRow<Account>(account),
});

const selectChanges = (database: Database) =>
  database
    .select({ change: policyChanges, destination: destinations, account: accounts })
    .from(policyChanges)
    .innerJoin(destinations, eq(destinations.id, policyChanges.destinationId))
    .innerJoin(accounts, eq(accounts.id, policyChanges.accountId));
const toChangeAsked = (row: Joined & { readonly change: typeof policyChanges.$inferSelect }): ChangeAsked => ({
  kind: 'change',
  change: fromRow<PolicyChange>(row.change),
  ...together(row),
});

const selectTransfers = (database: Database) =>
  database
    .select({
      transfer: transfers,
      destination: destinations,
      account: accounts,
      orderId: orders.id,
      scheduleId: orders.scheduleId,
    })
    .from(transfers)
    .innerJoin(destinations, eq(destinations.id, transfers.destinationId))
    .innerJoin(accounts, eq(accounts.id, transfers.accountId))
    .innerJoin(orders, eq(orders.id, transfers.orderId));
const toTransferAsked = (
  row: Joined & {
    readonly transfer: typeof transfers.$inferSelect;
    readonly orderId: OrderId;
    readonly scheduleId: ScheduleId | null;
  },
): TransferAsked => ({
  kind: 'transfer',
  transfer: { ...fromRow<OrderTransfer>(row.transfer), units: BigInt(row.transfer.units) },
  wishId: row.scheduleId ?? row.orderId,
  ...together(row),
});

/** Changes that wait for an officer, longest waiting first. */
export async function listChangesAsked(database: Database, limit: number): Promise<ChangeAsked[]> {
  const rows = await selectChanges(database)
    .where(eq(policyChanges.status, 'submitted'))
    .orderBy(asc(policyChanges.nextLookAt))
    .limit(limit)
    .all();
  return rows.map(toChangeAsked);
}

// Word for word the conditions of the partial indexes: bound values would hide from the planner that they apply.
const isInFlight = sql`${policyChanges.status} IN ('submitting', 'submitted')`;
const isOpen = sql`${transfers.status} IN ('submitted', 'awaiting_approval', 'broadcast')`;

/** The change in flight of each policy: at most 90 policies a call, D1 binds 100 parameters. */
export async function listChangesInFlight(database: Database, policyIds: readonly string[]): Promise<ChangeAsked[]> {
  const rows = await selectChanges(database)
    .where(and(isInFlight, inArray(policyChanges.policyId, [...policyIds])))
    .all();
  return rows.map(toChangeAsked);
}

/** The change of an account that an approval was about, also when it is settled. */
export async function findChangeByApproval(
  database: Database,
  of: { accountId: AccountId; approvalId: string },
): Promise<ChangeAsked | undefined> {
  const row = await selectChanges(database)
    .where(
      and(
        eq(policyChanges.accountId, of.accountId),
        eq(sql`json_extract(${policyChanges.facts}, '$.approvalId')`, of.approvalId),
      ),
    )
    .get();
  return row && toChangeAsked(row);
}

/** Transfers that wait for a person at custody. */
export async function listTransfersAsked(database: Database, limit: number): Promise<TransferAsked[]> {
  const rows = await selectTransfers(database)
    .where(and(isOpen, eq(transfers.status, 'awaiting_approval')))
    .orderBy(asc(transfers.nextAttemptAt))
    .limit(limit)
    .all();
  return rows.map(toTransferAsked);
}

/** At most 90 a call. */
export async function listTransfersByExternalId(
  database: Database,
  externalIds: readonly string[],
): Promise<TransferAsked[]> {
  const rows = await selectTransfers(database)
    .where(inArray(transfers.externalId, [...externalIds]))
    .all();
  return rows.map(toTransferAsked);
}

/** At most 90 a call. */
export async function listPayoutsByExternalId(
  database: Database,
  externalIds: readonly string[],
): Promise<PayoutAsked[]> {
  const rows = await database
    .select({ transfer: transfers, payout: payouts, batch: payoutBatches.label })
    .from(transfers)
    .innerJoin(payouts, eq(payouts.id, transfers.payoutId))
    .innerJoin(payoutBatches, eq(payoutBatches.id, payouts.batchId))
    .where(inArray(transfers.externalId, [...externalIds]))
    .all();
  return rows.map(({ transfer, payout: { line, address, network, batchId: wishId }, batch }) => ({
    kind: 'payout',
    transfer: { ...fromRow<PayoutTransfer>(transfer), units: BigInt(transfer.units) },
    ...{ line, address, network, batch, wishId },
  }));
}

/** Whose approved lists these are: at most 90 a call. */
export async function listAccountsByPolicy(
  database: Database,
  policyIds: readonly string[],
): Promise<{ id: AccountId; policyId: string | null }[]> {
  return database
    .select({ id: accounts.id, policyId: accounts.policyId })
    .from(accounts)
    .where(inArray(accounts.policyId, [...policyIds]))
    .all();
}

/** Whose wallets at custody these are: at most 90 a call. */
export async function listAccountsByWallet(
  database: Database,
  custodyIds: readonly string[],
): Promise<{ accountId: AccountId; custodyId: string | null }[]> {
  return database
    .select({ accountId: wallets.accountId, custodyId: wallets.custodyId })
    .from(wallets)
    .where(inArray(wallets.custodyId, [...custodyIds]))
    .all();
}

/** The entries with which records began, and so who made them: at most 90 a call. */
export async function listFirstEntries(database: Database, subjectIds: readonly string[]): Promise<JournalRow[]> {
  return database
    .select()
    .from(journal)
    .where(and(inArray(journal.subjectId, [...subjectIds]), eq(journal.version, 1)))
    .all();
}
