// Mandates, and the running sums of what they have let out.
import { and, asc, desc, eq, inArray, lte, notInArray, type SQL, sql } from 'drizzle-orm';
import type { Destination } from '../domain/destination.ts';
import type { AccountId, DestinationId, MandateId } from '../domain/id.ts';
import type { LimitDay } from '../domain/limit.ts';
import type { Mandate, MandateLimit } from '../domain/mandate.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Change } from './commit.ts';
import { type Database, olderThan, type Scope, within } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { destinations, limitDays, mandates } from './schema.ts';

type StoredLimit = { asset: string; perOrder: string; perDay: string };

export const toMandate = (row: typeof mandates.$inferSelect): Mandate => ({
  ...fromRow<Mandate>(row),
  limits: readLimits(row.limits),
});

/** Limits as a column keeps them. */
export const readLimits = (text: string): readonly MandateLimit[] =>
  fromJson<StoredLimit[]>(text).map(({ asset, perOrder, perDay }) => ({
    asset,
    perOrder: BigInt(perOrder),
    perDay: BigInt(perDay),
  }));

/** Lets money go, or will. Spelled out, for the index of what is living. */
export const isLiving = sql`status IN ('granted', 'active')`;

export async function findMandate(database: Database, scope: Scope, id: MandateId): Promise<Mandate | undefined> {
  const row = await database
    .select()
    .from(mandates)
    .where(and(within(scope, mandates.accountId), eq(mandates.id, id)))
    .get();
  return row && toMandate(row);
}

/** Newest first. */
export async function listMandates(
  database: Database,
  scope: Scope,
  accountId: AccountId,
  page: { before?: string | undefined; limit: number },
): Promise<Mandate[]> {
  const rows = await database
    .select()
    .from(mandates)
    .where(
      and(within(scope, mandates.accountId), eq(mandates.accountId, accountId), olderThan(mandates.id, page.before)),
    )
    .orderBy(desc(mandates.id))
    .limit(page.limit)
    .all();
  return rows.map(toMandate);
}

/** Mandates that wait for, or rest on, a destination. */
export async function listMandatesTo(
  database: Database,
  destinationId: DestinationId,
  statuses: readonly Mandate['status'][],
  limit: number,
): Promise<Mandate[]> {
  const rows = await database
    .select()
    .from(mandates)
    .where(and(eq(mandates.destinationId, destinationId), inArray(mandates.status, [...statuses])))
    .orderBy(asc(mandates.id))
    .limit(limit)
    .all();
  return rows.map(toMandate);
}

const MANDATES_TO_MAX = 50;

/** Mandates of an account that let money go to an address, or will. */
export async function listLivingMandatesTo(
  database: Database,
  accountId: AccountId,
  address: string,
): Promise<Mandate[]> {
  const rows = await database
    .select({ mandate: mandates })
    .from(mandates)
    .innerJoin(destinations, eq(destinations.id, mandates.destinationId))
    .where(
      and(
        eq(mandates.accountId, accountId),
        inArray(mandates.status, ['granted', 'active']),
        // Custody may show an address of the EVM in another case.
        sql`lower(${destinations.address}) = lower(${address})`,
      ),
    )
    .limit(MANDATES_TO_MAX)
    .all();
  return rows.map(({ mandate }) => toMandate(mandate));
}

/** Living mandates past their validity. */
export async function listMandatesOver(database: Database, at: Timestamp, limit: number): Promise<Mandate[]> {
  const rows = await database
    .select()
    .from(mandates)
    .where(and(inArray(mandates.status, ['granted', 'active']), lte(mandates.validUntil, at)))
    .limit(limit)
    .all();
  return rows.map(toMandate);
}

/** Granted mandates whose destination is no longer open, with how it stands. */
export async function listMandatesLeftBehind(
  database: Database,
  limit: number,
): Promise<{ mandate: Mandate; destination: Destination['status'] }[]> {
  const rows = await database
    .select({ mandate: mandates, destination: destinations.status })
    .from(mandates)
    .innerJoin(destinations, eq(destinations.id, mandates.destinationId))
    .where(and(eq(mandates.status, 'granted'), notInArray(destinations.status, ['proposed', 'requested', 'in_review'])))
    .limit(limit)
    .all();
  return rows.map(({ mandate, destination }) => ({ mandate: toMandate(mandate), destination }));
}

export const mandateChange = changesOf<Mandate>(mandates, 'mandate', ({ accountId }) => accountId);

/** Whatever is made under the mandate in this batch, its revocation finds. */
export const mandateLives = (id: MandateId): SQL =>
  sql`EXISTS (SELECT 1 FROM ${mandates} WHERE ${mandates.id} = ${id} AND ${isLiving})`;

/** The mandate is active and valid at the instant of the hand-over. */
export const mandateHolds = (id: MandateId, at: Timestamp): SQL => sql`EXISTS (SELECT 1 FROM ${mandates}
  WHERE ${mandates.id} = ${id} AND ${mandates.status} = 'active' AND ${mandates.validFrom} <= ${at} AND ${mandates.validUntil} > ${at})`;

export const toLimitDay = (row: typeof limitDays.$inferSelect): LimitDay => ({
  ...row,
  reserved: BigInt(row.reserved),
});

export async function findLimitDay(database: Database, id: string): Promise<LimitDay | undefined> {
  const row = await database.select().from(limitDays).where(eq(limitDays.id, id)).get();
  return row && toLimitDay(row);
}

const limitDayRow = changesOf<LimitDay>(limitDays, 'limit', ({ accountId }) => accountId);
export const limitDayChange = (before: LimitDay, after: LimitDay): Change =>
  limitDayRow(
    before.version === 0 ? undefined : before,
    after,
    after.reserved > before.reserved ? 'limit.reserved' : 'limit.released',
  );
