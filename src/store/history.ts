// Records of an account as they were at a past instant, put together again from the journal: each entry holds what changed.
// The records of the account lead to their entries, so what is read grows with the account's own history alone.
import { and, eq, getTableColumns, isNull, lte, or, type SQL } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Account } from '../domain/account.ts';
import type { Destination } from '../domain/destination.ts';
import type { Halt } from '../domain/halt.ts';
import type { AccountId } from '../domain/id.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import type { Timestamp } from '../domain/time.ts';
import { readDailyLimits } from './accounts.ts';
import type { Database } from './database.ts';
import type { JournalRow } from './journal.ts';
import { readLimits } from './mandates.ts';
import { accounts, destinations, halts, journal, mandates, policyChanges } from './schema.ts';

/** Entries of one kind of record that one answer may be made of. */
export const ENTRIES_MAX = 5000;

type RecordTable = SQLiteTable & { readonly id: SQLiteColumn };

const entriesOf = (database: Database, table: RecordTable, belongs: SQL | undefined, at: Timestamp) =>
  database
    .select({ entry: journal })
    .from(table)
    .innerJoin(journal, eq(journal.subjectId, table.id))
    .where(and(belongs, lte(journal.at, at)))
    .limit(ENTRIES_MAX + 1);

export interface RecordsAsOf {
  readonly account: Account | undefined;
  /** All that had been made by then, in any status, newest first. */
  readonly destinations: readonly Destination[];
  readonly changes: readonly PolicyChange[];
  readonly mandates: readonly Mandate[];
  readonly halts: readonly Halt[];
}

/** In one round trip; undefined when the history is too long for one answer. */
export async function findRecordsAsOf(
  database: Database,
  accountId: AccountId,
  at: Timestamp,
): Promise<RecordsAsOf | undefined> {
  const answers = await database.batch([
    entriesOf(database, accounts, eq(accounts.id, accountId), at),
    entriesOf(database, destinations, eq(destinations.accountId, accountId), at),
    entriesOf(database, policyChanges, eq(policyChanges.accountId, accountId), at),
    entriesOf(database, mandates, eq(mandates.accountId, accountId), at),
    // A halt of all belongs to no account.
    entriesOf(database, halts, or(eq(halts.accountId, accountId), isNull(halts.accountId)), at),
  ]);
  if (answers.some((rows) => rows.length > ENTRIES_MAX)) return undefined;
  const [own, asked, changed, granted, halted] = answers.map((rows) => rows.map(({ entry }) => entry));
  return {
    account: fold<typeof accounts.$inferSelect>(accounts, own).map((row) =>
      asRecord<Account>({ ...row, dailyLimits: readDailyLimits(row.dailyLimits ?? '[]') }),
    )[0],
    destinations: fold(destinations, asked),
    changes: fold(policyChanges, changed),
    // The entries hold the columns of the record, whose facts were read strictly when they were written.
    mandates: fold<Omit<Mandate, 'limits'> & { limits: string }>(mandates, granted).map(
      (mandate) => ({ ...mandate, limits: readLimits(mandate.limits) }) as Mandate,
    ),
    halts: fold(halts, halted),
  };
}

/** Each subject as its entries leave it, newest subject first. */
function fold<R>(table: SQLiteTable, entries: readonly JournalRow[] = []): R[] {
  // An entry names no column that was empty from the beginning.
  const { facts: _, ...columns } = getTableColumns(table);
  const empty = Object.fromEntries(Object.keys(columns).map((name) => [name, null]));
  const records = new Map<string, object>();
  for (const { subjectId, version, data } of entries.toSorted((one, other) => one.version - other.version)) {
    const { after }: { after: object } = JSON.parse(data);
    records.set(subjectId, { ...(records.get(subjectId) ?? empty), ...after, version });
  }
  return [...records].sort(([one], [other]) => (one < other ? 1 : -1)).map(([, record]) => asRecord<R>(record));
}

// An entry holds every column and fact that its change wrote, so all of them together are the record.
const asRecord = <R>(record: object): R => record as R;
