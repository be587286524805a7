// Statements over rows: many by one, and the guard that ends a batch. What they belong to is `commit`'s.
import { and, eq, getTableColumns, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteColumn, SQLiteTable, SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import type { Database } from './database.ts';
import { guard } from './schema.ts';

export type Statement = BatchItem<'sqlite'>;
/** What every record has. */
export type RecordTable = SQLiteTable & { readonly id: SQLiteColumn; readonly version: SQLiteColumn };

export type Row = Readonly<Record<string, string | number | null>>;

/** D1 takes 2 MB for one bound value; a row here is below 1 KB. */
const ROWS_PER_STATEMENT = 1_000;

export const inSlices = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, slice) =>
    rows.slice(slice * ROWS_PER_STATEMENT, (slice + 1) * ROWS_PER_STATEMENT),
  );

const member = (name: string, of = sql`value`): SQL => sql`${of} ->> ${sql.raw(`'${name}'`)}`;

/** All rows of a list by one statement, which binds one value; each row names every column. */
export function insertRows(
  database: Database,
  table: SQLiteTable,
  rows: readonly Row[],
  whenThere: 'abort' | 'keep' = 'abort',
): Statement {
  for (const row of rows) refuseNumbersForText(table, row);
  const columns = Object.keys(getTableColumns(table)).map((name) => member(name));
  const insert = database
    .insert(table)
    .select(sql`SELECT ${sql.join(columns, sql`, `)} FROM json_each(${JSON.stringify(rows)}) WHERE true`);
  return whenThere === 'keep' ? insert.onConflictDoNothing() : insert;
}

/** Each row of a list takes the place of the version before it; the batch is refused when one of them is not there. */
export function updateRows<T extends RecordTable>(database: Database, table: T, rows: readonly Row[]): Statement[] {
  for (const row of rows) refuseNumbersForText(table, row);
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== 'id');
  const values = Object.fromEntries(names.map((name) => [name, member(name, sql`item.value`)]));
  return [
    database
      .update(table)
      .set(asChanges<T>(values))
      .from(sql`json_each(${JSON.stringify(rows)}) AS item`)
      .where(
        and(
          eq(table.id, member('id', sql`item.value`)),
          sql`${table.version} = ${member('version', sql`item.value`)} - 1`,
        ),
      ),
    abortUnless(database, sql`changes() = ${rows.length}`, 'one row'),
  ];
}

// The names are those of a row, the values expressions; a generic table hides that.
const asChanges = <T extends SQLiteTable>(values: Record<string, SQL>) => values as SQLiteUpdateSetSource<T>;

/** All that a query finds of a table as one value, so that one statement can answer several lists; no table is wider than 32. */
export const jsonOf = (table: SQLiteTable, query: SQLWrapper): SQL => {
  const columns = Object.values(getTableColumns(table)).map(({ name }) => sql.identifier(name));
  return sql`(SELECT json_group_array(json_array(${sql.join(columns, sql`, `)})) FROM ${query})`;
};

export function rowsOf<T extends SQLiteTable>(table: T, json: string): T['$inferSelect'][] {
  const names = Object.keys(getTableColumns(table));
  const rows: unknown[][] = JSON.parse(json);
  return rows.map((values) => asRow<T>(Object.fromEntries(names.map((name, place) => [name, values[place]]))));
}

// The values are those of the columns in their order, as `jsonOf` names them.
const asRow = <T extends SQLiteTable>(row: object) => row as T['$inferSelect'];

/** Ends the batch with this rule's name unless it holds. */
export const abortUnless = (database: Database, holds: SQL, rule: string): Statement =>
  database.insert(guard).select(sql`SELECT ${rule} WHERE (${holds}) IS NOT TRUE`);

/** D1 binds a number as REAL, and "1" would be kept as "1.0": money and ids must arrive as text. */
export function refuseNumbersForText(table: SQLiteTable, row: Row): void {
  const columns: Readonly<Record<string, SQLiteColumn>> = getTableColumns(table);
  for (const [name, value] of Object.entries(row)) {
    const column = columns[name];
    if (column === undefined) throw new TypeError(`no column for ${name}`);
    const isRight =
      value === null || (column.getSQLType() === 'text' ? typeof value === 'string' : Number.isSafeInteger(value));
    if (!isRight) throw new TypeError(`${name} takes ${column.getSQLType()}, not ${typeof value}`);
  }
}
