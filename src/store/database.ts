// The database of an account, and on whose behalf rows are read. One database today; the growth path is more of them.
import { eq, type SQL, sql } from 'drizzle-orm';
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { AccountId } from '../domain/id.ts';

export type Database = DrizzleD1Database;

const opened = new WeakMap<D1Database, Database>();

/** The runtime hands every invocation the same binding, so an isolate opens it once. */
export function openDatabase(binding: D1Database): Database {
  const known = opened.get(binding);
  if (known !== undefined) return known;
  const database = drizzle(binding);
  opened.set(binding, database);
  return database;
}

/** Every read and write of an account's rows goes through the database that belongs to it; null is the company's own. */
export const databaseFor = (app: { readonly database: Database }, _accountId: AccountId | null): Database =>
  app.database;

/** On whose behalf a row is read: one client's account, or explicitly staff. */
export type Scope = 'staff' | { readonly accountId: AccountId };

/** The condition that keeps a query inside its scope; undefined adds none. */
export const within = (scope: Scope, accountId: SQLiteColumn): SQL | undefined =>
  scope === 'staff' ? undefined : eq(accountId, scope.accountId);

/** Pages by id, which sorts by time: newest first from a cursor, or oldest first. */
export const olderThan = (id: SQLiteColumn, cursor: string | undefined): SQL | undefined =>
  cursor === undefined ? undefined : sql`${id} < ${cursor}`;
export const newerThan = (id: SQLiteColumn, cursor: string | undefined): SQL | undefined =>
  cursor === undefined ? undefined : sql`${id} > ${cursor}`;
