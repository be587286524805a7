// One notice to one place: claimed, sent, recorded, and tried again over days. The time of the next try is in D1; a message
// is only a wake-up. A sender that dies after sending sends again, under the same id.
import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import type { Notice } from '../../domain/notice.ts';
import { addSeconds, type Timestamp } from '../../domain/time.ts';
import { DeliverNotice } from '../../kit/messages.ts';
import type { Provenance } from '../../store/journal.ts';
import {
  type Attempt,
  claimDelivery,
  type Delivery,
  forgetDeliveries,
  listDeliveriesDue,
  listNotices,
  recordAttempt,
} from '../../store/notices.ts';
import { sendChat } from './chat.ts';
import { sendMail } from './email.ts';
import { wake } from './raise.ts';
import type { Sent } from './sent.ts';
import { disableWhenDead, sendWebhook } from './webhook.ts';

/** Ten attempts over three days, after Standard Webhooks. */
export const RETRY_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
const JITTER = 0.1;
/** Longer than an attempt can take. */
const CLAIM_SECONDS = 120;
const DUE_PER_RUN = 400;
const KEPT_SECONDS = 90 * 86_400;
const FORGOTTEN_PER_RUN = 1_000;

export const deliverNoticeStep = consumer('notify', DeliverNotice, async (app, { deliveryId }, by) => {
  const delivery = await claimDelivery(app.database, deliveryId, by.at, addSeconds(by.at, CLAIM_SECONDS));
  if (delivery === undefined) return 'done';
  const [notice] = await listNotices(app.database, [delivery.entryId]);
  const sent: Sent =
    notice === undefined
      ? { kind: 'over', status: null, problem: 'its entry raises no notice any more' }
      : await send(app, by, delivery, notice);
  const attempt = attemptOf(delivery, sent, by.at, app.random());
  await recordAttempt(app.database, delivery.id, attempt);
  if (sent.kind !== 'sent')
    app.log.info('notice.not_sent', {
      deliveryId,
      channel: delivery.channel,
      status: sent.status,
      attempts: attempt.attempts,
    });
  if (delivery.channel === 'webhook' && attempt.nextAttemptAt === null && sent.kind !== 'sent')
    await disableWhenDead(app, by, delivery, sent.status);
  return 'done';
});

function send(app: App, by: Provenance, delivery: Delivery, notice: Notice): Promise<Sent> {
  switch (delivery.channel) {
    case 'webhook':
      return sendWebhook(app, by, delivery, notice);
    case 'email':
      return sendMail(app, delivery, notice);
    case 'chat':
      return sendChat(app, delivery, notice);
  }
}

export function attemptOf({ attempts }: Delivery, sent: Sent, at: Timestamp, random: number): Attempt {
  const tried = { attempts: attempts + 1, lastAttemptAt: at, lastStatus: sent.status };
  if (sent.kind === 'sent') return { ...tried, nextAttemptAt: null, sentAt: at, lastProblem: null };
  const wait = sent.kind === 'over' ? undefined : RETRY_SECONDS[attempts];
  const seconds = wait === undefined ? undefined : wait * (1 + JITTER * (2 * random - 1));
  const nextAttemptAt = seconds === undefined ? null : addSeconds(at, seconds);
  return { ...tried, nextAttemptAt, sentAt: null, lastProblem: sent.problem };
}

/** What is due, by messages: also what a lost message or a sender that died left behind. */
export const wakeDeliveries: Job = async (app) =>
  wake(app, await listDeliveriesDue(app.database, app.clock.now(), DUE_PER_RUN));

export const forgetOldDeliveries: Job = async (app, { scheduledTime }) => {
  await forgetDeliveries(app.database, addSeconds(scheduledTime, -KEPT_SECONDS), FORGOTTEN_PER_RUN);
};
