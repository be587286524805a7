// A file of payouts becomes rows, one after another, whatever bytes it holds: a row that cannot be read is a row with a named
// problem, and a file that cannot be read as rows is refused with the line.
import { CsvError, parse } from 'csv-parse/stream';
import * as z from 'zod';
import { parseUnits } from '../../domain/amount.ts';
import { findAsset } from '../../domain/asset.ts';
import { type RowProblem, type RowText, rowColumns, writeDecimal } from '../../domain/payout.ts';
import { ROWS_MAX } from '../../domain/payout-batch.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';

export interface FileRow {
  readonly line: number;
  readonly text: RowText;
  readonly problems: readonly RowProblem[];
}
export interface PayoutFile {
  readonly text: string;
  readonly format: 'csv' | 'json';
}

/** A record that is longer than this is a quote that was never closed. */
const RECORD_BYTES_MAX = 8_192;
const PROBLEM_CHARACTERS_MAX = 200;

export const JsonFile = z.strictObject({
  rows: z
    .array(
      z.strictObject({ asset: z.string(), address: z.string(), units: z.string(), reference: z.string().optional() }),
    )
    .min(1)
    .max(ROWS_MAX),
});

const invalid = (line: number, reason: string) =>
  refuse({ code: 'payout_file_invalid', line, reason: reason.slice(0, PROBLEM_CHARACTERS_MAX) });

/** Reads the whole file once, keeping nothing, so that what cannot be read to its end leaves nothing behind. */
export async function countRows(file: PayoutFile): Promise<Result<number>> {
  let rows = 0;
  try {
    for await (const _ of rowsOf(file)) {
      rows += 1;
      if (rows > ROWS_MAX) return invalid(rows, `A batch has at most ${ROWS_MAX} rows.`);
    }
  } catch (fault) {
    if (fault instanceof Unreadable) return invalid(fault.line, fault.message);
    throw fault;
  }
  return rows === 0 ? invalid(1, 'There are no rows.') : accept(rows);
}

export const rowsOf = (file: PayoutFile): AsyncIterable<FileRow> | Iterable<FileRow> =>
  file.format === 'csv' ? csvRows(file.text) : jsonRows(file.text);

class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly line: number;
  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

function* jsonRows(text: string): Generator<FileRow> {
  for (const [index, { asset: id, address, units, reference = null }] of JsonFile.parse(
    JSON.parse(text),
  ).rows.entries()) {
    const asset = findAsset(id);
    const known = parseUnits(units);
    // What is no base units must not be taken for an amount in whole units of the asset.
    const amount =
      asset === undefined || known === undefined ? `${units} base units` : writeDecimal(known, asset.decimals);
    yield {
      line: index + 1,
      text: { network: asset?.network ?? '', asset: id, address, amount, reference },
      problems: [],
    };
  }
}

/** What `info: true` yields for each record, of text fields as nothing is cast. */
const Parsed = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) });

async function* csvRows(text: string): AsyncGenerator<FileRow> {
  const bytes = new Blob([text]).stream();
  // The line of a record is where it ends; with quoted breaks it begins before.
  const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true };
  const records = bytes.pipeThrough(parse({ ...options, max_record_size: RECORD_BYTES_MAX }));
  const reader = records.getReader();
  let columns: readonly string[] | undefined;
  for (;;) {
    const { done, value } = await read(reader);
    if (done) return;
    const { record, info } = Parsed.parse(value);
    if (columns === undefined) columns = readHeader(record, info.lines);
    else yield toRow(columns, record, info.lines);
  }
}

async function read(reader: ReadableStreamDefaultReader<unknown>) {
  try {
    return await reader.read();
  } catch (fault) {
    if (!(fault instanceof CsvError)) throw fault;
    throw new Unreadable(Number(fault.lines ?? 1), fault.message);
  }
}

function readHeader(record: readonly string[], line: number): readonly string[] {
  const names = record.map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !rowColumns.some((column) => column === name));
  const missing = rowColumns.find((column) => column !== 'reference' && !names.includes(column));
  if (missing !== undefined) throw new Unreadable(line, `The header names no column "${missing}".`);
  if (unknown !== undefined) throw new Unreadable(line, `The header names an unknown column "${unknown}".`);
  if (new Set(names).size < names.length) throw new Unreadable(line, 'The header names a column twice.');
  return names;
}

function toRow(columns: readonly string[], record: readonly string[], line: number): FileRow {
  const field = (name: string): string => record[columns.indexOf(name)] ?? '';
  const [network, asset, address, amount] = [field('network'), field('asset'), field('address'), field('amount')];
  const reference = columns.includes('reference') ? field('reference') : null;
  const problems: RowProblem[] =
    record.length === columns.length
      ? []
      : [{ column: 'row', reason: `Has ${record.length} fields; the header has ${columns.length}.` }];
  return { line, text: { network, asset, address, amount, reference }, problems };
}
