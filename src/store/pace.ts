// Where the pace toward custody is kept: one row a share, moved forward by each claim. Notes on calls made, not facts of the
// business, so they need no entry in the journal.
import { eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { custodyPace } from './schema.ts';

interface Turn {
  readonly share: string;
  readonly costMilliseconds: number;
  /** A share that is free only after this has no turn to give. */
  readonly latest: number;
  readonly now: number;
}

/** Takes a turn in one statement, so two processes never take the same; when the share is free after it, or undefined. */
export async function takeTurn(database: Database, turn: Turn): Promise<number | undefined> {
  const { share, costMilliseconds: cost, latest, now } = turn;
  const rows = await database
    .insert(custodyPace)
    .values({ share, freeAt: now + cost })
    .onConflictDoUpdate({
      target: custodyPace.share,
      set: { freeAt: sql`max(${custodyPace.freeAt}, ${now}) + ${cost}` },
      setWhere: sql`${custodyPace.freeAt} <= ${latest}`,
    })
    .returning({ freeAt: custodyPace.freeAt });
  return rows[0]?.freeAt;
}

export async function findFreeAt(database: Database, share: string): Promise<number> {
  const row = await database.select().from(custodyPace).where(eq(custodyPace.share, share)).get();
  return row?.freeAt ?? 0;
}

/** None of these shares is free before its time. */
export async function holdShares(
  database: Database,
  shares: readonly (typeof custodyPace.$inferInsert)[],
): Promise<void> {
  await database
    .insert(custodyPace)
    .values([...shares])
    .onConflictDoUpdate({
      target: custodyPace.share,
      set: { freeAt: sql`max(${custodyPace.freeAt}, excluded.free_at)` },
    });
}
