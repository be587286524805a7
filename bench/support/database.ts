// What a job asks of D1, counted at the binding: each statement, and the rows that a read reads.
import type { Running } from './runtime.ts';

type Binding = Running['database'];
type Prepared = ReturnType<Binding['prepare']>;

export interface Noted {
  readonly sql: string;
  rowsRead: number;
}

const isRead = (sql: string): boolean => /^\s*(select|with)/i.test(sql);

/** The binding, which also notes each statement that is sent, and calls `look` after each round trip. */
export function counted(binding: Binding, notes: Noted[], look: () => void): D1Database {
  const inner = new WeakMap<object, { statement: Prepared; sql: string }>();

  function noted(statement: Prepared, sql: string): object {
    const sent = async <T>(work: () => Promise<T>): Promise<T> => {
      const note = { sql, rowsRead: 0 };
      notes.push(note);
      // Only `all` says what was read; asked before the work, it reads the rows as they are.
      if (isRead(sql)) note.rowsRead = (await statement.all()).meta.rows_read;
      const result = await work();
      look();
      return result;
    };
    const outer = {
      bind: (...values: unknown[]) => noted(statement.bind(...values), sql),
      all: () => sent(() => statement.all()),
      raw: () => sent(() => statement.raw()),
      run: () => sent(() => statement.run()),
    };
    inner.set(outer, { statement, sql });
    return outer;
  }

  const outer = {
    prepare: (sql: string) => noted(binding.prepare(sql), sql),
    batch: async (statements: readonly object[]) => {
      const known = statements.flatMap((one) => inner.get(one) ?? []);
      const results = await binding.batch(known.map(({ statement }) => statement));
      notes.push(
        ...known.map(({ sql }, place) => ({
          sql,
          rowsRead: isRead(sql) ? (results[place]?.meta.rows_read ?? 0) : 0,
        })),
      );
      look();
      return results;
    },
  };
  return asBinding(outer);
}

// The members that drizzle calls; the others of a binding are not reached by a job.
const asBinding = (outer: object) => outer as D1Database;
