// Tells people of what the checker left to them: at once, again before custody's own timeout, then the next group. The time of
// the next telling is in the database, so that a message that was not taken, or had nowhere to go, is sent again.
import { addSeconds, secondsBetween, type Timestamp } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import type { Asked, Review } from './review-record.ts';
import { saveReview } from './store.ts';

const AGAIN_SECONDS = 60;
/** Where custody sets no end. */
const REMIND_SECONDS = 1800;
const ESCALATE_SECONDS = 7200;
/** Of the time that custody gives. */
const REMIND_AT = 0.5;
const ESCALATE_AT = 0.8;

const levels = ['told', 'reminded', 'escalated'] as const;
type Level = (typeof levels)[number];

export async function tell(checker: Checker, review: Review): Promise<void> {
  const level = levels[review.told];
  if (level === undefined) return;
  const { notifyUrl } = checker.config;
  if (notifyUrl === undefined) return logUntold(checker, review);
  const at = checker.clock.now();
  const isSent = await send(checker, notifyUrl, review, level);
  const change = isSent
    ? { told: review.told + 1, tellAt: nextOf(review, levels[review.told + 1]) }
    : { tellAt: addSeconds(at, AGAIN_SECONDS) };
  await saveReview(checker.database, review, change);
}

function nextOf({ decidedAt, expiresAt }: Review, level: Level | undefined): Timestamp | null {
  if (level === undefined) return null;
  const [fraction, seconds] = level === 'reminded' ? [REMIND_AT, REMIND_SECONDS] : [ESCALATE_AT, ESCALATE_SECONDS];
  return addSeconds(decidedAt, expiresAt === null ? seconds : secondsBetween(decidedAt, expiresAt) * fraction);
}

/** Those in whose place the checker sat; at the last level the next group, where custody asks another one too. */
const whomToTell = ({ asked }: Review, level: Level): Asked | undefined =>
  (level === 'escalated' ? asked[1] : undefined) ?? asked[0];

const words: Readonly<Record<Level, string>> = {
  told: 'waits for a person',
  reminded: 'still waits for a person',
  escalated: 'still waits, and nobody of the first group decided',
};

/** Chats are read by many: no whole address goes there. */
const shortened = (text: string): string =>
  text.replace(/0x[0-9a-f]{40}/gi, (address) => `${address.slice(0, 6)}…${address.slice(-4)}`);

const codesOf = ({ findings }: Review): string => findings.map(({ code }) => code).join(',');

/** A line of the log is no person: it stays due, and is told as soon as there is somebody to tell. */
function logUntold({ log }: Checker, review: Review): void {
  const [first] = review.asked;
  log.error('review.untold', {
    approvalId: review.id,
    reasons: codesOf(review),
    people: first?.people.length ?? 0,
    missing: 'NOTIFY_URL',
  });
}

async function send({ config, log, post }: Checker, url: string, review: Review, level: Level): Promise<boolean> {
  const group = whomToTell(review, level);
  const reasons = review.findings.map(({ rule, code, says }) => ({ rule, code, says: shortened(says) }));
  log.info(`review.${level}`, {
    approvalId: review.id,
    reasons: codesOf(review),
    people: group?.people.length ?? 0,
  });
  const text = [
    `The ${review.kind} under approval ${review.id} ${words[level]} of "${group?.name ?? 'the approvers'}".`,
    ...reasons.map(({ says }) => `- ${says}`),
    ...(review.expiresAt === null ? [] : [`Custody rejects it by itself at ${review.expiresAt}.`]),
    config.dashboardUrl,
  ].join('\n');
  const body = {
    text,
    level,
    approvalId: review.id,
    people: group?.people ?? [],
    reasons,
    expiresAt: review.expiresAt,
  };
  try {
    if (await post(url, body)) return true;
    log.error('notice.refused', { approvalId: review.id });
  } catch (fault) {
    // Told again in a minute; the request waits at custody either way.
    log.error('notice.failed', { approvalId: review.id, ...faultFields(fault) });
  }
  return false;
}
