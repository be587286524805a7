// Rotates the secret of the webhook with an overlap. Dfns cannot change a secret, so a second webhook with the same address
// is made, disabled until the product holds both secrets; then it is enabled, proven by a ping, and the first one deleted.
import type { DfnsApiClient } from '@dfns/sdk';
import type { Wanted } from './organization.ts';
import type { KeptWebhook } from './plan.ts';

export interface WebhookRotation {
  readonly old: KeptWebhook & { readonly secret: string };
  readonly fresh: KeptWebhook & { readonly secret: string };
}

export async function beginRotation(
  dfns: DfnsApiClient,
  wanted: Wanted,
  old: WebhookRotation['old'],
): Promise<WebhookRotation> {
  const { items } = await dfns.webhooks.listWebhooks({});
  if (!items.some(({ id }) => id === old.id)) throw new Error(`Dfns lists no webhook ${old.id}: run apply first.`);
  // A second one whose secret nobody holds: an earlier rotation ended before its secret was kept.
  const lost = items.filter(({ id, url, status }) => url === old.url && id !== old.id && status === 'Disabled');
  for (const { id } of lost) await dfns.webhooks.deleteWebhook({ webhookId: id });
  const { id, secret } = await dfns.webhooks.createWebhook({
    body: {
      url: old.url,
      events: [...wanted.webhook.events],
      description: wanted.webhook.description,
      status: 'Disabled',
    },
  });
  if (secret === undefined) throw new Error('Dfns did not show the secret of the new webhook.');
  return { old, fresh: { id, url: old.url, secret } };
}

/** Both secrets, for the product to hold during the overlap. */
export const bothSecrets = ({ old, fresh }: WebhookRotation): string => `${old.secret},${fresh.secret}`;

export type IsAccepted = (webhookId: string) => Promise<boolean>;

/** Dfns sends a made-up event and tells what the product answered: only 200 counts. */
export const acceptsPing =
  (dfns: DfnsApiClient): IsAccepted =>
  async (webhookId) =>
    (await dfns.webhooks.pingWebhook({ webhookId })).status === '200';

/** False, and nothing changed, while the product does not accept what the new webhook signs. */
export async function finishRotation(
  dfns: DfnsApiClient,
  { old, fresh }: WebhookRotation,
  isAccepted: IsAccepted = acceptsPing(dfns),
): Promise<boolean> {
  await dfns.webhooks.updateWebhook({ webhookId: fresh.id, body: { status: 'Enabled' } });
  if (!(await isAccepted(fresh.id))) {
    await dfns.webhooks.updateWebhook({ webhookId: fresh.id, body: { status: 'Disabled' } });
    return false;
  }
  const { items } = await dfns.webhooks.listWebhooks({});
  if (items.some(({ id }) => id === old.id)) await dfns.webhooks.deleteWebhook({ webhookId: old.id });
  return true;
}
