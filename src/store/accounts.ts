// Accounts and the wallets under them.
import { and, asc, eq, inArray, lte, type SQL, sql } from 'drizzle-orm';
import type { Account } from '../domain/account.ts';
import type { DailyLimit } from '../domain/account-limits.ts';
import type { AccountId, ClientId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Wallet } from '../domain/wallet.ts';
import { type Database, newerThan, type Scope, within } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { accounts, fences, wallets } from './schema.ts';

export const readDailyLimits = (text: string): DailyLimit[] =>
  fromJson<{ asset: string; units: string }[]>(text).map(({ asset, units }) => ({ asset, units: BigInt(units) }));

export const toAccount = (row: typeof accounts.$inferSelect): Account => ({
  ...fromRow<Account>(row),
  dailyLimits: readDailyLimits(row.dailyLimits),
});

export async function findAccount(database: Database, scope: Scope, id: AccountId): Promise<Account | undefined> {
  const row = await database
    .select()
    .from(accounts)
    .where(and(within(scope, accounts.id), eq(accounts.id, id)))
    .get();
  return row && toAccount(row);
}

export async function findAccountOfClient(database: Database, clientId: ClientId): Promise<Account | undefined> {
  const row = await database.select().from(accounts).where(eq(accounts.clientId, clientId)).get();
  return row && toAccount(row);
}

export async function findAccountByPolicy(database: Database, policyId: string): Promise<Account | undefined> {
  const row = await database.select().from(accounts).where(eq(accounts.policyId, policyId)).get();
  return row && toAccount(row);
}

/** For staff, oldest first. */
export async function listAccounts(
  database: Database,
  page: { after?: string | undefined; limit: number },
): Promise<Account[]> {
  const rows = await database
    .select()
    .from(accounts)
    .where(newerThan(accounts.id, page.after))
    .orderBy(asc(accounts.id))
    .limit(page.limit)
    .all();
  return rows.map(toAccount);
}

export async function listOpeningAccounts(database: Database, limit: number): Promise<Account[]> {
  const rows = await database
    .select()
    .from(accounts)
    .where(eq(accounts.status, 'opening'))
    .orderBy(asc(accounts.id))
    .limit(limit)
    .all();
  return rows.map(toAccount);
}

/** Active accounts in the order of their ids. */
export async function listActiveAccounts(
  database: Database,
  page: { after: string | undefined; limit: number },
): Promise<Account[]> {
  const rows = await database
    .select()
    .from(accounts)
    .where(and(eq(accounts.status, 'active'), newerThan(accounts.id, page.after)))
    .orderBy(asc(accounts.id))
    .limit(page.limit)
    .all();
  return rows.map(toAccount);
}

/** Which of these are approved lists of ours; any number of ids is one bound parameter. */
export async function listKnownLists(database: Database, policyIds: readonly string[]): Promise<Set<string>> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(policyIds)}))`;
  const rows = await database.select({ id: accounts.policyId }).from(accounts).where(inArray(accounts.policyId, these));
  return new Set(rows.flatMap(({ id }) => (id === null ? [] : [id])));
}

/** Which of these wallets at custody are ours, and which keys sign for one of ours. */
export async function listKnownWallets(
  database: Database,
  seen: readonly { readonly id: string; readonly keyId: string }[],
): Promise<{ ids: Set<string>; keyIds: Set<string> }> {
  const ids = sql`(SELECT value ->> 'id' FROM json_each(${JSON.stringify(seen)}))`;
  const keyIds = sql`(SELECT value ->> 'keyId' FROM json_each(${JSON.stringify(seen)}))`;
  const [byId, byKey] = await database.batch([
    database.select({ id: wallets.custodyId }).from(wallets).where(inArray(wallets.custodyId, ids)),
    database.select({ id: wallets.keyId }).from(wallets).where(inArray(wallets.keyId, keyIds)),
  ]);
  const known = (rows: readonly { id: string | null }[]) =>
    new Set(rows.flatMap(({ id }) => (id === null ? [] : [id])));
  return { ids: known(byId), keyIds: known(byKey) };
}

export async function findWalletByKey(database: Database, keyId: string): Promise<Wallet | undefined> {
  const row = await database.select().from(wallets).where(eq(wallets.keyId, keyId)).limit(1).get();
  return row && fromRow<Wallet>(row);
}

/** Wallets in use, in the order of their ids. */
export const listActiveWallets = (database: Database, page: { after: string | undefined; limit: number }) =>
  database
    .select({ id: wallets.id })
    .from(wallets)
    .where(and(eq(wallets.status, 'active'), newerThan(wallets.id, page.after)))
    .orderBy(asc(wallets.id))
    .limit(page.limit)
    .all();

/** Active accounts whose last fence check is older than `before`, oldest check first. */
export const listAccountsToCheck = (
  database: Database,
  before: Timestamp,
  limit: number,
): Promise<{ id: AccountId }[]> =>
  database
    .select({ id: fences.accountId })
    .from(fences)
    .innerJoin(accounts, eq(accounts.id, fences.accountId))
    .where(and(lte(fences.checkedAt, before), eq(accounts.status, 'active')))
    .orderBy(asc(fences.checkedAt))
    .limit(limit)
    .all();

/** Wallets that active accounts wait for; those of an opening account are its saga's. */
export async function listWalletsToAdd(database: Database, limit: number): Promise<Wallet[]> {
  const rows = await database
    .select({ wallet: wallets })
    .from(wallets)
    .innerJoin(accounts, eq(accounts.id, wallets.accountId))
    .where(and(eq(wallets.status, 'creating'), eq(accounts.status, 'active')))
    .orderBy(asc(wallets.id))
    .limit(limit)
    .all();
  return rows.map(({ wallet }) => fromRow<Wallet>(wallet));
}

/** It is active at the instant of the commit: nothing new begins in an account that is being closed. */
export const accountIsActive = (id: AccountId): SQL =>
  sql`EXISTS (SELECT 1 FROM ${accounts} WHERE ${accounts.id} = ${id} AND ${accounts.status} = 'active')`;

/** It is active, and its limits are those that were judged by. */
export const accountIsVersion = (id: AccountId, version: number): SQL =>
  sql`EXISTS (SELECT 1 FROM ${accounts} WHERE ${accounts.id} = ${id} AND ${accounts.status} = 'active' AND ${accounts.version} = ${version})`;

export const accountChange = changesOf<Account>(accounts, 'account', ({ id }) => id);

export async function listWallets(database: Database, scope: Scope, accountId: AccountId): Promise<Wallet[]> {
  const rows = await database
    .select()
    .from(wallets)
    .where(and(within(scope, wallets.accountId), eq(wallets.accountId, accountId)))
    .orderBy(asc(wallets.network))
    .all();
  return rows.map((row) => fromRow<Wallet>(row));
}

/** Both in one round trip. */
export async function findAccountWithWallets(
  database: Database,
  scope: Scope,
  id: AccountId,
): Promise<{ account: Account; wallets: Wallet[] } | undefined> {
  const [[account], held] = await database.batch([
    database
      .select()
      .from(accounts)
      .where(and(within(scope, accounts.id), eq(accounts.id, id))),
    database
      .select()
      .from(wallets)
      .where(and(within(scope, wallets.accountId), eq(wallets.accountId, id)))
      .orderBy(asc(wallets.network)),
  ]);
  return account && { account: toAccount(account), wallets: held.map((row) => fromRow<Wallet>(row)) };
}

export async function findWalletAtCustody(database: Database, custodyId: string): Promise<Wallet | undefined> {
  const row = await database.select().from(wallets).where(eq(wallets.custodyId, custodyId)).get();
  return row && fromRow<Wallet>(row);
}

export async function findWallet(database: Database, id: Wallet['id']): Promise<Wallet | undefined> {
  const row = await database.select().from(wallets).where(eq(wallets.id, id)).get();
  return row && fromRow<Wallet>(row);
}

/** The next wallet that is active, in the order of ids; for jobs that go round. */
export async function findWalletAfter(database: Database, id: string): Promise<Wallet | undefined> {
  const row = await database
    .select()
    .from(wallets)
    .where(and(sql`${wallets.id} > ${id}`, eq(wallets.status, 'active')))
    .orderBy(asc(wallets.id))
    .limit(1)
    .get();
  return row && fromRow<Wallet>(row);
}

/** Which of these addresses are wallets held by this system. */
export async function listOwnAddresses(
  database: Database,
  network: Wallet['network'],
  addresses: readonly string[],
): Promise<string[]> {
  const rows = await database
    .select({ address: wallets.address })
    .from(wallets)
    .where(and(eq(wallets.network, network), inArray(wallets.address, [...addresses])))
    .all();
  return rows.flatMap(({ address }) => (address === null ? [] : [address]));
}

export const walletChange = changesOf<Wallet>(wallets, 'wallet', ({ accountId }) => accountId);
