// What an event wakes, from the event and what our records say about the things it names. It decides by ids alone: what is
// true is read from custody by the consumers that this wakes.
import * as z from 'zod';
import type { Timestamp } from '../../domain/time.ts';
import type { TransferStatus } from '../../domain/transfer.ts';
import {
  checkFence,
  lookAtStray,
  refreshPolicyChange,
  refreshTransfer,
  settleLimits,
  sweepFences,
  syncWallet,
} from '../../kit/messages.ts';
import type { EventFacts, Named } from '../../store/event-facts.ts';
import type { QueueName } from '../../store/outbox.ts';
import { subjectOf, type WebhookEvent } from './event.ts';

export interface Wake {
  readonly queue: QueueName;
  readonly make: (id: string) => object;
}
/** `unknown yet`: what it is about may still become known here. */
export type Wakes = readonly Wake[] | 'unknown yet';

const Transfer = z.object({ id: z.string(), externalId: z.string().optional() });
const Approval = z.object({
  id: z.string(),
  activity: z
    .object({ changeRequest: z.object({ entityId: z.string() }).optional(), transferRequest: Transfer.optional() })
    .optional(),
});

const transferIn = ({ kind, data }: WebhookEvent): z.infer<typeof Transfer> | undefined => {
  if (kind.startsWith('wallet.transfer.')) return Transfer.safeParse(data.transferRequest).data;
  return kind.startsWith('policy.approval.') ? approvalIn(data)?.activity?.transferRequest : undefined;
};
const approvalIn = (data: WebhookEvent['data']) => Approval.safeParse(data.approval).data;

/** What has to be known to judge these events. */
export function namedBy(events: readonly WebhookEvent[], keys: readonly string[]): Named {
  return {
    keys,
    subjects: events.flatMap((event) => subjectOf(event) ?? []),
    externalIds: events.flatMap((event) => transferIn(event)?.externalId ?? []),
    walletIds: events.flatMap((event) => (event.kind.startsWith('wallet.') ? (subjectOf(event) ?? []) : [])),
    policyIds: events.flatMap(({ data }) => approvalIn(data)?.activity?.changeRequest?.entityId ?? []),
  };
}

export function wakesOf(event: WebhookEvent, facts: EventFacts, at: Timestamp): Wakes {
  const { kind } = event;
  const transfer = transferIn(event);
  if (transfer !== undefined) return ofTransfer(transfer, facts, kind);
  if (kind.startsWith('policy.approval.')) return ofApproval(event, facts, at);
  const walletId = subjectOf(event);
  if (walletId === undefined) return [];
  if (kind === 'wallet.created')
    return facts.wallets.has(walletId) ? [] : [events(lookAtStray({ custodyId: walletId }))];
  if (kind !== 'wallet.tags.modified' && kind !== 'wallet.blockchainevent.detected') return [];
  const wallet = facts.wallets.get(walletId);
  if (wallet === undefined) return facts.pool.has(walletId) ? [] : 'unknown yet';
  const { id, accountId } = wallet;
  return kind === 'wallet.tags.modified'
    ? [events(checkFence({ accountId })), { queue: 'money', make: settleLimits({ accountId }) }]
    : [events(syncWallet({ walletId: id, isUrgent: true }))];
}

const events = (make: Wake['make']): Wake => ({ queue: 'events', make });

/** Ours carry our external id, which is committed before custody hears of it: unknown means somebody else's. */
function ofTransfer(
  { id: custodyId, externalId = '' }: z.infer<typeof Transfer>,
  facts: EventFacts,
  kind: string,
): Wakes {
  const known = facts.transfers.get(externalId);
  if (known === undefined || isOldNews(known.status, kind)) return [];
  const isIdle = kind === BROADCAST && !known.isWaitedFor;
  return [events(refreshTransfer({ transferId: known.id, custodyId, isIdle }))];
}

const BROADCAST = 'wallet.transfer.broadcasted';

/** What an event tells of a transfer that is as far already needs no call to custody; one that may be its end always does. */
const isOldNews = (status: TransferStatus, kind: string): boolean =>
  (kind === 'wallet.transfer.requested' && status !== 'submitting' && status !== 'needs_review') ||
  (kind === BROADCAST && (status === 'broadcast' || status === 'confirmed'));

function ofApproval({ data }: WebhookEvent, facts: EventFacts, at: Timestamp): Wakes {
  const approval = approvalIn(data);
  const policyId = approval?.activity?.changeRequest?.entityId;
  if (approval === undefined || policyId === undefined) return [];
  const accountId = facts.accounts.get(policyId);
  // The guard and the limits hold everyone in: their change concerns every account.
  if (accountId === undefined)
    return facts.shared.has(policyId) ? [events(sweepFences({ startedAt: at, stage: 'policies', cursor: null }))] : [];
  const change = facts.changes.get(policyId);
  // Our commit of the answer may still be on its way; a change that is nobody's of ours is the fence check's to find.
  if (change !== undefined && change.approvalId === undefined) return 'unknown yet';
  return change?.approvalId === approval.id
    ? [events(refreshPolicyChange({ changeId: change.id }))]
    : [events(checkFence({ accountId }))];
}
