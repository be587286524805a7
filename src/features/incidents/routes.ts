// HTTP of incidents: what a person has to look at.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { nameOf } from '../../domain/actor.ts';
import { acknowledge, type Incident, incidentKinds } from '../../domain/incident.ts';
import { inStatus } from '../../domain/machine.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { Instant, idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { commit } from '../../store/commit.ts';
import { findIncident, incidentChange, listIncidents } from '../../store/incidents.ts';

const IncidentView = z
  .object({
    id: z.string(),
    status: z.string(),
    kind: z.enum(incidentKinds),
    about: z.string(),
    accountId: z.string().nullable(),
    detail: z.string(),
    createdAt: Instant,
    acknowledgedAt: Instant.nullable(),
  })
  .openapi('Incident');

const viewIncident = (incident: Incident): z.infer<typeof IncidentView> => ({
  id: incident.id,
  status: incident.status,
  kind: incident.kind,
  about: incident.about,
  accountId: incident.accountId,
  detail: incident.detail,
  createdAt: incident.createdAt,
  acknowledgedAt: incident.status === 'acknowledged' ? incident.acknowledgedAt : null,
});

const getIncidents = createRoute({
  method: 'get',
  path: '/incidents',
  summary: 'List incidents, newest first',
  middleware: [authorize('admin', 'compliance', 'operator', 'auditor')] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(IncidentView)) }, ...problems },
});

const postAcknowledge = createRoute({
  method: 'post',
  path: '/incidents/{id}/acknowledge',
  summary: 'Acknowledge an incident',
  middleware: [authorize('admin', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('inc') },
  responses: { 200: { description: 'Acknowledged.', ...json(IncidentView) }, ...problems },
});

export const incidentRoutes = routes()
  .openapi(getIncidents, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(
      toPage(await listIncidents(c.env.database, { before: cursor, limit: limit + 1 }), limit, viewIncident),
      200,
    );
  })
  .openapi(postAcknowledge, async (c) => {
    const incident = await findIncident(c.env.database, c.req.valid('param').id);
    if (incident === undefined) return problem(c, { code: 'not_found' });
    const open = inStatus('incident', incident, 'open');
    if (!open.ok) return problem(c, open.refusal);
    const provenance = by(c);
    const known = acknowledge(open.value, nameOf(provenance.actor), provenance.at);
    const committed = await commit(c.env.database, {
      by: provenance,
      changes: [incidentChange(incident, known)],
      once: c.var.keep(200, viewIncident(known)),
    });
    return committed.ok ? c.json(viewIncident(known), 200) : problem(c, committed.refusal);
  });
