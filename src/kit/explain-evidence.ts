// An evidence bundle in words: what is in it, what it proves and what it does not. The command and the page share them.
import type { RecordInEvidence } from '../domain/evidence.ts';
import type { EvidenceSummary } from './verify-evidence.ts';

export interface EvidenceInWords {
  readonly heading: string;
  readonly says: readonly { readonly about: string; readonly lines: readonly string[] }[];
}

const LINES_MAX = 200;

function lines(items: readonly string[], none: string): readonly string[] {
  if (items.length === 0) return [none];
  const rest = items.length - LINES_MAX;
  return rest > 0 ? [...items.slice(0, LINES_MAX), `... and ${rest} more in the file.`] : items;
}

/** What is known of a record; entries from before the period are not in the bundle. */
const part = ({ facts }: RecordInEvidence, name: string): string => {
  const value = facts[name];
  return typeof value === 'string' ? value : 'not in this period';
};

export function explainEvidence(summary: EvidenceSummary): EvidenceInWords {
  const { account, period, entries, unbound, checkpoints, records, custody, signatures } = summary;
  const open = unbound === 0 ? '' : ` ${unbound} of them are under no checkpoint yet: ask for the bundle again later.`;
  return {
    heading: `${entries} entries of account ${account.id}, from ${period.from} up to before ${period.to}, as they were signed.${open}`,
    says: [
      {
        about: 'Bundle',
        lines: [
          `Made at ${summary.madeAt} by ${summary.issuer}`,
          `Account ${account.id}, tag ${account.tag}, approved list ${account.policyId ?? 'none'}`,
          ...summary.keyIds.map((keyId) => `Signed with the key ${keyId}`),
        ],
      },
      {
        about: 'Checkpoints',
        lines: [
          checkpoints === null
            ? 'None: nothing of it is bound.'
            : `Number ${checkpoints.from} to ${checkpoints.to}, without a gap; the last has the hash ${checkpoints.lastHash}`,
        ],
      },
      {
        about: 'Transfers',
        lines: lines(
          records.transfers.map(
            (one) =>
              `${one.id}: ${part(one, 'status')}, ${part(one, 'units')} of ${part(one, 'asset')}, transaction ${part(one, 'transactionHash')}`,
          ),
          'None in this period.',
        ),
      },
      {
        about: 'Changes of the approved list',
        lines: lines(
          records.policyVersions.map(
            (one) => `${one.id}: ${part(one, 'operation')} ${part(one, 'address')}, ${part(one, 'status')}`,
          ),
          'None in this period.',
        ),
      },
      {
        about: 'Fence checks',
        lines: [`${summary.attestations} attestations, each signed and named by the next`],
      },
      {
        about: 'Decisions, as custody told the manager',
        lines: lines(
          custody.approvals.map(
            ({ approvalId, about, status, decisions }) =>
              `${approvalId} about ${about}: ${status}${decisions.map(({ userId, value }) => `; ${userId} ${value}`).join('')}`,
          ),
          'None in this period.',
        ),
      },
      {
        about: 'Actions signed at custody',
        lines: [
          custody.auditLog.says,
          `${signatures.genuine} with a signature that fits the key of the person or machine, ${signatures.unsigned} without one that can be checked`,
        ],
      },
    ],
  };
}

export const evidenceProves: readonly string[] = [
  'The holder of the manager’s signing key bound these entries by its checkpoints; not one character was changed since.',
  'Between two versions of one record none is missing, none was swapped and none slipped in.',
  'The manager made exactly this bundle, with what it says custody said.',
  'Every fence check among the entries has its signed attestation.',
  'Where a signature of custody is counted as genuine, the holder of that key signed that client data.',
];
