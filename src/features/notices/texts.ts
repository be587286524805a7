// What people read: one title and one sentence for each kind of notice. Nothing here is a secret, and in chat no address or
// hash is whole: who reads along there is not ours to know.
import { showAmount } from '../../domain/amount.ts';
import type { Notice, NoticeKind } from '../../domain/notice.ts';

const WORDS_CHARACTERS_MAX = 500;

/** A reason that somebody gave, in one line. */
function words(notice: Notice, name: string): string {
  const said = notice.after[name];
  const line = typeof said === 'string' ? said.replaceAll(/\p{C}+/gu, ' ').trim() : '';
  return line === '' ? '' : ` ${line.slice(0, WORDS_CHARACTERS_MAX)}`;
}
const because = (notice: Notice): string => {
  const reason = words(notice, 'reason');
  return reason === '' ? '' : ` Reason:${reason}`;
};

function deposit({ after, subjectId }: Notice): string {
  const { asset, units } = after;
  return `${showAmount(String(asset), BigInt(String(units)))} was received (${subjectId}).`;
}

const haltOf = ({ after, accountId }: Notice): string =>
  after.level === 'all' ? 'everything' : after.level === 'mandate' ? `a mandate of ${accountId}` : `${accountId}`;

/** The account is named where staff read of many. */
type Text = readonly [title: string, says: (notice: Notice) => string];

const texts: Readonly<Record<NoticeKind, Text>> = {
  'account.active': ['Account open', ({ subjectId }) => `The account ${subjectId} is open.`],
  'account.failed': ['Account not opened', (n) => `The account ${n.subjectId} could not be opened.${because(n)}`],
  'account.closed': ['Account closed', ({ subjectId }) => `The account ${subjectId} is closed.`],
  'wallet.active': [
    'Wallet ready',
    ({ subjectId }) => `The wallet ${subjectId} is ready; its address is in the account.`,
  ],

  'destination.proposed': [
    'Please confirm an address',
    ({ subjectId }) => `The desk proposes the destination ${subjectId}. Nothing happens before you confirm it.`,
  ],
  'destination.in_review': [
    'An address waits for your decision',
    ({ subjectId, accountId }) => `The destination ${subjectId} of ${accountId} waits for a decision at custody.`,
  ],
  'destination.approved': [
    'Address approved',
    ({ subjectId }) =>
      `The destination ${subjectId} was approved: money may go there. If you did not ask for it, tell us at once.`,
  ],
  'destination.rejected': ['Address rejected', (n) => `The destination ${n.subjectId} was rejected.${because(n)}`],
  'destination.refused': ['Address refused', (n) => `The destination ${n.subjectId} was refused.${because(n)}`],
  'destination.expired': ['Request expired', (n) => `Nobody decided about the destination ${n.subjectId} in time.`],
  'destination.failed': ['Address not added', (n) => `The destination ${n.subjectId} could not be added.${because(n)}`],
  'destination.suspended': [
    'Address suspended',
    (n) => `Nothing is sent to the destination ${n.subjectId} for now.${because(n)}`,
  ],
  'destination.removed': ['Address removed', (n) => `The destination ${n.subjectId} was removed.`],

  'limits_change.proposed': [
    'Please confirm new limits',
    ({ subjectId }) => `Higher limits are proposed (${subjectId}). They wait for your confirmation.`,
  ],
  'limits_change.confirmed': [
    'Limits wait for your decision',
    ({ subjectId, accountId }) => `Higher limits of ${accountId} (${subjectId}) were confirmed by the client.`,
  ],
  'limits_change.applied': ['Limits changed', ({ subjectId }) => `The new limits (${subjectId}) are in force.`],
  'limits_change.rejected': [
    'Limits not changed',
    (n) => `The new limits (${n.subjectId}) were rejected.${because(n)}`,
  ],

  'mandate.active': ['Mandate active', ({ subjectId }) => `The mandate ${subjectId} is active.`],
  'mandate.rejected': ['Mandate ended', (n) => `The mandate ${n.subjectId} did not become active.${because(n)}`],
  'mandate.revoked': [
    'Mandate revoked',
    ({ subjectId }) => `The mandate ${subjectId} was revoked; nothing starts under it.`,
  ],
  'mandate.expired': ['Mandate expired', ({ subjectId }) => `The mandate ${subjectId} has come to its end.`],

  'schedule.paused': ['Schedule paused', (n) => `The schedule ${n.subjectId} was paused.${because(n)}`],
  'schedule.ended': ['Schedule ended', (n) => `The schedule ${n.subjectId} has ended.${because(n)}`],

  'order.executed': ['Order executed', ({ subjectId }) => `The order ${subjectId} was executed.`],
  'order.skipped': ['Order skipped', (n) => `The order ${n.subjectId} was skipped.${because(n)}`],
  'order.blocked': ['Order blocked', (n) => `The order ${n.subjectId} was stopped by a rule.${because(n)}`],
  'order.failed': ['Order failed', (n) => `The order ${n.subjectId} failed.${because(n)}`],
  'order.rejected': ['Order rejected', (n) => `The order ${n.subjectId} was rejected at custody.${because(n)}`],

  'transfer.awaiting_approval': [
    'A transfer waits for your decision',
    ({ subjectId, accountId }) => `The transfer ${subjectId} of ${accountId} waits for a decision at custody.`,
  ],
  'transfer.needs_review': [
    'A transfer needs a person',
    (n) => `What became of the transfer ${n.subjectId} of ${n.accountId} is not known.${because(n)}`,
  ],

  'deposit.received': ['Deposit received', deposit],

  'fence.broken': [
    'Protection broken, account halted',
    ({ accountId }) =>
      `What holds the money of ${accountId} in was not found as it should be. The account is halted; the desk has been told.`,
  ],
  'fence.intact': [
    'Protection intact again',
    ({ accountId }) => `What holds the money of ${accountId} in was found as it should be again.`,
  ],
  'halt.active': ['Halted', (n) => `A halt stops ${haltOf(n)} (${n.subjectId}).${because(n)}`],
  'halt.lifted': ['Halt lifted', (n) => `The halt ${n.subjectId} was lifted.${words(n, 'liftReason')}`],

  'incident.critical': ['Critical incident', (n) => `${n.subjectId}, ${String(n.after.kind)}:${words(n, 'detail')}`],
  'incident.open': ['Incident', (n) => `${n.subjectId}, ${String(n.after.kind)}:${words(n, 'detail')}`],

  'webhook_endpoint.disabled': [
    'Webhook endpoint disabled',
    (n) => `Nothing is sent to the endpoint ${n.subjectId} any more.${because(n)}`,
  ],
};

export interface Written {
  readonly title: string;
  readonly text: string;
}

export function write(notice: Notice): Written {
  const [title, says] = texts[notice.kind];
  return { title, text: says(notice) };
}

const OUR_ID = /\b[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}\b/;
/** No address, hash, key or token is shorter, and few words are longer. */
const LONG_WORD = /[A-Za-z0-9+/=_-]{20,}/;
const EITHER = new RegExp(`(${OUR_ID.source})|${LONG_WORD.source}`, 'g');
const [HEAD, TAIL] = [6, 4];

/** Keeps our ids and leaves the ends of every other long word. */
export const shorten = (text: string): string =>
  text.replaceAll(EITHER, (word, id) => (id === undefined ? `${word.slice(0, HEAD)}…${word.slice(-TAIL)}` : word));

export function writeForChat(notice: Notice): string {
  const { title, text } = write(notice);
  return shorten(`${title}. ${text}`);
}
