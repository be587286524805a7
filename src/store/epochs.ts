// The epoch of this database: one row, which every hand-over of money is guarded by.
import { eq, type SQL, sql } from 'drizzle-orm';
import { EPOCH_ID, type Epoch } from '../domain/epoch.ts';
import type { Database } from './database.ts';
import { changesOf, fromRow } from './records.ts';
import { epochs } from './schema.ts';

export async function findEpoch(database: Database): Promise<Epoch | undefined> {
  const row = await database.select().from(epochs).where(eq(epochs.id, EPOCH_ID)).get();
  return row && fromRow<Epoch>(row);
}

/** At the instant of the commit: this database is the one that the deployment names, and no restore of it is under way. */
export const epochStands = (deployed: string): SQL => sql`EXISTS (SELECT 1 FROM ${epochs}
  WHERE ${epochs.id} = ${EPOCH_ID} AND ${epochs.epoch} = ${deployed} AND ${epochs.status} = 'sound')`;

export const epochChange = changesOf<Epoch>(epochs, 'epoch', () => null);
