// The database as it was: every row is kept, and put back later, as the platform's restore does. The triggers that forbid just
// that stand aside meanwhile.
import { env } from 'cloudflare:workers';
import { inserts, type Rows } from './database.ts';

export { takeRows as takeSnapshot } from './database.ts';

export async function putBack(snapshot: Rows): Promise<void> {
  const { results: triggers } = await env.DB.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all<{
    name: string;
    sql: string;
  }>();
  await env.DB.batch([
    ...triggers.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)),
    ...Object.keys(snapshot).map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    ...inserts(snapshot),
    ...triggers.map(({ sql }) => env.DB.prepare(sql)),
  ]);
}
