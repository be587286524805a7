// Whom a batch that begins, or goes on, needs.
import type { App } from '../../app/app.ts';
import { type Batch, networksOf } from '../../domain/payout-batch.ts';
import { payNext } from '../../kit/messages.ts';
import type { Message } from '../../store/commit.ts';
import { listActiveHotWallets } from '../../store/hot-wallets.ts';
import { message } from '../../store/outbox.ts';

const WALLETS_MAX = 100;

/** The lanes of the networks on which it pays. */
export async function wakeLanes(app: App, { check }: Batch<'released' | 'paused'>): Promise<Message[]> {
  const lanes = await listActiveHotWallets(app.database, WALLETS_MAX, networksOf(check));
  return lanes.map(({ id: walletId }) => message('money', payNext({ walletId })));
}
