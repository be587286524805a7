// Applies a webhook event: kept raw, recognized once, turned into a reading of what it speaks of. Events only wake; what is
// true is read from custody by the consumers that this wakes.
import * as z from 'zod';
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Timestamp } from '../../domain/time.ts';
import type { Transfer } from '../../domain/transfer.ts';
import {
  checkFence,
  refreshPolicyChange,
  refreshTransfer,
  settleLimits,
  sweepFences,
  syncWallet,
  WebhookReceived,
} from '../../kit/messages.ts';
import { findAccountByPolicy, findWalletAtCustody, findWalletByKey } from '../../store/accounts.ts';
import { commit, type Message } from '../../store/commit.ts';
import { listUnsettledChanges } from '../../store/destinations.ts';
import { deliveryRow, findInboxKey, findRoot, inboxOnce } from '../../store/inbox.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { keepSightings, listSharedSightings } from '../../store/sightings.ts';
import { findFirstInTurn, findTransferByExternalId } from '../../store/transfers.ts';
import { keyOf, WebhookEvent } from './event.ts';

/** An event about something that is not known yet is tried this often; after that the reconciler finds it. */
const ORPHAN_ATTEMPTS_MAX = 6;
const HINT_SECONDS = 24 * 3600;
const CHANGES_MAX = 100;

export const applyWebhook = consumer('events', WebhookReceived, async (app, { body, receivedAt }, by, attempts) => {
  const event = WebhookEvent.parse(JSON.parse(body));
  const rootId = await rootOf(app, event);
  const key = keyOf(event, rootId);
  const isHintedDone = await isHinted(app, key);
  if (isHintedDone || (await findInboxKey(app.database, key)) !== undefined) {
    // A retry's own id is kept even then: a later one may name it instead of the first.
    const isKnown = isHintedDone && event.retryOf === undefined;
    if (!isKnown)
      await commit(app.database, { by, changes: [], once: [deliveryRow({ eventId: event.id, rootId, receivedAt })] });
    if (!isHintedDone) await hint(app, key);
    return 'done';
  }
  const wakes = await wakesOf(app, event);
  if (wakes === 'unknown yet' && attempts < ORPHAN_ATTEMPTS_MAX) return 'again';
  const rawKey = await keepRaw(app, event, body, receivedAt);
  const outcome = wakes === 'unknown yet' ? 'orphan' : wakes.length > 0 ? 'applied' : 'kept';
  return keep(app, by, {
    event,
    rootId,
    key,
    rawKey,
    receivedAt,
    outcome,
    wakes: wakes === 'unknown yet' ? [] : wakes,
  });
});

interface Kept {
  readonly event: WebhookEvent;
  readonly rootId: string;
  readonly key: string;
  readonly rawKey: string;
  readonly receivedAt: Timestamp;
  readonly outcome: 'applied' | 'kept' | 'orphan';
  readonly wakes: readonly Message[];
}

/** The fact, its delivery and what it wakes are one commit: of ten deliveries at once, one wakes. */
async function keep(
  app: App,
  by: Provenance,
  { event, rootId, key, rawKey, receivedAt, outcome, wakes }: Kept,
): Promise<Outcome> {
  const committed = await commit(app.database, {
    by,
    changes: [],
    once: [
      inboxOnce({ key, eventId: event.id, kind: event.kind, outcome, receivedAt, rawKey }),
      deliveryRow({ eventId: event.id, rootId, receivedAt }),
    ],
    messages: wakes,
  });
  app.log.info('webhook.applied', {
    eventId: event.id,
    kind: event.kind,
    outcome: committed.ok ? outcome : 'duplicate',
  });
  await hint(app, key);
  return 'done';
}

/** The first attempt of the delivery chain: `retryOf` names the attempt before or the first one, so the chain is followed. */
async function rootOf(app: App, { id, retryOf }: WebhookEvent): Promise<string> {
  const known = await findRoot(app.database, id);
  if (known !== undefined) return known;
  return retryOf === undefined ? id : ((await findRoot(app.database, retryOf)) ?? retryOf);
}

const hintKey = (app: App, key: string): string => `seen:${app.config.restoreEpoch}:${key}`;
const HINT_KEY_BYTES_MAX = 512;

/** KV may only say "certainly done", and is written after the commit; D1 is the truth. */
const isHinted = async (app: App, key: string): Promise<boolean> =>
  hintKey(app, key).length <= HINT_KEY_BYTES_MAX && (await app.bindings.HINTS.get(hintKey(app, key))) !== null;

async function hint(app: App, key: string): Promise<void> {
  if (hintKey(app, key).length <= HINT_KEY_BYTES_MAX)
    await app.bindings.HINTS.put(hintKey(app, key), '1', { expirationTtl: HINT_SECONDS });
}

async function keepRaw(app: App, { id }: WebhookEvent, body: string, receivedAt: Timestamp): Promise<string> {
  const rawKey = `webhooks/${receivedAt.slice(0, 10)}/${id}.json`;
  await app.bindings.ARCHIVE.put(rawKey, body);
  return rawKey;
}

const TransferRequest = z.object({ id: z.string(), externalId: z.string().optional() });
const Approval = z.object({
  id: z.string(),
  activity: z
    .object({
      changeRequest: z.object({ entityId: z.string() }).optional(),
      transferRequest: TransferRequest.optional(),
    })
    .optional(),
});
const Wallet = z.object({ id: z.string() });
const Movement = z.object({ walletId: z.string() });

type Wakes = readonly Message[] | 'unknown yet';

async function wakesOf(app: App, { kind, data }: WebhookEvent): Promise<Wakes> {
  if (kind.startsWith('wallet.transfer.'))
    return wakeTransfer(app, TransferRequest.safeParse(data.transferRequest).data, kind);
  if (kind.startsWith('policy.approval.')) return wakeApproval(app, Approval.safeParse(data.approval).data);
  if (kind === 'wallet.created') return wakeStray(app, Wallet.safeParse(data.wallet).data?.id);
  if (kind === 'wallet.tags.modified') return wakeWallet(app, Wallet.safeParse(data.wallet).data?.id, 'fence');
  if (kind === 'wallet.blockchainevent.detected')
    return wakeWallet(app, Movement.safeParse(data.blockchainEvent).data?.walletId, 'history');
  return [];
}

/** Ours carry our external id, which is committed before custody hears of it: unknown means somebody else's. */
async function wakeTransfer(app: App, seen: z.infer<typeof TransferRequest> | undefined, kind: string): Promise<Wakes> {
  const transfer =
    seen?.externalId === undefined ? undefined : await findTransferByExternalId(app.database, seen.externalId);
  if (transfer === undefined || seen === undefined || isOldNews(transfer, kind)) return [];
  const isIdle = kind === BROADCAST && (await findFirstInTurn(app.database, transfer.walletId)) === undefined;
  return [message('events', refreshTransfer({ transferId: transfer.id, custodyId: seen.id, isIdle }))];
}

const BROADCAST = 'wallet.transfer.broadcasted';

/** What an event tells of a transfer that is as far already needs no call to custody; one that may be its end always does. */
const isOldNews = ({ status }: Transfer, kind: string): boolean =>
  (kind === 'wallet.transfer.requested' && status !== 'submitting' && status !== 'needs_review') ||
  (kind === BROADCAST && (status === 'broadcast' || status === 'confirmed'));

async function wakeApproval(app: App, approval: z.infer<typeof Approval> | undefined): Promise<Wakes> {
  const { changeRequest, transferRequest } = approval?.activity ?? {};
  if (transferRequest !== undefined) return wakeTransfer(app, transferRequest, 'policy.approval');
  const account = changeRequest && (await findAccountByPolicy(app.database, changeRequest.entityId));
  if (account === undefined) return changeRequest === undefined ? [] : wakeShared(app, changeRequest.entityId);
  if (approval === undefined) return [];
  const changes = await listUnsettledChanges(app.database, account.id, CHANGES_MAX);
  const ours = changes.find((change) => change.status === 'submitted' && change.approvalId === approval.id);
  // Our commit of the answer may still be on its way; a change that is nobody's of ours is the fence check's to find.
  if (ours === undefined && changes.some(({ status }) => status === 'submitting')) return 'unknown yet';
  return ours === undefined
    ? [message('events', checkFence({ accountId: account.id }))]
    : [message('events', refreshPolicyChange({ changeId: ours.id }))];
}

/** The guard and the limits hold everyone in: their change concerns every account. */
async function wakeShared(app: App, policyId: string): Promise<Wakes> {
  const shared = await listSharedSightings(app.database);
  return shared.some(({ custodyId }) => custodyId === policyId)
    ? [message('events', sweepFences({ startedAt: app.clock.now(), stage: 'policies', cursor: null }))]
    : [];
}

/** A new wallet on a key of ours that we did not ask for spends the same coins. */
async function wakeStray(app: App, custodyId: string | undefined): Promise<Wakes> {
  const found = custodyId === undefined ? undefined : await app.custody.findWallet(custodyId);
  if (found === undefined || (await findWalletAtCustody(app.database, found.id)) !== undefined) return [];
  const ours = await findWalletByKey(app.database, found.keyId);
  if (ours === undefined) return [];
  await keepSightings(app.database, [{ custodyId: found.id, kind: 'stray', found, seenAt: app.clock.now() }]);
  return [message('events', checkFence({ accountId: ours.accountId }))];
}

async function wakeWallet(app: App, custodyId: string | undefined, about: 'fence' | 'history'): Promise<Wakes> {
  const wallet = custodyId === undefined ? undefined : await findWalletAtCustody(app.database, custodyId);
  if (wallet === undefined) return custodyId === undefined ? [] : 'unknown yet';
  const { accountId, id } = wallet;
  return about === 'fence'
    ? [message('events', checkFence({ accountId })), message('money', settleLimits({ accountId }))]
    : [message('events', syncWallet({ walletId: id, isUrgent: true }))];
}
