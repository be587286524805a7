// What the journal looks like on the wire.
import { z } from '@hono/zod-openapi';
import type { Evidence } from '../../domain/evidence.ts';
import { Instant, id, PageQuery, Timestamp } from '../../kit/schemas.ts';

const ID_CHARACTERS_MAX = 200;
const KIND_CHARACTERS_MAX = 100;
const ACTOR_CHARACTERS_MAX = 1_000;
const text = (charactersMax: number) => z.string().min(1).max(charactersMax);

export const EntryView = z
  .object({
    place: z.number().int().openapi({ description: 'In the order of all commits, from 1, without a gap.' }),
    id: z.string(),
    subjectId: z.string(),
    version: z.number().int(),
    kind: z.string(),
    accountId: z.string().nullable(),
    walletId: z.string().nullable(),
    policyId: z.string().nullable().openapi({ description: 'At custody.' }),
    actor: z.string(),
    actorRole: z.string(),
    requestId: z.string(),
    at: Instant,
    data: z.looseObject({}).openapi({ description: 'What differs, before and after.' }),
    hash: z.string().openapi({
      description:
        'SHA-256 over the canonical JSON of all other members but `place`, `data` as its canonical text; `walletId` and `policyId` only where they are not null.',
    }),
  })
  .openapi('JournalEntry');

const filters = {
  accountId: id('acc').optional(),
  walletId: id('wal').optional(),
  policyId: text(ID_CHARACTERS_MAX).optional().openapi({ description: 'The id of a policy at custody.' }),
  subjectId: text(ID_CHARACTERS_MAX).optional(),
  actor: text(ACTOR_CHARACTERS_MAX).optional().openapi({ description: 'As `actor` of an entry shows it.' }),
  kind: text(KIND_CHARACTERS_MAX).optional().openapi({ example: 'transfer.confirmed' }),
  from: Timestamp.optional(),
  to: Timestamp.optional().openapi({ description: 'Up to before this instant.' }),
};
const Place = z.coerce.number().int().positive();

export const JournalQueryView = z.strictObject({
  limit: PageQuery.shape.limit,
  cursor: Place.optional().openapi({ type: 'integer', description: 'The `nextCursor` of the page before.' }),
  ...filters,
});
export const ExportQuery = z.strictObject({ format: z.enum(['csv', 'ndjson']), ...filters });
export const VerifyQuery = z.strictObject({
  from: Place.default(1).openapi({ type: 'integer', description: 'A place; the range begins with its checkpoint.' }),
  to: Place.default(Number.MAX_SAFE_INTEGER).openapi({ type: 'integer', description: 'A place.' }),
});

export const EvidenceQuery = z.strictObject({
  accountId: id('acc'),
  from: Timestamp,
  to: Timestamp.openapi({ description: 'The first instant outside the period; at most 31 days after `from`.' }),
});
export const EvidenceView = z.custom<Evidence>().openapi('Evidence', {
  type: 'object',
  description: 'All members and how they hang together: docs/journal.md.',
});

const RangeView = z.object({ from: z.number().int(), to: z.number().int() });
export const VerifiedView = z
  .object({
    result: z.enum(['sound', 'broken']),
    broken: z
      .object({
        what: z.string().openapi({
          description:
            '`changed`, `removed`, `inserted`, `swapped`, `checkpoint_removed`, `checkpoint_forged`, `checkpoint_forked`, `checkpoint_unlinked`, `copy_missing`, `copy_altered`.',
        }),
        checkpoint: z.number().int().nullable(),
        place: z.number().int().nullable(),
        entryId: z.string().nullable(),
        says: z.string(),
      })
      .nullable()
      .openapi({ description: 'The first thing that is not as it was signed.' }),
    checkpoints: RangeView.nullable().openapi({ description: 'Proven so far, by sequence.' }),
    places: RangeView.nullable().openapi({ description: 'Proven so far, by place.' }),
    unsigned: z.number().int().openapi({ description: 'Entries behind the last checkpoint: they hang together.' }),
    notes: z.array(z.string()),
    next: z.number().int().nullable().openapi({ description: '`from` of the next call; null: there is no more.' }),
  })
  .openapi('JournalVerification');
