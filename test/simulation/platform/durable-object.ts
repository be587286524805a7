// Stands in for the state of a Durable Object: its SQL storage, its transactions and its alarm. The sandbox's own code runs
// over it; that it is woken at its alarm is a choice of the scheduler.
import type { Sqlite, Value } from './sqlite.ts';

/** More than one statement is only ever the schema, which binds nothing. */
const isScript = (text: string): boolean => /;\s*\S/.test(text);

function cursorOf(sqlite: Sqlite, text: string, values: readonly Value[]) {
  if (values.length === 0 && isScript(text)) {
    sqlite.script(text);
    return { toArray: () => [], rowsRead: 0, rowsWritten: 0 };
  }
  const rows = sqlite.all(text, ...values);
  return {
    toArray: () => rows,
    one: () => {
      const [row] = rows;
      if (row === undefined || rows.length > 1) throw new Error(`expected one row, found ${rows.length}`);
      return row;
    },
    [Symbol.iterator]: () => rows[Symbol.iterator](),
    rowsRead: 0,
    rowsWritten: /^\s*select/i.test(text) ? 0 : sqlite.changes(),
  };
}

export function localState(sqlite: Sqlite): DurableObjectState {
  return asState({
    storage: {
      sql: { exec: (text: string, ...values: Value[]) => cursorOf(sqlite, text, values) },
      transactionSync: <T>(act: () => T): T => sqlite.atomically(act),
      setAlarm: async () => {},
    },
  });
}

// The sandbox uses these members of its state and no other.
const asState = (state: object) => state as DurableObjectState;
