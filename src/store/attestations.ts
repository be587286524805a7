// Signed fence checks. A row is written once, in the commit of the check that it states, and never changed.
import { and, asc, desc, eq, gte, lte } from 'drizzle-orm';
import type { AccountId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Once } from './commit.ts';
import type { Database } from './database.ts';
import { attestations } from './schema.ts';

export type Attestation = typeof attestations.$inferSelect;

/** The last one, or the one of a given check. */
export const findAttestation = (
  database: Database,
  accountId: AccountId,
  sequence?: number,
): Promise<Attestation | undefined> =>
  database
    .select()
    .from(attestations)
    .where(
      and(
        eq(attestations.accountId, accountId),
        sequence === undefined ? undefined : eq(attestations.sequence, sequence),
      ),
    )
    .orderBy(desc(attestations.sequence))
    .limit(1)
    .get();

/** The last one that had been made at an instant. */
export const findAttestationAsOf = (
  database: Database,
  accountId: AccountId,
  at: Timestamp,
): Promise<Attestation | undefined> =>
  database
    .select()
    .from(attestations)
    .where(and(eq(attestations.accountId, accountId), lte(attestations.checkedAt, at)))
    .orderBy(desc(attestations.checkedAt), desc(attestations.sequence))
    .limit(1)
    .get();

/** Those of a range of checks, in order. */
export const listAttestations = (
  database: Database,
  accountId: AccountId,
  { from, to }: { readonly from: number; readonly to: number },
  limit: number,
): Promise<Attestation[]> =>
  database
    .select()
    .from(attestations)
    .where(and(eq(attestations.accountId, accountId), gte(attestations.sequence, from), lte(attestations.sequence, to)))
    .orderBy(asc(attestations.sequence))
    .limit(limit)
    .all();

/** Another check of the account that came first has this sequence, and a later one names it. */
export const attestationOnce = (row: Attestation): Once => ({
  table: 'attestations',
  insert: (database) => database.insert(attestations).values(row),
  taken: { code: 'version_conflict' },
});
