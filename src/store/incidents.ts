// Incidents: what a person has to look at.
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { AccountId, IncidentId } from '../domain/id.ts';
import type { Incident, IncidentKind } from '../domain/incident.ts';
import type { Change } from './commit.ts';
import { type Database, olderThan } from './database.ts';
import type { Provenance } from './journal.ts';
import { changesOf, fromRow } from './records.ts';
import { incidents } from './schema.ts';

export async function findIncident(database: Database, id: IncidentId): Promise<Incident | undefined> {
  const row = await database.select().from(incidents).where(eq(incidents.id, id)).get();
  return row && fromRow<Incident>(row);
}

/** Newest first. */
export async function listIncidents(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<Incident[]> {
  const rows = await database
    .select()
    .from(incidents)
    .where(olderThan(incidents.id, page.before))
    .orderBy(desc(incidents.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<Incident>(row));
}

/** Of which of these there was an incident of this kind, also one that is acknowledged. */
export async function listToldOf(
  database: Database,
  kind: IncidentKind,
  abouts: readonly string[],
): Promise<readonly string[]> {
  const rows = await database
    .select({ about: incidents.about })
    .from(incidents)
    .where(
      and(
        eq(incidents.kind, kind),
        inArray(incidents.about, sql`(SELECT value FROM json_each(${JSON.stringify(abouts)}))`),
      ),
    )
    .all();
  return rows.map(({ about }) => about);
}

export const incidentChange = changesOf<Incident>(incidents, 'incident', ({ accountId }) => accountId);

/** The change that opens an incident, or none while one of its kind is open for the same subject. */
export async function openIncident(
  database: Database,
  by: Provenance,
  of: { kind: IncidentKind; about: string; accountId: AccountId | null; detail: string },
): Promise<Change[]> {
  const isOpen = await database
    .select({ id: incidents.id })
    .from(incidents)
    .where(and(eq(incidents.kind, of.kind), eq(incidents.about, of.about), eq(incidents.status, 'open')))
    .get();
  return isOpen === undefined
    ? [incidentChange(undefined, { ...of, id: by.newId('inc'), version: 1, status: 'open', createdAt: by.at })]
    : [];
}
