// A SQLite database as both stand-ins use it: statements compiled once, and units of work that happen whole or not at all.
import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

interface Compiled {
  readonly statement: StatementSync;
  readonly names: string[];
}

function open(image: Uint8Array | undefined): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  if (image !== undefined) database.deserialize(image);
  database.exec('PRAGMA foreign_keys = ON');
  return database;
}

/** A whole number beyond what a number can be comes as the nearest one, as D1 gives it. */
function rowsOf(statement: StatementSync, values: readonly Value[]): unknown[] {
  try {
    return statement.all(...values);
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
  }
  statement.setReadBigInts(true);
  const rows = statement.all(...values);
  statement.setReadBigInts(false);
  const asNumber = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asNumber(value)])));
}

export class Sqlite {
  #database: DatabaseSync;
  readonly #rows = new Map<string, Compiled>();
  readonly #arrays = new Map<string, Compiled>();
  #depth = 0;

  constructor(image?: Uint8Array) {
    this.#database = open(image);
  }

  /** The whole database as it is now. */
  image = (): Uint8Array => this.#database.serialize();

  /** Goes back to an earlier image, as a restore does. */
  load(image: Uint8Array): void {
    this.#rows.clear();
    this.#arrays.clear();
    // Statements of the old one may live on: it is left whole.
    this.#database.close();
    this.#database = open(image);
  }

  script(text: string): void {
    this.#database.exec(text);
  }

  close(): void {
    this.#database.close();
  }

  #compile(text: string, kept: Map<string, Compiled>, asArrays: boolean): Compiled {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    if (asArrays) statement.setReturnArrays(true);
    const compiled = { statement, names: statement.columns().map(({ name }) => name) };
    kept.set(text, compiled);
    return compiled;
  }

  all<T = Row>(text: string, ...values: Value[]): T[] {
    const { statement, names } = this.#compile(text, this.#rows, false);
    if (names.length > 0) return rowsOf(statement, values) as T[]; // the caller names the columns that it asks for
    statement.run(...values);
    return [];
  }

  first<T = Row>(text: string, ...values: Value[]): T | undefined {
    return this.all<T>(text, ...values)[0];
  }

  arrays(text: string, ...values: Value[]): { names: string[]; rows: Value[][] } {
    const { statement, names } = this.#compile(text, this.#arrays, true);
    if (names.length > 0) return { names, rows: statement.all(...values) as unknown as Value[][] }; // by setReturnArrays
    statement.run(...values);
    return { names, rows: [] };
  }

  /** What the last statement that writes has written. */
  changes = (): number => this.first<{ n: number }>('SELECT changes() AS n')?.n ?? 0;

  /** All of it or nothing; within another one it is a part of that. */
  atomically<T>(act: () => T): T {
    const [begin, end, back] =
      this.#depth === 0
        ? ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK']
        : [
            `SAVEPOINT s${this.#depth}`,
            `RELEASE s${this.#depth}`,
            `ROLLBACK TO s${this.#depth}; RELEASE s${this.#depth}`,
          ];
    this.#database.exec(begin);
    this.#depth += 1;
    try {
      const result = act();
      this.#database.exec(end);
      return result;
    } catch (fault) {
      this.#database.exec(back);
      throw fault;
    } finally {
      this.#depth -= 1;
    }
  }
}
