// Read-only keys of accounts, by their hash, and the entry that each use of one leaves.
import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import { ACCOUNT_KEYS_MAX, type AccountKey, type Report } from '../domain/account-key.ts';
import type { AccountId, AccountKeyId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Bulk } from './commit.ts';
import { type Database, type Scope, within } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { accountKeys } from './schema.ts';

const toKey = (row: typeof accountKeys.$inferSelect): AccountKey => ({
  ...fromRow<AccountKey>(row),
  reports: fromJson<Report[]>(row.reports),
});

export async function findAccountKeyByHash(database: Database, hash: string): Promise<AccountKey | undefined> {
  const row = await database.select().from(accountKeys).where(eq(accountKeys.hash, hash)).get();
  return row && toKey(row);
}

export async function findAccountKey(
  database: Database,
  scope: Scope,
  of: { readonly accountId: AccountId; readonly id: AccountKeyId },
): Promise<AccountKey | undefined> {
  const isMeant = and(eq(accountKeys.id, of.id), eq(accountKeys.accountId, of.accountId));
  const row = await database
    .select()
    .from(accountKeys)
    .where(and(within(scope, accountKeys.accountId), isMeant))
    .get();
  return row && toKey(row);
}

/** Newest first. */
export async function listAccountKeys(database: Database, accountId: AccountId, limit: number): Promise<AccountKey[]> {
  const rows = await database
    .select()
    .from(accountKeys)
    .where(eq(accountKeys.accountId, accountId))
    .orderBy(desc(accountKeys.id))
    .limit(limit)
    .all();
  return rows.map(toKey);
}

export const accountKeyChange = changesOf<AccountKey>(accountKeys, 'account_key', ({ accountId }) => accountId);

/** The account has room for one more key that opens something. */
export const hasRoomForKey = (accountId: AccountId, at: Timestamp): SQL =>
  sql`(SELECT count(*) FROM ${accountKeys} WHERE ${accountKeys.accountId} = ${accountId}
    AND ${accountKeys.status} = 'active' AND ${accountKeys.expiresAt} > ${at}) < ${ACCOUNT_KEYS_MAX}`;

/** Each use is a subject of its own, so that no use waits for another: ADR 10. */
export const keyUse = (use: {
  readonly requestId: string;
  readonly accountId: AccountId;
  readonly keyId: AccountKeyId;
  readonly report: Report;
  readonly path: string;
}): Bulk => ({
  run: {
    subjectId: `use:${use.requestId}`,
    version: 1,
    kind: 'account_key.used',
    accountId: use.accountId,
    data: { before: {}, after: { keyId: use.keyId, report: use.report, path: use.path } },
  },
  entries: [],
  writes: () => [],
});
