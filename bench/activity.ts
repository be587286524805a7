// Promise: a page of activity takes two statements and reads the same rows of a thousand entries and of a million, of one account
// among many. Counted, so no clock is involved.
import { performance } from 'node:perf_hooks';
import { openApp } from '../src/app/app.ts';
import type { Bindings } from '../src/env.ts';
import { readActivity } from '../src/features/reports/activity.ts';
import { counted, type Noted } from './support/database.ts';
import { migrate, type Running, start } from './support/runtime.ts';
import type { Reading } from './support/sandbox.ts';
import { openIssuer, productBindings } from './support/settings.ts';

const SIZES = [1_000, 1_000_000] as const;
const LIMIT = 50;
const STATEMENTS_MAX = 2;
/** Every other entry is of another account. */
const ACCOUNTS = 2;
const KINDS = ['transfer.confirmed', 'order.executed', 'movement.received', 'movement.doubted', 'fence.checked'];
const ROWS_PER_STATEMENT = 10_000;
/** The next row behind a range is looked at, where there is one. */
const ROWS_MORE_MAX = 2;
const accountOf = (index: number) => `acc_${String(index).padStart(26, '0')}` as const;

export async function activity(script: string): Promise<Reading[]> {
  const { jwks } = await openIssuer();
  await using place = await start({ name: 'product', script, bindings: productBindings(), jwks });
  await migrate(place);
  const pages: Page[] = [];
  let filled = 0;
  for (const size of SIZES) {
    await fill(place, filled, size);
    filled = size;
    pages.push(await readPage(place));
  }
  const rows = pages.map((page) => page.rows);
  const statements = Math.max(...pages.map((page) => page.statements));
  const [few = 0, many = 0] = rows;
  return [
    {
      promise: `a page of activity reads the same rows of ${SIZES.join(' and ')} entries`,
      limit: `the same, and ${ROWS_MORE_MAX}`,
      isKept: many <= few + ROWS_MORE_MAX,
      measured: `${rows.join(' and ')} rows, ${pages.map(({ milliseconds }) => milliseconds.toFixed(0)).join(' and ')} ms`,
    },
    {
      promise: 'and takes few statements',
      limit: `${STATEMENTS_MAX} statements`,
      isKept: statements <= STATEMENTS_MAX,
      measured: `${statements} statements`,
    },
  ];
}

interface Page {
  readonly rows: number;
  readonly statements: number;
  readonly milliseconds: number;
}

async function readPage({ database }: Running): Promise<Page> {
  const notes: Noted[] = [];
  const app = openApp(bindingsOf(counted(database, notes, () => {})));
  const startedAt = performance.now();
  const { items } = await readActivity(app, accountOf(0), { limit: LIMIT, includeSpam: false });
  const milliseconds = performance.now() - startedAt;
  if (items.length !== LIMIT) throw new Error(`the page has ${items.length} entries`);
  return { rows: notes.reduce((sum, { rowsRead }) => sum + rowsRead, 0), statements: notes.length, milliseconds };
}

// Safe as a cast: of the bindings, the page reaches for nothing but D1.
const bindingsOf = (database: D1Database) => ({ ...productBindings(), DB: database }) as unknown as Bindings;

/** Entries up to this number, of accounts in turn and of kinds in turn. */
async function fill({ database }: Running, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += ROWS_PER_STATEMENT) {
    const last = Math.min(first + ROWS_PER_STATEMENT, to) - 1;
    await database
      .prepare(
        `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
       WITH RECURSIVE n(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM n WHERE n < ${last})
         SELECT 'jnl_' || printf('%026d', n), 'mov_' || printf('%026d', n), 1, json_extract(?1, '$[' || ((n / 2) % 5) || ']'),
         'acc_' || printf('%026d', n % ${ACCOUNTS}), 'a', 'system', 'r', '2031-' || printf('%019d', n), '{"after":{}}', ?2 FROM n`,
      )
      .bind(JSON.stringify(KINDS), '0'.repeat(64))
      .run();
  }
}
