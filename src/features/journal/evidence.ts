// An evidence bundle: everything of an account and a period that can be checked without asking us, in one file.
import type { App } from '../../app/app.ts';
import type { Account } from '../../domain/account.ts';
import {
  cannotProve,
  EVIDENCE_FORMAT,
  type Evidence,
  type EvidenceEntry,
  hashForSeal,
  recordsIn,
} from '../../domain/evidence.ts';
import type { AccountId } from '../../domain/id.ts';
import { proofsOf } from '../../domain/merkle.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { secondsBetween, type Timestamp } from '../../domain/time.ts';
import { openAttestor } from '../../kit/attestation-keys.ts';
import { EVIDENCE } from '../../kit/verify-evidence.ts';
import { findAccount, listWallets } from '../../store/accounts.ts';
import { listAttestations } from '../../store/attestations.ts';
import {
  type CheckpointRow,
  findCheckpointOver,
  findLastPlace,
  listCheckpoints,
  listHashesAfter,
} from '../../store/checkpoints.ts';
import { databaseFor } from '../../store/database.ts';
import type { JournalRow } from '../../store/journal.ts';
import { listJournalUpTo } from '../../store/journal-pages.ts';
import { readCustody } from './evidence-custody.ts';

const PERIOD_DAYS_MAX = 31;
const DAY_SECONDS = 86_400;
const ENTRIES_MAX = 2_000;
/** A month of one each five minutes is 8,928. */
const CHECKPOINTS_MAX = 10_000;
const CHECKPOINTS_PER_READ = 1_000;
/** Each that holds an entry is one more read of its hashes. */
const TREES_MAX = 500;

interface Asked {
  readonly accountId: AccountId;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export async function makeEvidence(app: App, { accountId, from, to }: Asked): Promise<Result<Evidence>> {
  const seconds = secondsBetween(from, to);
  if (seconds <= 0) return refuse({ code: 'period_invalid', reason: 'it ends before it begins' });
  if (seconds > PERIOD_DAYS_MAX * DAY_SECONDS)
    return refuse({ code: 'period_invalid', reason: `it is longer than ${PERIOD_DAYS_MAX} days` });
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, 'staff', accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const page = { after: 0, upTo: await findLastPlace(database), limit: ENTRIES_MAX + 1 };
  const rows = await listJournalUpTo(database, { accountId, from, to }, page);
  if (rows.length > ENTRIES_MAX) return refuse({ code: 'evidence_too_large', of: 'entries', max: ENTRIES_MAX });
  const checkpoints = await checkpointsOver(app, rows);
  if (checkpoints.length > CHECKPOINTS_MAX)
    return refuse({ code: 'evidence_too_large', of: 'checkpoints', max: CHECKPOINTS_MAX });
  const entries = await withProofs(app, rows, checkpoints);
  if (entries === undefined) return refuse({ code: 'evidence_too_large', of: 'trees', max: TREES_MAX });
  return accept(await together(app, account, { from, to }, entries, checkpoints));
}

async function together(
  app: App,
  account: Account,
  period: Evidence['period'],
  entries: readonly EvidenceEntry[],
  checkpoints: readonly CheckpointRow[],
): Promise<Evidence> {
  const database = databaseFor(app, account.id);
  const records = recordsIn(entries);
  const wallets = await listWallets(database, 'staff', account.id);
  const checks = entries.filter(({ subjectId }) => subjectId === `fence:${account.id}`).map(({ version }) => version);
  const range = { from: checks[0] ?? 1, to: checks.at(-1) ?? 0 };
  const attestations = await listAttestations(database, account.id, range, ENTRIES_MAX);
  const evidence = {
    format: EVIDENCE_FORMAT,
    issuer: app.config.publicUrl,
    madeAt: app.clock.now(),
    account: { id: account.id, tag: account.tag, policyId: account.policyId },
    period,
    cannotProve,
    checkpoints: checkpoints.map(({ jws }) => jws),
    entries,
    attestations: attestations.map(({ jws }) => jws),
    records,
    custody: await readCustody(app, { account, wallets, records, period }),
  } as const;
  return { ...evidence, seal: await sealOf(app, evidence) };
}

/** The manager's word for the whole: also for what custody said, and for the period. */
async function sealOf(app: App, evidence: Omit<Evidence, 'seal'>): Promise<string> {
  const attestor = await openAttestor(app.config.attestation);
  const { issuer, madeAt } = evidence;
  const claims = { issuer, keyId: attestor.keyId, madeAt, hash: await hashForSeal(evidence) };
  return (await attestor.signAs(EVIDENCE, claims)).jws;
}

/** From the one that holds the first entry to the one that holds the last, or one more than a bundle may have. */
async function checkpointsOver(app: App, rows: readonly JournalRow[]): Promise<CheckpointRow[]> {
  const [first, last] = [rows[0], rows.at(-1)];
  const found: CheckpointRow[] = [];
  if (first === undefined || last === undefined) return found;
  const start = await findCheckpointOver(app.database, first.place);
  for (let next = start?.sequence; next !== undefined && found.length <= CHECKPOINTS_MAX; ) {
    const page = await listCheckpoints(app.database, next, CHECKPOINTS_PER_READ);
    // Each but the first begins behind the one before it.
    const needed = page.filter(({ fromPlace }) => fromPlace <= last.place);
    found.push(...needed);
    next = needed.length < CHECKPOINTS_PER_READ ? undefined : next + CHECKPOINTS_PER_READ;
  }
  return found;
}

/** Undefined when it would take too many trees. */
async function withProofs(
  app: App,
  rows: readonly JournalRow[],
  checkpoints: readonly CheckpointRow[],
): Promise<EvidenceEntry[] | undefined> {
  const entries: EvidenceEntry[] = [];
  let [at, trees] = [0, 0];
  let tree: { of: CheckpointRow; proofOf: (index: number) => readonly string[] } | undefined;
  for (const row of rows) {
    while ((checkpoints[at]?.toPlace ?? row.place) < row.place) at += 1;
    const checkpoint = checkpoints[at];
    if (checkpoint !== undefined && tree?.of !== checkpoint) {
      trees += 1;
      if (trees > TREES_MAX) return undefined;
      tree = { of: checkpoint, proofOf: await proofsOf(await hashesOf(app, checkpoint)) };
    }
    entries.push({
      ...row,
      proof: checkpoint === undefined || tree === undefined ? null : tree.proofOf(row.place - checkpoint.fromPlace),
    });
  }
  return entries;
}

async function hashesOf(app: App, { fromPlace, toPlace }: CheckpointRow): Promise<string[]> {
  const found = await listHashesAfter(app.database, fromPlace - 1, toPlace - fromPlace + 1);
  return found.map(({ hash }) => hash);
}
