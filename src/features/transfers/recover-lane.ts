// After a restore: the lane of a wallet may be held by a transfer that has come to its end in the lost time.
import type { App } from '../../app/app.ts';
import { isIn } from '../../domain/machine.ts';
import { leaveToPerson, type Transfer } from '../../domain/transfer.ts';
import { adopt, observe } from '../../domain/transfer-answer.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findTransferAtLane } from '../../store/transfers.ts';
import { recordOutcome } from './outcome.ts';

/**
 * One that stood in front of it in its wallet when the database was set back: custody has taken the later one, so that one has
 * come to its end. Nothing else ends it while custody is read.
 */
export async function clearTheWay(
  app: App,
  by: Provenance,
  { accountId, walletId, id }: Transfer<'prepared'>,
): Promise<void> {
  const ahead = await findTransferAtLane(databaseFor(app, accountId), walletId);
  if (ahead === undefined || ahead.id === id || !isIn(ahead, ['submitting', 'submitted'])) return;
  const found = await app.custody.findTransferByExternalId(ahead.custodyWalletId, ahead.externalId, ahead.createdAt);
  if (ahead.status === 'submitted') {
    const next = found === undefined ? undefined : observe(ahead, found, by.at);
    if (next !== undefined) await recordOutcome(app, by, ahead, next);
    return;
  }
  const next =
    found === undefined
      ? leaveToPerson(ahead, 'After the restore custody does not show it, and has taken the one behind it.')
      : adopt(ahead, found, by.at);
  await recordOutcome(app, by, ahead, next);
}
