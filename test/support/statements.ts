// What is asked of D1: each statement and what was bound to it.

export interface Recorded {
  readonly sql: string;
  params: unknown[];
}

/** The binding, which also notes each statement and what is bound to it. */
export function listening(binding: D1Database, heard: Recorded[]): D1Database {
  return new Proxy(binding, {
    get(target, name) {
      if (name !== 'prepare') {
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      }
      return (text: string) => {
        const statement = target.prepare(text);
        const note: Recorded = { sql: text, params: [] };
        heard.push(note);
        const bind = statement.bind.bind(statement);
        statement.bind = (...params: unknown[]) => {
          note.params = params;
          return bind(...params);
        };
        return statement;
      };
    },
  });
}
