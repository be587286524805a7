// Tests run in the Workers runtime. Every outbound request goes through the gate: it reaches the sandbox Worker under its
// URL, a receiver of notices under another, and fails for any other host, so no test can touch a network. What needs child processes or a browser is named
// *.node.test.ts or *.browser.test.ts and runs in Node.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { build } from 'esbuild';
import { defineConfig, defineProject } from 'vitest/config';
import { writePrinter } from '../scripts/write-printer.ts';
import { deriveOrganization } from '../src/sandbox/derive.ts';
import { ATTESTATION_KEY } from './support/attestation-key.ts';
import { readContract } from './support/conformance/contract.ts';
import { useMemoryDisk } from './support/memory-disk.ts';
import { startReceiver } from './support/receiver/start.ts';

const root = fileURLToPath(import.meta.resolve('..'));
const compatibilityDate = '2026-08-15';
const SEED = 'test';
const [IN_NODE, IN_BROWSER] = ['test/**/*.node.test.ts', 'test/**/*.browser.test.ts'];
/** Requests of test/sandbox/fuzz.test.ts; the long run is 20000. */
const FUZZ_CASES = process.env.FUZZ_CASES ?? '400';
/** Orders of test/journeys/preview.test.ts; the long run is 500. */
const PREVIEW_CASES = process.env.PREVIEW_CASES ?? '40';
const WORKERS = availableParallelism() + 1;
/** Points of the crash walks; `CRASH_STRIDE=1` tries every one. */
const CRASH_STRIDE = process.env.CRASH_STRIDE ?? '8';
/** Events of test/journeys/events.test.ts; the long run is 10000. */
const EVENT_CASES = process.env.EVENT_CASES ?? '120';
/** Rows of the payout batch that is run through faults. */
const PAYOUT_ROWS = process.env.PAYOUT_ROWS ?? '30';
/** Rows of the payroll that the checker reviews; the long run is 200. */
const PAYROLL_ROWS = process.env.PAYROLL_ROWS ?? '16';
const SWEEP_ACCOUNTS = process.env.SWEEP_ACCOUNTS ?? '600';

async function bundle(entry: string): Promise<string> {
  const built = await build({
    entryPoints: [root + entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
  });
  const [file] = built.outputFiles;
  if (file === undefined) throw new Error(`nothing was built from ${entry}`);
  return file.text;
}

useMemoryDisk();
await writePrinter();
const outside = await startReceiver();
const { orgId, accounts } = deriveOrganization(SEED);
function accountOf(wanted: string) {
  const account = accounts.find(({ name }) => name === wanted);
  if (account === undefined) throw new Error(`the sandbox has no ${wanted}`);
  return account;
}
const [maker, checker] = [accountOf('maker'), accountOf('checker')];

const gate = `export default { fetch(request, env) {
  const { hostname } = new URL(request.url)
  if (hostname === 'sandbox.test') return env.SANDBOX.fetch(request)
  if (hostname.endsWith('.receiver.org')) return env.RECEIVER.fetch(request)
  if (hostname.endsWith('.outside.org')) return env.OUTSIDE.fetch(request)
  throw new Error('a test may not reach ' + hostname)
} }`;
/** A host of somebody else: it keeps what it was sent, and answers as it was told to. */
const receiver = `let seen = []
let told = {}
export default { async fetch(request) {
  const url = new URL(request.url)
  if (url.pathname === '/_told') {
    if (request.method === 'PUT') told = { ...told, ...await request.json() }
    if (request.method === 'DELETE') [seen, told] = [[], {}]
    return Response.json(seen)
  }
  const headers = Object.fromEntries(request.headers)
  seen.push({ method: request.method, url: request.url, headers, body: await request.text() })
  if (told.slow) await scheduler.wait(told.slow)
  if (url.pathname.startsWith('/.well-known/')) return new Response(told.token ?? 'none', { status: told.tokenStatus ?? 200 })
  return new Response(told.text ?? null, { status: told.status ?? 204, headers: told.headers ?? {} })
} }`;
/** What the sandbox's deliveries reach: a refusal, and under /slow one that takes its time. */
const closed = `export default { async fetch(request) {
  if (new URL(request.url).pathname === '/slow') await scheduler.wait(1500)
  return new Response('closed', { status: 502 })
} }`;
const script = (path: string, contents: string) => [{ type: 'ESModule' as const, path, contents }];

const inWorkers = defineProject({
  root,
  resolve: { alias: { 'cross-fetch': `${root}src/dfns/fetch.ts` } },
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${root}wrangler.toml` },
      miniflare: {
        bindings: {
          FUZZ_CASES,
          PREVIEW_CASES,
          SWEEP_ACCOUNTS,
          EVENT_CASES,
          CRASH_STRIDE,
          PAYOUT_ROWS,
          PAYROLL_ROWS,
          DFNS_CONTRACT: JSON.stringify(readContract()),
          TEST_MIGRATIONS: await readD1Migrations(`${root}migrations`),
          CHECKER_MIGRATIONS: await readD1Migrations(`${root}src/checker/migrations`),
          CHECKER_AUTH_TOKEN: checker.authToken,
          CHECKER_CREDENTIAL_ID: checker.credentialId,
          CHECKER_PRIVATE_KEY: checker.privateKey,
          PUBLIC_URL: 'http://fiducia.test',
          DFNS_API_URL: 'http://sandbox.test',
          DFNS_ORG_ID: orgId,
          DFNS_AUTH_TOKEN: maker.authToken,
          DFNS_CREDENTIAL_ID: maker.credentialId,
          DFNS_PRIVATE_KEY: maker.privateKey,
          DFNS_WEBHOOK_SECRETS: 'not-known-before-set-up',
          ATTESTATION_KEY,
          NOTICE_KEYS: Buffer.alloc(32, 7).toString('base64'),
          // Fast enough to be out of the way; tests of the pace set their own.
          DFNS_CALLS_PER_MINUTE: '1000000',
          JWT_ISSUER: 'http://sandbox.test/_sandbox/identity',
          JWT_JWKS_URL: 'http://sandbox.test/_sandbox/identity/jwks',
        },
        outboundService: 'gate',
        d1Databases: { CHECKER_DB: 'checker' },
        workers: [
          {
            name: 'sandbox',
            compatibilityDate,
            compatibilityFlags: ['nodejs_compat'],
            outboundService: 'closed',
            bindings: { SANDBOX_SEED: SEED },
            durableObjects: { ORGANIZATION: { className: 'Organization', useSQLite: true } },
            modules: script('index.mjs', await bundle('test/support/sandbox.ts')),
          },
          {
            name: 'gate',
            compatibilityDate,
            serviceBindings: { SANDBOX: 'sandbox', RECEIVER: 'receiver', OUTSIDE: outside },
            modules: script('gate.mjs', gate),
          },
          { name: 'receiver', compatibilityDate, modules: script('receiver.mjs', receiver) },
          { name: 'closed', compatibilityDate, modules: script('closed.mjs', closed) },
        ],
      },
    })),
  ],
  test: {
    name: 'workers',
    isolate: false, // test/support/setup.ts separates the files
    include: ['test/**/*.test.ts'],
    exclude: [IN_NODE, IN_BROWSER],
    setupFiles: ['test/support/setup.ts'],
    // Generous: a machine that is shared may be several times slower than one at rest.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    deps: {
      optimizer: {
        ssr: {
          enabled: true,
          include: ['@dfns/sdk', '@dfns/sdk-keysigner'],
          rolldownOptions: { external: [/^node:/, /^cloudflare:/], platform: 'node' },
        },
      },
    },
  },
});

const inNode = (name: string, pattern: string) =>
  defineProject({ root, test: { name, include: [pattern], testTimeout: 90_000, hookTimeout: 90_000 } });

export default defineConfig({
  root,
  // More than there are cores: a file that waits for the runtime or for a process of its own leaves its core to another.
  test: { maxWorkers: WORKERS, projects: [inWorkers, inNode('node', IN_NODE), inNode('browser', IN_BROWSER)] },
});
