// What stands behind a transfer that a row of a payout batch asked for: the row as it was frozen at the hand-over, and what our
// records say of it now. A recipient is approved when it is a payee that an officer confirmed.
import type { App } from '../../app/app.ts';
import type { Stop, TransferFacts } from '../../domain/checker-facts.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import type { Payout } from '../../domain/payout.ts';
import { type Batch, isReleasedByOthers } from '../../domain/payout-batch.ts';
import type { PayoutTransfer } from '../../domain/transfer.ts';
import { findHotWallet } from '../../store/hot-wallets.ts';
import { findBatch } from '../../store/payout-batches.ts';
import { askedOf, findPayout, listRowFacts } from '../../store/payouts.ts';
import { stopOf, stopsOfTransfer } from './stops.ts';

export async function factsOfPayout(app: App, transfer: PayoutTransfer): Promise<TransferFacts | null> {
  const [payout, wallet] = await Promise.all([
    findPayout(app.database, transfer.payoutId),
    findHotWallet(app.database, transfer.walletId),
  ]);
  const batch = payout && (await findBatch(app.database, payout.batchId));
  const asked = payout && askedOf(payout);
  if (payout === undefined || batch === undefined || asked === undefined) return null;
  const [known] = await listRowFacts(app.database, batch.id, [asked], app.clock.now());
  return {
    origin: { kind: 'payout', id: payout.id },
    externalId: transfer.externalId,
    custodyWalletId: transfer.custodyWalletId,
    custodyId: transfer.custodyId,
    status: transfer.status,
    payments: [
      { asset: transfer.asset, units: transfer.units, address: payout.address, isApproved: known?.isKnown === true },
    ],
    stops: [
      ...stopsOfTransfer(transfer),
      ...stopsOfRow(payout, transfer),
      ...stopsOfBatch(batch),
      ...stopsOfWallet(wallet, transfer),
      ...(known?.isSanctioned === false ? [] : [stopOf({ code: 'payout_recipient_sanctioned' })]),
    ],
  };
}

const stop = (isSo: boolean, code: string, says: string): readonly Stop[] => (isSo ? [{ code, says }] : []);

const stopsOfRow = (payout: Payout, { id, asset, units }: PayoutTransfer): readonly Stop[] => [
  ...stop(payout.status !== 'executing', 'payout_not_executing', `The payout is ${payout.status}, not under way.`),
  ...stop(
    payout.transferId !== id || payout.asset !== asset || payout.units !== units,
    'payout_differs',
    'The transfer is not what the row of the batch asks for.',
  ),
];

/** A pause lets nothing more go, neither out of here nor out of custody. */
const stopsOfBatch = (batch: Batch): readonly Stop[] => [
  ...stop(batch.status !== 'running', 'payout_batch_not_running', `The batch is ${batch.status}.`),
  ...stop(
    !isReleasedByOthers(batch),
    'payout_not_released',
    'The batch was not released by another person than its uploader and editors.',
  ),
];

const stopsOfWallet = (wallet: HotWallet | undefined, { custodyWalletId }: PayoutTransfer): readonly Stop[] =>
  stop(
    wallet?.status !== 'active' || wallet.custodyId !== custodyWalletId,
    'hot_wallet_not_in_pool',
    'The wallet is not one of the payout pool.',
  );
