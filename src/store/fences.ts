// The last fence check of each account. Each check is an entry of the subject `fence:<account id>`, so history is kept.
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { canonicalJson } from '../domain/canonical.ts';
import type { Destination } from '../domain/destination.ts';
import { FENCE_SECONDS_MAX, type Fence, type FoundSummary } from '../domain/fence.ts';
import type { AccountId } from '../domain/id.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import { addSeconds, type Timestamp } from '../domain/time.ts';
import type { Wallet } from '../domain/wallet.ts';
import { type Change, rowChange } from './commit.ts';
import type { Database } from './database.ts';
import { isListed } from './destinations.ts';
import { isOpen, toLimitsChange } from './limits-changes.ts';
import { fromJson, fromRow, toRow } from './records.ts';
import { attestations, destinations, fences, limitsChanges, policyChanges, wallets } from './schema.ts';

export async function findFence(database: Database, accountId: AccountId): Promise<Fence | undefined> {
  const row = await database.select().from(fences).where(eq(fences.accountId, accountId)).get();
  return row && toFence(row);
}

export const toFence = (row: typeof fences.$inferSelect): Fence => ({
  ...row,
  findings: fromJson(row.findings),
  found: row.found === null ? null : toFound(row.found),
});

/** The last checks of these accounts, and what their fences should be made of, in one round trip. */
export async function listFenceRecords(database: Database, accountIds: readonly AccountId[]) {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(accountIds)}))`;
  const [checks, held, listed, inFlight, raises, attested] = await database.batch([
    database.select().from(fences).where(inArray(fences.accountId, these)),
    database.select().from(wallets).where(inArray(wallets.accountId, these)).orderBy(asc(wallets.network)),
    database
      .select()
      .from(destinations)
      .where(and(inArray(destinations.accountId, these), isListed)),
    database
      .select()
      .from(policyChanges)
      .where(and(inArray(policyChanges.accountId, these), inArray(policyChanges.status, ['submitting', 'submitted']))),
    database
      .select()
      .from(limitsChanges)
      .where(and(inArray(limitsChanges.accountId, these), isOpen)),
    database
      .select({ accountId: attestations.accountId, hash: attestations.hash })
      .from(fences)
      .innerJoin(
        attestations,
        and(eq(attestations.accountId, fences.accountId), eq(attestations.sequence, fences.version)),
      )
      .where(inArray(fences.accountId, these)),
  ]);
  return {
    fences: checks.map(toFence),
    wallets: held.map((row) => fromRow<Wallet>(row)),
    destinations: listed.map((row) => fromRow<Destination>(row)),
    attestations: attested,
    limitsChanges: raises.map(toLimitsChange),
    inFlight: inFlight.map((row) => fromRow<PolicyChange<'submitting' | 'submitted'>>(row)),
  };
}

/** A check from before there were three limits and a proof said nothing of them. */
const toFound = (text: string): FoundSummary => ({
  limits: [],
  permissionsProvenAt: null,
  ...fromJson<Omit<FoundSummary, 'limits' | 'permissionsProvenAt'> & Partial<FoundSummary>>(text),
});

/** One that finds what the last one found is told apart: a year holds thousands of them. */
export const fenceChange = (before: Fence | undefined, after: Fence): Change =>
  rowChange({
    table: fences,
    name: 'fences',
    key: fences.accountId,
    keyName: 'accountId',
    versionColumn: fences.version,
    subject: 'fence',
    subjectId: `fence:${after.accountId}`,
    accountId: after.accountId,
    before: before && toRow(fences, before),
    after: toRow(fences, after),
    kind: isSame(before, after) ? 'fence.checked' : 'fence.changed',
  });

const isSame = (before: Fence | undefined, { result, findings }: Fence): boolean =>
  before?.result === result && canonicalJson(before.findings) === canonicalJson(findings);

/** The last check lets money go: neither broken nor too old to know. */
export const fenceStands = (accountId: AccountId, at: Timestamp): SQL => sql`EXISTS (SELECT 1 FROM ${fences}
  WHERE ${fences.accountId} = ${accountId} AND ${fences.result} IN ('intact', 'degraded')
  AND ${fences.checkedAt} >= ${addSeconds(at, -FENCE_SECONDS_MAX)})`;

/** No newer check has been recorded. */
export const fenceIsVersion = (accountId: AccountId, version: number): SQL =>
  sql`EXISTS (SELECT 1 FROM ${fences} WHERE ${fences.accountId} = ${accountId} AND ${fences.version} = ${version})`;
