// What looks after incidents by itself: those whose end our records prove are resolved, and the token toward custody is watched
// before it ends.
import { decodeJwt } from 'jose';
import { type App, begin } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { nameOf, system } from '../../domain/actor.ts';
import { type Incident, type ProvableKind, provenOver, resolve } from '../../domain/incident.ts';
import { secondsBetween, timestamp } from '../../domain/time.ts';
import { commit } from '../../store/commit.ts';
import { incidentChange, listIncidentsOver, listToldOf, listUnresolved, openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';

const RESOLVED_PER_RUN = 50;

export const resolveIncidents: Job = async (app) => {
  const by = begin(app, system('incidents.resolve'), app.newId('msg'));
  for (const incident of await listIncidentsOver(app.database, RESOLVED_PER_RUN)) await settle(app, by, incident);
  // What is deployed stands in no record.
  if (!(await judgeDatabase(app)).ok) return;
  for (const incident of await listUnresolved(app.database, 'epoch_differs', RESOLVED_PER_RUN))
    await settle(app, by, incident);
};

/** A lost race means that a person acted on it; the next run looks again. */
async function settle(app: App, by: Provenance, incident: Incident<'open' | 'acknowledged'>): Promise<void> {
  // Only provable kinds are listed.
  const note = provenOver[incident.kind as ProvableKind];
  const over = resolve(incident, { by: nameOf(by.actor), at: by.at, note });
  await commit(app.database, { by, changes: [incidentChange(incident, over)] });
}

const SECONDS_PER_DAY = 86_400;
/** Told of at each of these, so that it is not forgotten after the first. */
const WARNING_DAYS = [3, 14, 60] as const;

/** When the token ends, as it says itself; null for one that says nothing we can read. */
export function endOf(token: string): string | null {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? null : timestamp(exp * 1000);
  } catch {
    // Not a JWT: what custody hands out may change its form, and then nothing can be said here.
    return null;
  }
}

/** A token that ends unnoticed stops all money: an incident 60, 14 and 3 days before. */
export const watchToken: Job = async (app) => {
  const by = begin(app, system('custody.token'), app.newId('msg'));
  const endsAt = endOf(app.config.dfns.authToken);
  if (endsAt === null) return;
  const daysLeft = secondsBetween(by.at, endsAt) / SECONDS_PER_DAY;
  const threshold = WARNING_DAYS.find((days) => daysLeft <= days);
  const about = (days: number) => `token:${endsAt}:${days}`;
  const current = WARNING_DAYS.map(about);
  for (const old of await listUnresolved(app.database, 'custody_token_expiring', RESOLVED_PER_RUN)) {
    if (!current.includes(old.about)) await settle(app, by, old);
  }
  if (threshold === undefined) return;
  const told = await listToldOf(app.database, 'custody_token_expiring', [about(threshold)]);
  if (told.length > 0) return;
  const detail =
    daysLeft <= 0
      ? `The token of the maker ended at ${endsAt}: custody refuses everything.`
      : `The token of the maker ends at ${endsAt}, in ${Math.ceil(daysLeft)} days.`;
  const incident = { kind: 'custody_token_expiring', about: about(threshold), accountId: null, detail } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, incident) });
};
