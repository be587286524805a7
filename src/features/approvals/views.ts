// Approvals and policies in words, for the officer who decides and the auditor who asks why.
import type * as z from 'zod';
import { showAddress } from '../../domain/address.ts';
import { showAmount } from '../../domain/amount.ts';
import {
  type ApprovalSubject,
  compareLists,
  consequences,
  type ListDifference,
  type MissingVotes,
  sayAction,
  sayRule,
  severityOfForeign,
  subjectOf,
  warningsOf,
} from '../../domain/approval.ts';
import type { CustodyApprovalInFull, CustodyPolicy } from '../../domain/custody.ts';
import type { Destination } from '../../domain/destination.ts';
import type { AccountId } from '../../domain/id.ts';
import { secondsBetween, type Timestamp } from '../../domain/time.ts';
import type { Transfer } from '../../domain/transfer.ts';
import type { JournalRow } from '../../store/journal.ts';
import { type Asked, approvalIdOf } from './explain.ts';
import type { ApprovalView, PolicyView } from './schemas.ts';

export interface Shown {
  readonly asked: Asked | undefined;
  readonly accountId: AccountId | undefined;
  /** Undefined when custody does not list it, or could not be asked; then it is ours. */
  readonly approval: CustodyApprovalInFull | undefined;
  readonly atCustody: 'listed' | 'not_listed' | 'unavailable';
  readonly votes?: readonly MissingVotes[];
  /** The policy that it would change, as it is now. */
  readonly list?: CustodyPolicy | undefined;
}

/** The first journal entry of each record. */
export type Makers = ReadonlyMap<string, JournalRow>;
interface At {
  readonly now: Timestamp;
  readonly url: string;
  readonly makers: Makers;
}
type View = z.infer<typeof ApprovalView>;

export function viewApproval(shown: Shown, { now, url, makers }: At): View {
  const { asked, approval, accountId } = shown;
  const subject = subjectIn(asked);
  const difference = differenceIn(shown);
  const since = approval?.createdAt ?? sinceOf(asked);
  return {
    id: approval?.id ?? (asked && approvalIdOf(asked)) ?? 'unknown',
    status: approval?.status ?? 'pending',
    atCustody: shown.atCustody,
    isAskedForHere: asked !== undefined,
    severity:
      asked !== undefined || approval === undefined ? 'none' : severityOfForeign(approval, accountId !== undefined),
    activity: approval?.activity ?? (asked?.kind === 'change' ? 'Policies:Modify' : 'Wallets:Sign'),
    says: sentence(shown, difference),
    accountId: accountId ?? null,
    list: difference && {
      policyId: policyIdIn(shown),
      added: difference.added.map(showAddress),
      removed: difference.removed.map(showAddress),
      countBefore: difference.countBefore,
      countAfter: difference.countAfter,
    },
    destination: asked === undefined || asked.kind === 'payout' ? null : viewDestination(asked.destination),
    transfer: asked === undefined || asked.kind === 'change' ? null : viewTransfer(asked),
    ...viewMakers(shown, makers),
    since: since ?? null,
    waitingSeconds: since === undefined ? null : Math.max(0, Math.floor(secondsBetween(since, now))),
    rejectsItselfAt: approval?.expiresAt ?? null,
    decisions: (approval?.decisions ?? []).map(({ userId, value, reason }) => ({ userId, value, reason })),
    votes: shown.votes?.map((group) => ({ ...group })) ?? null,
    ...consequences[subject],
    decideAt: url,
  };
}

const subjectIn = (asked: Asked | undefined): ApprovalSubject =>
  asked === undefined ? 'foreign' : asked.kind === 'change' ? subjectOf(asked.change) : asked.kind;

const policyIdIn = ({ asked, approval }: Shown): string =>
  asked?.kind === 'change' ? asked.change.policyId : (approval?.change?.policyId ?? 'unknown');

const sinceOf = (asked: Asked | undefined): Timestamp | undefined =>
  asked?.kind === 'change' && 'submittedAt' in asked.change
    ? asked.change.submittedAt
    : asked === undefined || asked.kind === 'change'
      ? undefined
      : asked.transfer.createdAt;

/** Ours by the lists that were committed before custody was asked; a foreign one against the list that is in force. */
function differenceIn({ asked, approval, list }: Shown): ListDifference | null {
  if (asked?.kind === 'change')
    return 'addressesWanted' in asked.change
      ? compareLists(asked.change.addressesBefore, asked.change.addressesWanted)
      : null;
  const wanted = approval?.change?.addresses;
  return wanted === undefined || list?.rule.kind !== 'approved_list' ? null : compareLists(list.rule.addresses, wanted);
}

function sentence({ asked, approval, accountId }: Shown, difference: ListDifference | null): string {
  if (asked?.kind === 'payout') {
    const { transfer, batch, line, address, network } = asked;
    const paid = `${showAmount(transfer.asset, transfer.units)} of the company to ${showAddress(address)} on ${network}`;
    return `${denyFirst(transfer)}Pays ${paid}: line ${line} of the batch "${batch}".`;
  }
  if (asked?.kind === 'transfer') {
    const { transfer, destination, account } = asked;
    return `${denyFirst(transfer)}Sends ${showAmount(transfer.asset, transfer.units)} of account ${account.id} to ${destination.label} on ${destination.network}.`;
  }
  if (asked !== undefined) {
    const { change, destination, account } = asked;
    const what = change.operation === 'add' ? 'Adds' : 'Removes';
    const list = difference === null ? '' : ` The approved list: ${difference.says}.`;
    return `${what} ${destination.label} on ${destination.network}, for account ${account.id}.${list}`;
  }
  const whose = accountId === undefined ? '' : ` of account ${accountId}`;
  return `Not asked for here: ${foreignWords(approval, difference)}${whose}.`;
}

function denyFirst(transfer: Transfer): string {
  const stop = stopIn(transfer);
  return stop === null ? '' : `Deny it: it was asked here to be stopped (${stop.reason}). `;
}

function foreignWords(approval: CustodyApprovalInFull | undefined, difference: ListDifference | null): string {
  const { change, request, activity = 'an activity' } = approval ?? {};
  if (change?.archives) return `archives the policy "${change.policyName ?? change.policyId}"`;
  if (change !== undefined && difference !== null) return `changes an approved list (${difference.says})`;
  if (change?.addresses !== undefined) return `sets an approved list to ${change.addresses.length} addresses`;
  if (change !== undefined) return `changes the policy "${change.policyName ?? change.policyId}"`;
  if (request !== undefined) return `a ${request.kind} from the wallet ${request.walletId}`;
  return activity;
}

function viewDestination(destination: Destination): NonNullable<View['destination']> {
  return {
    id: destination.id,
    network: destination.network,
    address: showAddress(destination.address),
    label: destination.label,
    kind: destination.kind,
    status: destination.status,
    screening: 'screening' in destination ? destination.screening : null,
    sanctionsHit: destination.sanctionsHit ?? null,
    looksLike: (destination.looksLike ?? []).map(({ address, what }) => ({ address: showAddress(address), what })),
    warnings: [...warningsOf(destination)],
  };
}

const viewTransfer = ({ transfer }: Exclude<Asked, { kind: 'change' }>): NonNullable<View['transfer']> => ({
  id: transfer.id,
  orderId: transfer.orderId,
  payoutId: transfer.payoutId,
  amount: {
    asset: transfer.asset,
    units: transfer.units.toString(),
    formatted: showAmount(transfer.asset, transfer.units),
  },
  stopRequested: stopIn(transfer),
});

function stopIn(transfer: Transfer): NonNullable<View['transfer']>['stopRequested'] {
  const stop = 'stopRequested' in transfer ? transfer.stopRequested : null;
  return stop == null ? null : { at: stop.at, reason: stop.reason };
}

function viewMakers({ asked, approval }: Shown, makers: Makers): Pick<View, 'askedBy' | 'proposedBy'> {
  if (asked === undefined)
    return { askedBy: { role: 'custody', id: approval?.initiatorId ?? 'unknown' }, proposedBy: null };
  const personOf = (subjectId: string) => {
    const entry = makers.get(subjectId);
    if (entry === undefined) return { role: 'system', id: 'unknown' };
    // A client goes by our id for it: its name at the token issuer is nobody's business here.
    return entry.actorRole === 'client' && asked.kind !== 'payout'
      ? { role: 'client', id: asked.account.clientId }
      : { role: entry.actorRole, id: entry.actor };
  };
  if (asked.kind !== 'change') return { askedBy: personOf(asked.wishId), proposedBy: null };
  const [askedBy, proposedBy] = [personOf(asked.change.id), personOf(asked.destination.id)];
  return { askedBy, proposedBy: proposedBy.id === askedBy.id ? null : proposedBy };
}

export const viewPolicy = (policy: CustodyPolicy, accountId: AccountId | undefined): z.infer<typeof PolicyView> => ({
  id: policy.id,
  name: policy.name,
  accountId: accountId ?? null,
  activity: policy.activity,
  walletTags: policy.walletTagsAll,
  hasOtherFilters: policy.hasOtherFilters,
  rule: sayRule(policy.rule),
  action: sayAction(policy.action),
  addresses: policy.rule.kind === 'approved_list' ? policy.rule.addresses.map(showAddress) : null,
  pendingApprovalId: policy.pendingChange?.approvalId ?? null,
});
