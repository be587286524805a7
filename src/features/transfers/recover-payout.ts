// A row whose transfer custody made in a time that this database forgot: it gets that transfer, as custody holds it.
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { isIn } from '../../domain/machine.ts';
import { cancelPayout, executePayout, type Payout } from '../../domain/payout.ts';
import type { Recovery } from '../../domain/recovery.ts';
import { submit, type Transfer } from '../../domain/transfer.ts';
import { adopt } from '../../domain/transfer-answer.ts';
import { bodies, TakeUpPayout, takeUpPayout } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { findPayout, payoutChange } from '../../store/payouts.ts';
import { findRecovery, listPayoutsToTakeUp } from '../../store/recoveries.ts';
import { transferChange } from '../../store/transfers.ts';
import { bookOutcome } from './outcome.ts';

/** What one call of a queue takes. */
const ROWS_PER_RUN = 100;

/**
 * A lane takes up what it comes to; it comes to no row of a batch that is paused or canceled, nor to one that no longer fits its
 * float or the caps.
 */
export const takeUpPayouts: Job = async (app) => {
  const found = await listPayoutsToTakeUp(app.database, ROWS_PER_RUN);
  if (found.length === 0) return;
  await app.bindings.EVENTS.sendBatch(bodies(found.map((payoutId) => takeUpPayout({ payoutId })(null))));
};

export const takeUpPayoutStep = consumer('events', TakeUpPayout, async (app, { payoutId }, by) => {
  if (!(await judgeDatabase(app)).ok) return 'done';
  const payout = await findPayout(app.database, payoutId);
  if (payout === undefined || !isIn(payout, ['ready', 'invalid'])) return 'done';
  const recovery = await findRecovery(app.database, payout.externalId);
  return recovery === undefined ? 'done' : adoptPayout(app, by, payout, recovery);
});

export async function adoptPayout(
  app: App,
  by: Provenance,
  payout: Payout<'ready' | 'invalid'>,
  recovery: Recovery,
): Promise<Outcome> {
  if (recovery.accountId !== null) throw new TypeError('a payout is adopted from a wallet of the pool');
  if (payout.status === 'invalid' || !isAsPaid(payout, recovery)) return leaveRow(app, by, payout, recovery.custodyId);
  const { asset, units, requestBody, custodyWalletId, walletId, id: externalId } = recovery;
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

/** The request is kept as custody shows it, which may write an address of the EVM in another case. */
const isAsPaid = (payout: Payout<'ready'>, { asset, units, requestBody }: Recovery): boolean =>
  asset === payout.asset &&
  units === payout.units &&
  String(JSON.parse(requestBody).to).toLowerCase() === payout.address.toLowerCase();

/** The row was changed after custody had paid it as it was: it is not paid again, and a person looks. */
async function leaveRow(
  app: App,
  by: Provenance,
  payout: Payout<'ready' | 'invalid'>,
  custodyId: string,
): Promise<Outcome> {
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
