// Tests run in the Workers runtime. Every outbound request goes through the gate: it reaches the sandbox Worker under its
// URL and fails for any other host, so no test can touch a network. What needs child processes or a browser is named
// *.node.test.ts or *.browser.test.ts and runs in Node.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { build } from 'esbuild';
import { defineConfig, defineProject } from 'vitest/config';
import { deriveOrganization } from '../src/sandbox/derive.ts';
import { ATTESTATION_KEY } from './support/attestation-key.ts';
import { readContract } from './support/conformance/contract.ts';

const root = fileURLToPath(import.meta.resolve('..'));
const compatibilityDate = '2026-08-15';
const SEED = 'test';
const [IN_NODE, IN_BROWSER] = ['test/**/*.node.test.ts', 'test/**/*.browser.test.ts'];
/** Requests of test/sandbox/fuzz.test.ts; the long run is 20000. */
const FUZZ_CASES = process.env.FUZZ_CASES ?? '400';
/** Orders of test/journeys/preview.test.ts; the long run is 500. */
const PREVIEW_CASES = process.env.PREVIEW_CASES ?? '60';
const WORKERS = Math.max(2, availableParallelism() - 1);
/** Points of the crash walks; `CRASH_STRIDE=1` tries every one. */
const CRASH_STRIDE = process.env.CRASH_STRIDE ?? '4';
/** Rows of the payout batch that is run through faults. */
const PAYOUT_ROWS = process.env.PAYOUT_ROWS ?? '12';
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

const { orgId, accounts } = deriveOrganization(SEED);
const maker = accounts.find(({ name }) => name === 'maker');
if (maker === undefined) throw new Error('the sandbox has no maker');

const gate = `export default { fetch(request, env) {
  const { hostname } = new URL(request.url)
  if (hostname === 'sandbox.test') return env.SANDBOX.fetch(request)
  throw new Error('a test may not reach ' + hostname)
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
          CRASH_STRIDE,
          PAYOUT_ROWS,
          DFNS_CONTRACT: JSON.stringify(readContract()),
          TEST_MIGRATIONS: await readD1Migrations(`${root}migrations`),
          PUBLIC_URL: 'http://fiducia.test',
          DFNS_API_URL: 'http://sandbox.test',
          DFNS_ORG_ID: orgId,
          DFNS_AUTH_TOKEN: maker.authToken,
          DFNS_CREDENTIAL_ID: maker.credentialId,
          DFNS_PRIVATE_KEY: maker.privateKey,
          DFNS_WEBHOOK_SECRETS: 'not-known-before-set-up',
          ATTESTATION_KEY,
          // Fast enough to be out of the way; tests of the pace set their own.
          DFNS_CALLS_PER_MINUTE: '1000000',
          JWT_ISSUER: 'http://sandbox.test/_sandbox/identity',
          JWT_JWKS_URL: 'http://sandbox.test/_sandbox/identity/jwks',
        },
        outboundService: 'gate',
        workers: [
          {
            name: 'sandbox',
            compatibilityDate,
            compatibilityFlags: ['nodejs_compat'],
            outboundService: 'closed',
            bindings: { SANDBOX_SEED: SEED },
            durableObjects: { ORGANIZATION: { className: 'Organization', useSQLite: true } },
            modules: script('index.mjs', await bundle('src/sandbox/worker.ts')),
          },
          {
            name: 'gate',
            compatibilityDate,
            serviceBindings: { SANDBOX: 'sandbox' },
            modules: script('gate.mjs', gate),
          },
          { name: 'closed', compatibilityDate, modules: script('closed.mjs', closed) },
        ],
      },
    })),
  ],
  test: {
    name: 'workers',
    include: ['test/**/*.test.ts'],
    exclude: [IN_NODE, IN_BROWSER],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 30_000,
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
  defineProject({ root, test: { name, include: [pattern], testTimeout: 60_000, hookTimeout: 60_000 } });

export default defineConfig({
  root,
  // Vitest would leave one core to itself, and these files mostly wait.
  test: { maxWorkers: WORKERS, projects: [inWorkers, inNode('node', IN_NODE), inNode('browser', IN_BROWSER)] },
});
