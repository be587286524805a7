// The one write path. Journal entries, guarded rows, rules and messages go into one atomic batch; the journal's unique
// (subject, version) is the lock (ADR 2).
import { and, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteColumn, SQLiteTable, SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import { canonicalJson } from '../domain/canonical.ts';
import type { AccountId } from '../domain/id.ts';
import type { Refusal } from '../domain/refusal.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import type { Database } from './database.ts';
import { type EntryDraft, type NewEntry, type Provenance, toEntry } from './journal.ts';
import { noticesOf } from './notices-raised.ts';
import { guard, journal } from './schema.ts';

type Statement = BatchItem<'sqlite'>;
/** What every record has. */
export type RecordTable = SQLiteTable & { readonly id: SQLiteColumn; readonly version: SQLiteColumn };

/** One record's step: its journal entry and its guarded row. */
export interface Change {
  readonly entry: EntryDraft;
  readonly table: string;
  readonly write: (database: Database) => Statement;
}

/** A rule over other rows that must hold in the very batch that writes; otherwise the batch is this refusal. */
export interface Requirement {
  readonly holds: SQL;
  readonly refusal: Refusal;
}

/** A row whose uniqueness is the point, and the refusal when it is there already. */
export interface Once {
  readonly table: string;
  readonly insert: (database: Database) => Statement;
  readonly taken: Refusal;
}

export interface Message {
  readonly insert: (database: Database, by: Provenance) => Statement;
}

/**
 * A step of thousands of records: their rows and entries go in by statements over lists, and one entry names the run. The
 * versions of the entries are the lock here too, so that one record that moved meanwhile refuses the whole.
 */
export interface Bulk {
  readonly run: EntryDraft;
  readonly entries: readonly EntryDraft[];
  readonly writes: (database: Database, by: Provenance) => readonly Statement[];
}

export interface Commit {
  readonly by: Provenance;
  readonly changes: readonly Change[];
  readonly messages?: readonly Message[];
  readonly requires?: readonly Requirement[];
  readonly once?: readonly Once[];
  readonly bulk?: Bulk;
}

/** D1 asks to repeat these; the entries keep their ids, so a commit that won and lost its answer recognizes itself. */
const REPEATABLE =
  /Network connection lost|storage caused object to be reset|reset because its code was updated|Cannot resolve D1 DB/;
const ATTEMPTS = 3;

/** Applies changes atomically. The journal's unique version is the lock: the loser writes nothing. */
export async function commit(
  database: Database,
  { by, changes, messages = [], requires = [], once = [], bulk }: Commit,
): Promise<Result<void>> {
  const entries = await Promise.all(changes.map((change) => toEntry(change.entry, by)));
  const run = bulk === undefined ? [] : [await toEntry(bulk.run, by)];
  const many = await Promise.all((bulk?.entries ?? []).map((entry) => toEntry(entry, by)));
  // Whoever is to be told of one of these entries is told by this very batch, or not at all.
  const notices = noticesOf([
    ...changes.map(({ entry }, index) => ({ ...entry, id: entryAt(entries, index).id })),
    ...(bulk?.entries ?? []).map((entry, index) => ({ ...entry, id: entryAt(many, index).id })),
  ]);
  const statements = () => [
    ...once.map((row) => row.insert(database)),
    ...requires.map((requirement, index) => abortUnless(database, requirement.holds, `requirement ${index}`)),
    ...changes.flatMap((change, index) => [
      database.insert(journal).values(entryAt(entries, index)),
      change.write(database),
      abortUnless(database, sql`changes() = 1`, 'one row'),
    ]),
    ...[...messages, ...notices].map((message) => message.insert(database, by)),
    ...inSlices([...run, ...many]).map((rows) => insertRows(database, journal, rows)),
    ...(bulk?.writes(database, by) ?? []),
  ];
  for (let attempt = 1; ; attempt += 1) {
    const [first, ...rest] = statements();
    if (first === undefined) return accept(undefined);
    try {
      await database.batch([first, ...rest]);
      return accept(undefined);
    } catch (fault) {
      if (attempt < ATTEMPTS && REPEATABLE.test(textOf(fault))) continue;
      return refusalOf(fault, { database, entries: [...entries, ...run], changes, requires, once });
    }
  }
}

/** D1 takes 2 MB for one bound value; a row here is below 1 KB. */
const ROWS_PER_STATEMENT = 1_000;

export const inSlices = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, slice) =>
    rows.slice(slice * ROWS_PER_STATEMENT, (slice + 1) * ROWS_PER_STATEMENT),
  );

const member = (name: string, of = sql`value`): SQL => sql`${of} ->> ${sql.raw(`'${name}'`)}`;

/** All rows of a list by one statement, which binds one value; each row names every column. */
export function insertRows(
  database: Database,
  table: SQLiteTable,
  rows: readonly Row[],
  whenThere: 'abort' | 'keep' = 'abort',
): Statement {
  for (const row of rows) refuseNumbersForText(table, row);
  const columns = Object.keys(getTableColumns(table)).map((name) => member(name));
  const insert = database
    .insert(table)
    .select(sql`SELECT ${sql.join(columns, sql`, `)} FROM json_each(${JSON.stringify(rows)}) WHERE true`);
  return whenThere === 'keep' ? insert.onConflictDoNothing() : insert;
}

/** Each row of a list takes the place of the version before it; the batch is refused when one of them is not there. */
export function updateRows<T extends RecordTable>(database: Database, table: T, rows: readonly Row[]): Statement[] {
  for (const row of rows) refuseNumbersForText(table, row);
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== 'id');
  const values = Object.fromEntries(names.map((name) => [name, member(name, sql`item.value`)]));
  return [
    database
      .update(table)
      .set(asChanges<T>(values))
      .from(sql`json_each(${JSON.stringify(rows)}) AS item`)
      .where(
        and(
          eq(table.id, member('id', sql`item.value`)),
          sql`${table.version} = ${member('version', sql`item.value`)} - 1`,
        ),
      ),
    abortUnless(database, sql`changes() = ${rows.length}`, 'one row'),
  ];
}

// The names are those of a row, the values expressions; a generic table hides that.
const asChanges = <T extends SQLiteTable>(values: Record<string, SQL>) => values as SQLiteUpdateSetSource<T>;

const abortUnless = (database: Database, holds: SQL, rule: string): Statement =>
  database.insert(guard).select(sql`SELECT ${rule} WHERE (${holds}) IS NOT TRUE`);

function entryAt(entries: readonly NewEntry[], index: number): NewEntry {
  const entry = entries[index];
  if (entry === undefined) throw new RangeError('a change without its entry');
  return entry;
}

/** The texts of an error and its causes: drizzle wraps what D1 says. */
export function textOf(fault: unknown): string {
  return fault instanceof Error ? `${fault.message} ${textOf(fault.cause)}` : '';
}

interface Lost {
  readonly database: Database;
  readonly entries: readonly NewEntry[];
  readonly changes: readonly Change[];
  readonly requires: readonly Requirement[];
  readonly once: readonly Once[];
}

/** Turns a lost race, a broken requirement or a taken row into its refusal; throws everything else. */
async function refusalOf(fault: unknown, { database, entries, changes, requires, once }: Lost): Promise<Result<void>> {
  const text = textOf(fault);
  if (text.includes('journal: version taken')) {
    return (await areThere(database, entries)) ? accept(undefined) : refuse({ code: 'version_conflict' });
  }
  if (text.includes('guard: one row')) return refuse({ code: 'version_conflict' });
  const requirement = /guard: requirement (\d+)/.exec(text)?.[1];
  const broken = requirement === undefined ? undefined : requires[Number(requirement)];
  // A requirement that broke after the commit had won says nothing about it.
  if (broken !== undefined) return (await areThere(database, entries)) ? accept(undefined) : refuse(broken.refusal);
  // By the index, or by the trigger that stands before it where rows may not be replaced.
  const table = /UNIQUE constraint failed: (\w+)\./.exec(text)?.[1] ?? /(\w+): row taken/.exec(text)?.[1];
  if (table !== undefined) {
    if (await areThere(database, entries)) return accept(undefined);
    const taken = once.find((row) => row.table === table);
    if (taken !== undefined) return refuse(taken.taken);
    // A unique rule of a record's own table: somebody else's commit came first. Reading again shows it.
    if (changes.some((change) => change.table === table)) return refuse({ code: 'version_conflict' });
  }
  throw fault;
}

async function areThere(database: Database, entries: readonly NewEntry[]): Promise<boolean> {
  if (entries.length === 0) return false;
  const ids = entries.map(({ id }) => id);
  const found = await database.select({ id: journal.id }).from(journal).where(inArray(journal.id, ids)).all();
  return found.length === ids.length;
}

export type Row = Readonly<Record<string, string | number | null>>;

export interface RowChange<T extends SQLiteTable> {
  readonly table: T;
  readonly name: string;
  readonly key: SQLiteColumn;
  readonly keyName: string;
  readonly versionColumn: SQLiteColumn;
  readonly subject: string;
  readonly subjectId: string;
  readonly accountId: AccountId | null;
  readonly before: Row | undefined;
  readonly after: Row;
  readonly kind?: string | undefined;
}

/** A change of one row from its columns before and after; the entry keeps what differs. */
export function rowChange<T extends SQLiteTable>(change: RowChange<T>): Change {
  const { before, after, table } = change;
  const version = Number(after.version);
  if (version !== Number(before?.version ?? 0) + 1) {
    throw new RangeError(`${change.subjectId}: version ${version} does not follow ${before?.version ?? 0}`);
  }
  refuseNumbersForText(table, after);
  return {
    table: change.name,
    entry: {
      subjectId: change.subjectId,
      version,
      kind: change.kind ?? `${change.subject}.${after.status}`,
      accountId: change.accountId,
      walletId: change.subjectId.startsWith('wal_') ? change.subjectId : textIn(after, 'walletId'),
      policyId: textIn(after, 'policyId'),
      // A record that was released with others has its first entry here: it holds the whole.
      data: difference(version === 1 ? undefined : before, after),
    },
    write: (database) =>
      before === undefined
        ? database.insert(table).values(asValues<T>(after))
        : database
            .update(table)
            .set(asValues<T>(after))
            .where(and(eq(change.key, after[change.keyName]), eq(change.versionColumn, version - 1))),
  };
}

const textIn = (row: Row, name: string): string | null => {
  const value = row[name];
  return typeof value === 'string' ? value : null;
};

// Rows are built by the store's own row functions, whose types are those of the table; a generic table hides that.
const asValues = <T extends SQLiteTable>(row: Row) => row as T['$inferInsert'] & Record<string, never>;

/** D1 binds a number as REAL, and "1" would be kept as "1.0": money and ids must arrive as text. */
export function refuseNumbersForText(table: SQLiteTable, row: Row): void {
  const columns: Readonly<Record<string, SQLiteColumn>> = getTableColumns(table);
  for (const [name, value] of Object.entries(row)) {
    const column = columns[name];
    if (column === undefined) throw new TypeError(`no column for ${name}`);
    const isRight =
      value === null || (column.getSQLType() === 'text' ? typeof value === 'string' : Number.isSafeInteger(value));
    if (!isRight) throw new TypeError(`${name} takes ${column.getSQLType()}, not ${typeof value}`);
  }
}

const flat = (row: Row): Record<string, unknown> => {
  const { facts, version: _, ...columns } = row;
  return { ...columns, ...(typeof facts === 'string' ? JSON.parse(facts) : {}) };
};

function difference(before: Row | undefined, after: Row): { before: unknown; after: unknown } {
  const [old, fresh] = [before === undefined ? {} : flat(before), flat(after)];
  const changed = Object.keys(fresh).filter((name) => canonicalJson(old[name]) !== canonicalJson(fresh[name]));
  const pick = (from: Record<string, unknown>) =>
    Object.fromEntries(changed.filter((name) => name in from).map((name) => [name, from[name]]));
  return { before: pick(old), after: pick(fresh) };
}
