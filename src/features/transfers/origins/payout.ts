// Transfers that a row of a payout batch asked for: the batch lets them go, the pool's caps count them, and the row ends with
// them.
import type { App } from '../../../app/app.ts';
import { databaseStands } from '../../../app/epoch.ts';
import { findAsset } from '../../../domain/asset.ts';
import { networkFacts } from '../../../domain/network.ts';
import { failPayout, type Payout, payPayout, rejectPayout } from '../../../domain/payout.ts';
import { releaseSum } from '../../../domain/payout-cap.ts';
import type { Refusal } from '../../../domain/refusal.ts';
import { accept, refuse } from '../../../domain/result.ts';
import type { Timestamp } from '../../../domain/time.ts';
import { isWithoutEffect, type PayoutTransfer } from '../../../domain/transfer.ts';
import { payNext } from '../../../kit/messages.ts';
import type { Change, Requirement } from '../../../store/commit.ts';
import { findHaltOfAll, noHaltOfAll } from '../../../store/halts.ts';
import { listPayoutSums, payoutSumChange } from '../../../store/hot-wallets.ts';
import { message } from '../../../store/outbox.ts';
import { batchIsIn, findBatch } from '../../../store/payout-batches.ts';
import { findPayout, isNotSanctioned, payoutChange } from '../../../store/payouts.ts';
import type { Origin } from '../origin.ts';

export const payoutOrigin: Origin<PayoutTransfer> = {
  async guardsOfRepeat(app, transfer, _at) {
    const payout = await payoutOf(app, transfer);
    const batch = await findBatch(app.database, payout.batchId);
    if (batch?.status === 'canceled')
      return refuse({ code: 'stop_requested', reason: `The batch was canceled: ${batch.reason}` });
    if (batch?.status !== 'running') return refuse({ code: 'payout_held', found: batch?.status ?? 'none' });
    return accept(await guardsOf(app, payout));
  },

  async stopReason(app, transfer) {
    const [halt, payout] = await Promise.all([findHaltOfAll(app.database), payoutOf(app, transfer)]);
    if (halt !== undefined) return halt.reason;
    const batch = await findBatch(app.database, payout.batchId);
    return batch?.status === 'canceled' ? `The batch was canceled: ${batch.reason}` : undefined;
  },

  async changesOf(app, by, before, after) {
    if (after.status === before.status) return [];
    const payout = await payoutOf(app, after);
    const next = payout.status === 'executing' ? endOf(payout, after, by.at) : undefined;
    return [...(next === undefined ? [] : [payoutChange(payout, next)]), ...(await sumsOf(app, after))];
  },

  wakeNext: async (_app, { walletId }) => [message('money', payNext({ walletId }))],

  async recipientOf(app, transfer) {
    return (await payoutOf(app, transfer)).address;
  },
};

async function payoutOf(app: App, { payoutId }: PayoutTransfer): Promise<Payout> {
  const payout = await findPayout(app.database, payoutId);
  if (payout === undefined) throw new TypeError('a transfer without its payout');
  return payout;
}

/** What must hold in the batch that hands over, and again in each batch that counts another attempt. */
export async function guardsOf(app: App, payout: Payout): Promise<readonly Requirement[]> {
  const halt = await findHaltOfAll(app.database);
  const asset = findAsset(payout.asset);
  if (asset === undefined) throw new TypeError('a payout of an asset that is not known');
  const halted: Refusal = { code: 'halted', level: 'all', reason: halt?.reason ?? 'A halt was set at this moment.' };
  return [
    databaseStands(app),
    { holds: noHaltOfAll, refusal: halted },
    { holds: batchIsIn(payout.batchId, 'running'), refusal: { code: 'payout_held', found: 'not running' } },
    {
      holds: isNotSanctioned(networkFacts[asset.network].family, payout.address),
      refusal: { code: 'payout_recipient_sanctioned' },
    },
  ];
}

function endOf(payout: Payout<'executing'>, transfer: PayoutTransfer, at: Timestamp): Payout | undefined {
  switch (transfer.status) {
    case 'confirmed':
      return payPayout(payout, transfer.transactionHash, at);
    case 'failed':
      return failPayout(payout, transfer.reason);
    case 'rejected':
      return rejectPayout(payout, transfer.reason);
    default:
      return undefined;
  }
}

/** What was reserved is free again only when it is proven that nothing left. */
async function sumsOf(app: App, after: PayoutTransfer): Promise<Change[]> {
  if (!isWithoutEffect(after) || !('capIds' in after)) return [];
  const sums = await listPayoutSums(app.database, after.capIds ?? []);
  return sums.map((sum) => payoutSumChange(sum, releaseSum(sum, after.units)));
}
