// Counts what the product asks of D1: each round trip with its statements. Counts are exact, so tests assert them.

export interface Statement {
  readonly sql: string;
  params: unknown[];
}
/** One call to D1: a statement by itself, or a batch of them. */
export interface Trip {
  readonly statements: readonly Statement[];
}

/** The binding, which also notes each round trip. */
export function counting(binding: D1Database, trips: Trip[]): D1Database {
  const notes = new WeakMap<D1PreparedStatement, Statement>();

  function noted(statement: D1PreparedStatement, note: Statement): D1PreparedStatement {
    notes.set(statement, note);
    const bind = statement.bind.bind(statement);
    statement.bind = (...params: unknown[]) => noted(bind(...params), { sql: note.sql, params });
    for (const name of ['all', 'raw', 'run', 'first'] as const) {
      const call = statement[name].bind(statement) as (...args: unknown[]) => Promise<never>;
      statement[name] = (...args: unknown[]) => {
        trips.push({ statements: [note] });
        return call(...args);
      };
    }
    return statement;
  }

  return new Proxy(binding, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => noted(target.prepare(sql), { sql, params: [] });
      if (name === 'batch') {
        return (statements: D1PreparedStatement[]) => {
          trips.push({ statements: statements.map((statement) => notes.get(statement) ?? { sql: '?', params: [] }) });
          return target.batch(statements);
        };
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** What these statements read when they are run again by themselves. */
export async function rowsReadBy(binding: D1Database, statements: readonly Statement[]): Promise<number> {
  let rows = 0;
  for (const { sql, params } of statements) {
    const { meta } = await binding
      .prepare(sql)
      .bind(...params)
      .all();
    rows += meta.rows_read;
  }
  return rows;
}
