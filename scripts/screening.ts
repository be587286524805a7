// npm run screening -- load FILE|FOLDER... [--edition TEXT] | status: the sanctions list that requests for addresses are held
// against. FIDUCIA_URL is the product, FIDUCIA_TOKEN a token of an administrator.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ListFile, readFiles } from './screening/files.ts';
import { type Api, findActive, type LoadedList, loadList } from './screening/load.ts';

const TIMEOUT_MILLISECONDS = 30_000;
const ATTEMPTS = 4;
const PROBLEMS_SHOWN_MAX = 20;
const USAGE = 'usage: npm run screening -- load FILE|FOLDER... [--edition TEXT]\n       npm run screening -- status';

function fail(code: number, ...lines: readonly string[]): never {
  for (const line of lines) console.error(line);
  process.exit(code);
}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { edition: { type: 'string' } } });
  } catch (fault) {
    return fail(2, fault instanceof Error ? fault.message : String(fault), USAGE);
  }
}

/** A failed call is repeated with the same key, so that it counts once. */
async function call(url: string, token: string, method: string, path: string, body?: object): Promise<unknown> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((fault: unknown) => fail(1, `${url} does not answer: ${fault}`));
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text);
    if ((answer.status !== 429 && answer.status !== 503) || attempt === ATTEMPTS)
      return fail(1, `${method} ${path} answered ${answer.status}: ${text}`);
    const seconds = Number(answer.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

function openApi(): Api {
  const { FIDUCIA_URL, FIDUCIA_TOKEN } = process.env;
  if (!FIDUCIA_URL || !FIDUCIA_TOKEN)
    fail(2, 'screening needs the environment variables FIDUCIA_URL and FIDUCIA_TOKEN');
  const url = FIDUCIA_URL.replace(/\/$/, '');
  return {
    get: (path) => call(url, FIDUCIA_TOKEN, 'GET', path),
    post: (path, body) => call(url, FIDUCIA_TOKEN, 'POST', path, body),
  };
}

/** Of a folder the files that are named as lists are published. */
const filesIn = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /^sanctioned_addresses_.*\.txt$/.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];

function show(list: LoadedList): void {
  console.log(`edition      ${list.edition}`);
  console.log(`sha-256      ${list.hash}`);
  console.log(`addresses    ${list.addressCount}`);
  console.log(`loaded       ${list.createdAt} by ${list.loadedBy}`);
  console.log(`in force     ${list.activatedAt ?? 'not yet'}`);
  console.log(`re-screened  ${list.rescreenedAt ?? 'not finished'}`);
}

async function load(paths: readonly string[], edition: string): Promise<void> {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) fail(1, `there is no ${missing.join(', no ')}`);
  const files: ListFile[] = paths.flatMap(filesIn).map((path) => ({
    name: basename(path),
    text: readFileSync(path, 'utf8'),
  }));
  const { entries, passedOver, problems } = readFiles(files);
  if (problems.length > 0) {
    const more = problems.length - PROBLEMS_SHOWN_MAX;
    fail(1, 'nothing was loaded:', ...problems.slice(0, PROBLEMS_SHOWN_MAX), ...(more > 0 ? [`and ${more} more`] : []));
  }
  if (entries.length === 0) fail(1, 'nothing was loaded: no address in the files');
  for (const { name, lines } of passedOver)
    console.log(`${name}: ${lines} of networks that are not served, passed over`);
  show(await loadList(openApi(), { edition, entries }));
}

async function status(): Promise<void> {
  const active = await findActive(openApi());
  if (active === undefined) fail(1, 'no sanctions list is in force');
  show(active);
}

const { positionals, values } = readArguments();
const [command, ...paths] = positionals;
if (command === 'load' && paths.length > 0) await load(paths, values.edition ?? new Date().toISOString().slice(0, 10));
else if (command === 'status' && paths.length === 0) await status();
else fail(2, USAGE);
