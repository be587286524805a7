// An approval at custody, explained to the person who decides: what changes, whose votes are missing, what follows. The
// decision is made inside custody, with that person's own credential; nothing here votes.

import type {
  ApprovalGroup,
  CustodyAction,
  CustodyApproval,
  CustodyApprovalInFull,
  CustodyPolicy,
  CustodyRule,
} from './custody.ts';
import type { Destination } from './destination.ts';
import { guardActivities } from './fence.ts';
import { inDigits, minutesInWords } from './limits-template.ts';
import { type PolicyChange, sortedList } from './policy-change.ts';

export interface ListDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly countBefore: number;
  readonly countAfter: number;
  readonly says: string;
}

/** What one list makes of another, as an officer counts it. */
export function compareLists(before: readonly string[], after: readonly string[]): ListDifference {
  const [old, fresh] = [sortedList(before), sortedList(after)];
  const added = fresh.filter((address) => !old.includes(address));
  const removed = old.filter((address) => !fresh.includes(address));
  const counts = `${old.length} -> ${fresh.length} addresses`;
  return {
    added,
    removed,
    countBefore: old.length,
    countAfter: fresh.length,
    says:
      added.length + removed.length === 0
        ? `leaves the list as it is, ${counts}`
        : `adds ${added.length}, removes ${removed.length}, ${counts}`,
  };
}

export interface MissingVotes {
  readonly group: string | null;
  readonly quorum: number;
  readonly approved: number;
  readonly missing: number;
  /** How many people are in the group; null: anyone in the organisation. */
  readonly of: number | null;
}

/** Every group of every policy that asks must reach its quorum. */
export const missingVotes = (
  policies: readonly CustodyPolicy[],
  approval: Pick<CustodyApproval, 'decisions'> & { readonly initiatorId: string },
): readonly MissingVotes[] =>
  policies
    .flatMap(({ action }) => (action.kind === 'approval' ? action.groups : []))
    .map((group) => {
      const approved = votesIn(group, approval);
      return {
        group: group.name ?? null,
        quorum: group.quorum,
        approved,
        missing: Math.max(0, group.quorum - approved),
        of: group.approvers?.length ?? null,
      };
    });

const votesIn = (
  group: ApprovalGroup,
  { decisions, initiatorId }: Pick<CustodyApproval, 'decisions'> & { readonly initiatorId: string },
): number =>
  decisions.filter(
    ({ userId, value }) =>
      value === 'approved' &&
      (group.approvers === undefined || group.approvers.includes(userId)) &&
      (group.initiatorCanApprove || userId !== initiatorId),
  ).length;

export type ApprovalSubject = 'list_addition' | 'list_removal' | 'transfer' | 'payout' | 'foreign';

export const subjectOf = ({ operation }: PolicyChange): ApprovalSubject =>
  operation === 'add' ? 'list_addition' : 'list_removal';

interface Consequences {
  readonly onApprove: string;
  readonly onDeny: string;
}

/** What follows a decision; also when nobody decides, which custody takes for a no. */
export const consequences: Readonly<Record<ApprovalSubject, Consequences>> = {
  list_addition: {
    onApprove: 'Dfns puts the new list in force. It is read back, and then money of the account may go to the address.',
    onDeny: 'The list stays as it is. The destination is rejected, and the client is told the reason that is given.',
  },
  list_removal: {
    onApprove: 'Dfns puts the new list in force, and the destination is removed.',
    onDeny: 'Dfns keeps the address on its list. On our side the destination stays shut: nothing is sent there.',
  },
  transfer: {
    onApprove: 'Dfns signs the transfer and sends it to the network. That cannot be taken back.',
    onDeny: 'Nothing leaves. The order is rejected, and what it had taken of the limits is given back.',
  },
  payout: {
    onApprove: 'Dfns signs the payment and sends it to the network. That cannot be taken back.',
    onDeny: 'Nothing leaves. The row of the batch is rejected, and can be tried again in a new batch.',
  },
  foreign: {
    onApprove: 'It takes effect although nobody asked for it here. Where it touches an account, its money is halted.',
    onDeny: 'Everything stays as it is.',
  },
};

/** What an officer has to know before approving an address, the gravest first. */
export function warningsOf(destination: Destination): readonly string[] {
  const alike = destination.looksLike ?? [];
  const isWithdrawn = destination.status === 'in_review' && destination.unwantedAt !== undefined;
  return [
    ...(destination.sanctionsHit == null
      ? []
      : [`Deny it: the sanctions list ${destination.sanctionsHit.edition} names the address.`]),
    ...(isWithdrawn
      ? ['Deny it: the client took the wish back. Approved, the address stays shut and is removed.']
      : []),
    ...(alike.length === 0
      ? []
      : [
          `Compare every character: the address begins and ends like ${alike.length === 1 ? 'one' : alike.length} that the account knows.`,
        ]),
  ];
}

/** `alarm`: it would change what holds money in, or move money of an account. `notice`: it touches none of ours. */
export type Severity = 'none' | 'notice' | 'alarm';

/** How bad it is that somebody asked for this at custody and nobody did here. */
export function severityOfForeign(
  { activity, change }: Pick<CustodyApprovalInFull, 'activity' | 'change'>,
  isOfAccount: boolean,
): Severity {
  const isOfGuard = guardActivities.some((guarded) => guarded === change?.activity);
  const isOfFence = change?.walletTags.some((tag) => /^(client|limits):/.test(tag)) ?? false;
  // Who may vote, untag or change roles is what the guard rests on.
  return isOfAccount || isOfGuard || isOfFence || activity.startsWith('Permissions:') ? 'alarm' : 'notice';
}

/** What a policy demands, for a person to read. */
export function sayRule(rule: CustodyRule): string {
  switch (rule.kind) {
    case 'always':
      return 'Applies to every activity of its kind.';
    case 'approved_list':
      return rule.addresses.length === 0
        ? 'Applies to every payment: no address is on the list.'
        : `Applies to every payment to another address than the ${rule.addresses.length} on the list.`;
    case 'amount':
      return `Applies to every transfer of more than ${inDigits(rule.limit)} USD.`;
    case 'velocity':
      return `Applies to every transfer beyond ${inDigits(rule.limit)} USD within ${minutesInWords(rule.timeframeMinutes)} from one wallet.`;
    case 'count':
      return `Applies to every transfer beyond ${inDigits(rule.limit)} within ${minutesInWords(rule.timeframeMinutes)} from one wallet.`;
    case 'other':
      return `Applies by the rule ${rule.name} of Dfns.`;
  }
}

export function sayAction(action: CustodyAction): string {
  switch (action.kind) {
    case 'block':
      return 'Blocks it.';
    case 'none':
      return 'Lets it pass, and tells of it.';
    case 'other':
      return `Does what Dfns calls ${action.name}.`;
    case 'approval':
      return `Asks for approval: ${action.groups
        .map(({ name, quorum, approvers }) => `${quorum} of ${approvers?.length ?? 'anyone'} (${name ?? 'no name'})`)
        .join(
          ' and ',
        )}${action.autoRejectMinutes === undefined ? '' : `; rejected by itself after ${minutesInWords(action.autoRejectMinutes)}`}.`;
  }
}
