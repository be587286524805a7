// Confirmed history of wallets, as custody returned it; each fact once.
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { AccountId, WalletId } from '../domain/id.ts';
import type { Movement } from '../domain/movement.ts';
import type { Database } from './database.ts';
import { changesOf } from './records.ts';
import { movements } from './schema.ts';

const toMovement = (row: typeof movements.$inferSelect): Movement => ({
  ...row,
  units: BigInt(row.units),
  feeUnits: BigInt(row.feeUnits),
});

/** Those of a wallet with one of these hashes; any number of them is one bound parameter. */
export async function listMovementsByHash(
  database: Database,
  walletId: WalletId,
  hashes: readonly string[],
): Promise<Movement[]> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify([...new Set(hashes)])}))`;
  const rows = await database
    .select()
    .from(movements)
    .where(and(eq(movements.walletId, walletId), inArray(movements.transactionHash, these)))
    .all();
  return rows.map(toMovement);
}

/** All, oldest first, from behind one of them on. */
export async function listMovementsAfter(
  database: Database,
  accountId: AccountId,
  after: Pick<Movement, 'at' | 'id'> | undefined,
  limit: number,
): Promise<Movement[]> {
  const isBehind = after && sql`(${movements.at}, ${movements.id}) > (${after.at}, ${after.id})`;
  const rows = await database
    .select()
    .from(movements)
    .where(and(eq(movements.accountId, accountId), isBehind))
    .orderBy(asc(movements.at), asc(movements.id))
    .limit(limit)
    .all();
  return rows.map(toMovement);
}

export const movementChange = changesOf<Movement>(movements, 'movement', ({ accountId }) => accountId);
