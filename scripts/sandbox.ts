// npm run sandbox: the Dfns emulator alone, for any Dfns client; stays up until it is stopped.
import { isFree, portOf, quietly } from './local.ts';

Object.assign(process.env, quietly);
const { unstable_startWorker: startWorker } = await import('wrangler');

/** Apart from the state of `npm start`, whose product would miss what somebody resets here. */
const stateFolder = process.env.SANDBOX_STATE || '.wrangler/sandbox';

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

const [unknown] = process.argv.slice(2);
if (unknown !== undefined)
  fail(`unknown argument: ${unknown} (SANDBOX_PORT, SANDBOX_SEED and SANDBOX_STATE are all there is to set)`);
const port = portOf('SANDBOX_PORT', 8788);
const url = `http://localhost:${port}`;
if (!(await isFree(port))) fail(`port ${port} is taken; choose another with SANDBOX_PORT=..., or end what holds it`);

const seed = process.env.SANDBOX_SEED;
const worker = await startWorker({
  config: 'src/sandbox/wrangler.toml',
  bindings: seed ? { SANDBOX_SEED: { type: 'secret_text', value: seed } } : {},
  dev: {
    server: { hostname: '127.0.0.1', port },
    persist: stateFolder,
    watch: false,
    inspector: false,
    logLevel: 'error',
  },
});

let closing: Promise<never> | undefined;
const close = (code: number): Promise<never> => (closing ??= worker.dispose().then(() => process.exit(code)));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  // The emulator's own handlers would exit before the Worker has been stopped.
  process.removeAllListeners(signal);
  process.on(signal, () => void close(code));
}

try {
  await worker.ready;
  const answer = await fetch(`${url}/_sandbox/organization`);
  const { orgId } = (await answer.json()) as { orgId: string };
  console.log(`Dfns sandbox   ${url}/   (base URL of any Dfns client, and its page)
Organisation   ${orgId}
Credentials    curl -s ${url}/_sandbox/organization
               serviceAccounts: setup, maker, checker; users: compliance-1, compliance-2, compliance-3, admin-1, auditor-1;
               each with userId, authToken, credentialId and privateKey (PEM)
Manual         docs/sandbox.md

Ctrl-C stops it.`);
} catch (fault) {
  // Stopped from outside while it was starting: what it says of that is no failure.
  if (closing !== undefined) await closing;
  console.error(fault);
  await close(1);
}
