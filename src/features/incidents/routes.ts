// HTTP of incidents: what a person has to look at.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { nameOf } from '../../domain/actor.ts';
import { acknowledge, resolve } from '../../domain/incident.ts';
import { inStatus } from '../../domain/machine.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { idPath, json, NoQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { commit } from '../../store/commit.ts';
import { findIncident, incidentChange, listIncidents } from '../../store/incidents.ts';
import { readMetrics } from '../../store/metrics.ts';
import { IncidentQuery, IncidentView, MetricsView, ResolveRequest, viewIncident } from './schemas.ts';

const readers = authorize('admin', 'compliance', 'operator', 'auditor');

const getIncidents = createRoute({
  method: 'get',
  path: '/incidents',
  summary: 'List incidents, newest first',
  middleware: [readers] as const,
  request: { query: IncidentQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(IncidentView)) }, ...problems },
});

const getIncident = createRoute({
  method: 'get',
  path: '/incidents/{id}',
  summary: 'Read an incident',
  middleware: [readers] as const,
  request: { query: NoQuery, params: idPath('inc') },
  responses: { 200: { description: 'The incident.', ...json(IncidentView) }, ...problems },
});

const postAcknowledge = createRoute({
  method: 'post',
  path: '/incidents/{id}/acknowledge',
  summary: 'Acknowledge an incident',
  middleware: [authorize('admin', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('inc') },
  responses: { 200: { description: 'Acknowledged.', ...json(IncidentView) }, ...problems },
});

const postResolve = createRoute({
  method: 'post',
  path: '/incidents/{id}/resolve',
  summary: 'Resolve an incident',
  description:
    'The note says what was found and done. Some kinds are resolved by the product when its records prove it.',
  middleware: [authorize('admin', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: idPath('inc'), body: { required: true, ...json(ResolveRequest) } },
  responses: { 200: { description: 'Resolved.', ...json(IncidentView) }, ...problems },
});

const getMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'What is open, what waits, and since when',
  middleware: [readers] as const,
  request: { query: NoQuery },
  responses: { 200: { description: 'Counted now.', ...json(MetricsView) }, ...problems },
});

export const incidentRoutes = routes()
  .openapi(getIncidents, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const incidents = await listIncidents(c.env.database, filter, { before: cursor, limit: limit + 1 });
    return c.json(toPage(incidents, limit, viewIncident), 200);
  })
  .openapi(getIncident, async (c) => {
    const incident = await findIncident(c.env.database, c.req.valid('param').id);
    return incident === undefined ? problem(c, { code: 'not_found' }) : c.json(viewIncident(incident), 200);
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
  })
  .openapi(postResolve, async (c) => {
    const incident = await findIncident(c.env.database, c.req.valid('param').id);
    if (incident === undefined) return problem(c, { code: 'not_found' });
    const standing = inStatus('incident', incident, 'open', 'acknowledged');
    if (!standing.ok) return problem(c, standing.refusal);
    const provenance = by(c);
    const { note } = c.req.valid('json');
    const over = resolve(standing.value, { by: nameOf(provenance.actor), at: provenance.at, note });
    const committed = await commit(c.env.database, {
      by: provenance,
      changes: [incidentChange(incident, over)],
      once: c.var.keep(200, viewIncident(over)),
    });
    return committed.ok ? c.json(viewIncident(over), 200) : problem(c, committed.refusal);
  })
  .openapi(getMetrics, async (c) => c.json(await readMetrics(c.env.database, c.env.clock.now()), 200));
