// What the local scripts share: ports, the Workers of this repository, and the state kept beside the local database.
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { KeptWebhook } from './setup/plan.ts';

export const STATE_FOLDER = '.wrangler/state';
const webhookFiles = {
  product: `${STATE_FOLDER}/webhook.json`,
  checker: `${STATE_FOLDER}/checker-webhook.json`,
} as const;
const NOTICE_FILE = `${STATE_FOLDER}/notice-key`;
const ATTESTATION_FILE = `${STATE_FOLDER}/attestation-key.json`;

/** No telemetry, no update check, no question, no look-up of where this machine is. */
export const quietly = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_LOG: 'error',
  CI: '1',
} as const;

/** The two databases: each Worker that keeps records has its own tables and its own migrations. */
export const databases = {
  product: { config: 'wrangler.toml', schema: 'src/store/schema.ts', migrations: 'migrations' },
  checker: {
    config: 'src/checker/wrangler.toml',
    schema: 'src/checker/schema.ts',
    migrations: 'src/checker/migrations',
  },
} as const;
type DatabaseFiles = (typeof databases)[keyof typeof databases];

/** For drizzle-kit: the next migration of the schema, into a folder of migrations. */
export const migrationArguments = (folder: string, { schema }: DatabaseFiles = databases.product): string[] => [
  ...['generate', '--dialect', 'sqlite'],
  ...['--schema', schema, '--out', folder],
];

export function portOf(name: 'PORT' | 'SANDBOX_PORT' | 'CHECKER_PORT', fallback: number): number {
  const port = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    console.error(`${name} is not a port: ${process.env[name]}`);
    process.exit(1);
  }
  return port;
}

/** Probed before anything starts: on a taken port a Worker would wait for ever. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

export function migrate({ config }: DatabaseFiles = databases.product): void {
  const { status, stdout, stderr } = spawnSync(
    'node_modules/.bin/wrangler',
    ['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', STATE_FOLDER, '--config', config],
    { encoding: 'utf8', env: { ...process.env, ...quietly } },
  );
  if (status !== 0) throw new Error(`the migrations were not applied:\n${stdout}${stderr}`);
}

/** Dfns shows a webhook's secret once, so it is kept, git-ignored, beside the local database. */
export function readWebhook(of: keyof typeof webhookFiles = 'product'): KeptWebhook | undefined {
  try {
    return JSON.parse(readFileSync(webhookFiles[of], 'utf8'));
  } catch {
    // Never set up, or the state was deleted: set-up makes a new webhook and removes the old one.
    return undefined;
  }
}

export function keepWebhook(webhook: KeptWebhook, of: keyof typeof webhookFiles = 'product'): void {
  mkdirSync(STATE_FOLDER, { recursive: true });
  writeFileSync(webhookFiles[of], `${JSON.stringify(webhook, null, 2)}\n`, { mode: 0o600 });
}

/** Made once and kept, git-ignored, beside what was made with it. */
function keptSecret(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const secret = make();
  mkdirSync(STATE_FOLDER, { recursive: true });
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}

/** The key that signs attestations here. */
export const attestationKey = (): string =>
  keptSecret(ATTESTATION_FILE, () =>
    JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })),
  );

/** The key from which the secrets of webhook endpoints and the codes of contacts are derived here. */
export const noticeKey = (): string => keptSecret(NOTICE_FILE, () => randomBytes(32).toString('base64'));
