// Payees: known recipients of the company.
import { and, desc, eq, sql } from 'drizzle-orm';
import type { PayeeId } from '../domain/id.ts';
import type { Network } from '../domain/network.ts';
import type { Payee } from '../domain/payee.ts';
import { type Database, olderThan } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { payees } from './schema.ts';

export async function findPayee(database: Database, id: PayeeId): Promise<Payee | undefined> {
  const row = await database.select().from(payees).where(eq(payees.id, id)).get();
  return row && fromRow<Payee>(row);
}

/** The living one of this address. */
export async function findPayeeOf(database: Database, network: Network, address: string): Promise<Payee | undefined> {
  const row = await database
    .select()
    .from(payees)
    .where(and(eq(payees.network, network), eq(payees.address, address), sql`status IN ('proposed', 'confirmed')`))
    .get();
  return row && fromRow<Payee>(row);
}

/** Newest first. */
export async function listPayees(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<Payee[]> {
  const rows = await database
    .select()
    .from(payees)
    .where(olderThan(payees.id, page.before))
    .orderBy(desc(payees.id))
    .limit(page.limit)
    .all();
  return rows.map((row) => fromRow<Payee>(row));
}

export const payeeChange = changesOf<Payee>(payees, 'payee', () => null);
