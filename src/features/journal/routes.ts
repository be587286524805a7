// HTTP of the journal: the audit trail, for auditors and compliance.
import { createRoute, z } from '@hono/zod-openapi';
import { routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { json, pageOf, problems } from '../../kit/schemas.ts';
import { listJournal } from '../../store/journal-pages.ts';
import { makeEvidence } from './evidence.ts';
import { exportJournal } from './export.ts';
import { viewEntry } from './formats.ts';
import {
  EntryView,
  EvidenceQuery,
  EvidenceView,
  ExportQuery,
  JournalQueryView,
  VerifiedView,
  VerifyQuery,
} from './schemas.ts';
import { verifyJournal } from './verify.ts';

const readers = authorize('auditor', 'compliance');

const getJournal = createRoute({
  method: 'get',
  path: '/journal',
  summary: 'List journal entries, newest first',
  description:
    'With several filters a page may be short or empty and the next one still hold entries: go on until `nextCursor` is null.',
  middleware: [readers] as const,
  request: { query: JournalQueryView },
  responses: { 200: { description: 'A page.', ...json(pageOf(EntryView)) }, ...problems },
});

const getExport = createRoute({
  method: 'get',
  path: '/journal/export',
  summary: 'Export journal entries, oldest first',
  description: 'Up to the last entry of the moment of the request. An answer that breaks off is not whole.',
  middleware: [readers] as const,
  request: { query: ExportQuery },
  responses: {
    200: {
      description: 'All of them.',
      content: { 'text/csv': { schema: z.string() }, 'application/x-ndjson': { schema: z.string() } },
    },
    ...problems,
  },
});

const getVerification = createRoute({
  method: 'get',
  path: '/journal/verify',
  summary: 'Prove the journal against its signed checkpoints',
  middleware: [readers] as const,
  request: { query: VerifyQuery },
  responses: { 200: { description: 'Sound, or the first thing that is not.', ...json(VerifiedView) }, ...problems },
});

const getEvidence = createRoute({
  method: 'get',
  path: '/evidence',
  summary: 'One file that proves what happened to an account in a period',
  description: 'Keep it in a file and verify it at `/verify` or with `npm run verify-evidence`, both offline.',
  middleware: [readers] as const,
  request: { query: EvidenceQuery },
  responses: { 200: { description: 'The bundle.', ...json(EvidenceView) }, ...problems },
});

const mediaTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
} as const;

export const journalRoutes = routes()
  .openapi(getJournal, async (c) => {
    const { limit, cursor, ...query } = c.req.valid('query');
    const { entries, next } = await listJournal(c.env.database, query, { before: cursor, limit });
    return c.json({ items: entries.map(viewEntry), nextCursor: next === undefined ? null : String(next) }, 200);
  })
  .openapi(getExport, async (c) => {
    const { format, ...query } = c.req.valid('query');
    return c.body(await exportJournal(c.env, query, format), 200, {
      'content-type': mediaTypes[format],
      'content-disposition': `attachment; filename="journal.${format}"`,
    });
  })
  .openapi(getEvidence, async (c) => {
    const made = await makeEvidence(c.env, c.req.valid('query'));
    if (!made.ok) return problem(c, made.refusal);
    return c.json({ ...made.value }, 200, { 'content-disposition': 'attachment; filename="evidence.json"' });
  })
  .openapi(getVerification, async (c) => {
    const { notes, ...verified } = await verifyJournal(c.env, c.req.valid('query'));
    return c.json({ ...verified, notes: [...notes] }, 200);
  });
