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

interface Stored {
  readonly key: string;
  readonly value: ArrayBuffer;
}
/** What the stores of the product held. */
export interface Stores {
  readonly rows: Rows;
  readonly hints: readonly Stored[];
  readonly archive: readonly Stored[];
}

/** Of R2, in one call. */
const ARCHIVE_DELETES_MAX = 1_000;

let shape: Shape | undefined;

/**
 * Every store is emptied, of whatever kind; the database has the newest shape; then they hold this. Not by the runtime's own reset: that
 * ends what is asleep or at work just then, and tells of each.
 */
export async function startOver(held?: Stores): Promise<void> {
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
  await env.DB.batch([...drops(env.DB, objects), tables, ...inserts(held?.rows ?? shape.rows), triggers]);
  const { hints = [], archive = [] } = held ?? {};
  await Promise.all([
    ...hints.map(({ key, value }) => env.HINTS.put(key, value)),
    ...archive.map(({ key, value }) => env.ARCHIVE.put(key, value)),
  ]);
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

const emptyHints = async (): Promise<unknown> =>
  Promise.all((await namesOfHints()).map((name) => env.HINTS.delete(name)));

async function namesOfHints(): Promise<string[]> {
  const names: string[] = [];
  for (let page = await env.HINTS.list(); ; page = await env.HINTS.list({ cursor: page.cursor })) {
    names.push(...page.keys.map(({ name }) => name));
    if (page.list_complete) return names;
  }
}

async function emptyArchive(): Promise<void> {
  const keys = await keysOfArchive();
  for (let at = 0; at < keys.length; at += ARCHIVE_DELETES_MAX)
    await env.ARCHIVE.delete(keys.slice(at, at + ARCHIVE_DELETES_MAX));
}

async function keysOfArchive(): Promise<string[]> {
  const keys: string[] = [];
  for (let page = await env.ARCHIVE.list(); ; page = await env.ARCHIVE.list({ cursor: page.cursor })) {
    keys.push(...page.objects.map(({ key }) => key));
    if (!page.truncated) return keys;
  }
}

const readAll = async (
  keys: readonly string[],
  read: (key: string) => Promise<ArrayBuffer | null | undefined>,
): Promise<Stored[]> => {
  const found = await Promise.all(keys.map(async (key) => ({ key, value: await read(key) })));
  return found.flatMap(({ key, value }) => (value ? [{ key, value }] : []));
};
const readHints = async () => readAll(await namesOfHints(), (key) => env.HINTS.get(key, 'arrayBuffer'));
const readArchive = async () =>
  readAll(await keysOfArchive(), async (key) => (await env.ARCHIVE.get(key))?.arrayBuffer());

async function readShape(): Promise<Shape> {
  const results = await objectsOf(env.DB);
  const of = (...types: string[]) =>
    results.flatMap(({ type, sql }) => (types.includes(type) ? [sql] : [])).join(';\n');
  const tables = results.filter(({ type }) => type === 'table').map(({ name }) => name);
  const statements = { tables: of('table', 'index'), triggers: of('trigger') };
  return { tables, statements, rows: await readRows(tables) };
}

/** All that they hold. */
export async function takeStores(): Promise<Stores> {
  if (shape === undefined) throw new Error('the database was never made');
  const [rows, hints, archive] = await Promise.all([readRows(shape.tables), readHints(), readArchive()]);
  return { rows, hints, archive };
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
