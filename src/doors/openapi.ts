// The OpenAPI document, generated from the routes themselves. `docs/openapi.json` is its checked-in copy.
import { http } from './http.ts';

export const openApiDocument = () =>
  http.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Fiducia',
      version: '1',
      description:
        'Managed crypto investment accounts: a restriction on each account that not even the manager can step over.',
    },
    security: [{ bearer: [] }],
  });
