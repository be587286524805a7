// npm run checker: replays the rules of this checkout over the recorded decisions of a checker, and loads its sanctions list. It
// signs in at the checker as a person does, and knows none of its secrets.
import { readFileSync } from 'node:fs';
import { backTest, showDifferences } from '../src/checker/back-test.ts';
import type { Review } from '../src/checker/review-record.ts';
import { Terms } from '../src/checker/terms.ts';
import { required, SettingsMissing } from './setup/settings.ts';

const USAGE = `usage: npm run checker -- back-test --from 2026-11-01 --to 2026-12-01 [--terms terms.json] [--json]
       npm run checker -- load-sanctions FILE --edition NAME

CHECKER_URL and CHECKER_TOKEN (a bearer token of an auditor, an officer or an admin) say where and who.
A file of sanctions has one address a line. Exit codes: 0 nothing differs; 1 something differs; 2 usage; 4 no answer.`;

class Misused extends Error {}

const [command, ...words] = process.argv.slice(2);
const options = ['--from', '--to', '--terms', '--edition'];

/** The value behind a flag; undefined when it is not there. */
function flagged(flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
}
function must(flag: string): string {
  const value = flagged(flag);
  if (value === undefined || value.startsWith('--')) throw new Misused(`${flag} is missing`);
  return value;
}

function instant(flag: string): Date {
  const at = new Date(must(flag));
  if (Number.isNaN(at.getTime())) throw new Misused(`${flag} is no date: ${must(flag)}`);
  return at;
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const { CHECKER_URL, CHECKER_TOKEN } = required(process.env, 'CHECKER_URL', 'CHECKER_TOKEN');
  const answer = await fetch(`${CHECKER_URL.replace(/\/$/, '')}/v1/checker${path}`, {
    ...init,
    headers: { authorization: `Bearer ${CHECKER_TOKEN}`, 'content-type': 'application/json' },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path.split('?')[0]} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T; // The checker's own routes; `Terms` below is read strictly.
}

interface Recorded {
  readonly items: readonly Review[];
  readonly nextCursor: string | null;
  readonly terms: unknown;
}

/** From the beginning of the day: what was approved earlier that day is what later requests were judged by. */
async function readRecorded(): Promise<{ readonly reviews: readonly Review[]; readonly terms: unknown }> {
  const from = `${instant('--from').toISOString().slice(0, 10)}T00:00:00.000Z`;
  const span = { from, to: instant('--to').toISOString() };
  const reviews: Review[] = [];
  for (let cursor: string | null = ''; ; ) {
    const query: URLSearchParams = new URLSearchParams({ ...span, ...(cursor === '' ? {} : { cursor }) });
    const { items, nextCursor, terms }: Recorded = await ask<Recorded>(`/facts?${query}`);
    reviews.push(...items);
    if (nextCursor === null) return { reviews, terms };
    cursor = nextCursor;
  }
}

async function replay(): Promise<number> {
  const from = instant('--from').toISOString();
  const file = flagged('--terms');
  const { reviews, terms } = await readRecorded();
  const tested = backTest(reviews, Terms.parse(file === undefined ? terms : JSON.parse(readFileSync(file, 'utf8'))));
  const asked = { ...tested, differences: tested.differences.filter(({ decidedAt }) => decidedAt >= from) };
  console.log(words.includes('--json') ? JSON.stringify(asked, null, 2) : showDifferences(asked));
  return asked.differences.length === 0 ? 0 : 1;
}

async function loadSanctions(): Promise<number> {
  const [file] = words.filter((word, at) => !word.startsWith('--') && !options.includes(words[at - 1] ?? ''));
  if (file === undefined) throw new Misused('the file is missing');
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const addresses = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const body = JSON.stringify({ edition: must('--edition'), addresses });
  const loaded = await ask<{ edition: string; addresses: number }>('/sanctions', { method: 'PUT', body });
  console.log(`The edition ${loaded.edition} is in force: ${loaded.addresses} addresses.`);
  return 0;
}

const commands: Readonly<Record<string, () => Promise<number>>> = {
  'back-test': replay,
  'load-sanctions': loadSanctions,
};

try {
  const run = commands[command ?? ''];
  if (run === undefined) throw new Misused(command === undefined ? 'no command' : `unknown command: ${command}`);
  process.exitCode = await run();
} catch (fault) {
  const isUsage = fault instanceof Misused || fault instanceof SettingsMissing;
  console.error(isUsage ? `${fault.message}\n\n${USAGE}` : fault);
  process.exitCode = isUsage ? 2 : 4;
}
