/** Owns the raising of webhook events: who subscribed, and the first attempt for each. */
import { attempt, PURGE_AFTER } from './deliveries.ts';
import { iso, type World } from './world.ts';

export const EVENT_KINDS: readonly string[] = [
  ...['policy.triggered', 'policy.approval.pending', 'policy.approval.resolved', 'policy.activity.resolved'],
  ...['key.created', 'key.deleted', 'key.delegated', 'key.exported'],
  ...['wallet.blockchainevent.detected', 'wallet.created', 'wallet.activated', 'wallet.delegated', 'wallet.exported'],
  ...['requested', 'signed', 'failed', 'rejected'].map((end) => `wallet.signature.${end}`),
  ...['transaction', 'transfer'].flatMap((subject) =>
    ['requested', 'broadcasted', 'confirmed', 'failed', 'rejected'].map((end) => `wallet.${subject}.${end}`),
  ),
  ...['received', 'accepted', 'rejected', 'withdrawn'].map((end) => `wallet.offer.${end}`),
  ...['wallet.tags.modified', 'payout.action.required'],
  ...['wallet.blockchain_event.transfer.included', 'wallet.blockchain_event.misc.confirmed'],
  ...['vault.created', 'vault.updated', 'vault.tags.modified', 'vault.event.created'],
  ...['address_watch.blockchain_event.transfer.confirmed', 'address_watch.blockchain_event.misc.confirmed'],
  ...['swap.completed', 'swap.failed', 'webhook.event.retry.triggered'],
];

export function emit(world: World, kind: string, data: Record<string, unknown>): void {
  world.store.sql.exec('DELETE FROM events WHERE at < ?', world.now - PURGE_AFTER);
  for (const webhook of world.store.select('webhooks', 'ORDER BY seq')) {
    const isWanted = webhook.events.includes('*') || webhook.events.includes(kind);
    // Dfns: what happens while a webhook is disabled never becomes an event of it.
    if (webhook.status !== 'Enabled' || !isWanted) continue;
    attempt(world, webhook, { kind, date: iso(world.now), data, attempt: 1, firstAttemptAt: world.now });
  }
}
