// Incidents: what a person has to look at.
import { and, asc, desc, eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import type { AccountId, IncidentId } from '../domain/id.ts';
import {
  type Incident,
  type IncidentKind,
  type IncidentSeverity,
  type IncidentStatus,
  incidentKinds,
  ownership,
  type ProvableKind,
} from '../domain/incident.ts';
import type { Change } from './commit.ts';
import { type Database, olderThan } from './database.ts';
import type { Provenance } from './journal.ts';
import { changesOf, fromRow } from './records.ts';
import { custodyBreaker, fences, incidents, permissionProofs, policyChanges, schedules, transfers } from './schema.ts';

export async function findIncident(database: Database, id: IncidentId): Promise<Incident | undefined> {
  const row = await database.select().from(incidents).where(eq(incidents.id, id)).get();
  return row && fromRow<Incident>(row);
}

export interface IncidentFilter {
  readonly status?: IncidentStatus | undefined;
  readonly kind?: IncidentKind | undefined;
  readonly severity?: IncidentSeverity | undefined;
}

const kindsOf = ({ kind, severity }: IncidentFilter): readonly IncidentKind[] | undefined =>
  kind !== undefined
    ? [kind]
    : severity && incidentKinds.filter((candidate) => ownership[candidate].severity === severity);

/** Newest first. */
export async function listIncidents(
  database: Database,
  filter: IncidentFilter,
  page: { before?: string | undefined; limit: number },
): Promise<Incident[]> {
  const kinds = kindsOf(filter);
  const rows = await database
    .select()
    .from(incidents)
    .where(
      and(
        filter.status && eq(incidents.status, filter.status),
        kinds && inArray(incidents.kind, [...kinds]),
        olderThan(incidents.id, page.before),
      ),
    )
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

const about = incidents.about;
/** What our records must say for the cause of an incident to be gone. */
const over: Readonly<Record<Exclude<ProvableKind, 'custody_token_expiring' | 'epoch_differs'>, SQL>> = {
  fence_broken: sql`EXISTS (SELECT 1 FROM ${fences} WHERE ${fences.accountId} = ${about}
    AND ${fences.result} = 'intact' AND ${fences.checkedAt} > ${incidents.createdAt})`,
  permissions_unsound: sql`EXISTS (SELECT 1 FROM ${permissionProofs} WHERE ${permissionProofs.result} = 'sound'
    AND ${permissionProofs.provenAt} > ${incidents.createdAt}
    AND ${permissionProofs.provenAt} = (SELECT max(proven_at) FROM permission_proofs))`,
  change_conflict: sql`NOT EXISTS (SELECT 1 FROM ${policyChanges} WHERE ${policyChanges.accountId} = ${about}
    AND ${policyChanges.status} = 'conflict')`,
  custody_silent: sql`EXISTS (SELECT 1 FROM ${custodyBreaker} WHERE ${custodyBreaker.lane} = 'money'
    AND ${custodyBreaker.failures} = 0 AND ${custodyBreaker.openUntil} IS NULL)`,
  transfer_needs_review: sql`${transferHasEnded()}`,
  transfer_slow: sql`${transferHasEnded()}`,
  transfer_unknown: sql`EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.custodyId} = ${about})`,
  schedule_paused: sql`EXISTS (SELECT 1 FROM ${schedules} WHERE ${schedules.id} = ${about}
    AND ${schedules.status} <> 'paused')`,
};

function transferHasEnded(): SQL {
  return sql`EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.id} = ${about}
    AND ${transfers.status} IN ('confirmed', 'failed', 'rejected', 'canceled'))`;
}

/** Incidents not resolved whose cause our own records show to be gone. */
export async function listIncidentsOver(
  database: Database,
  limit: number,
): Promise<Incident<'open' | 'acknowledged'>[]> {
  const proofs = Object.entries(over).map(([kind, holds]) => sql`(${incidents.kind} = ${kind} AND ${holds})`);
  const rows = await database
    .select()
    .from(incidents)
    .where(and(inArray(incidents.status, ['open', 'acknowledged']), or(...proofs)))
    .orderBy(asc(incidents.id))
    .limit(limit)
    .all();
  return rows.map((row) => fromRow<Incident<'open' | 'acknowledged'>>(row));
}

/** Those of a kind that nobody has resolved, at most so many. */
export async function listUnresolved(
  database: Database,
  kind: IncidentKind,
  limit: number,
): Promise<Incident<'open' | 'acknowledged'>[]> {
  const rows = await database
    .select()
    .from(incidents)
    .where(and(inArray(incidents.status, ['open', 'acknowledged']), eq(incidents.kind, kind)))
    .limit(limit)
    .all();
  return rows.map((row) => fromRow<Incident<'open' | 'acknowledged'>>(row));
}
