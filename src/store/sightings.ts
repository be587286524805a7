// What custody showed at a time: policies and wallets as a sweep or a check read them. They are notes on reading, not facts
// of the business: any later reading writes them anew, so they need no entry in the journal.
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { CustodyPolicy, CustodyWallet } from '../domain/custody.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Database } from './database.ts';
import { fromJson } from './records.ts';
import { sightings } from './schema.ts';

/**
 * `list`: an approved list; `shared`: guard or limits of everyone; `wallet`: one of ours; `stray`: on the key of one of ours;
 * `listing`: that all policies were listed in vain for what the id says.
 */
export type SightingKind = 'list' | 'shared' | 'wallet' | 'stray' | 'listing';

interface Seen<Kind, Found> {
  readonly custodyId: string;
  readonly kind: Kind;
  readonly found: Found;
  readonly seenAt: Timestamp;
}
export type Sighting =
  | Seen<'list' | 'shared', CustodyPolicy>
  | Seen<'wallet' | 'stray', CustodyWallet>
  | Seen<'listing', null>;

/** One statement for any number of them; an older reading does not take the place of a newer one. */
export async function keepSightings(database: Database, seen: readonly Sighting[]): Promise<void> {
  if (seen.length === 0) return;
  const rows = JSON.stringify(seen.map(({ found, ...row }) => ({ ...row, found: JSON.stringify(found) })));
  await database.run(sql`INSERT INTO ${sightings} (custody_id, kind, found, seen_at)
    SELECT value ->> 'custodyId', value ->> 'kind', value ->> 'found', value ->> 'seenAt' FROM json_each(${rows}) WHERE true
    ON CONFLICT (custody_id) DO UPDATE SET kind = excluded.kind, found = excluded.found, seen_at = excluded.seen_at
    WHERE excluded.seen_at >= seen_at`);
}

const read = async (database: Database, condition: SQL | undefined): Promise<Sighting[]> => {
  const rows = await database.select().from(sightings).where(condition).all();
  return rows.map((row) => ({ ...row, found: fromJson(row.found) }) as Sighting); // a kind has one shape: keepSightings wrote it
};

/** Guard and limits as they were last seen; a few. */
export const listSharedSightings = async (database: Database): Promise<Seen<'shared', CustodyPolicy>[]> =>
  (await read(database, eq(sightings.kind, 'shared'))).flatMap((one) =>
    one.kind === 'shared' ? [{ ...one, kind: one.kind }] : [],
  );

/** Those of these ids at custody that were seen since then; any number of ids is one bound parameter. */
export const listSightingsSince = (database: Database, custodyIds: readonly string[], since: Timestamp) =>
  read(
    database,
    and(
      inArray(sightings.custodyId, sql`(SELECT value FROM json_each(${JSON.stringify(custodyIds)}))`),
      sql`${sightings.seenAt} >= ${since}`,
    ),
  );

/** Wallets on these keys that are none of ours, as they were last seen; a few in the whole organisation. */
export async function listStrays(database: Database, keyIds: readonly string[]): Promise<CustodyWallet[]> {
  const seen = await read(database, eq(sightings.kind, 'stray'));
  return seen.flatMap((one) => (one.kind === 'stray' && keyIds.includes(one.found.keyId) ? [one.found] : []));
}

/** Gone at custody: nothing to compare with any more. */
export const forgetSighting = (database: Database, custodyId: string) =>
  database.delete(sightings).where(eq(sightings.custodyId, custodyId)).run();
