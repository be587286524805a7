// An entry of the journal as it is hashed and shown, wherever it stands: in D1, in an export, in an evidence bundle.
import { canonicalJson } from './canonical.ts';
import { sha256 } from './digest.ts';

export interface JournalEntry {
  readonly id: string;
  readonly subjectId: string;
  readonly version: number;
  readonly kind: string;
  readonly accountId: string | null;
  /** The wallet and the policy at custody that the entry is about, where there is one. */
  readonly walletId: string | null;
  readonly policyId: string | null;
  readonly actor: string;
  readonly actorRole: string;
  readonly requestId: string;
  readonly at: string;
  /** Canonical JSON: what differs, before and after. */
  readonly data: string;
}

/** As it is kept: with its place in the order of all commits, which D1 gives, and its hash. */
export interface PlacedEntry extends JournalEntry {
  readonly place: number;
  readonly hash: string;
}

/**
 * SHA-256 in hex over the canonical JSON of the entry. The place is no part of it, since it is given only when the entry is
 * written; the tree of a checkpoint binds each hash to its place. `walletId` and `policyId` are left out where there is none:
 * entries from before these two have kept their hash.
 */
export const hashOfEntry = ({
  id,
  subjectId,
  version,
  kind,
  accountId,
  walletId,
  policyId,
  actor,
  actorRole,
  requestId,
  at,
  data,
}: JournalEntry): Promise<string> =>
  sha256(
    canonicalJson({
      ...{ id, subjectId, version, kind, accountId, actor, actorRole, requestId, at, data },
      ...(walletId === null ? {} : { walletId }),
      ...(policyId === null ? {} : { policyId }),
    }),
  );
