// Sanctions lists, their addresses, and what is held against them.
import { and, asc, count, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { LivingDestination } from '../domain/destination.ts';
import type { DestinationId, ScreeningListId } from '../domain/id.ts';
import { type NetworkFamily, networkFacts, networks } from '../domain/network.ts';
import type { ScreeningEntry, ScreeningList } from '../domain/screening.ts';
import type { Once } from './commit.ts';
import { type Database, newerThan, olderThan } from './database.ts';
import { aliveStatuses } from './destinations.ts';
import { changesOf, fromRow } from './records.ts';
import { destinations, screeningAddresses, screeningLists } from './schema.ts';

export async function findScreeningList(database: Database, id: ScreeningListId): Promise<ScreeningList | undefined> {
  const row = await database.select().from(screeningLists).where(eq(screeningLists.id, id)).get();
  return row && fromRow<ScreeningList>(row);
}

export const isActive = eq(screeningLists.status, 'active');

export async function findActiveList(database: Database): Promise<ScreeningList<'active'> | undefined> {
  const row = await database.select().from(screeningLists).where(isActive).get();
  return row && fromRow<ScreeningList<'active'>>(row);
}

/** Newest first. */
export async function listScreeningLists(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<ScreeningList[]> {
  const rows = await database
    .select()
    .from(screeningLists)
    .where(olderThan(screeningLists.id, page.before))
    .orderBy(desc(screeningLists.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<ScreeningList>(row));
}

export const screeningListChange = changesOf<ScreeningList>(screeningLists, 'screening_list', () => null);

/** Entries of a list in loading: any number of them is one bound parameter, and one that is there already is no new one. */
export const screeningEntries = (
  listId: ScreeningListId,
  family: NetworkFamily,
  addresses: readonly string[],
): Once => ({
  table: 'screening_addresses',
  insert: (database) =>
    database
      .insert(screeningAddresses)
      .select(sql`SELECT ${listId}, ${family}, value FROM json_each(${JSON.stringify(addresses)}) WHERE true`)
      .onConflictDoNothing(),
  taken: { code: 'version_conflict' },
});

export async function findEntryCount(database: Database, listId: ScreeningListId): Promise<number> {
  const row = await database
    .select({ entries: count() })
    .from(screeningAddresses)
    .where(eq(screeningAddresses.listId, listId))
    .get();
  return row?.entries ?? 0;
}

/** In the order of the key, from behind an entry. */
export const listEntriesOf = (
  database: Database,
  listId: ScreeningListId,
  after: ScreeningEntry | undefined,
  limit: number,
): Promise<ScreeningEntry[]> =>
  database
    .select({ family: screeningAddresses.family, address: screeningAddresses.address })
    .from(screeningAddresses)
    .where(
      and(
        eq(screeningAddresses.listId, listId),
        after === undefined
          ? undefined
          : sql`(${screeningAddresses.family}, ${screeningAddresses.address}) > (${after.family}, ${after.address})`,
      ),
    )
    .orderBy(asc(screeningAddresses.family), asc(screeningAddresses.address))
    .limit(limit)
    .all();

/** The list that was screened against is still the one in force, or still none is. */
export const activeListIs = (id: ScreeningListId | null): SQL =>
  sql`(SELECT ${screeningLists.id} FROM ${screeningLists} WHERE ${isActive}) IS ${id}`;

/** The family of a destination's network, as entries name it. */
const familyOfDestination: SQL = sql.join(
  [
    sql`CASE`,
    ...networks.map((network) =>
      sql.raw(`WHEN "destinations"."network" = '${network}' THEN '${networkFacts[network].family}'`),
    ),
    sql`END`,
  ],
  sql` `,
);

export interface Rescreened {
  readonly destination: LivingDestination;
  readonly isListed: boolean;
}

/** The next slice of living destinations behind the cursor, each with whether the list names it. */
export async function listRescreened(
  database: Database,
  listId: ScreeningListId,
  after: DestinationId | null,
  limit: number,
): Promise<Rescreened[]> {
  const rows = await database
    .select({ destination: destinations, listed: sql<string | null>`${screeningAddresses.address}`.as('listed') })
    .from(destinations)
    .leftJoin(
      screeningAddresses,
      and(
        eq(screeningAddresses.listId, listId),
        eq(screeningAddresses.family, familyOfDestination),
        eq(screeningAddresses.address, destinations.address),
      ),
    )
    .where(and(inArray(destinations.status, [...aliveStatuses]), newerThan(destinations.id, after ?? undefined)))
    .orderBy(asc(destinations.id))
    .limit(limit)
    .all();
  return rows.map(({ destination, listed }) => ({
    destination: fromRow<LivingDestination>(destination),
    isListed: listed !== null,
  }));
}
