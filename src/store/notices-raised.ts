// What a commit adds for those who are to be told of it: messages with the ids of its entries, and nothing else.
import { noticeOf } from '../domain/notice.ts';
import type { Message } from './commit.ts';
import type { EntryDraft } from './journal.ts';
import { message } from './outbox.ts';

/** An id is 30 characters; a message holds 128 KB, and a consumer reads its entries by one statement. */
const ENTRIES_PER_MESSAGE = 200;

export function noticesOf(entries: readonly (EntryDraft & { readonly id: string })[]): readonly Message[] {
  const told = entries.filter((entry) => noticeOf(entry) !== undefined).map(({ id }) => id);
  return Array.from({ length: Math.ceil(told.length / ENTRIES_PER_MESSAGE) }, (_, slice) =>
    message('notify', (id) => ({
      v: 1,
      id,
      type: 'notice.raise',
      entryIds: told.slice(slice * ENTRIES_PER_MESSAGE, (slice + 1) * ENTRIES_PER_MESSAGE),
    })),
  );
}
