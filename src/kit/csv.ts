// Lines of CSV that a spreadsheet shows and never calculates. RFC 4180 for the form; OWASP's "CSV Injection" for the rest.

/** What a spreadsheet takes for the beginning of a formula, also in full-width form and behind blanks. */
const FORMULA = /^[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** One record. Each field is quoted; one that would be read as a formula begins with an apostrophe, and is text. */
export const csvLine = (fields: readonly (string | null)[]): string =>
  `${fields.map((field) => quoted(field ?? '')).join(',')}\r\n`;

const quoted = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
