// The last fence check of each account. Each check is an entry of the subject `fence:<account id>`, so history is kept.
import { eq, type SQL, sql } from 'drizzle-orm';
import { FENCE_SECONDS_MAX, type Fence, type FoundSummary } from '../domain/fence.ts';
import type { AccountId } from '../domain/id.ts';
import { addSeconds, type Timestamp } from '../domain/time.ts';
import { type Change, rowChange } from './commit.ts';
import type { Database } from './database.ts';
import { fromJson, toRow } from './records.ts';
import { fences } from './schema.ts';

export async function findFence(database: Database, accountId: AccountId): Promise<Fence | undefined> {
  const row = await database.select().from(fences).where(eq(fences.accountId, accountId)).get();
  return row && { ...row, findings: fromJson(row.findings), found: row.found === null ? null : toFound(row.found) };
}

/** A check from before there were three limits and a proof said nothing of them. */
const toFound = (text: string): FoundSummary => ({
  limits: [],
  permissionsProvenAt: null,
  ...fromJson<Omit<FoundSummary, 'limits' | 'permissionsProvenAt'> & Partial<FoundSummary>>(text),
});

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
    kind: 'fence.checked',
  });

/** The last check lets money go: neither broken nor too old to know. */
export const fenceStands = (accountId: AccountId, at: Timestamp): SQL => sql`EXISTS (SELECT 1 FROM ${fences}
  WHERE ${fences.accountId} = ${accountId} AND ${fences.result} IN ('intact', 'degraded')
  AND ${fences.checkedAt} >= ${addSeconds(at, -FENCE_SECONDS_MAX)})`;

/** No newer check has been recorded. */
export const fenceIsVersion = (accountId: AccountId, version: number): SQL =>
  sql`EXISTS (SELECT 1 FROM ${fences} WHERE ${fences.accountId} = ${accountId} AND ${fences.version} = ${version})`;
