// CSV that a spreadsheet opens without running anything: RFC 4180, and no cell that begins like a formula.

const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  // An apostrophe makes a spreadsheet take the rest as text.
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const toCsv = (names: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  [names, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
