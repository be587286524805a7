// Migrations run over databases that are full: they keep every row, and leave exactly the triggers and indexes of the code.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as schema from '../../src/store/schema.ts';
import { triggers } from '../../src/store/triggers.ts';
import { emptyDatabase } from '../support/database.ts';
import { columnsOf, rawInsert, rawRow } from './raw-rows.ts';

const ROWS_PER_TABLE = 3;
const isTable = (value: unknown): value is SQLiteTable =>
  typeof value === 'object' && value !== null && Symbol.for('drizzle:IsDrizzleTable') in value;
const tables = Object.values(schema).filter(isTable).map(getTableConfig);

const namesOf = async (type: 'table' | 'index' | 'trigger'): Promise<string[]> => {
  const listed = env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name <> 'd1_migrations' ORDER BY name",
  );
  return (await listed.bind(type).all<{ name: string }>()).results.map(({ name }) => name);
};

async function fill(table: string): Promise<void> {
  const columns = await columnsOf(table);
  // The statuses of these rows need no machine: triggers on insert ask only for a known one.
  const known = { accounts: 'opening', wallets: 'creating', destinations: 'requested', policy_changes: 'queued' };
  const others = { mandates: 'granted', schedules: 'paused', orders: 'released', transfers: 'prepared' };
  const rest = { halts: 'lifted', incidents: 'open', limits_changes: 'proposed', epochs: 'sound' };
  const status: string | undefined = new Map(Object.entries({ ...known, ...others, ...rest })).get(table);
  const over = status === undefined ? {} : { status };
  await env.DB.batch(
    Array.from({ length: ROWS_PER_TABLE }, (_, n) => rawInsert(table, rawRow(table, columns, `old-${n}`, over))),
  );
}

/** Every row of a table as text, without the columns that came later. */
async function rowsOf(table: string, columns: readonly string[]): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT ${columns.map((name) => `"${name}"`).join(', ')} FROM ${table}`,
  ).all();
  return results.map((row) => JSON.stringify(row)).sort();
}

describe('migrations', () => {
  const before = new Map<string, { columns: readonly string[]; rows: readonly string[] }>();

  beforeAll(async () => {
    await emptyDatabase(env.DB);
    const [first, ...later] = env.TEST_MIGRATIONS;
    if (first === undefined) throw new Error('no migration');
    await applyD1Migrations(env.DB, [first]);
    for (const table of (await namesOf('table')).filter((name) => name !== '_guard')) {
      await fill(table);
      const columns = (await columnsOf(table)).map(({ name }) => name);
      before.set(table, { columns, rows: await rowsOf(table, columns) });
    }
    // One by one, as a deployment that fell behind would see them; the runner skips what is applied.
    for (let count = 1; count <= later.length; count += 1) {
      await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, count + 1));
    }
  });

  it('keep every row of every table that the first one made, value by value', async () => {
    expect(before.size).toBeGreaterThan(15);
    for (const [table, { columns, rows }] of before) {
      expect(rows, table).toHaveLength(ROWS_PER_TABLE);
      expect(await rowsOf(table, columns), table).toEqual(rows);
    }
  });

  it('leave schedules that fund trades with the units they had', async () => {
    const { results } = await env.DB.prepare('SELECT DISTINCT kind, amount FROM schedules').all();
    expect(results).toEqual([{ kind: 'trade_funding', amount: null }]);
  });

  it('leave the triggers of the machine tables', async () => {
    const names = triggers.map((trigger) => /^CREATE TRIGGER (\w+)/.exec(trigger)?.[1]);
    expect(await namesOf('trigger')).toEqual(names.sort());
  });

  it('leave the tables and indexes of the schema', async () => {
    expect(await namesOf('table')).toEqual(tables.map(({ name }) => name).sort());
    expect(await namesOf('index')).toEqual(
      tables.flatMap(({ indexes }) => indexes.map(({ config }) => config.name)).sort(),
    );
  });

  it('leave old rows under the new rules', async () => {
    await expect(env.DB.prepare("UPDATE journal SET kind = 'x'").run()).rejects.toThrow('journal is append-only');
    await expect(env.DB.prepare("UPDATE accounts SET status = 'closed', version = 2").run()).rejects.toThrow(
      'accounts: illegal transition',
    );
  });
});
