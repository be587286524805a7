// The page that verifies attestations and evidence, and the keys to verify them with. The page is static, loads from here alone and may
// connect to nowhere: its files are put together by scripts/write-verify-page.ts from the ones beside this one.
import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import type { Variables } from '../../app/routes.ts';
import { publishedKeys } from '../../kit/attestation-keys.ts';
import { css, html, script } from './files.ts';
import { CONTENT_SECURITY_POLICY } from './policy.ts';

/** A new key is published this long before it signs, or a verifier may not have it yet. */
const KEYS_SECONDS = 300;
const PAGE_SECONDS = 3600;

const headers = (type: string, seconds: number) => ({
  'content-type': type,
  'cache-control': `public, max-age=${seconds}`,
  'content-security-policy': CONTENT_SECURITY_POLICY,
});

export const verifyDoor = new Hono<{ Bindings: App; Variables: Variables }>()
  .get('/verify', (c) => c.body(html, 200, headers('text/html; charset=utf-8', PAGE_SECONDS)))
  .get('/verify/page.css', (c) => c.body(css, 200, headers('text/css; charset=utf-8', PAGE_SECONDS)))
  .get('/verify/page.js', (c) => c.body(script, 200, headers('text/javascript; charset=utf-8', PAGE_SECONDS)))
  .get('/.well-known/fiducia-attestation-keys.json', async (c) => {
    const keys = await publishedKeys(c.env.config.attestation);
    return c.body(JSON.stringify(keys), 200, {
      'content-type': 'application/jwk-set+json',
      'cache-control': `public, max-age=${KEYS_SECONDS}`,
    });
  });
