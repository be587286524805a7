// The stores in tests: all of them emptied, and the product's database taken and put back. The migrations run once in a
// runtime; afterwards the shape that they led to is made at once.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

type Row = Record<string, string | number | null>;
export type Rows = Readonly<Record<string, readonly Row[]>>;
interface Shape {
  readonly tables: readonly string[];
  readonly statements: { readonly tables: string; readonly triggers: string };
  /** What the migrations themselves wrote. */
  readonly rows: Rows;
}

let shape: Shape | undefined;

/**
 * Every store is emptied, of whatever kind; the database has the newest shape, and these rows. Not by the runtime's own reset: that
 * ends what is asleep or at work just then, and tells of each.
 */
export async function startOver(rows?: Rows): Promise<void> {
  const [objects] = await Promise.all([objectsOf(env.DB), emptyDatabase(env.CHECKER_DB), emptyHints(), emptyArchive()]);
  if (shape === undefined) {
    await env.DB.batch(drops(env.DB, objects));
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    shape = await readShape();
    return;
  }
  const { statements } = shape;
  // The rows were let in when they were written; triggers would judge them again, one table before the other.
  const [tables, triggers] = [env.DB.prepare(statements.tables), env.DB.prepare(statements.triggers)];
  await env.DB.batch([...drops(env.DB, objects), tables, ...inserts(rows ?? shape.rows), triggers]);
}

/** Not even a table is left. */
export async function emptyDatabase(database: D1Database): Promise<void> {
  await database.batch(drops(database, await objectsOf(database)));
}

interface DatabaseObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}
async function objectsOf(database: D1Database): Promise<DatabaseObject[]> {
  const { results } = await database
    .prepare(
      `SELECT type, name, sql FROM sqlite_master
       WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!' ORDER BY rowid`,
    )
    .all<DatabaseObject>();
  return results;
}

/** What hangs on a table goes with it; triggers go first, and would forbid what the tables do when they go. */
const drops = (database: D1Database, objects: readonly DatabaseObject[]): D1PreparedStatement[] => [
  database.prepare('PRAGMA defer_foreign_keys = on'),
  ...['trigger', 'table'].flatMap((kind) =>
    objects.filter(({ type }) => type === kind).map(({ name }) => database.prepare(`DROP ${kind} "${name}"`)),
  ),
];

async function emptyHints(): Promise<void> {
  for (let isOver = false; !isOver; ) {
    const page = await env.HINTS.list();
    await Promise.all(page.keys.map(({ name }) => env.HINTS.delete(name)));
    isOver = page.list_complete;
  }
}

async function emptyArchive(): Promise<void> {
  for (let isOver = false; !isOver; ) {
    const { objects, truncated } = await env.ARCHIVE.list();
    if (objects.length > 0) await env.ARCHIVE.delete(objects.map(({ key }) => key));
    isOver = !truncated;
  }
}

async function readShape(): Promise<Shape> {
  const results = await objectsOf(env.DB);
  const of = (...types: string[]) =>
    results.flatMap(({ type, sql }) => (types.includes(type) ? [sql] : [])).join(';\n');
  const tables = results.filter(({ type }) => type === 'table').map(({ name }) => name);
  const statements = { tables: of('table', 'index'), triggers: of('trigger') };
  return { tables, statements, rows: await readRows(tables) };
}

/** All that the database holds. */
export async function takeRows(): Promise<Rows> {
  if (shape === undefined) throw new Error('the database was never made');
  return readRows(shape.tables);
}

async function readRows(tables: readonly string[]): Promise<Rows> {
  const read = await env.DB.batch<Row>(tables.map((table) => env.DB.prepare(`SELECT * FROM "${table}"`)));
  return Object.fromEntries(tables.map((table, at) => [table, read[at]?.results ?? []]));
}

/** A statement for each table that has rows. */
const inserts = (rows: Rows): D1PreparedStatement[] =>
  Object.entries(rows).flatMap(([table, [first, ...others]]) => {
    if (first === undefined) return [];
    const names = Object.keys(first);
    const values = names.map((_, at) => `value ->> ${at}`);
    const statement = `INSERT INTO "${table}" (${names.map((name) => `"${name}"`)}) SELECT ${values} FROM json_each(?)`;
    const list = [first, ...others].map((row) => names.map((name) => row[name]));
    return [env.DB.prepare(statement).bind(JSON.stringify(list))];
  });
