// An attestation in words: what it says, what it proves and what it does not. The command and the page share them.
import type { AttestationClaims } from '../domain/attestation.ts';

export interface Explanation {
  readonly heading: string;
  /** Whether it still speaks of now. */
  readonly isCurrent: boolean;
  readonly age: string;
  readonly says: readonly { readonly about: string; readonly lines: readonly string[] }[];
}

const verdicts: Readonly<Record<AttestationClaims['verdict'], string>> = {
  intact: 'The fence stood as it should: what Dfns returned is what the manager’s records want.',
  degraded: 'The fence held the money in, but not everything about it was as it should be.',
  broken: 'The fence was broken: new movements of money were halted.',
  unknown: 'The fence could not be read.',
};

const actions: Readonly<Record<AttestationClaims['approvedList']['action'], string>> = {
  block: 'Dfns blocks every payment from a wallet with the tag to an address that is not on this list:',
  approval: 'An officer may release single payments from a wallet with the tag to an address that is not on this list:',
  none: 'Dfns does not enforce this list:',
  other: 'What Dfns does about a payment to an address that is not on this list is not known:',
};

const listOf = (items: readonly string[], none: string): readonly string[] => (items.length === 0 ? [none] : items);

/** @param now an instant in ISO 8601 UTC: whether the attestation still speaks of it */
export function explain(claims: AttestationClaims, now: string): Explanation {
  const { approvedList, destinations, findings, guard, limits, wallets } = claims;
  const isCurrent = claims.checkedAt <= now && now < claims.validUntil;
  return {
    heading: `${claims.verdict}: ${verdicts[claims.verdict] ?? 'A verdict that this page does not know.'}`,
    isCurrent,
    age: isCurrent
      ? `Checked at ${claims.checkedAt}, valid until ${claims.validUntil}.`
      : `Checked at ${claims.checkedAt}, valid until ${claims.validUntil}: it says nothing about now.`,
    says: [
      {
        about: 'Account',
        lines: [
          `${claims.accountId}, held in by the tag ${claims.tag}`,
          `Check number ${claims.sequence}; ${claims.previousHash === null ? 'the first that was signed' : `the one before it has the hash ${claims.previousHash}`}`,
          `Issued by ${claims.issuer}`,
        ],
      },
      {
        about: 'Findings',
        lines: listOf(
          findings.map(({ says }) => says),
          'None.',
        ),
      },
      {
        about: 'Wallets',
        lines: listOf(
          wallets.map(({ network, address }) => `${network}: ${address ?? 'no address yet'}`),
          'None.',
        ),
      },
      {
        about: 'Approved list at Dfns',
        lines: [
          actions[approvedList.action] ?? '',
          ...listOf(approvedList.addresses, 'No address: nothing may leave.'),
        ],
      },
      {
        about: 'Destinations by the manager’s records',
        lines: listOf(
          destinations.map(({ network, address, status }) => `${network}: ${address} (${status})`),
          'None.',
        ),
      },
      {
        about: 'Limits',
        lines: listOf(
          limits.map(({ says }) => says),
          'None was found at Dfns.',
        ),
      },
      {
        about: 'Who must approve a change of the list',
        lines: listOf(
          guard.map(
            ({ group, quorum, approvers }) =>
              `${group ?? 'A group without a name'}: ${quorum} of ${approvers ?? 'anyone in the organisation'}`,
          ),
          'Nobody was found who must.',
        ),
      },
      {
        about: 'Who may vote and untag at Dfns',
        lines: [claims.permissionProofAt === null ? 'Not proven yet.' : `Last proven at ${claims.permissionProofAt}.`],
      },
    ],
  };
}

export const proves: readonly string[] = [
  'The holder of the manager’s signing key made exactly this statement; not one character was changed since.',
  'Several in a row name one another by hash: none was taken out, exchanged or slipped in between them.',
];

export const provesNot: readonly string[] = [
  'That Dfns itself says so: it is a statement of the manager about what Dfns returned, not of Dfns.',
  'Anything about the time after the check, or about movements of money.',
  'That the key is the manager’s: compare its id with the one that the manager gave you by another way.',
  'That the manager showed everybody the same statements: keep yours, and compare their hashes.',
];
