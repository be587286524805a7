// The OpenAPI document, generated from the routes themselves; what all routes share (names, groups, the token, the
// Idempotency-Key) is added here once. `docs/openapi.json` is its checked-in copy.
import { router } from './http.ts';

router.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'An access token of the configured issuer. Without a role it is a client’s.',
});

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: true,
  description: 'Any text unique to this wish. The same key and request replays the first answer for 24 hours.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 200 },
};

/** Made once: it depends on the code alone. */
export const openApiDocument = () => (made ??= makeDocument());
let made: ReturnType<typeof makeDocument> | undefined;

function makeDocument() {
  const document = router.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Fiducia',
      version: '1',
      description:
        'Managed crypto investment accounts: a restriction on each account that not even the manager can step over. Failures are application/problem+json with a stable `code` and a `requestId`. Amounts are decimal strings of base units; times are ISO 8601 in UTC; lists are paged by `cursor`.',
    },
    security: [{ bearer: [] }],
  });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ['get', 'post'] as const) {
      const operation = item[method];
      if (operation === undefined) continue;
      operation.tags = [groupOf(path)];
      operation.operationId = nameOf(method, path);
      if (method === 'post') operation.parameters = [...(operation.parameters ?? []), idempotencyKey];
    }
  }
  return document;
}

const segments = (path: string): string[] => path.split('/').filter((segment) => segment !== '' && segment !== 'v1');
const reports = ['balances', 'restrictions', 'activity', 'statement', 'attestation'];

/** `/v1/accounts/{id}/mandates` belongs to mandates, `/v1/mandates/{id}/revoke` too. */
function groupOf(path: string): string {
  const [first = '', , third] = segments(path);
  if (first === 'limits-changes') return 'limits';
  if (third === 'wallets' || third === 'close') return 'accounts';
  if (first !== 'accounts' || third === undefined) return first;
  return reports.includes(third) ? 'reports' : third;
}

/** `postAccountsIdMandates`: unique, since path and method are. */
const nameOf = (method: string, path: string): string =>
  method +
  segments(path)
    .map((segment) => segment.replace(/[{}]/g, ''))
    .map((segment) => segment.charAt(0).toUpperCase() + segment.slice(1))
    .join('');
