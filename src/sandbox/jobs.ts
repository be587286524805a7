/** Owns the table of what can become due. Each job runs at its own instant, in its own transaction, at most once. */
import { expireApproval } from './decisions.ts';
import { releaseCollected, retry } from './deliveries.ts';
import { broadcastTransfer, confirmTransfer, executeTransfer } from './transfers.ts';
import type { World } from './world.ts';

export const jobs: Readonly<Record<string, (world: World, subject: string) => void>> = {
  'transfer.execute': executeTransfer,
  'transfer.broadcast': broadcastTransfer,
  'transfer.confirm': confirmTransfer,
  'approval.expire': expireApproval,
  'webhook.retry': retry,
  'webhook.reorder': releaseCollected,
};
