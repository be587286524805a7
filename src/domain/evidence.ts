// What an evidence bundle says of an account and a period. Everything but custody's own words is derived from the entries in
// it, so whoever checks it derives it again.
import { canonicalJson } from './canonical.ts';
import type { SignedAction, SignedActionLine } from './custody.ts';
import { sha256 } from './digest.ts';
import type { PlacedEntry } from './journal.ts';

export const EVIDENCE_FORMAT = 'fiducia-evidence/1';

/** Said in every bundle, and by every verifier. */
export const cannotProve: readonly string[] = [
  'That the key is the manager’s: compare its id with the one that the manager gave you by another way.',
  'That no other record of the account exists: of each record that is here no version between two others is missing, but a record that is left out altogether is not seen. An export of the whole journal shows it.',
  'That the manager showed everybody the same checkpoints: compare their hashes with those of the outside address, or of another bundle.',
  'When an entry was made: its time is the manager’s. It was made before the checkpoint that binds it.',
  'Entries that no checkpoint binds yet; they are counted.',
  'What custody says of approvals and its list of signed actions: they are what the manager read there, and Dfns signs neither.',
  'That a signature of a person at custody was given for the request beside it: it is over a challenge of Dfns, and only Dfns can tell which request that was made for, and what became of it.',
  'That a transaction is on the network: look its hash up there.',
];

export interface EvidenceEntry extends PlacedEntry {
  /** The hashes beside its way to the root of its checkpoint; null while none binds it. */
  readonly proof: readonly string[] | null;
}

/** A record as the entries of the bundle leave it: what they changed of it, merged in their order. */
export interface RecordInEvidence {
  readonly id: string;
  readonly firstVersion: number;
  readonly lastVersion: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface EvidenceRecords {
  readonly transfers: readonly RecordInEvidence[];
  /** Each change of the approved list: with the list before, the wanted one, and the one that was read back. */
  readonly policyVersions: readonly RecordInEvidence[];
  readonly destinations: readonly RecordInEvidence[];
  readonly limits: readonly RecordInEvidence[];
}

const facts = {
  transfers: [
    ...['status', 'orderId', 'walletId', 'custodyWalletId', 'destinationId', 'asset', 'units', 'externalId'],
    ...['custodyId', 'transactionHash', 'approvalId', 'confirmedAt', 'reason'],
  ],
  policyVersions: [
    ...['status', 'policyId', 'destinationId', 'operation', 'address', 'addressesBefore', 'addressesWanted'],
    ...['addressesRead', 'changeRequestId', 'approvalId', 'submittedAt', 'appliedAt', 'reason'],
  ],
  destinations: ['status', 'network', 'address', 'kind', 'changeId', 'approvedAt', 'usableFrom', 'reason'],
  limits: ['status', 'direction', 'template', 'dailyChanges', 'askedBy'],
} as const satisfies Record<keyof EvidenceRecords, readonly string[]>;

const prefixes = { transfers: 'xfr_', policyVersions: 'chg_', destinations: 'dst_', limits: 'lim_' } as const;

export function recordsIn(entries: readonly PlacedEntry[]): EvidenceRecords {
  const of = (name: keyof EvidenceRecords) => mergedOf(entries, prefixes[name], facts[name]);
  return {
    transfers: of('transfers'),
    policyVersions: of('policyVersions'),
    destinations: of('destinations'),
    limits: of('limits'),
  };
}

function mergedOf(entries: readonly PlacedEntry[], prefix: string, names: readonly string[]): RecordInEvidence[] {
  const records = new Map<string, RecordInEvidence>();
  for (const { subjectId, version, data } of entries.filter((entry) => entry.subjectId.startsWith(prefix))) {
    const { after }: { after?: Record<string, unknown> } = JSON.parse(data);
    const changed = Object.entries(after ?? {}).filter(([name]) => names.includes(name));
    const before = records.get(subjectId);
    records.set(subjectId, {
      id: subjectId,
      firstVersion: before?.firstVersion ?? version,
      lastVersion: version,
      facts: { ...before?.facts, ...Object.fromEntries(changed) },
    });
  }
  return [...records.values()];
}

/** The approvals that records name, each with the record that was decided about. */
export const approvalsNamedIn = (records: EvidenceRecords): readonly { approvalId: string; about: string }[] =>
  [...records.policyVersions, ...records.transfers].flatMap(({ id, facts: { approvalId } }) =>
    typeof approvalId === 'string' ? [{ approvalId, about: id }] : [],
  );

export interface ApprovalInEvidence {
  readonly approvalId: string;
  readonly about: string;
  readonly status: string;
  readonly decisions: readonly { readonly userId: string; readonly value: string; readonly reason: string | null }[];
}

export interface CustodyInEvidence {
  readonly approvals: readonly ApprovalInEvidence[];
  readonly auditLog: {
    readonly status: 'read' | 'not_permitted' | 'unavailable';
    readonly says: string;
    /** Signed actions whose path names a wallet, a policy or an approval of the account. */
    readonly lines: readonly SignedActionLine[];
    readonly actions: readonly SignedAction[];
  };
}

export interface Evidence {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly issuer: string;
  readonly madeAt: string;
  readonly account: { readonly id: string; readonly tag: string; readonly policyId: string | null };
  /** From the first instant up to before the other. */
  readonly period: { readonly from: string; readonly to: string };
  readonly cannotProve: readonly string[];
  /** Compact, from the first that is needed to the last, without a gap. */
  readonly checkpoints: readonly string[];
  readonly entries: readonly EvidenceEntry[];
  /** Compact, of every fence check in the entries. */
  readonly attestations: readonly string[];
  readonly records: EvidenceRecords;
  readonly custody: CustodyInEvidence;
  /** Compact: the manager's signature over the hash of all other members. */
  readonly seal: string;
}

/** What the seal is over: SHA-256 in hex of the canonical JSON of everything but the seal. */
export const hashForSeal = ({
  seal: _,
  ...rest
}: Omit<Evidence, 'seal'> & { readonly seal?: string }): Promise<string> => sha256(canonicalJson(rest));
