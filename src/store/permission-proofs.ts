// Permission proofs: written once, read newest first. Each is an entry of the journal too.
import { desc, eq } from 'drizzle-orm';
import type { PermissionProof, ProofStanding } from '../domain/permission-proof.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Change, rowChange } from './commit.ts';
import { type Database, olderThan } from './database.ts';
import { fromJson, toRow } from './records.ts';
import { permissionProofs } from './schema.ts';

type Stored = typeof permissionProofs.$inferSelect;

const toProof = (row: Stored): PermissionProof => ({
  ...row,
  read: fromJson(row.read),
  holders: fromJson(row.holders),
  findings: fromJson(row.findings),
});

/** Newest first, as they were recorded. */
export async function listPermissionProofs(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<PermissionProof[]> {
  const rows = await database
    .select()
    .from(permissionProofs)
    .where(olderThan(permissionProofs.id, page.before))
    .orderBy(desc(permissionProofs.id))
    .limit(page.limit)
    .all();
  return rows.map(toProof);
}

/** The newest by the time at which custody was read, of all or of the sound ones. */
export async function findNewestProof(
  database: Database,
  result?: PermissionProof['result'],
): Promise<PermissionProof | undefined> {
  const row = await database
    .select()
    .from(permissionProofs)
    .where(result === undefined ? undefined : eq(permissionProofs.result, result))
    .orderBy(desc(permissionProofs.provenAt))
    .limit(1)
    .get();
  return row && toProof(row);
}

/** What of the proofs a check of a fence needs to know. */
export async function readProofStanding(database: Database, at: Timestamp): Promise<ProofStanding> {
  const newest = await findNewestProof(database);
  const sound = newest?.result === 'unsound' ? await findNewestProof(database, 'sound') : newest;
  const unsound = newest?.result === 'unsound' ? { provenAt: newest.provenAt, findings: newest.findings } : null;
  return { at, soundAt: sound?.provenAt ?? null, unsound };
}

export const permissionProofChange = (proof: PermissionProof): Change =>
  rowChange({
    table: permissionProofs,
    name: 'permission_proofs',
    key: permissionProofs.id,
    keyName: 'id',
    versionColumn: permissionProofs.version,
    subject: 'permission_proof',
    subjectId: proof.id,
    accountId: null,
    before: undefined,
    after: toRow(permissionProofs, proof),
    kind: 'permission_proof.recorded',
  });
