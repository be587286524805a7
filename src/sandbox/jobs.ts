/** Owns the table of what can become due. Each job runs at its own instant, in its own transaction, at most once. */
import { expireApproval } from './decisions.ts';
import { releaseCollected, retry } from './deliveries.ts';
import { arrive } from './exchanges.ts';
import { broadcastDue, confirmDue, executeDue } from './lifecycle.ts';
import { signDue } from './signatures.ts';
import type { World } from './world.ts';

export const jobs: Readonly<Record<string, (world: World, subject: string) => void>> = {
  'transfer.execute': executeDue('transfers'),
  'transfer.broadcast': broadcastDue('transfers'),
  'transfer.confirm': confirmDue('transfers'),
  'transaction.execute': executeDue('transactions'),
  'transaction.broadcast': broadcastDue('transactions'),
  'transaction.confirm': confirmDue('transactions'),
  'signature.sign': signDue,
  'approval.expire': expireApproval,
  'exchange.withdrawal': arrive,
  'webhook.retry': retry,
  'webhook.reorder': releaseCollected,
};
