// Rows written past the store, as a hand at the database would: minimal, and valid for every CHECK of their table.
import { env } from 'cloudflare:workers';

export type RawRow = Readonly<Record<string, string | number | null>>;
interface Column {
  readonly name: string;
  readonly type: string;
}

export async function columnsOf(table: string): Promise<readonly Column[]> {
  const { results } = await env.DB.prepare(`SELECT name, type FROM pragma_table_info('${table}')`).all<{
    name: string;
    type: string;
  }>();
  return results;
}

/** What a CHECK asks of a column; anything else is a text of its own, so that no two rows collide. */
const checked: Readonly<Record<string, RawRow>> = {
  halts: { level: 'all', account_id: null, mandate_id: null },
  mandates: { valid_from: '2031-03-01T00:00:00.000Z', valid_until: '2031-04-01T00:00:00.000Z' },
  // D1 gives the place.
  journal: { version: 1, hash: '0'.repeat(64), place: null },
  checkpoints: { from_place: 1, root: '0'.repeat(64), hash: '0'.repeat(64) },
  transfers: { payout_id: null },
};
const common: RawRow = { version: 1, facts: '{"changeId":"chg_1","changeRequestId":"cr-1"}' };

export function rawRow(table: string, columns: readonly Column[], name: string, over: RawRow = {}): RawRow {
  const row = columns.map((column) => {
    const plain = column.type.toLowerCase() === 'integer' ? 1 : `${table}.${column.name}.${name}`;
    return [column.name, over[column.name] ?? checked[table]?.[column.name] ?? common[column.name] ?? plain] as const;
  });
  const known = Object.entries(checked[table] ?? {}).filter(([name]) => columns.some((column) => column.name === name));
  return { ...Object.fromEntries(row), ...Object.fromEntries(known), ...over };
}

export function rawInsert(table: string, row: RawRow, verb = 'INSERT'): D1PreparedStatement {
  const names = Object.keys(row);
  const places = names.map(() => '?').join(', ');
  return env.DB.prepare(`${verb} INTO ${table} (${names.join(', ')}) VALUES (${places})`).bind(...Object.values(row));
}
