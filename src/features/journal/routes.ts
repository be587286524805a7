// HTTP of the journal: the audit trail, for auditors and compliance.
import { createRoute, z } from '@hono/zod-openapi';
import { routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { Instant, id, json, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { type JournalRow, listEntries } from '../../store/journal.ts';

const EntryView = z
  .object({
    id: z.string(),
    subjectId: z.string(),
    version: z.number().int(),
    kind: z.string(),
    accountId: z.string().nullable(),
    actor: z.string(),
    actorRole: z.string(),
    requestId: z.string(),
    at: Instant,
    data: z.looseObject({}).openapi({ description: 'What differs, before and after.' }),
    hash: z
      .string()
      .openapi({ description: 'SHA-256 over the canonical JSON of all other members, `data` as its canonical text.' }),
  })
  .openapi('JournalEntry');

const viewEntry = (row: JournalRow): z.infer<typeof EntryView> => ({ ...row, data: JSON.parse(row.data) });

const getJournal = createRoute({
  method: 'get',
  path: '/journal',
  summary: 'List journal entries, newest first',
  middleware: [authorize('auditor', 'compliance')] as const,
  request: { query: PageQuery.extend({ accountId: id('acc').optional(), subjectId: z.string().max(200).optional() }) },
  responses: { 200: { description: 'A page.', ...json(pageOf(EntryView)) }, ...problems },
});

export const journalRoutes = routes().openapi(getJournal, async (c) => {
  const { limit, cursor, accountId, subjectId } = c.req.valid('query');
  const entries = await listEntries(c.env.database, { accountId, subjectId }, { before: cursor, limit: limit + 1 });
  return c.json(toPage(entries, limit, viewEntry), 200);
});
