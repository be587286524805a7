// D1 itself refuses what the machines do not list: the second guard, on another path than the compiler.
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { machines, triggers } from '../../src/store/triggers.ts';
import { columnsOf, type RawRow, rawInsert, rawRow } from './raw-rows.ts';

const pairsOf = (machine: Readonly<Record<string, readonly string[]>>) =>
  Object.keys(machine).flatMap((from) => Object.keys(machine).map((to) => [from, to] as const));

/** What D1 says to a statement: undefined when it was carried out. */
const complaintOf = (statement: D1PreparedStatement): Promise<string | undefined> =>
  statement.run().then(
    () => undefined,
    (fault: Error) => fault.message,
  );

const step = (table: string, id: string, set: string, ...values: readonly (string | number)[]) =>
  env.DB.prepare(`UPDATE ${table} SET ${set} WHERE id = ?`).bind(...values, id);

// Rows in every status at once, as no commit could make them.
beforeAll(() => env.DB.prepare('DROP INDEX screening_lists_one_active').run());

describe.each(Object.entries(machines))('machine of %s', (table, machine) => {
  async function rowsIn(statuses: readonly string[], name: string): Promise<string[]> {
    const columns = await columnsOf(table);
    const rows = statuses.map((status, index) => rawRow(table, columns, `${name}-${index}`, { status }));
    await env.DB.batch(rows.map((row) => rawInsert(table, row)));
    return rows.map((row) => String(row.id));
  }

  it('moves along every legal transition and refuses every other pair of statuses', async () => {
    const pairs = pairsOf(machine);
    const ids = await rowsIn(
      pairs.map(([from]) => from),
      'pair',
    );
    const complaints = await Promise.all(
      pairs.map(([, to], index) => complaintOf(step(table, ids[index] ?? '', 'status = ?, version = version + 1', to))),
    );
    const outcome = Object.fromEntries(
      pairs.map(([from, to], index) => [`${from} -> ${to}`, complaints[index] ?? 'ok']),
    );
    const wanted = Object.fromEntries(
      pairs.map(([from, to]) => [
        `${from} -> ${to}`,
        from === to || machine[from]?.includes(to) ? 'ok' : expect.stringContaining(`${table}: illegal transition`),
      ]),
    );
    expect(outcome).toEqual(wanted);
    const { results } = await env.DB.prepare(`SELECT id, status, version FROM ${table} WHERE id LIKE '%pair-%'`).all();
    const stored = new Map(results.map((row) => [row.id, `${row.status} ${row.version}`]));
    expect(ids.map((id) => stored.get(id))).toEqual(
      pairs.map(([from, to], index) => (complaints[index] === undefined ? `${to} 2` : `${from} 1`)),
    );
  });

  it('refuses an unknown status, of a new row and of a step', async () => {
    const unknown = rawRow(table, await columnsOf(table), 'unknown', { status: 'lost' });
    expect(await complaintOf(rawInsert(table, unknown))).toContain(`${table}: unknown status`);
    const [id] = await rowsIn(Object.keys(machine).slice(0, 1), 'step');
    const moved = step(table, id ?? '', "status = 'lost', version = version + 1");
    expect(await complaintOf(moved)).toContain(`${table}: illegal transition`);
  });

  it.each([
    ['keeps its version', 'version = version'],
    ['skips a version', 'version = version + 2'],
    ['goes back a version', 'version = version - 1'],
    ['keeps its version and status', 'facts = facts'],
    ['changes its id', "version = version + 1, id = id || 'x'"],
  ])('refuses a step that %s', async (name, set) => {
    const [id] = await rowsIn(Object.keys(machine).slice(0, 1), name);
    expect(await complaintOf(step(table, id ?? '', set))).toContain(`${table}: version must rise by one`);
  });

  it('refuses to delete a record', async () => {
    const [id = ''] = await rowsIn(Object.keys(machine).slice(0, 1), 'kept');
    const drop = env.DB.prepare(`DELETE FROM ${table} WHERE id = ?`).bind(id);
    expect(await complaintOf(drop)).toContain(`${table}: records are not deleted`);
  });

  it('refuses to replace a record: that would undo every step that was made', async () => {
    const [id = ''] = await rowsIn(Object.keys(machine).slice(0, 1), 'replaced');
    const read = () => env.DB.prepare(`SELECT * FROM ${table} WHERE id = ?`).bind(id).first<RawRow>();
    const before = await read();
    // REPLACE deletes the old row without firing a delete trigger.
    const other = { ...before, version: 7, status: Object.keys(machine).at(-1) ?? '' };
    await complaintOf(rawInsert(table, other, 'INSERT OR REPLACE'));
    expect(await read()).toEqual(before);
  });
});

describe('triggers', () => {
  it('in the database are those of the machine tables, word for word', async () => {
    const { results } = await env.DB.prepare("SELECT sql FROM sqlite_master WHERE type = 'trigger'").all<{
      sql: string;
    }>();
    expect(results.map(({ sql }) => sql).sort()).toEqual([...triggers].sort());
  });
});

describe('guard table', () => {
  it('never holds a row: an insert aborts with the name of its rule', async () => {
    const broken = env.DB.prepare("INSERT INTO _guard (rule) VALUES ('one row')");
    expect(await complaintOf(broken)).toContain('guard: one row');
    expect(await env.DB.prepare('SELECT count(*) AS n FROM _guard').first('n')).toBe(0);
  });
});
