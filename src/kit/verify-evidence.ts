// Verifies an evidence bundle offline, the same way in a browser and in Node: nothing here asks anybody anything. Each thing
// that is not as it was made is refused by name.
import { canonicalJson } from '../domain/canonical.ts';
import {
  approvalsNamedIn,
  cannotProve,
  EVIDENCE_FORMAT,
  type Evidence,
  type EvidenceEntry,
  hashForSeal,
  recordsIn,
} from '../domain/evidence.ts';
import { hashOfEntry } from '../domain/journal.ts';
import { rootBy } from '../domain/merkle.ts';
import { type Checkpoint, gapBetweenCheckpoints, verifyCheckpoint } from './checkpoint.ts';
import { readEvidence } from './read-evidence.ts';
import { type DocumentKind, isObject, type KeySet, type Refused, readKeys, refused, verifySigned } from './signed.ts';
import { verifyAction } from './user-action.ts';
import { type Genuine, gapBetween, verifyAttestation } from './verify-attestation.ts';

export const EVIDENCE: DocumentKind = { type: 'fiducia-evidence+jwt', name: 'a seal' };

export interface EvidenceSummary {
  readonly account: Evidence['account'];
  readonly period: Evidence['period'];
  readonly madeAt: string;
  readonly issuer: string;
  readonly keyIds: readonly string[];
  readonly entries: number;
  /** Entries that no checkpoint binds yet. */
  readonly unbound: number;
  readonly checkpoints: { readonly from: number; readonly to: number; readonly lastHash: string } | null;
  readonly attestations: number;
  readonly records: Evidence['records'];
  readonly custody: Evidence['custody'];
  /** Signatures at custody: sound ones, and those that nothing can be said about. */
  readonly signatures: { readonly genuine: number; readonly unsigned: number };
}
export type VerifiedEvidence = { readonly ok: true; readonly summary: EvidenceSummary } | Refused;

export async function verifyEvidence(text: string, keysText: string): Promise<VerifiedEvidence> {
  const keys = await readKeys(keysText);
  if (!keys.ok) return keys;
  const read = readEvidence(text);
  if (!read.ok) return read;
  const { evidence } = read;
  const checkpoints = await checkpointsIn(evidence, keys);
  if (!Array.isArray(checkpoints)) return checkpoints;
  const problem =
    wordsProblem(evidence) ??
    (await entriesProblem(evidence, checkpoints)) ??
    versionsProblem(evidence.entries) ??
    recordsProblem(evidence) ??
    (await attestationsProblem(evidence, keys));
  if (problem !== undefined) return refused(problem);
  const signatures = await signaturesIn(evidence);
  if ('problem' in signatures) return signatures;
  // Last, so that what is wrong with a part is named by the part.
  const unsealed = await sealProblem(evidence, keys);
  if (unsealed !== undefined) return refused(unsealed);
  return { ok: true, summary: summaryOf(evidence, checkpoints, signatures) };
}

async function checkpointsIn({ checkpoints, issuer }: Evidence, keys: KeySet): Promise<Checkpoint[] | Refused> {
  const found: Checkpoint[] = [];
  for (const [index, jws] of checkpoints.entries()) {
    const verified = await verifyCheckpoint(jws, keys);
    const where = `Checkpoint number ${index + 1} of the bundle: `;
    if (!verified.ok) return refused(`${where}${verified.problem}`);
    if (verified.claims.issuer !== issuer) return refused(`${where}it is of another issuer.`);
    const before = found.at(-1);
    // The bundle begins where the period does, so its first one may name one that is not in it.
    const isFirst = before === undefined && verified.claims.sequence > 1;
    const gap = isFirst ? undefined : gapBetweenCheckpoints(before, verified);
    if (gap !== undefined) return refused(`${where}${gap}`);
    found.push(verified);
  }
  return found;
}

const wordsProblem = (evidence: Evidence): string | undefined =>
  canonicalJson(evidence.cannotProve) === canonicalJson(cannotProve)
    ? undefined
    : 'What the bundle says that it cannot prove is not what a bundle says.';

async function entriesProblem(
  { account, period, entries }: Evidence,
  checkpoints: readonly Checkpoint[],
): Promise<string | undefined> {
  let [last, at] = [0, 0];
  for (const entry of entries) {
    const where = `Entry ${entry.id} at place ${entry.place}: `;
    if (entry.accountId !== account.id) return `${where}it is of another account.`;
    if (entry.at < period.from || entry.at >= period.to) return `${where}it is of another time than the period.`;
    if (entry.place <= last) return `${where}it is not in its place: entries were swapped or repeated.`;
    if ((await hashOfEntry(entry)) !== entry.hash)
      return `${where}it was changed: its hash is not that of what it says.`;
    last = entry.place;
    while ((checkpoints[at]?.claims.to ?? entry.place) < entry.place) at += 1;
    const problem = await bindingProblem(entry, checkpoints[at]);
    if (problem !== undefined) return `${where}${problem}`;
  }
  return undefined;
}

async function bindingProblem(
  { place, hash, proof }: EvidenceEntry,
  checkpoint: Checkpoint | undefined,
): Promise<string | undefined> {
  if (checkpoint === undefined) return proof === null ? undefined : 'it has a proof and no checkpoint.';
  const { sequence, from, to, root } = checkpoint.claims;
  if (place < from) return 'no checkpoint of the bundle binds it, and later ones do.';
  if (proof === null) return `checkpoint ${sequence} covers it, and its proof is missing.`;
  const found = await rootBy(hash, { index: place - from, size: to - from + 1, proof });
  return found === root
    ? undefined
    : `it is not the one that checkpoint ${sequence} binds at this place: exchanged, swapped or slipped in.`;
}

/** Between two versions of a record none may be missing. */
function versionsProblem(entries: readonly EvidenceEntry[]): string | undefined {
  const versions = new Map<string, number>();
  for (const { subjectId, version, place } of entries) {
    const before = versions.get(subjectId);
    if (before !== undefined && version !== before + 1)
      return `An entry was removed: after version ${before} of ${subjectId} comes ${version}, at place ${place}.`;
    versions.set(subjectId, version);
  }
  return undefined;
}

function recordsProblem({ entries, records, custody }: Evidence): string | undefined {
  const derived = recordsIn(entries);
  if (canonicalJson(derived) !== canonicalJson(records))
    return 'The records are not what the entries of the bundle say.';
  const named = approvalsNamedIn(derived).map(({ approvalId, about }) => `${approvalId} ${about}`);
  const stranger = custody.approvals.find(({ approvalId, about }) => !named.includes(`${approvalId} ${about}`));
  return stranger && `The approval ${stranger.approvalId} is not one that an entry of the bundle names.`;
}

async function attestationsProblem(
  { account, issuer, entries, attestations }: Evidence,
  keys: KeySet,
): Promise<string | undefined> {
  const verified: Genuine[] = [];
  for (const [index, jws] of attestations.entries()) {
    const where = `Attestation number ${index + 1} of the bundle: `;
    const one = await verifyAttestation(jws, keys);
    if (!one.ok) return `${where}${one.problem}`;
    if (one.claims.accountId !== account.id || one.claims.issuer !== issuer)
      return `${where}it is about another account.`;
    const before = verified.at(-1);
    const gap = before && gapBetween(before, one);
    if (gap !== undefined) return `${where}${gap}`;
    verified.push(one);
  }
  const attested = new Set(verified.map(({ claims }) => claims.sequence));
  const checks = entries.filter(({ subjectId }) => subjectId === `fence:${account.id}`);
  const missing = checks.find(({ version }) => !attested.has(version));
  return (
    missing &&
    `The attestation of the fence check ${missing.version} was removed: its entry is at place ${missing.place}.`
  );
}

async function signaturesIn({ custody }: Evidence): Promise<EvidenceSummary['signatures'] | Refused> {
  const { lines, actions } = custody.auditLog;
  let genuine = 0;
  for (const action of actions) {
    const where = `The action ${action.id} at custody: `;
    const line = lines.find(({ id }) => id === action.id);
    if (line === undefined) return refused(`${where}it is not in the list of actions.`);
    if (line.userId !== action.userId || line.credentialId !== action.credentialId || line.summary !== action.action)
      return refused(`${where}its line in the list says something else.`);
    const found = await verifyAction(action);
    if (found === 'forged') return refused(`${where}its signature does not fit its key and its client data.`);
    if (found === 'genuine') genuine += 1;
  }
  return { genuine, unsigned: lines.length - genuine };
}

async function sealProblem(evidence: Evidence, keys: KeySet): Promise<string | undefined> {
  const verified = await verifySigned(evidence.seal, EVIDENCE, keys);
  if (!verified.ok) return `The seal of the bundle: ${verified.problem}`;
  const { claims } = verified;
  const isOfThis =
    isObject(claims) && claims.hash === (await hashForSeal(evidence)) && claims.issuer === evidence.issuer;
  return isOfThis ? undefined : 'The seal is of another bundle: something in this one was altered after it was made.';
}

function summaryOf(
  evidence: Evidence,
  checkpoints: readonly Checkpoint[],
  signatures: EvidenceSummary['signatures'],
): EvidenceSummary {
  const { account, period, madeAt, issuer, entries, attestations, records, custody } = evidence;
  const [first, last] = [checkpoints[0], checkpoints.at(-1)];
  return {
    ...{ account, period, madeAt, issuer, records, custody, signatures },
    keyIds: [...new Set(checkpoints.map(({ keyId }) => keyId))],
    entries: entries.length,
    unbound: entries.filter(({ proof }) => proof === null).length,
    checkpoints:
      first === undefined || last === undefined
        ? null
        : { from: first.claims.sequence, to: last.claims.sequence, lastHash: last.hash },
    attestations: attestations.length,
  };
}

export const isEvidence = (text: string): boolean => text.includes(EVIDENCE_FORMAT);
