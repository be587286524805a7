// CSV (RFC 4180) whose fields stay text in a spreadsheet: one that begins like a formula gets an apostrophe before it.
// What begins one: https://owasp.org/www-community/attacks/CSV_Injection

/** Also in full width, which spreadsheets read the same way. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const field = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

export const csvLine = (fields: readonly string[]): string => `${fields.map(field).join(',')}\r\n`;
