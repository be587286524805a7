// Entries as text: a line of JSON, or a line of CSV that a spreadsheet does not take for a formula.
import { csvLine } from '../../kit/csv.ts';
import type { JournalRow } from '../../store/journal.ts';

/** As the API shows an entry: `data` is its value, and the canonical text that was hashed is that of the value. */
export const viewEntry = ({ data, ...row }: JournalRow) => ({ ...row, data: asObject(data) });

// Written by `commit` as canonical JSON of an object.
const asObject = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

export const toNdjson = (row: JournalRow): string => `${JSON.stringify(viewEntry(row))}\n`;

const columns = [
  'place',
  'id',
  'at',
  'kind',
  'subjectId',
  'version',
  'accountId',
  'walletId',
  'policyId',
  'actor',
  'actorRole',
  'requestId',
  'data',
  'hash',
] as const satisfies readonly (keyof JournalRow)[];

export const csvHeader = csvLine(columns);
export const toCsv = (row: JournalRow): string => csvLine(columns.map((name) => String(row[name] ?? '')));
