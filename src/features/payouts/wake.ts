// Whom a batch that begins, or goes on, needs.
import type { App } from '../../app/app.ts';
import { findAsset } from '../../domain/asset.ts';
import type { Batch } from '../../domain/payout-batch.ts';
import { payNext } from '../../kit/messages.ts';
import type { Message } from '../../store/commit.ts';
import { listActiveHotWallets } from '../../store/hot-wallets.ts';
import { message } from '../../store/outbox.ts';

const WALLETS_MAX = 100;

/** The lanes of the networks on which it pays. */
export async function wakeLanes(app: App, { check }: Batch<'released' | 'paused'>): Promise<Message[]> {
  const networks = new Set(check.totals.flatMap(({ asset }) => findAsset(asset)?.network ?? []));
  const lanes = await listActiveHotWallets(app.database, WALLETS_MAX, [...networks]);
  return lanes.map(({ id: walletId }) => message('money', payNext({ walletId })));
}
