// The stores in tests: all of them emptied, and the product's database taken and put back. The migrations run once in a
// runtime; afterwards the shape that they led to is made at once.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

type Row = Record<string, string | number | null>;
export type Rows = Readonly<Record<string, readonly Row[]>>;
interface Shape {
  readonly objects: readonly DatabaseObject[];
  readonly tables: readonly string[];
  readonly measure: string;
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
  await Promise.all([fillDatabase(held?.rows), emptyDatabase(env.CHECKER_DB), emptyHints(), emptyArchive()]);
  const { hints = [], archive = [] } = held ?? {};
  await Promise.all([
    ...hints.map(({ key, value }) => env.HINTS.put(key, value)),
    ...archive.map(({ key, value }) => env.ARCHIVE.put(key, value)),
  ]);
}

/** It has the newest shape and these rows, or those that the migrations wrote. */
async function fillDatabase(held?: Rows): Promise<void> {
  if (shape === undefined) {
    await emptyDatabase(env.DB);
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    shape = await readShape();
    return;
  }
  const rows = held ?? shape.rows;
  const { measure, full } = await lookAt(shape.tables);
  // A test may have changed the shape itself.
  if (measure !== shape.measure) {
    const made = of(shape.objects, 'table', 'index').map(({ sql }) => sql);
    const triggers = of(shape.objects, 'trigger').map(({ sql }) => sql);
    const drop = drops(env.DB, await objectsOf(env.DB));
    await env.DB.batch([...drop, ...prepareAll(made), ...inserts(rows), ...prepareAll(triggers)]);
    return;
  }
  // The rows were let in when they were written; triggers would judge them again, one table before the other.
  const changed = new Set([...full, ...Object.keys(rows).filter((table) => (rows[table]?.length ?? 0) > 0)]);
  const triggers = of(shape.objects, 'trigger').filter(({ table }) => changed.has(table));
  await env.DB.batch([
    env.DB.prepare('PRAGMA defer_foreign_keys = on'),
    ...triggers.map(({ name }) => env.DB.prepare(`DROP TRIGGER "${name}"`)),
    ...full.map((table) => env.DB.prepare(`DELETE FROM "${table}"`)),
    env.DB.prepare('DELETE FROM sqlite_sequence'),
    ...inserts(rows),
    ...prepareAll(triggers.map(({ sql }) => sql)),
  ]);
}

const prepareAll = (statements: readonly string[]): D1PreparedStatement[] =>
  statements.length === 0 ? [] : [env.DB.prepare(statements.join(';\n'))];

/** How much shape there is, and which tables have rows. */
async function lookAt(tables: readonly string[]): Promise<{ measure: string; full: string[] }> {
  const [measured, looked] = await env.DB.batch<Row>([
    env.DB.prepare(`SELECT count(*) || ' objects, ' || sum(length(sql)) || ' letters' AS measure FROM sqlite_master`),
    env.DB.prepare(
      `SELECT value AS name FROM json_each(?) WHERE CASE value ${tables
        .map((table) => `WHEN '${table}' THEN EXISTS (SELECT 1 FROM "${table}")`)
        .join(' ')} END`,
    ).bind(JSON.stringify(tables)),
  ]);
  return {
    measure: String(measured?.results[0]?.measure),
    full: (looked?.results ?? []).map(({ name }) => String(name)),
  };
}

/** Not even a table is left. */
export async function emptyDatabase(database: D1Database): Promise<void> {
  const objects = await objectsOf(database);
  if (objects.length > 0) await database.batch(drops(database, objects));
}

interface DatabaseObject {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string;
}
const of = (objects: readonly DatabaseObject[], ...types: string[]) =>
  objects.filter(({ type }) => types.includes(type));

async function objectsOf(database: D1Database): Promise<DatabaseObject[]> {
  const { results } = await database
    .prepare(
      `SELECT type, name, tbl_name AS "table", sql FROM sqlite_master
       WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!' ORDER BY rowid`,
    )
    .all<DatabaseObject>();
  return results;
}

/** What hangs on a table goes with it; triggers go first, and would forbid what the tables do when they go. */
const drops = (database: D1Database, objects: readonly DatabaseObject[]): D1PreparedStatement[] => [
  database.prepare('PRAGMA defer_foreign_keys = on'),
  ...['trigger', 'table'].flatMap((kind) =>
    of(objects, kind).map(({ name }) => database.prepare(`DROP ${kind} "${name}"`)),
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
  const objects = await objectsOf(env.DB);
  const tables = of(objects, 'table').map(({ name }) => name);
  const { measure } = await lookAt(tables);
  return { objects, tables, measure, rows: await readRows(tables) };
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
