// How a record becomes a row and back: core columns as they are, the facts of its status as one JSON column.
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { canonicalJson } from '../domain/canonical.ts';
import type { AccountId } from '../domain/id.ts';
import { type Change, rowChange } from './commit.ts';
import type { RecordTable, Row } from './rows.ts';

/** Columns keep their values (amounts as decimal text, structures as JSON); what is no column is a fact. */
export function toRow(table: SQLiteTable, record: object): Row {
  const columns = Object.keys(getTableColumns(table));
  const entries = Object.entries(record);
  const isColumn = ([name]: [string, unknown]) => columns.includes(name);
  const core = entries.filter(isColumn).map(([name, value]) => [name, encode(value)] as const);
  if (!columns.includes('facts')) return Object.fromEntries(core);
  const facts = Object.fromEntries(entries.filter((entry) => !isColumn(entry)));
  return { ...Object.fromEntries(core), facts: canonicalJson(facts) };
}

function encode(value: unknown): string | number | null {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'bigint' ? value.toString() : canonicalJson(value);
}

/**
 * Rows are written by this system only, through machines that demand each fact, and D1's checks hold the decisive ones:
 * what a row says of its status is what the type says.
 */
export function fromRow<R>({ facts, ...core }: { readonly facts: string }): R {
  return { ...core, ...JSON.parse(facts) } as R;
}

/** A limit, a list, a recurrence: JSON that this system wrote into a column. */
export const fromJson = <T>(text: string): T => JSON.parse(text) as T;

/**
 * The `*Change` function of one aggregate.
 * @param subject the word before the point in journal kinds; `kind` is needed where the status stays the same
 */
export const changesOf =
  <R extends { id: string; version: number }>(
    table: RecordTable,
    subject: string,
    accountId: (record: R) => AccountId | null,
  ) =>
  (before: R | undefined, after: R, kind?: string): Change =>
    rowChange({
      table,
      name: getTableName(table),
      key: table.id,
      keyName: 'id',
      versionColumn: table.version,
      subject,
      subjectId: after.id,
      accountId: accountId(after),
      before: before && toRow(table, before),
      after: toRow(table, after),
      kind,
    });
