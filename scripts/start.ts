// npm start: sandbox, set-up, product, then the story once; stays up with the local cron ticking, or exits with --once. With
// --checker the checker runs too, in shadow mode unless MODE says otherwise.
import { resolve } from 'node:path';
import {
  attestationKey,
  databases,
  isFree,
  keepWebhook,
  migrate,
  noticeKey,
  portOf,
  quietly,
  readWebhook,
  STATE_FOLDER,
} from './local.ts';
import { Person } from './person.ts';
import { applySetup } from './setup/apply.ts';
import { openDfns } from './setup/dfns.ts';
import { forChecker, type Wanted, wantedOrganization } from './setup/organization.ts';
import { showPlan } from './setup/plan.ts';
import { proofOf } from './setup/prove.ts';
import { readOrganization } from './setup/read.ts';
import { webhookUrlOf } from './setup/settings.ts';
import { StoryFailed, tellStory } from './story.ts';

Object.assign(process.env, quietly);
const { unstable_startWorker: startWorker } = await import('wrangler');

const MINUTE_MILLISECONDS = 60_000;
const unknown = process.argv.slice(2).filter((argument) => argument !== '--once' && argument !== '--checker');
if (unknown.length > 0) fail(`unknown argument: ${unknown.join(' ')} (only --once and --checker are known)`);
const isOnce = process.argv.includes('--once');
const hasChecker = process.argv.includes('--checker');
const ports = {
  PORT: portOf('PORT', 8787),
  SANDBOX_PORT: portOf('SANDBOX_PORT', 8788),
  ...(hasChecker ? { CHECKER_PORT: portOf('CHECKER_PORT', 8789) } : {}),
};
if (new Set(Object.values(ports)).size < Object.keys(ports).length)
  fail(`${Object.keys(ports).join(', ')} must differ: each Worker needs a port of its own`);
const { PORT: port, SANDBOX_PORT: sandboxPort, CHECKER_PORT: checkerPort } = ports;
/** Another one after a drill of the restore: docs/runbooks/restore.md. */
const localEpoch = process.env.RESTORE_EPOCH ?? '1';
const [productUrl, sandboxUrl] = [`http://localhost:${port}`, `http://localhost:${sandboxPort}`];
const checkerUrl = checkerPort === undefined ? undefined : `http://localhost:${checkerPort}`;

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

type Bindings = NonNullable<Parameters<typeof startWorker>[0]['bindings']>;
type Running = Awaited<ReturnType<typeof startWorker>>;
const running: Running[] = [];

async function start(config: string, onPort: number, bindings: Bindings): Promise<Running> {
  const worker = await startWorker({
    config,
    bindings,
    dev: {
      server: { hostname: '127.0.0.1', port: onPort },
      persist: STATE_FOLDER,
      // Where the Workers of this start find one another, and none of another start on this machine.
      registry: resolve(STATE_FOLDER, 'registry'),
      watch: false,
      inspector: false,
      logLevel: 'error',
    },
  });
  running.push(worker);
  await worker.ready;
  return worker;
}

let closing: Promise<never> | undefined;
const close = (code: number): Promise<never> =>
  (closing ??= Promise.allSettled(running.map((worker) => worker.dispose())).then(() => process.exit(code)));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  // The emulator's own handlers would exit before the Workers have been stopped.
  process.removeAllListeners(signal);
  process.on(signal, () => void close(code));
}

const text = (value: string) => ({ type: 'plain_text' as const, value });
const secret = (value: string) => ({ type: 'secret_text' as const, value });

interface Access {
  readonly userId: string;
  readonly authToken: string;
  readonly credentialId: string;
  readonly privateKey: string;
}
interface Organization {
  readonly orgId: string;
  readonly serviceAccounts: { readonly setup: Access; readonly maker: Access; readonly checker: Access };
  readonly users: Readonly<Record<string, Access>>;
}

const dfnsOf = ({ orgId, serviceAccounts: { setup } }: Organization) =>
  openDfns({ apiUrl: sandboxUrl, orgId, ...setup });

const wantedOf = ({ serviceAccounts: { setup, maker, checker }, users }: Organization): Wanted =>
  wantedOrganization({
    officers: Object.entries(users).flatMap(([name, { userId }]) => (name.startsWith('compliance-') ? [userId] : [])),
    setupId: setup.userId,
    makerId: maker.userId,
    checkerId: checker.userId,
    webhookUrl: webhookUrlOf(productUrl),
  });

/** Idempotent; with the webhook of the product, or with that of the checker. Its secret. */
async function setUp(organization: Organization, of: 'product' | 'checker' = 'product'): Promise<string> {
  const wanted =
    of === 'checker' && checkerUrl !== undefined
      ? forChecker(wantedOf(organization), webhookUrlOf(checkerUrl))
      : wantedOf(organization);
  const { isRefused, steps, webhook } = await applySetup(dfnsOf(organization), wanted, readWebhook(of));
  if (isRefused || webhook?.secret === undefined)
    throw new Error(`the organisation of the sandbox was not set up:\n${showPlan(steps)}`);
  keepWebhook({ ...webhook, secret: webhook.secret }, of);
  return webhook.secret;
}

/** Its own key, its own database, its own webhook; of the product it is given the binding that answers questions. */
async function startChecker(organization: Organization, url: string, onPort: number): Promise<void> {
  const webhookSecret = await setUp(organization, 'checker');
  const { checker } = organization.serviceAccounts;
  const { MODE, TERMS } = process.env;
  await start(databases.checker.config, onPort, {
    CHECKER_URL: text(url),
    ...(MODE && { MODE: text(MODE) }),
    ...(TERMS && { TERMS: text(TERMS) }),
    DFNS_API_URL: text(sandboxUrl),
    DFNS_DASHBOARD_URL: text(sandboxUrl),
    DFNS_ORG_ID: text(organization.orgId),
    JWT_ISSUER: text(`${sandboxUrl}/_sandbox/identity`),
    JWT_JWKS_URL: text(`${sandboxUrl}/_sandbox/identity/jwks`),
    DFNS_AUTH_TOKEN: secret(checker.authToken),
    DFNS_CREDENTIAL_ID: secret(checker.credentialId),
    DFNS_PRIVATE_KEY: secret(checker.privateKey),
    DFNS_WEBHOOK_SECRETS: secret(webhookSecret),
  });
  await tick('*/15 * * * *', Date.now(), [url]);
  await tick('* * * * *', Date.now(), [url]);
}

/** A new database gets its first epoch; one that has it, or is older than epochs, is left as it is. */
async function giveEpoch(admin: Person): Promise<void> {
  const { status, moneyMoves } = await admin.read<{ status: string; moneyMoves: boolean }>('/epoch');
  if (status === 'none') await admin.post('/epoch', { epoch: localEpoch });
  else if (!moneyMoves) console.error('No money moves: the local database is of another epoch, or is being restored.');
}

/** As an admin would each week: without it every fence is degraded. */
async function prove(organization: Organization): Promise<void> {
  const found = await readOrganization(dfnsOf(organization));
  const proven = proofOf(wantedOf(organization), found, new Date().toISOString());
  if (!proven.ok) throw new Error(`the rights at the sandbox could not be read: ${proven.unread.join('; ')}`);
  const admin = await Person.signedIn({ productUrl, sandboxUrl, tick: () => tick('* * * * *') }, 'admin-1');
  await giveEpoch(admin);
  await admin.post('/permission-proofs', proven.proof);
}

/** Those of wrangler.toml, with the minutes between two fires. */
const CRONS = { '* * * * *': 1, '*/5 * * * *': 5, '*/15 * * * *': 15 } as const;

/** The local runtime does not fire crons by itself. */
async function tick(cron: string, at = Date.now(), urls: readonly string[] = [productUrl]): Promise<void> {
  const query = new URLSearchParams({ cron, time: String(at), format: 'json' });
  for (const url of urls) {
    const response = await fetch(`${url}/cdn-cgi/handler/scheduled?${query}`);
    if (!response.ok) console.error(`the cron ${cron} of ${url} answered ${response.status}`);
  }
}

function tickEachMinute(): void {
  const now = Date.now();
  setTimeout(
    () => {
      const slot = Math.round(Date.now() / MINUTE_MILLISECONDS) * MINUTE_MILLISECONDS;
      const minute = slot / MINUTE_MILLISECONDS;
      const due = Object.entries(CRONS).filter(([, minutes]) => minute % minutes === 0);
      for (const [cron] of due)
        tick(cron, slot, [productUrl, ...(checkerUrl === undefined ? [] : [checkerUrl])]).catch((fault: unknown) =>
          console.error(`the cron could not be fired: ${fault}`),
        );
      tickEachMinute();
    },
    MINUTE_MILLISECONDS - (now % MINUTE_MILLISECONDS),
  );
}

for (const [name, taken] of Object.entries(ports)) {
  if (!(await isFree(taken)))
    fail(
      `port ${taken} is taken; choose another with ${name}=..., or end what holds it (workerd of a start that was killed?)`,
    );
}

try {
  // Before anything listens: a connection that rests while this process does nothing else is dropped.
  migrate();
  if (hasChecker) migrate(databases.checker);
  await start('src/sandbox/wrangler.toml', sandboxPort, {});
  const organization = (await (await fetch(`${sandboxUrl}/_sandbox/organization`)).json()) as Organization;
  const webhookSecret = await setUp(organization);
  const { maker } = organization.serviceAccounts;
  await start('wrangler.toml', port, {
    PUBLIC_URL: text(productUrl),
    DFNS_API_URL: text(sandboxUrl),
    DFNS_DASHBOARD_URL: text(sandboxUrl),
    DFNS_ORG_ID: text(organization.orgId),
    RESTORE_EPOCH: text(localEpoch),
    JWT_ISSUER: text(`${sandboxUrl}/_sandbox/identity`),
    JWT_JWKS_URL: text(`${sandboxUrl}/_sandbox/identity/jwks`),
    DFNS_AUTH_TOKEN: secret(maker.authToken),
    DFNS_CREDENTIAL_ID: secret(maker.credentialId),
    DFNS_PRIVATE_KEY: secret(maker.privateKey),
    DFNS_WEBHOOK_SECRETS: secret(webhookSecret),
    ATTESTATION_KEY: secret(attestationKey()),
    NOTICE_KEYS: secret(noticeKey()),
  });
  await prove(organization);
  // Local queues forget what they held at a stop: look once for everything that may have been lost.
  await tick('* * * * *');
  await tick('*/15 * * * *');
  await tick('*/5 * * * *');
  if (checkerUrl !== undefined && checkerPort !== undefined) await startChecker(organization, checkerUrl, checkerPort);
  await tellStory({ productUrl, sandboxUrl, tick: () => tick('* * * * *') });
  console.log('story: complete');
  if (isOnce) await close(0);
  tickEachMinute();
  console.log(
    `\nAPI reference  ${productUrl}/docs\nReadiness      ${productUrl}/readyz\nSandbox        ${sandboxUrl}/${checkerUrl === undefined ? '' : `\nChecker        ${checkerUrl}/readyz`}\n\nCtrl-C stops everything.`,
  );
} catch (fault) {
  // Stopped from outside while something was on its way: what it says of that is no failure.
  if (closing !== undefined) await closing;
  console.error(fault instanceof StoryFailed ? fault.message : fault);
  await close(1);
}
