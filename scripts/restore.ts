// npm run restore -- COMMAND: the first epoch of a new database, and the way back from a restore (docs/runbooks/restore.md).
// FIDUCIA_URL is the product, FIDUCIA_TOKEN a token of an administrator, RESTORE_EPOCH the epoch that is deployed.
import { required, SettingsMissing } from './setup/settings.ts';

const TIMEOUT_MILLISECONDS = 30_000;
const USAGE = 'usage: npm run restore -- initialise | prepare | halt | begin INSTANT | status';

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

const WAIT_SECONDS = 10;
/** Half a day: longer than custody's pace needs for 10,000 wallets with a few hundred transfers each. */
const WAITS_MAX = 4_320;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;

async function initialise(): Promise<void> {
  const { RESTORE_EPOCH } = settings('RESTORE_EPOCH');
  show(await call('POST', '/epoch', { epoch: RESTORE_EPOCH }));
}

/** Random, and from outside: one that was read from a database could be that of the time that is lost. */
function prepare(): void {
  const epoch = crypto.randomUUID();
  console.log(`The new epoch is ${epoch}

A person does these, in this order:
  1. npm run restore -- halt
  2. put RESTORE_EPOCH = "${epoch}" into the environment of wrangler.toml and deploy it: npm run deploy -- ENVIRONMENT
     From here on no money moves, whatever the database says: /readyz names "restore epoch".
  3. set the database back:
       npx wrangler d1 time-travel info DATABASE --timestamp INSTANT
       npx wrangler d1 time-travel restore DATABASE --timestamp INSTANT
     Locally: stop, put the kept .wrangler/state/v3/d1 back, and start with RESTORE_EPOCH=${epoch} npm start
  4. RESTORE_EPOCH=${epoch} npm run restore -- begin INSTANT`);
}

async function halt(): Promise<void> {
  show(await call('POST', '/halts', { level: 'all', reason: 'The database is about to be restored.' }));
}

/** May be ended and run again at any time: what was found stays found. */
async function begin(to: string): Promise<void> {
  if (!INSTANT.test(to)) fail(2, 'INSTANT is like 2031-03-03T09:00:00Z: the one that the database was set back to');
  const { RESTORE_EPOCH } = settings('RESTORE_EPOCH');
  const restoredTo = new Date(to).toISOString();
  const now = await call('GET', '/epoch');
  if (now.moneyMoves === true) console.log('This restore was done before; nothing is begun again.');
  else show(await call('POST', '/restores', { epoch: RESTORE_EPOCH, restoredTo }));
  for (let waits = 0; ; waits += 1) {
    const { moneyMoves } = await call('GET', '/epoch');
    if (moneyMoves === true) break;
    if (waits === WAITS_MAX) fail(1, 'Custody is still being read. Look at the dead letters, then run this again.');
    if (waits % 6 === 0) console.log('custody is being read ...');
    await new Promise((resolve) => setTimeout(resolve, WAIT_SECONDS * 1000));
  }
  console.log(`Custody was read to the end; everything is halted still. What is left for people:
  - GET /v1/incidents: transfer_unknown (nobody asked again yet), lost_at_custody (opened in the lost time)
  - GET /v1/halts: accounts whose fence differs now, because an officer decided in the lost time
  - another person than the one whose token this was lifts the halts of all: POST /v1/halts/ID/lift`);
}

const commands: Readonly<Record<string, (...given: string[]) => Promise<void> | void>> = {
  status: async () => show(await call('GET', '/epoch')),
  initialise,
  prepare,
  halt,
  begin,
};
const [command = '', ...given] = process.argv.slice(2);
const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (run === undefined || given.length !== run.length) fail(2, USAGE);
await run(...given);
