// Stands in for D1. What it does is what platform facts say of D1, and contract.ts holds both against the same list: one
// thread, batches that happen whole, numbers bound as REAL, a hundred parameters at most, `changes()` seen across a batch.
import type { Effect } from '../tasks.ts';
import type { Row, Sqlite, Value } from './sqlite.ts';

const PARAMETERS_MAX = 100;

interface Asked {
  readonly text: string;
  readonly values: readonly Value[];
}

/** D1 takes text, numbers, bytes, null and truth, and nothing else. */
function bindable(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Uint8Array) return value;
  throw new Error(`D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${String(value)}'`);
}

function failed(fault: unknown): Error {
  const said = fault instanceof Error ? fault.message : String(fault);
  const isConstraint = /constraint failed|: /i.test(said);
  return new Error(`D1_ERROR: ${said}${isConstraint ? ': SQLITE_CONSTRAINT' : ''}`, { cause: fault });
}

export const isWrite = (text: string): boolean => !/^\s*(select|with|pragma)\b/i.test(text);

/** @param written hears which tables a write named */
export function localD1(sqlite: Sqlite, effect: Effect, written: (tables: readonly string[]) => void): D1Database {
  const kept = new WeakMap<object, Asked>();

  function ask({ text, values }: Asked) {
    if (/^\s*(begin|commit|rollback|savepoint)\b/i.test(text)) {
      throw new Error('To execute a transaction, please use the state.storage.transaction() APIs');
    }
    const results = sqlite.all<Row>(text, ...values).map((row) => ({ ...row }));
    const changes = isWrite(text) ? sqlite.changes() : 0;
    const counts = {
      changes,
      last_row_id: 0,
      changed_db: changes > 0,
      size_after: 0,
      rows_read: 0,
      rows_written: changes,
    };
    return { success: true as const, results, meta: { duration: 0, ...counts } };
  }

  /** One call over the network: where a fault may come before or after what it does, and others may come between. */
  const call = <T>(asked: readonly Asked[], act: () => T): Promise<T> =>
    effect(
      asked.some(({ text }) => isWrite(text)) ? 'D1 write' : 'D1 read',
      () => tablesOf(asked).join(' '),
      () => {
        try {
          const result = act();
          if (asked.some(({ text }) => isWrite(text))) written(tablesOf(asked));
          return result;
        } catch (fault) {
          throw failed(fault);
        }
      },
    );

  function statementOf(asked: Asked): D1PreparedStatement {
    const statement = {
      bind: (...values: unknown[]) => {
        if (values.length > PARAMETERS_MAX) throw new Error('D1_ERROR: too many SQL variables: SQLITE_ERROR');
        return statementOf({ text: asked.text, values: values.map(bindable) });
      },
      all: () => call([asked], () => ask(asked)),
      run: () => call([asked], () => ask(asked)),
      first: (column?: string) =>
        call([asked], () => {
          const row = ask(asked).results[0];
          if (row === undefined) return null;
          return column === undefined ? row : row[column];
        }),
      raw: ({ columnNames = false } = {}) =>
        call([asked], () => {
          const { names, rows } = sqlite.arrays(asked.text, ...asked.values);
          return columnNames ? [names, ...rows] : rows;
        }),
    };
    kept.set(statement, asked);
    return asStatement(statement);
  }

  const askedBy = (statement: object): Asked => {
    const asked = kept.get(statement);
    if (asked === undefined) throw new TypeError('a statement of another database');
    return asked;
  };

  return asDatabase({
    prepare: (text: string) => statementOf({ text, values: [] }),
    batch: (statements: readonly object[]) => {
      const asked = statements.map(askedBy);
      return call(asked, () => sqlite.atomically(() => asked.map(ask)));
    },
  });
}

/** The first table that each statement names. */
function tablesOf(asked: readonly Asked[]): string[] {
  const tables = asked.flatMap(({ text }) => /\b(?:from|into|update)\s+["`]?(\w+)/i.exec(text)?.[1] ?? []);
  return [...new Set(tables.filter((table) => table !== '_guard'))];
}

// Drizzle calls prepare, batch, bind, all, run, first and raw; the rest of the interface is never asked for.
const asStatement = (statement: object) => statement as D1PreparedStatement;
const asDatabase = (database: object) => database as D1Database;
