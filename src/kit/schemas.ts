// Schemas that many routes share: strict in, named once, described where a reader could guess wrong.
import { z } from '@hono/zod-openapi';
import { type AccountId, type IdPrefix, isId, type Id as TypedId } from '../domain/id.ts';

export const Units = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, 'a canonical decimal string of whole base units')
  .openapi('Units', { description: 'Whole base units, as a decimal string.', example: '1500000' });

const AMOUNT_CHARACTERS_MAX = 200;
/** Units that the domain judges, which says what is wrong with them. */
export const Digits = (description: string) =>
  z.string().max(AMOUNT_CHARACTERS_MAX).openapi({ description, example: '1500000' });

export const PositiveUnits = Units.refine((units) => units !== '0', 'must be above zero');

export const Timestamp = z.iso
  .datetime({ offset: false, message: 'an ISO 8601 instant in UTC, ending in Z' })
  .transform((text) => new Date(text).toISOString())
  .openapi({ type: 'string', format: 'date-time', example: '2026-03-02T09:00:00.000Z' });

export const Instant = z.string().openapi({ format: 'date-time', example: '2026-03-02T09:00:00.000Z' });

export const id = <P extends IdPrefix>(prefix: P) =>
  z
    .custom<TypedId<P>>(
      (value) => typeof value === 'string' && isId(prefix, value),
      `an id that begins with ${prefix}_`,
    )
    .openapi({ type: 'string', example: `${prefix}_01JNVJ3M4Y8E2ZC6T0Q5W7R9XA` });

export const AccountPath = z.object({
  id: z
    .custom<AccountId | 'me'>(
      (value) => value === 'me' || (typeof value === 'string' && isId('acc', value)),
      'an account id, or me',
    )
    .openapi({
      param: { name: 'id', in: 'path' },
      type: 'string',
      description: 'An account id, or `me` for a client’s own account.',
    }),
});

export const idPath = <P extends IdPrefix>(prefix: P) =>
  z.object({ id: id(prefix).openapi({ param: { name: 'id', in: 'path' } }) });

const PAGE_ITEMS_MAX = 200;
const PAGE_ITEMS = 50;

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}$/, 'the `nextCursor` of the page before')
    .optional()
    .openapi({ description: 'The `nextCursor` of the page before.' }),
});

/** A read that takes no query refuses one: a misspelt or unknown parameter is not passed over. */
export const NoQuery = z.strictObject({});

/** Text that people read: no control, format or half characters, which hide or reorder what is shown. */
export const shown = (charactersMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(charactersMax)
    .regex(/^\P{C}*$/u, 'only visible characters');

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Reads one more than asked to know whether there is a next page. */
export function toPage<R extends { readonly id: string }, V>(
  records: readonly R[],
  limit: number,
  view: (record: R) => V,
) {
  const items = records.slice(0, limit);
  return { items: items.map(view), nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null };
}

export const AmountView = z
  .object({ asset: z.string(), units: z.string(), formatted: z.string().openapi({ description: 'For reading only.' }) })
  .openapi('Amount');

export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    instance: z.string(),
    requestId: z.string(),
  })
  .openapi('Problem');

export const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });

const refused = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** The failures that every route shares. */
export const problems = {
  400: refused('Not as documented.'),
  401: refused('No token, or one that was not accepted.'),
  403: refused('Not for this role.'),
  404: refused('No such record of yours.'),
  409: refused('The state of the record does not allow it.'),
  413: refused('The body is too large.'),
  415: refused('Not JSON.'),
  422: refused('Understood, and refused.'),
  429: refused('Too many requests.'),
  500: refused('Our fault; the request id names it.'),
  503: refused('Something it needs is not available.'),
} as const;
