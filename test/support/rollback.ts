// The database as it was: every row is kept, and put back later, as the platform's restore does. The triggers that forbid just
// that stand aside meanwhile.
import { env } from 'cloudflare:workers';
import { columnsOf, rawInsert } from '../store/raw-rows.ts';

type Rows = Readonly<Record<string, Readonly<Record<string, string | number | null>>[]>>;

const namesOf = async (type: 'table' | 'trigger'): Promise<{ name: string; sql: string }[]> => {
  const listed = env.DB.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name <> 'd1_migrations'",
  );
  return (await listed.bind(type).all<{ name: string; sql: string }>()).results;
};

export async function takeSnapshot(): Promise<Rows> {
  const rows: Record<string, Rows[string]> = {};
  for (const { name } of await namesOf('table')) {
    const columns = (await columnsOf(name)).map((column) => `"${column.name}"`).join(', ');
    rows[name] = (await env.DB.prepare(`SELECT ${columns} FROM ${name}`).all<Rows[string][number]>()).results;
  }
  return rows;
}

export async function putBack(snapshot: Rows): Promise<void> {
  const triggers = await namesOf('trigger');
  await env.DB.batch([
    ...triggers.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)),
    ...Object.keys(snapshot).map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    ...Object.entries(snapshot).flatMap(([table, rows]) => rows.map((row) => rawInsert(table, row))),
    ...triggers.map(({ sql }) => env.DB.prepare(sql)),
  ]);
}
