// Fetches from custody's own list the events that never came, or that a stop swallowed after their 200, and sends them the
// normal way. Runs at start and by cron.

import type { Job } from '../../app/job.ts';
import { timestamp } from '../../domain/time.ts';
import { webhookReceived } from '../../kit/messages.ts';
import { listUnseen } from '../../store/inbox.ts';

const PAGES_MAX = 20;
/** A queue takes 100 messages or 256,000 bytes a call. */
const EVENTS_PER_SEND = 20;

export const backfillEvents: Job = async (app) => {
  const receivedAt = timestamp(app.clock.wall());
  for (const webhookId of await app.custody.listWebhookIds(`${app.config.publicUrl}/webhooks/dfns`)) {
    let after: string | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const { items, next } = await app.custody.listEvents(webhookId, after);
      const unseen = new Set(
        await listUnseen(
          app.database,
          items.map(({ id }) => id),
        ),
      );
      const bodies = items
        .filter(({ id }) => unseen.has(id))
        .map((event) => ({ body: webhookReceived({ body: JSON.stringify(event), receivedAt })(null) }));
      for (let sent = 0; sent < bodies.length; sent += EVENTS_PER_SEND) {
        await app.bindings.EVENTS.sendBatch(bodies.slice(sent, sent + EVENTS_PER_SEND));
      }
      if (bodies.length > 0) app.log.info('webhooks.backfilled', { events: bodies.length });
      // Newest come first as far as is known, so a page without news ends the search; its end is not relied on elsewhere.
      if (next === undefined || (items.length > 0 && bodies.length === 0)) break;
      after = next;
    }
  }
};
