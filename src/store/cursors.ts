// How far a job that goes round has come. A lost one only makes it begin anew, so it needs no entry in the journal.
import { eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { fromJson } from './records.ts';
import { cursors } from './schema.ts';

export async function findCursor<T>(database: Database, name: string): Promise<T | undefined> {
  const row = await database.select().from(cursors).where(eq(cursors.name, name)).get();
  return row && fromJson<T>(row.place);
}

export async function keepCursor(database: Database, name: string, place: object): Promise<void> {
  const row = { name, place: JSON.stringify(place) };
  await database.insert(cursors).values(row).onConflictDoUpdate({ target: cursors.name, set: row });
}
