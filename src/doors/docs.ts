// The reference page: Swagger UI from our own assets, with no call to anywhere else and no inline script.
import { Hono } from 'hono';
import type { App } from '../app/app.ts';
import type { Variables } from '../app/routes.ts';

const assets = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fiducia API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="reference"></main>
<noscript>The reference needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>`;

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', validatorUrl: null, deepLinking: true });`;

/** Swagger UI writes styles into elements and draws its icons as data; nothing else is let in. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const docs = new Hono<{ Bindings: App; Variables: Variables }>()
  .get('/openapi.json', async (c) => {
    // Imported when asked for: the document is made from the routes, which are mounted beside this page.
    const { openApiDocument } = await import('./openapi.ts');
    return c.json(openApiDocument());
  })
  .get('/docs', (c) => {
    c.res = c.html(page);
    c.header('content-security-policy', CONTENT_SECURITY_POLICY);
    return c.res;
  })
  .get('/docs/start.js', (c) => c.body(start, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
  .get('/docs/:asset', async (c) => {
    const type = assets.get(c.req.param('asset'));
    if (type === undefined) return c.notFound();
    const { body, status } = await c.env.bindings.ASSETS.fetch(new URL(`/${c.req.param('asset')}`, c.req.url));
    return new Response(body, { status, headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' } });
  });
