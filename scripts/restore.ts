// npm run restore -- COMMAND: the first epoch of a new database, and the way back from a restore (docs/runbooks/restore.md).
// FIDUCIA_URL is the product, FIDUCIA_TOKEN a token of an administrator, RESTORE_EPOCH the epoch that is deployed.
import { required, SettingsMissing } from './setup/settings.ts';

const TIMEOUT_MILLISECONDS = 30_000;
const USAGE = 'usage: npm run restore -- status | initialise';

function fail(code: number, ...lines: readonly string[]): never {
  for (const line of lines) console.error(line);
  process.exit(code);
}

function settings(...names: readonly string[]): Readonly<Record<string, string>> {
  try {
    return required(process.env, ...names);
  } catch (fault) {
    return fault instanceof SettingsMissing ? fail(2, fault.message) : fail(1, String(fault));
  }
}

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const { FIDUCIA_URL = '', FIDUCIA_TOKEN = '' } = settings('FIDUCIA_URL', 'FIDUCIA_TOKEN');
  const answer = await fetch(`${FIDUCIA_URL.replace(/\/$/, '')}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${FIDUCIA_TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
    },
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((fault: unknown) => fail(1, `${FIDUCIA_URL} does not answer: ${fault}`));
  const text = await answer.text();
  if (!answer.ok) fail(1, `${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}

const show = (answer: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(answer))
    console.log(`${name.padEnd(12)} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
};

async function initialise(): Promise<void> {
  const { RESTORE_EPOCH } = settings('RESTORE_EPOCH');
  show(await call('POST', '/epoch', { epoch: RESTORE_EPOCH }));
}

const commands: Readonly<Record<string, () => Promise<void>>> = {
  status: async () => show(await call('GET', '/epoch')),
  initialise,
};
const [command, ...rest] = process.argv.slice(2);
const run = command === undefined || rest.length > 0 ? undefined : commands[command];
if (run === undefined) fail(2, USAGE);
await run();
