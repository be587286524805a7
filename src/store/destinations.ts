// Destinations and the changes of approved lists that bring them in or take them out.
import { and, asc, desc, eq, exists, inArray, isNull, lte, ne, not, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Destination } from '../domain/destination.ts';
import type { AccountId, DestinationId, PolicyChangeId } from '../domain/id.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { destinations, orders, policyChanges } from './schema.ts';

export const aliveStatuses = ['proposed', 'requested', 'in_review', 'approved', 'suspended', 'removing'] as const;
/** As a literal: the planner takes a partial index only when it can see that its condition holds. */
export const aliveOnly = sql`status IN ('proposed', 'requested', 'in_review', 'approved', 'suspended', 'removing')`;
/** Destinations whose address custody's list holds: removal and denial of it have not been applied yet. */
/** Spelled out, for the index of what is listed. */
export const isListed = sql`status IN ('approved', 'suspended', 'removing')`;

export async function findDestination(
  database: Database,
  scope: Scope,
  id: DestinationId,
): Promise<Destination | undefined> {
  const row = await database
    .select()
    .from(destinations)
    .where(and(within(scope, destinations.accountId), eq(destinations.id, id)))
    .get();
  return row && fromRow<Destination>(row);
}

/** Newest first. */
export async function listDestinations(
  database: Database,
  scope: Scope,
  accountId: AccountId,
  page: { before?: string | undefined; limit: number },
): Promise<Destination[]> {
  const rows = await database
    .select()
    .from(destinations)
    .where(
      and(
        within(scope, destinations.accountId),
        eq(destinations.accountId, accountId),
        olderThan(destinations.id, page.before),
      ),
    )
    .orderBy(desc(destinations.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<Destination>(row));
}

/** The addresses that custody's list should hold now, by our records. */
export async function listListedAddresses(database: Database, accountId: AccountId): Promise<string[]> {
  const rows = await database
    .select({ address: destinations.address })
    .from(destinations)
    .where(and(eq(destinations.accountId, accountId), isListed))
    .all();
  return rows.map(({ address }) => address);
}

export const destinationChange = changesOf<Destination>(destinations, 'destination', ({ accountId }) => accountId);

/** The destination is approved, and past its cooling-off, at the instant of the hand-over. */
export const destinationIsUsable = (id: DestinationId, at: Timestamp): SQL =>
  sql`EXISTS (SELECT 1 FROM ${destinations} WHERE ${destinations.id} = ${id} AND ${destinations.status} = 'approved'
  AND coalesce(json_extract(${destinations.facts}, '$.usableFrom'), '') <= ${at})`;

/** It stands as it was read. */
export const destinationIs = (id: DestinationId, status: Destination['status']): SQL =>
  sql`EXISTS (SELECT 1 FROM ${destinations} WHERE ${destinations.id} = ${id} AND ${destinations.status} = ${status})`;

export async function findPolicyChange(database: Database, id: PolicyChangeId): Promise<PolicyChange | undefined> {
  const row = await database.select().from(policyChanges).where(eq(policyChanges.id, id)).get();
  return row && fromRow<PolicyChange>(row);
}

export const unsettled = ['queued', 'submitting', 'submitted', 'conflict'] as const;

/** Changes of an account that are not at an end: in order of asking. */
export async function listUnsettledChanges(
  database: Database,
  accountId: AccountId,
  limit: number,
): Promise<PolicyChange[]> {
  const rows = await database
    .select()
    .from(policyChanges)
    .where(and(eq(policyChanges.accountId, accountId), inArray(policyChanges.status, [...unsettled])))
    .orderBy(asc(policyChanges.id))
    .limit(limit)
    .all();
  return rows.map((row) => fromRow<PolicyChange>(row));
}

/** Those of one destination; removals and additions of it never wait both for long. */
export async function listUnsettledChangesOf(database: Database, id: DestinationId): Promise<PolicyChange[]> {
  const rows = await database
    .select()
    .from(policyChanges)
    .where(and(eq(policyChanges.destinationId, id), inArray(policyChanges.status, [...unsettled])))
    .orderBy(asc(policyChanges.id))
    .all();
  return rows.map((row) => fromRow<PolicyChange>(row));
}

/** The change requests at custody that changes of this account are known to have made. */
export async function listChangeRequestIds(database: Database, accountId: AccountId): Promise<string[]> {
  const rows = await database
    .select({ id: sql<string | null>`json_extract(${policyChanges.facts}, '$.changeRequestId')` })
    .from(policyChanges)
    .where(eq(policyChanges.accountId, accountId))
    .all();
  return rows.flatMap(({ id }) => (id === null ? [] : [id]));
}

/** Changes that a lost message or webhook may have left behind; one that waits behind another has nothing to be woken for. */
export async function listChangesToLookAt(database: Database, at: Timestamp, limit: number): Promise<PolicyChange[]> {
  const ahead = alias(policyChanges, 'ahead');
  const isBehind = exists(
    database
      .select({ id: ahead.id })
      .from(ahead)
      .where(and(eq(ahead.policyId, policyChanges.policyId), inArray(ahead.status, ['submitting', 'submitted']))),
  );
  const rows = await database
    .select()
    .from(policyChanges)
    .where(
      and(
        inArray(policyChanges.status, ['queued', 'submitting', 'submitted', 'conflict']),
        lte(policyChanges.nextLookAt, at),
        or(ne(policyChanges.status, 'queued'), not(isBehind)),
      ),
    )
    .orderBy(asc(policyChanges.nextLookAt))
    .limit(limit)
    .all();
  return rows.map((row) => fromRow<PolicyChange>(row));
}

export const policyChangeChange = changesOf<PolicyChange>(policyChanges, 'policy_change', ({ accountId }) => accountId);

const rowsOf = <S extends Destination['status']>(rows: readonly (typeof destinations.$inferSelect)[]) =>
  rows.map((row) => fromRow<Destination<S>>(row));

/** Proposals past their time. */
export const listLapsedProposals = async (database: Database, at: Timestamp, limit: number) =>
  rowsOf<'proposed'>(
    await database
      .select()
      .from(destinations)
      .where(and(sql`status = 'proposed'`, lte(destinations.expiresAt, at)))
      .orderBy(asc(destinations.expiresAt))
      .limit(limit)
      .all(),
  );

/** Approved ones that the client was asked about, and the time to answer is over. */
export const listUnconfirmedDestinations = async (database: Database, at: Timestamp, limit: number) =>
  rowsOf<'approved'>(
    await database
      .select()
      .from(destinations)
      .where(and(sql`status = 'approved'`, lte(destinations.confirmUntil, at)))
      .limit(limit)
      .all(),
  );

/** Approved ones that were neither confirmed nor used since `before`, and that nobody was asked about yet. */
export const listDestinationsToAskAbout = async (database: Database, before: Timestamp, limit: number) =>
  rowsOf<'approved'>(
    await database
      .select()
      .from(destinations)
      .where(
        and(
          sql`status = 'approved'`,
          isNull(destinations.confirmUntil),
          lte(destinations.confirmedAt, before),
          sql`NOT EXISTS (SELECT 1 FROM ${orders} WHERE ${orders.destinationId} = ${destinations.id} AND ${orders.dueAt} > ${before})`,
        ),
      )
      .limit(limit)
      .all(),
  );
