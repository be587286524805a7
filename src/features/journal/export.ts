// Exports of the journal, written while they are read: a page of entries is in memory, however many there are.
import type { App } from '../../app/app.ts';
import { findLastPlace } from '../../store/checkpoints.ts';
import { type JournalQuery, listJournalUpTo } from '../../store/journal-pages.ts';
import { csvHeader, toCsv, toNdjson } from './formats.ts';

/** A Worker may ask D1 a thousand times in one request: two million entries. */
const ENTRIES_PER_PAGE = 2_000;

const formats = {
  csv: { header: csvHeader, line: toCsv },
  ndjson: { header: '', line: toNdjson },
} as const;
export type ExportFormat = keyof typeof formats;

/** Oldest first, up to the last entry of this moment: what is added meanwhile is not in it. */
export async function exportJournal(
  app: App,
  query: JournalQuery,
  format: ExportFormat,
): Promise<ReadableStream<Uint8Array>> {
  const { header, line } = formats[format];
  const encoder = new TextEncoder();
  const upTo = await findLastPlace(app.database);
  let after = 0;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (header !== '') controller.enqueue(encoder.encode(header));
    },
    // Called when the reader has taken what is there: one page is read ahead at most.
    async pull(controller) {
      const page = await listJournalUpTo(app.database, query, { after, upTo, limit: ENTRIES_PER_PAGE });
      if (page.length > 0) controller.enqueue(encoder.encode(page.map(line).join('')));
      after = page.at(-1)?.place ?? upTo;
      if (page.length < ENTRIES_PER_PAGE) controller.close();
    },
  });
}
