// Halts, and the condition that none is in force.
import { and, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { Halt } from '../domain/halt.ts';
import type { AccountId, HaltId, MandateId } from '../domain/id.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { halts } from './schema.ts';

export async function findHalt(database: Database, scope: Scope, id: HaltId): Promise<Halt | undefined> {
  const row = await database
    .select()
    .from(halts)
    .where(and(within(scope, halts.accountId), eq(halts.id, id)))
    .get();
  return row && fromRow<Halt>(row);
}

export const inForce = (of: { accountId: AccountId; mandateId: MandateId | null }): SQL | undefined =>
  and(
    eq(halts.status, 'active'),
    or(
      eq(halts.level, 'all'),
      and(eq(halts.level, 'account'), eq(halts.accountId, of.accountId)),
      of.mandateId === null
        ? undefined
        : and(eq(halts.level, 'mandate'), eq(halts.accountId, of.accountId), eq(halts.mandateId, of.mandateId)),
    ),
  );

/** What stops money that is no client's. */
const stopsAll = and(eq(halts.status, 'active'), eq(halts.level, 'all'));
export const noHaltOfAll = sql`NOT EXISTS (SELECT 1 FROM ${halts} WHERE ${stopsAll})`;
export async function findHaltOfAll(database: Database): Promise<Halt | undefined> {
  const row = await database.select().from(halts).where(stopsAll).limit(1).get();
  return row && fromRow<Halt>(row);
}

/** One halt that stops this account (and mandate) now, for the reason to show. */
export async function findHaltInForce(
  database: Database,
  of: { accountId: AccountId; mandateId: MandateId | null },
): Promise<Halt | undefined> {
  const row = await database.select().from(halts).where(inForce(of)).limit(1).get();
  return row && fromRow<Halt>(row);
}

/**
 * Every halt that stops this account or a mandate of it now. Two searches of the index of halts in force: over an OR of both
 * the planner would read the halts of everybody.
 */
export const haltIdsInForce = (accountId: AccountId): SQL => sql`(SELECT id FROM halts
  WHERE status = 'active' AND level = 'all' UNION ALL
  SELECT id FROM halts WHERE status = 'active' AND level IN ('account', 'mandate') AND account_id = ${accountId})`;

/** Newest first. */
export async function listHaltsInForce(database: Database, accountId: AccountId, limit: number): Promise<Halt[]> {
  const rows = await database
    .select()
    .from(halts)
    .where(sql`${halts.id} IN ${haltIdsInForce(accountId)}`)
    .orderBy(desc(halts.id))
    .limit(limit)
    .all();
  return rows.map((row) => fromRow<Halt>(row));
}

/** Nothing stops money of this account and mandate at the instant of the hand-over. */
export const noHalt = (of: { accountId: AccountId; mandateId: MandateId | null }): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${halts} WHERE ${inForce(of)})`;

export async function findFenceHalt(database: Database, accountId: AccountId): Promise<Halt | undefined> {
  const row = await database
    .select()
    .from(halts)
    .where(and(eq(halts.accountId, accountId), eq(halts.status, 'active'), eq(halts.kind, 'fence')))
    .get();
  return row && fromRow<Halt>(row);
}

/** Newest first. A client sees those of its account and those of all. */
export async function listHalts(
  database: Database,
  scope: Scope,
  page: { before?: string | undefined; limit: number },
): Promise<Halt[]> {
  const rows = await database
    .select()
    .from(halts)
    .where(
      and(
        scope === 'staff' ? undefined : or(eq(halts.accountId, scope.accountId), eq(halts.level, 'all')),
        olderThan(halts.id, page.before),
      ),
    )
    .orderBy(desc(halts.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<Halt>(row));
}

export const haltChange = changesOf<Halt>(halts, 'halt', ({ accountId }) => accountId);
