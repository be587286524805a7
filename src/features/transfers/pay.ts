// A hot wallet pays its next row: the lane of payouts. The row is chosen, its body frozen and the intent committed in one
// batch, so that nothing of a batch is ever half prepared; from there it is a transfer like any other.
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import { cancelPayout, executePayout, type Payout } from '../../domain/payout.ts';
import { countsAfter } from '../../domain/payout-cap.ts';
import { submit, type Transfer } from '../../domain/transfer.ts';
import { PayNext } from '../../kit/messages.ts';
import { explain } from '../../kit/problem.ts';
import { type Change, commit } from '../../store/commit.ts';
import { findHotWallet, hotWalletIsActive, payoutSumChange, payoutSumsAreAt } from '../../store/hot-wallets.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { payoutChange } from '../../store/payouts.ts';
import { findRecovery } from '../../store/recoveries.ts';
import { listTransfersInFlight, onlyTheseInFlight, transferChange } from '../../store/transfers.ts';
import { type Chosen, choose, type Lane, listWanted, readFunds, tellOfFloat } from './choose-row.ts';
import { handOver } from './hand-over.ts';
import { inTurn } from './in-turn.ts';
import { findTurn, type Turn } from './lane.ts';
import { guardsOf } from './origins/payout.ts';
import { adoptPayout } from './recover-payout.ts';
import { requestBodyOf } from './request-body.ts';

/** A wallet with so many that wait or are on their way takes no more before some have ended. */
const IN_FLIGHT_MAX = 200;

export const payNextRow = consumer('money', PayNext, async (app, { walletId }, by) => {
  if (!(await judgeDatabase(app)).ok) return 'done';
  const wallet = await findHotWallet(app.database, walletId);
  if (wallet?.status !== 'active') return 'done';
  // A wallet is woken several times in one delivery: the others find it busy, and ask custody nothing.
  const taken = await inTurn(app, wallet.id, () => takeNext(app, by, wallet));
  return typeof taken === 'string' ? taken : handOver(app, by, taken);
});

async function takeNext(app: App, by: Provenance, wallet: HotWallet): Promise<Transfer<'submitting'> | Outcome> {
  const inFlight = await listTransfersInFlight(app.database, wallet.id, IN_FLIGHT_MAX);
  // What is under way wakes the lane when it is sent, and cron does.
  const isBusy = inFlight.some(({ status }) => status === 'submitting' || status === 'submitted');
  if (isBusy || inFlight.length === IN_FLIGHT_MAX) return 'done';
  const wanted = await listWanted(app, wallet);
  const turn = wanted.length === 0 ? undefined : await findTurn(app);
  if (turn === undefined) return 'done';
  const lane: Lane = { wallet, wanted, inFlight, fundsOf: await readFunds(app, wallet, inFlight) };
  // Lanes that are woken together would all choose the first row and raise the same sums, and all but one of them would have
  // to come again: those of one network choose one after another, and ask custody side by side.
  return inTurn(app, wallet.network, () => take(app, by, lane, turn));
}

/** Another process may choose beside this one: what it took is not there any more at the next look. */
const LOOKS_MAX = 4;

/** A row for this wallet, with its transfer about to be handed over; or what there is to do instead. */
async function take(app: App, by: Provenance, lane: Lane, turn: Turn): Promise<Transfer<'submitting'> | Outcome> {
  for (let look = 1; ; look += 1) {
    const chosen = await choose(app, by, lane);
    if (chosen === undefined) return tellOfFloat(app, by, lane);
    // Not before there is a row: a turn that brings no call would keep everybody else waiting.
    if (!(await turn())) return 'done';
    const taken = await pay(app, by, lane, chosen);
    if (taken !== 'taken by another') return taken;
    if (look === LOOKS_MAX) return 'again';
  }
}

async function pay(
  app: App,
  by: Provenance,
  { wallet, inFlight }: Lane,
  { payout, asset, units, sums }: Chosen,
): Promise<Transfer<'submitting'> | Outcome | 'taken by another'> {
  const recovery = await findRecovery(app.database, payout.externalId);
  // Custody did it in a time that this database forgot: nothing is sent.
  if (recovery !== undefined) return adoptPayout(app, by, payout, recovery);
  const { externalId, address: to } = payout;
  const sponsor = app.config.feeSponsors.get(wallet.network);
  const prepared: Transfer<'prepared'> = {
    ...{ id: by.newId('xfr'), version: 1, status: 'prepared', payoutId: payout.id, walletId: wallet.id },
    ...{ accountId: null, orderId: null, destinationId: null, custodyWalletId: wallet.custodyId },
    ...{ asset: asset.id, units, externalId, requestBody: requestBodyOf(asset, { to, units, externalId, sponsor }) },
    ...{ custodyId: null, transactionHash: null, nextAttemptAt: by.at, createdAt: by.at },
  };
  const counted = inFlight.map(({ id }) => id);
  const capIds = sums.after.map(({ id }) => id);
  const submitting = submit(prepared, { limitDayId: null, accountLimitDayId: null, capIds }, by.at);
  const committed = await commit(app.database, {
    by,
    changes: [
      transferChange(undefined, prepared),
      transferChange(prepared, submitting),
      payoutChange(payout, executePayout(payout, prepared.id)),
      ...sums.after.flatMap((after, index): Change[] => {
        const before = sums.before.current[index];
        return before === undefined ? [] : [payoutSumChange(before, after)];
      }),
    ],
    requires: [
      // Its funds are judged without what another process has begun since.
      {
        holds: onlyTheseInFlight(wallet.id, counted),
        refusal: { code: 'wallet_busy', transferIds: counted },
      },
      ...(await guardsOf(app, payout)),
      // Sums of other minutes count too, and have other versions than those that this batch raises.
      {
        holds: payoutSumsAreAt(asset.id, countsAfter(by.at), sums.before.versions),
        refusal: { code: 'version_conflict' },
      },
      { holds: hotWalletIsActive(wallet.id), refusal: { code: 'hot_wallet_unfit', reason: 'It was retired.' } },
    ],
  });
  if (committed.ok) return submitting;
  const { refusal } = committed;
  if (refusal.code === 'payout_recipient_sanctioned')
    return endRow(app, by, wallet, cancelPayout(payout, explain(refusal)), payout);
  // Busy: what is under way wakes the lane. Paused or halted: cron brings the lane again.
  return refusal.code === 'version_conflict' ? 'taken by another' : 'done';
}

/** A sanctions list has come that names whom it pays: the row ends, and the wallet goes on with the next. */
async function endRow(
  app: App,
  by: Provenance,
  wallet: HotWallet,
  after: Payout<'canceled'>,
  before: Payout<'ready'>,
): Promise<Outcome> {
  const committed = await commit(app.database, {
    by,
    changes: [
      payoutChange(before, after),
      ...(await openIncident(app.database, by, {
        kind: 'sanctions_hit',
        about: before.id,
        accountId: null,
        detail: `The payout in line ${before.line} of ${before.batchId} was not sent from ${wallet.id}. ${after.reason}`,
      })),
    ],
  });
  return committed.ok ? 'again' : 'done';
}
