// A row whose transfer custody made in a time that this database forgot: it gets that transfer, as custody holds it.
import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import { cancelPayout, executePayout, type Payout } from '../../domain/payout.ts';
import type { Recovery } from '../../domain/recovery.ts';
import { submit, type Transfer } from '../../domain/transfer.ts';
import { adopt } from '../../domain/transfer-answer.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { payoutChange } from '../../store/payouts.ts';
import { transferChange } from '../../store/transfers.ts';
import { bookOutcome } from './outcome.ts';

export async function adoptPayout(
  app: App,
  by: Provenance,
  payout: Payout<'ready'>,
  recovery: Recovery,
): Promise<Outcome> {
  if (recovery.accountId !== null) throw new TypeError('a payout is adopted from a wallet of the pool');
  const { asset, units, requestBody, custodyWalletId, walletId, id: externalId } = recovery;
  if (asset !== payout.asset || units !== payout.units) return leaveRow(app, by, payout, recovery.custodyId);
  const seen = await app.custody.findTransfer(custodyWalletId, recovery.custodyId);
  if (seen === undefined) throw new TypeError('custody no longer shows a transfer that it showed');
  const prepared: Transfer<'prepared'> = {
    ...{ id: by.newId('xfr'), version: 1, status: 'prepared', payoutId: payout.id, walletId },
    ...{ accountId: null, orderId: null, destinationId: null, custodyWalletId },
    ...{ asset, units, externalId, requestBody },
    ...{ custodyId: null, transactionHash: null, nextAttemptAt: by.at, createdAt: by.at },
  };
  const submitting = submit(prepared, { limitDayId: null, accountLimitDayId: null, capIds: [] }, by.at);
  const committed = await commit(app.database, {
    by,
    changes: [
      transferChange(undefined, prepared),
      transferChange(prepared, submitting),
      payoutChange(payout, executePayout(payout, prepared.id)),
    ],
  });
  if (!committed.ok) return 'again';
  const booked = await bookOutcome(app, by, submitting, adopt(submitting, seen, by.at), {});
  return booked.ok ? 'done' : 'again';
}

/** The row was changed after custody had paid it as it was: it is not paid again, and a person looks. */
async function leaveRow(app: App, by: Provenance, payout: Payout<'ready'>, custodyId: string): Promise<Outcome> {
  const detail = `Custody paid line ${payout.line} of ${payout.batchId} before a restore, and not as it stands now.`;
  const committed = await commit(app.database, {
    by,
    changes: [
      payoutChange(payout, cancelPayout(payout, detail)),
      ...(await openIncident(app.database, by, {
        kind: 'transfer_unknown',
        about: custodyId,
        accountId: null,
        detail,
      })),
    ],
  });
  return committed.ok ? 'done' : 'again';
}
