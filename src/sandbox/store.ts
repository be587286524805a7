/**
 * Owns reading and writing of the tables: one entity is one row with its JSON and the columns it is searched by. It
 * knows nothing of what the entities mean.
 */

import { CountedSql } from './counted.ts';
import type { Entities, Table } from './entities.ts';
import { Refused } from './errors.ts';
import { META, OTHER_TABLES, RESET, SCHEMA } from './schema.ts';

type Value = string | number | null;
type Columns = Record<string, Value>;
type Row = { seq: number; body: string };

export type Order = 'newest' | 'oldest';
export type PageRequest = { limit: number; token: string | undefined; order: Order };
export type Page<T> = { items: T[]; nextPageToken?: string };

export class Store {
  readonly sql: CountedSql;

  constructor(sql: SqlStorage) {
    this.sql = new CountedSql(sql);
    this.#prepare();
  }

  /** Tables of another version are not understood any more: the sandbox starts over, and stays the same organisation. */
  #prepare(): void {
    this.sql.exec(META);
    if (this.meta('schema') === SCHEMA) return;
    for (const { name } of this.sql.exec<{ name: string }>(OTHER_TABLES).toArray()) this.sql.exec(`DROP TABLE ${name}`);
    this.sql.exec(SCHEMA);
    this.sql.exec(`DELETE FROM meta WHERE key <> 'seed'`);
    this.setMeta('schema', SCHEMA);
  }

  insert<T extends Table>(table: T, id: string, entity: Entities[T], columns: Columns = {}): number {
    const names = ['id', 'body', ...Object.keys(columns)];
    const marks = names.map(() => '?').join(', ');
    const row = this.sql
      .exec<{ seq: number }>(
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks}) RETURNING seq`,
        ...[id, JSON.stringify(entity), ...Object.values(columns)],
      )
      .one();
    return row.seq;
  }

  save<T extends Table>(table: T, id: string, entity: Entities[T], columns: Columns = {}): void {
    const sets = ['body', ...Object.keys(columns)].map((name) => `${name} = ?`).join(', ');
    const values = [JSON.stringify(entity), ...Object.values(columns)];
    this.sql.exec(`UPDATE ${table} SET ${sets} WHERE id = ?`, ...values, id);
  }

  remove(table: Table, id: string): boolean {
    return this.sql.exec(`DELETE FROM ${table} WHERE id = ?`, id).rowsWritten > 0;
  }

  find<T extends Table>(table: T, id: string): Entities[T] | undefined {
    return this.select(table, 'WHERE id = ?', id)[0];
  }

  /** For the few reads that are not by id; `rest` is the statement after FROM, always a literal of this code. */
  select<T extends Table>(table: T, rest: string, ...values: Value[]): Entities[T][] {
    return this.sql
      .exec<Row>(`SELECT seq, body FROM ${table} ${rest}`, ...values)
      .toArray()
      .map((row) => readEntity(table, row.body));
  }

  /** One page. One row more than asked for tells whether there is another page. */
  page<T extends Table>(table: T, filters: Record<string, Value | undefined>, page: PageRequest): Page<Entities[T]> {
    const named = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
    const { from, beyond, direction } = startOf(table, page);
    const where = [...named.map(({ name }) => `${name} = ?`), `seq ${beyond} ?`].join(' AND ');
    const rows = this.sql
      .exec<Row>(
        `SELECT seq, body FROM ${table} WHERE ${where} ORDER BY seq ${direction} LIMIT ?`,
        ...[...named.map(({ value }) => value), from, page.limit + 1],
      )
      .toArray();
    return this.pageOf(table, rows, page.limit);
  }

  pageOf<T extends Table>(table: T, rows: Row[], limit: number): Page<Entities[T]> {
    const items = rows.slice(0, limit).map((row) => readEntity(table, row.body));
    const last = rows[limit - 1];
    return rows.length > limit && last ? { items, nextPageToken: writeToken(table, last.seq) } : { items };
  }

  count(table: Table): number {
    return this.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
  }

  meta(key: string): string | undefined {
    return this.sql.exec<{ value: string }>('SELECT value FROM meta WHERE key = ?', key).toArray()[0]?.value;
  }

  setMeta(key: string, value: string): void {
    this.sql.exec('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }

  schedule(due: number, kind: string, subject: string): void {
    this.sql.exec('INSERT INTO jobs (due, kind, subject) VALUES (?, ?, ?)', due, kind, subject);
  }

  nextJob(): { seq: number; due: number; kind: string; subject: string } | undefined {
    const query = 'SELECT seq, due, kind, subject FROM jobs ORDER BY due, seq LIMIT 1';
    return this.sql.exec<{ seq: number; due: number; kind: string; subject: string }>(query).toArray()[0];
  }

  removeJob(seq: number): void {
    this.sql.exec('DELETE FROM jobs WHERE seq = ?', seq);
  }

  reset(): void {
    this.sql.exec(RESET);
  }
}

/** The cast is safe because only `insert` and `save` write this column, and they take the entity of the same table. */
function readEntity<T extends Table>(_table: T, body: string): Entities[T] {
  return JSON.parse(body) as Entities[T];
}

export const directionOf = (order: Order) => (order === 'newest' ? 'DESC' : 'ASC');

/** Where a page begins and which way it goes on; the parts are literals of this code. */
export function startOf(table: Table, { token, order }: PageRequest) {
  const isNewest = order === 'newest';
  const edge = isNewest ? Number.MAX_SAFE_INTEGER : -1;
  const from = token === undefined ? edge : readToken(table, token);
  return { from, beyond: isNewest ? '<' : '>', direction: directionOf(order) } as const;
}

const writeToken = (table: Table, seq: number) => btoa(`${table}:${seq}`).replaceAll('=', '');

function readToken(table: Table, token: string): number {
  const text = /^[A-Za-z0-9+/]+$/.test(token) && token.length % 4 !== 1 ? atob(token) : '';
  const [, name, seq] = /^([a-z_]+):(\d{1,15})$/.exec(text) ?? [];
  if (name !== table || seq === undefined) throw new Refused(400, 'Invalid query: paginationToken: not a page token');
  return Number(seq);
}
