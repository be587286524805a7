/** What a hostile or broken client may send: bodies near the schemas of the sandbox, and bodies near nothing at all. */
import fc from 'fast-check';
import * as z from 'zod';

type JsonSchema = {
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  type?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
};

/** Names that trip up code which treats objects as dictionaries. */
const strangeKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'status', 'id', '\u0000'];
const strangeTexts = [
  '',
  '0',
  '-1',
  '1e999',
  'null',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '%',
  "' OR 1=1 --",
  '🜚',
];
const strangeNumbers = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, -Number.MAX_VALUE];

const text = (pool: readonly string[]) =>
  fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom(...strangeTexts), fc.constantFrom(...pool, 'x'));
const anything = (pool: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(fc.jsonValue({ maxDepth: 4 }), text(pool), fc.constantFrom(...strangeNumbers), fc.constant(null));

/** Values that the schema admits, more or less: strings and numbers leave their bounds now and then. */
function near(schema: JsonSchema, pool: readonly string[]): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => near(branch, pool)));
  switch (schema.type) {
    case 'string':
      return schema.pattern
        ? fc.oneof({ weight: 5, arbitrary: fc.stringMatching(new RegExp(schema.pattern)) }, text(pool))
        : text(pool);
    case 'integer':
    case 'number':
      return fc.oneof(
        {
          weight: 3,
          arbitrary: fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 100_000) }),
        },
        fc.constantFrom(...strangeNumbers),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(near(schema.items ?? {}, pool), { minLength: Math.min(schema.minItems ?? 0, 2), maxLength: 4 });
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, near(inner, pool)] as const);
      return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
    }
    default:
      return anything(pool);
  }
}

/** One field gone, replaced or added: what a mistake in a client looks like. */
const damaged = (body: fc.Arbitrary<unknown>, pool: readonly string[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(body, fc.nat(), anything(pool), fc.constantFrom('drop', 'replace', 'add'), fc.constantFrom(...strangeKeys))
    .map(([value, at, other, how, strange]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return other;
      const entries = Object.entries(value);
      const index = entries.length === 0 ? 0 : at % entries.length;
      if (how === 'drop') return Object.fromEntries(entries.filter((_, place) => place !== index));
      if (how === 'add') return Object.fromEntries([...entries, [strange, other]]);
      return Object.fromEntries(entries.map(([key, kept], place) => [key, place === index ? other : kept]));
    });

const names = ['name', 'kind', 'network', 'tags', 'url', 'events', 'operations', 'identityId', 'publicKey', 'status'];
const moreNames = ['permissionId', 'credentialInfo', 'credentialUuid', 'message', 'transaction', 'value', 'walletId'];
const wireNames = [...names, ...moreNames, 'to', 'amount', 'contract', 'externalId', 'isArchived', 'delegateTo'];

/** For routes whose schema is not known here: the words of the API with anything behind them. */
const wordy = (pool: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...wireNames, ...strangeKeys), anything(pool), { maxKeys: 6 });

export function bodyText(schema: z.ZodType | undefined, pool: readonly string[]): fc.Arbitrary<string> {
  const shaped = schema
    ? near(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, pool)
    : wordy(pool);
  const json = fc
    .oneof(shaped, shaped, damaged(shaped, pool), wordy(pool), anything(pool))
    .map((body) => JSON.stringify(body));
  return fc.oneof(
    { weight: 12, arbitrary: json },
    fc.string({ maxLength: 60 }),
    fc.nat(5000).map((depth) => '['.repeat(depth)),
    json.map((whole) => whole.slice(0, -1)),
  );
}

/** Parameters of a path: ids that exist, ids of something else, and what is no id. */
export const segment = (pool: readonly string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pool, 'x') },
    fc.string({ minLength: 1, maxLength: 20 }).map((raw) => encodeURIComponent(raw.toWellFormed())),
    fc.constantFrom('%', '%00', '%2F', '__proto__', 'constructor', ' ', 'x'.repeat(3000)),
  );

export const query = fc.dictionary(
  fc.constantFrom(
    'limit',
    'paginationToken',
    'status',
    'kind',
    'startTime',
    'endTime',
    'network',
    'approverId',
    'netWorth',
  ),
  fc.oneof(
    fc.constantFrom(
      '1',
      '500',
      '0',
      '-1',
      '1e3',
      'true',
      'Active',
      'Pending',
      'cG9saWNpZXM6MQ',
      '2026-01-01T00:00:00Z',
    ),
    fc.string(),
  ),
  { maxKeys: 3 },
);

/** Only what a client can put on the wire at all: the runtime refuses the rest by itself. */
const visible = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
export const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom('authorization', 'x-dfns-useraction', 'x-dfns-nonce', 'content-type', 'user-agent', 'accept'),
    fc.stringMatching(/^x-[a-z]{1,12}$/),
  ),
  fc.oneof(
    visible,
    visible.map((token) => `Bearer ${token}`),
    fc.constantFrom('Bearer a.b.c', 'Bearer ..', 'Bearer e30.e30.e30'),
  ),
  { maxKeys: 3 },
);
