// Messages that could not be carried out, kept for a person. One is kept without an entry of its own, as nothing was decided;
// what people decide about it has entries.
import { and, desc, eq, sql } from 'drizzle-orm';
import { type DeadLetter, type DeadLetterStatus, isOfMoney } from '../domain/dead-letter.ts';
import type { DeadLetterId } from '../domain/id.ts';
import { type Change, insertRows, type Message, type Once } from './commit.ts';
import { type Database, olderThan } from './database.ts';
import { message } from './outbox.ts';
import { changesOf, fromRow, toRow } from './records.ts';
import { deadLetters, outbox } from './schema.ts';

export async function findDeadLetter(database: Database, id: DeadLetterId): Promise<DeadLetter | undefined> {
  const row = await database.select().from(deadLetters).where(eq(deadLetters.id, id)).get();
  return row && fromRow<DeadLetter>(row);
}

/** Newest first. */
export async function listDeadLetters(
  database: Database,
  page: { status?: DeadLetterStatus | undefined; before?: string | undefined; limit: number },
): Promise<DeadLetter[]> {
  const rows = await database
    .select()
    .from(deadLetters)
    .where(and(page.status && eq(deadLetters.status, page.status), olderThan(deadLetters.id, page.before)))
    .orderBy(desc(deadLetters.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<DeadLetter>(row));
}

/** The same message is kept once, however often it is given up. */
export const buried = (letters: readonly DeadLetter<'waiting'>[]): Once => ({
  table: 'dead_letters',
  insert: (database) =>
    insertRows(
      database,
      deadLetters,
      letters.map((letter) => toRow(deadLetters, letter)),
      'keep',
    ),
  taken: { code: 'version_conflict' },
});

/** It is not sent any more. */
export const unsent = (outboxId: string): Once => ({
  table: 'outbox',
  insert: (database) => database.delete(outbox).where(eq(outbox.id, outboxId)),
  taken: { code: 'version_conflict' },
});

const change = changesOf<DeadLetter>(deadLetters, 'dead_letter', () => null);

/** The entry names the step; the message itself stays in its row, which nobody rewrites. */
export function deadLetterChange(before: DeadLetter, after: DeadLetter, kind?: string): Change {
  const { entry, ...rest } = change({ ...before, body: '' }, { ...after, body: '' }, kind);
  const write: Change['write'] = (database) => {
    const { body: _, ...row } = toRow(deadLetters, after);
    return database
      .update(deadLetters)
      .set({ version: after.version, status: after.status, facts: String(row.facts) })
      .where(and(eq(deadLetters.id, after.id), sql`${deadLetters.version} = ${before.version}`));
  };
  return { ...rest, entry, write };
}

/** The message again, under an id of its own, by the way of every other. */
export const sentAgain = (letter: DeadLetter): Message =>
  message(isOfMoney(letter) ? 'money' : 'events', (id) => ({ ...JSON.parse(letter.body), id }));
