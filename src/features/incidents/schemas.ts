// What incidents and metrics look like on the wire.
import { z } from '@hono/zod-openapi';
import { type Incident, incidentKinds, type incidentMachine, ownership, severities } from '../../domain/incident.ts';
import { Instant, PageQuery, shown } from '../../kit/schemas.ts';

const NOTE_CHARACTERS_MAX = 2000;
const incidentStatuses = [
  'open',
  'acknowledged',
  'resolved',
] as const satisfies readonly (keyof typeof incidentMachine)[];

export const IncidentQuery = PageQuery.extend({
  status: z.enum(incidentStatuses).optional(),
  kind: z.enum(incidentKinds).optional(),
  severity: z.enum(severities).optional(),
});

export const ResolveRequest = z.strictObject({ note: shown(NOTE_CHARACTERS_MAX) }).openapi('ResolveIncidentRequest');

export const IncidentView = z
  .object({
    id: z.string(),
    status: z.string(),
    kind: z.enum(incidentKinds),
    severity: z.enum(severities),
    owner: z.string().openapi({ description: 'The role that looks at it first.' }),
    runbook: z.string().openapi({ description: 'The page of docs/runbooks that says what to do.' }),
    about: z.string(),
    accountId: z.string().nullable(),
    detail: z.string(),
    createdAt: Instant,
    acknowledgedAt: Instant.nullable(),
    resolvedAt: Instant.nullable(),
    note: z.string().nullable(),
  })
  .openapi('Incident');

export const viewIncident = (incident: Incident): z.infer<typeof IncidentView> => ({
  id: incident.id,
  status: incident.status,
  kind: incident.kind,
  ...ownership[incident.kind],
  runbook: `docs/runbooks/${incident.kind.replaceAll('_', '-')}.md`,
  about: incident.about,
  accountId: incident.accountId,
  detail: incident.detail,
  createdAt: incident.createdAt,
  acknowledgedAt: incident.status === 'open' ? null : (incident.acknowledgedAt ?? null),
  resolvedAt: incident.status === 'resolved' ? incident.resolvedAt : null,
  note: incident.status === 'resolved' ? incident.note : null,
});

const Counts = z.record(z.string(), z.number().int());
const Waiting = z.object({
  count: z.number().int(),
  oldestAt: Instant.nullable(),
  seconds: z.number().int().nullable().openapi({ description: 'Since when the oldest waits, in seconds.' }),
});

export const MetricsView = z
  .object({
    at: Instant,
    open: z.object({
      accounts: Counts,
      transfers: Counts,
      orders: Counts,
      policyChanges: Counts,
      incidents: Counts.openapi({ description: 'By kind; open and acknowledged.' }),
      halts: z.number().int(),
    }),
    messages: z.record(z.string(), Waiting).openapi({ description: 'By queue: messages whose work is not done.' }),
    notices: Waiting,
    deadLetters: z.number().int(),
    oldestFenceCheckAt: Instant.nullable().openapi({ description: 'Of the last checks of all fences, the oldest.' }),
    lastEventAt: Instant.nullable().openapi({ description: 'When custody last told of something that was applied.' }),
  })
  .openapi('Metrics');
