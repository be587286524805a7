// Promise: a million entries are exported in little memory, since a page of them is alive and no more, and a page for people
// reads the same rows however long the journal is.
import { openApp } from '../src/app/app.ts';
import type { Bindings } from '../src/env.ts';
import { exportJournal } from '../src/features/journal/export.ts';
import { listJournal } from '../src/store/journal-pages.ts';
import { counted, type Noted } from './support/database.ts';
import { BYTES_PER_MEGABYTE, openHeap } from './support/memory.ts';
import { migrate, type Running, start } from './support/runtime.ts';
import type { Reading } from './support/sandbox.ts';
import { openIssuer, productBindings } from './support/settings.ts';

const MEGABYTES_MAX = 64;
const ENTRIES = [1_000, 1_000_000] as const;
const ROWS_PER_STATEMENT = 10_000;
/** Every so many chunks the memory is looked at. */
const CHUNKS_PER_LOOK = 20;
const NEWLINE = 10;
const AT = '2026-03-02T09:00:00.000Z';

export async function journalExport(script: string): Promise<Reading[]> {
  const { jwks } = await openIssuer();
  await using place = await start({ name: 'product', script, bindings: productBindings(), jwks });
  await migrate(place);
  const rows: number[] = [];
  let filled = 0;
  for (const count of ENTRIES) {
    await fill(place, filled, count);
    filled = count;
    rows.push(await pageOf(place));
  }
  return [
    await read(place, filled),
    {
      promise: `a page of the journal reads the same rows among ${ENTRIES.join(' and ')} entries`,
      limit: 'the same',
      isKept: new Set(rows).size === 1,
      measured: `${rows.join(' and ')} rows`,
    },
  ];
}

async function read(place: Running, entries: number): Promise<Reading> {
  const app = openApp(bindingsOf(asD1(place.database)));
  const live = openHeap();
  const before = live();
  let [most, lines, bytes, chunks] = [before, 0, 0, 0];
  const began = performance.now();
  for await (const chunk of await exportJournal(app, {}, 'ndjson')) {
    bytes += chunk.length;
    for (const byte of chunk) if (byte === NEWLINE) lines += 1;
    chunks += 1;
    if (chunks % CHUNKS_PER_LOOK === 0) most = Math.max(most, live());
  }
  if (lines !== entries) throw new Error(`${lines} of ${entries} entries were exported`);
  const megabytes = (most - before) / BYTES_PER_MEGABYTE;
  const seconds = (performance.now() - began) / 1000;
  return {
    promise: `${entries} entries are exported in little memory`,
    limit: `${MEGABYTES_MAX} MB`,
    isKept: megabytes <= MEGABYTES_MAX,
    measured: `${megabytes.toFixed(0)} MB live at most, ${(bytes / BYTES_PER_MEGABYTE).toFixed(0)} MB in ${seconds.toFixed(0)} s`,
  };
}

/** What a page by account, and one by kind and period, read together. */
async function pageOf(place: Running): Promise<number> {
  const statements: Noted[] = [];
  const { database } = openApp(bindingsOf(counted(place.database, statements, () => {})));
  const { entries } = await listJournal(database, { accountId: accountOf(7) }, { limit: 50 });
  if (entries.length === 0) throw new Error('the page is empty');
  await listJournal(database, { kind: 'order.executed', from: AT, to: '2027-01-01T00:00:00.000Z' }, { limit: 50 });
  return statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
}

// Safe as casts: an export reaches for nothing but D1, and of it for what the two kinds of binding share.
const bindingsOf = (database: D1Database) => ({ ...productBindings(), DB: database }) as unknown as Bindings;
const asD1 = (database: Running['database']) => database as unknown as D1Database;

const accountOf = (n: number): string & `acc_${string}` => `acc_${String(n).padStart(26, '0')}`;

/** Entries as a confirmed transfer leaves them, of a hundred accounts, up to so many. */
async function fill({ database }: Running, from: number, count: number): Promise<void> {
  const data = JSON.stringify({ after: { asset: 'EthereumSepolia/native', note: 'x'.repeat(400) }, before: {} });
  for (let first = from; first < count; first += ROWS_PER_STATEMENT) {
    const last = Math.min(first + ROWS_PER_STATEMENT, count) - 1;
    await database
      .prepare(
        `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
         WITH RECURSIVE n(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM n WHERE n < ${last})
         SELECT printf('jnl_%026d', n), printf('xfr_%026d', n), 1, 'order.executed', printf('acc_%026d', n % 10), 'system:bench',
         'system', 'request', ?1, ?2, '${'0'.repeat(64)}' FROM n`,
      )
      .bind(AT, data)
      .run();
  }
}
