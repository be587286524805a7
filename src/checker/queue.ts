// The queue door: each approval is reviewed by itself; what cannot be carried out ends as a dead letter, and the next look at
// what waits at custody finds the approval again.
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import { ReviewDue } from './message.ts';
import { reviewApproval } from './review.ts';
import { bury } from './store.ts';

const AGAIN_SECONDS_MAX = 300;
/**
 * From this delivery on, what custody still does not let us read is left to people. The waits before it double from two seconds,
 * so the first was more than four minutes ago: what passes sooner ends in a real review, and people keep most of the time
 * that custody gives. No outage silences all that waits: each delivery begins with the approval itself, which cannot be read
 * either while custody answers nothing, and to be asked to wait (429) never counts as unreadable.
 */
const UNREADABLE_AT_ATTEMPT = 8;

export async function consume(batch: MessageBatch<unknown>, checker: Checker): Promise<void> {
  const isDead = batch.queue.endsWith('-dead');
  for (const message of batch.messages) await (isDead ? buryMessage(checker, message) : carryOut(checker, message));
}

async function carryOut(checker: Checker, message: Message<unknown>): Promise<void> {
  const again = () => message.retry({ delaySeconds: Math.min(AGAIN_SECONDS_MAX, 2 ** Math.min(message.attempts, 8)) });
  try {
    const isPatient = message.attempts < UNREADABLE_AT_ATTEMPT;
    const outcome = await reviewApproval(checker, ReviewDue.parse(message.body), { isPatient });
    if (outcome === 'again') return again();
    message.ack();
  } catch (fault) {
    // One bad message may not take the good ones of its batch with it.
    checker.log.error('queue.fault', { attempts: message.attempts, ...faultFields(fault) });
    again();
  }
}

async function buryMessage(checker: Checker, message: Message<unknown>): Promise<void> {
  const letter = { id: message.id, body: JSON.stringify(message.body), receivedAt: checker.clock.now() };
  await bury(checker.database, letter);
  checker.log.error('queue.dead_letter', { messageId: message.id });
  message.ack();
}
