// Promise: ten thousand due occurrences become orders and messages by a few statements, in little memory, and what a claim
// reads does not grow with the schedules that are not due. Everything but the memory is counted, so no clock is involved.
import { openApp } from '../src/app/app.ts';
import type { Bindings } from '../src/env.ts';
import { releaseDueOrders } from '../src/features/orders/release.ts';
import { counted, type Noted } from './support/database.ts';
import { BYTES_PER_MEGABYTE, openHeap } from './support/memory.ts';
import { migrate, type Running, start } from './support/runtime.ts';
import type { Reading } from './support/sandbox.ts';
import { allBindings, openIssuer, productBindings } from './support/settings.ts';

const DUE = 10_000;
const STATEMENTS_MAX = 60;
const MEGABYTES_MAX = 64;
/** So many are due among so many that are not. */
const CLAIMED = 100;
const SCHEDULES = [1_000, 100_000, 1_000_000] as const;
const AT = '2026-03-02T09:00:00.000Z';
const LATER = '2026-03-03T09:00:00.000Z';
const MANDATE = `mnd_${'0'.repeat(26)}`;
const ACCOUNT = `acc_${'0'.repeat(26)}`;

export async function release(script: string): Promise<Reading[]> {
  const { jwks } = await openIssuer();
  await using place = await start({ name: 'product', script, bindings: productBindings(), jwks });
  await migrate(place);
  await addEpoch(place);
  await addMandate(place);
  const rows: number[] = [];
  let from = 1;
  for (const count of SCHEDULES) {
    await fill(place, { from, count: count - CLAIMED, nextSlot: LATER });
    await fill(place, { from: from + count, count: CLAIMED, nextSlot: AT });
    from += 2 * count;
    const { statements } = await claim(place, CLAIMED);
    rows.push(statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0));
  }
  await fill(place, { from, count: DUE, nextSlot: AT });
  const { statements, megabytes } = await claim(place, DUE);
  return [
    {
      promise: `${DUE} due occurrences are released by few statements`,
      limit: `${STATEMENTS_MAX} statements`,
      isKept: statements.length <= STATEMENTS_MAX,
      measured: `${statements.length} statements`,
    },
    {
      promise: 'and in little memory',
      limit: `${MEGABYTES_MAX} MB`,
      isKept: megabytes <= MEGABYTES_MAX,
      measured: `${megabytes.toFixed(0)} MB live at most`,
    },
    {
      promise: `a claim of ${CLAIMED} reads the same rows among ${SCHEDULES.join(' and ')} schedules`,
      limit: 'the same',
      isKept: new Set(rows).size === 1,
      measured: `${rows.join(' and ')} rows`,
    },
  ];
}

/** One fire of the job alone, in this process, on the database of the runtime; ends the bench unless all are released. */
async function claim(place: Running, due: number): Promise<{ statements: Noted[]; megabytes: number }> {
  const statements: Noted[] = [];
  const live = openHeap();
  const before = live();
  let most = before;
  const database = counted(place.database, statements, () => {
    most = Math.max(most, live());
  });
  const clock = { now: () => AT, wall: () => Date.parse(AT) };
  const app = openApp(bindingsOf(database), { clock });
  const orders = await ordersIn(place);
  await releaseDueOrders(app, { scheduledTime: AT });
  const released = (await ordersIn(place)) - orders;
  if (released !== due) throw new Error(`${released} of ${due} were released`);
  return { statements, megabytes: (most - before) / BYTES_PER_MEGABYTE };
}

// Safe as a cast: of the bindings, the job reaches for nothing but D1.
const bindingsOf = (database: D1Database) => ({ ...allBindings(), DB: database }) as unknown as Bindings;

async function ordersIn({ database }: Running): Promise<number> {
  const row = await database.prepare('SELECT count(*) AS orders FROM orders').first<{ orders: number }>();
  return row?.orders ?? 0;
}

/** Nothing is released in a database that nobody has given its epoch. */
async function addEpoch({ database }: Running): Promise<void> {
  await database
    .prepare(
      "INSERT INTO epochs (id, version, status, facts, created_at, epoch) VALUES ('epoch', 1, 'sound', '{}', ?1, ?2)",
    )
    .bind(AT, allBindings().RESTORE_EPOCH)
    .run();
}

async function addMandate({ database }: Running): Promise<void> {
  await database
    .prepare(
      `INSERT INTO mandates (id, version, status, facts, created_at, account_id, destination_id, venue, strategy, limits, valid_from, valid_until)
       VALUES (?1, 1, 'active', '{}', ?3, ?2, 'dst_1', 'Kraken', 's', '[]', ?3, '2027-01-01T00:00:00.000Z')`,
    )
    .bind(MANDATE, ACCOUNT, AT)
    .run();
}

const ROWS_PER_STATEMENT = 10_000;

/** Schedules as rows, each with the journal entry that its next one follows. */
async function fill(
  { database }: Running,
  { from, count, nextSlot }: { from: number; count: number; nextSlot: string },
): Promise<void> {
  const recurrence = JSON.stringify({ kind: 'cron', expression: '0 9 * * *', timeZone: 'UTC' });
  for (let first = from; first < from + count; first += ROWS_PER_STATEMENT) {
    const last = Math.min(first + ROWS_PER_STATEMENT, from + count) - 1;
    const ids = `WITH RECURSIVE n(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM n WHERE n < ${last}),
      s AS (SELECT 'sch_' || printf('%026d', n) AS id FROM n)`;
    await database.batch([
      database
        .prepare(
          `INSERT INTO schedules (id, version, status, facts, created_at, account_id, mandate_id, asset, units, recurrence, start_at,
           catch_up, catch_up_hours_max, runs, next_slot) ${ids} SELECT id, 1, 'active', '{}', ?1, ?2, ?3,
           'EthereumSepolia/native', '1000', ?4, ?1, 'latest', 24, 0, ?5 FROM s`,
        )
        .bind(AT, ACCOUNT, MANDATE, recurrence, nextSlot),
      database
        .prepare(
          `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash) ${ids}
           SELECT 'jnl_' || id, id, 1, 'schedule.active', ?1, 'a', 'operator', 'r', ?2, '{}',
           '${'0'.repeat(64)}' FROM s`,
        )
        .bind(ACCOUNT, AT),
    ]);
  }
}
