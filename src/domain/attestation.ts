// What one fence check states, in the form that is signed and handed to the client. Anyone with the published key can check
// it without asking us again; the hash of the one before makes a missing or exchanged one visible.
import type { Account } from './account.ts';
import { showAddress } from './address.ts';
import type { CustodyAction, CustodyWallet } from './custody.ts';
import type { Destination } from './destination.ts';
import {
  FENCE_SECONDS_MAX,
  type Fence,
  type FenceResult,
  type Finding,
  type FoundLimit,
  type FoundSummary,
} from './fence.ts';
import { saysBound } from './limits-template.ts';
import { addSeconds, type Timestamp } from './time.ts';

/** Said in every attestation, so that nobody takes it for the word of the custodian. */
const STATEMENT = 'Statement of the manager about what Dfns returned, not of Dfns.';

export interface StatedLimit {
  readonly rule: string;
  readonly perWallet: boolean;
  /** The numbers of the rule, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly says: string;
}

export interface AttestationClaims {
  /** The public address of the manager's service. */
  readonly issuer: string;
  readonly keyId: string;
  readonly statement: string;
  readonly accountId: string;
  readonly tag: string;
  /** The number of this check of the account. */
  readonly sequence: number;
  /** SHA-256 in hex of the compact form of the attestation before this one; null in the first. */
  readonly previousHash: string | null;
  readonly checkedAt: Timestamp;
  readonly validUntil: Timestamp;
  readonly verdict: FenceResult;
  readonly findings: readonly Finding[];
  readonly wallets: readonly {
    readonly network: string;
    readonly address: string | null;
    readonly custodyId: string;
  }[];
  /** As Dfns returned it: it compares addresses without their network. */
  readonly approvedList: {
    readonly policyId: string | null;
    readonly action: CustodyAction['kind'];
    readonly addresses: readonly string[];
  };
  /** The pairs that our side keeps to; money goes only to the approved ones. */
  readonly destinations: readonly { readonly network: string; readonly address: string; readonly status: string }[];
  readonly limits: readonly StatedLimit[];
  readonly guard: readonly {
    readonly group: string | null;
    readonly quorum: number;
    readonly approvers: number | null;
  }[];
  /** When it was last proven who may vote, untag and assign at Dfns; null when never. */
  readonly permissionProofAt: Timestamp | null;
}

export interface Attested {
  readonly issuer: string;
  readonly keyId: string;
  readonly account: Account;
  readonly fence: Fence;
  /** The wallets as Dfns returned them; a missing one is a finding. */
  readonly wallets: readonly (CustodyWallet | undefined)[];
  /** Destinations of ours whose address Dfns' list should hold. */
  readonly destinations: readonly Destination[];
  readonly previousHash: string | null;
  readonly permissionProofAt: Timestamp | null;
}

export function attest({ issuer, keyId, account, fence, ...seen }: Attested): AttestationClaims {
  return {
    issuer,
    keyId,
    statement: STATEMENT,
    accountId: account.id,
    tag: account.tag,
    sequence: fence.version,
    previousHash: seen.previousHash,
    checkedAt: fence.checkedAt,
    validUntil: addSeconds(fence.checkedAt, FENCE_SECONDS_MAX),
    verdict: fence.result,
    findings: fence.findings,
    wallets: seen.wallets.flatMap((wallet) =>
      wallet === undefined
        ? []
        : [
            {
              network: wallet.network,
              address: wallet.address === undefined ? null : showAddress(wallet.address),
              custodyId: wallet.id,
            },
          ],
    ),
    approvedList: {
      policyId: account.policyId,
      action: fence.found?.action ?? 'none',
      addresses: (fence.found?.addresses ?? []).map(showAddress),
    },
    destinations: seen.destinations.map(({ network, address, status }) => ({
      network,
      address: showAddress(address),
      status,
    })),
    limits: stateLimits(fence.found),
    guard: (fence.found?.guard ?? []).map(({ name, quorum, approvers }) => ({
      group: name ?? null,
      quorum,
      approvers,
    })),
    permissionProofAt: seen.permissionProofAt,
  };
}

/** The limits that custody keeps, in numbers and in words. */
const stateLimits = (found: FoundSummary | null): readonly StatedLimit[] =>
  (found?.limits ?? []).map((limit) => ({
    rule: limit.kind,
    perWallet: true,
    numbers: { limit: limit.limit, ...(limit.windowMinutes === null ? {} : { windowMinutes: limit.windowMinutes }) },
    says: saysLimit(limit),
  }));

const beyond: Readonly<Record<FoundLimit['action'], string>> = {
  block: 'custody blocks what is beyond',
  approval: 'an officer decides inside custody about what is beyond',
  none: 'custody only notes what is beyond',
  other: 'what custody does beyond is not known',
};

function saysLimit(limit: FoundLimit): string {
  const bound = saysBound(limit);
  return `${bound.charAt(0).toUpperCase()}${bound.slice(1)} from each wallet; ${beyond[limit.action]}.`;
}
