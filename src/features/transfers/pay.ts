// A hot wallet pays its next row: the lane of payouts. The row is chosen, its body frozen and the intent committed in one
// batch, so that nothing of a batch is ever half prepared; from there it is a transfer like any other.
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { type Asset, assetIdOf, findAsset } from '../../domain/asset.ts';
import type { HotWallet } from '../../domain/hot-wallet.ts';
import { type Funds, judgeFunds } from '../../domain/order-decision.ts';
import { cancelPayout, executePayout, type Payout } from '../../domain/payout.ts';
import { countsAfter, type PayoutSum, type PoolSums, reserveSums } from '../../domain/payout-cap.ts';
import { submit, type Transfer } from '../../domain/transfer.ts';
import { PayNext } from '../../kit/messages.ts';
import { explain } from '../../kit/problem.ts';
import { type Change, commit } from '../../store/commit.ts';
import { findHotWallet, hotWalletIsActive, payoutSumChange, payoutSumsAreAt } from '../../store/hot-wallets.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { listBatchesIn } from '../../store/payout-batches.ts';
import { listPayoutsReady, payoutChange } from '../../store/payouts.ts';
import { findRecovery } from '../../store/recoveries.ts';
import { listTransfersInFlight, transferChange } from '../../store/transfers.ts';
import { handOver } from './hand-over.ts';
import { mayGo } from './lane.ts';
import { guardsOf } from './origins/payout.ts';
import { readSums } from './pool-sums.ts';
import { adoptPayout } from './recover-payout.ts';
import { requestBodyOf } from './request-body.ts';

/** A wallet with so many that wait or are on their way takes no more before some have ended. */
const IN_FLIGHT_MAX = 200;
const BATCHES_MAX = 10;
/** As far a wallet looks for a row that it can pay. */
const ROWS_PER_LOOK = 100;

export const payNextRow = consumer('money', PayNext, async (app, { walletId }, by) => {
  if (!(await judgeDatabase(app)).ok) return 'done';
  const wallet = await findHotWallet(app.database, walletId);
  if (wallet?.status !== 'active') return 'done';
  const inFlight = await listTransfersInFlight(app.database, wallet.id, IN_FLIGHT_MAX);
  // What is under way wakes the lane when it is sent, and cron does.
  const isBusy = inFlight.some(({ status }) => status === 'submitting' || status === 'submitted');
  if (isBusy || inFlight.length === IN_FLIGHT_MAX) return 'done';
  if ((await listWaiting(app, wallet)).length === 0 || !(await mayGo(app))) return 'done';
  const fundsOf = await readFunds(app, wallet, inFlight);
  const taken = await inTurn(app, () => take(app, by, wallet, fundsOf));
  return typeof taken === 'string' ? taken : handOver(app, by, taken);
});

/**
 * Lanes that are woken together would all choose the first row and raise the same sums, and all but one of them would have to
 * come again: those of one process choose one after another, and ask custody side by side.
 */
const turns = new WeakMap<App, Promise<unknown>>();
function inTurn<T>(app: App, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(app) ?? Promise.resolve()).then(work, work);
  turns.set(app, turn);
  return turn;
}

/** Another process may choose beside this one: what it took is not there any more at the next look. */
const LOOKS_MAX = 4;

/** A row for this wallet, with its transfer about to be handed over; or what there is to do instead. */
async function take(
  app: App,
  by: Provenance,
  wallet: HotWallet,
  fundsOf: FundsOf,
): Promise<Transfer<'submitting'> | Outcome> {
  for (let look = 1; ; look += 1) {
    const waiting = await listWaiting(app, wallet);
    const chosen = await choose(app, by, waiting, fundsOf);
    if (chosen === undefined) return waiting.length === 0 ? 'done' : tellOfFloat(app, by, wallet, waiting, fundsOf);
    const taken = await pay(app, by, wallet, chosen);
    if (taken !== 'taken by another') return taken;
    if (look === LOOKS_MAX) return 'again';
  }
}

/** Rows of running batches on the wallet's network, the oldest batch first. */
async function listWaiting(app: App, { network }: HotWallet): Promise<Payout<'ready'>[]> {
  const waiting: Payout<'ready'>[] = [];
  for (const { id: batchId } of await listBatchesIn(app.database, 'running', { limit: BATCHES_MAX })) {
    if (waiting.length >= ROWS_PER_LOOK) break;
    const page = { after: 0, limit: ROWS_PER_LOOK - waiting.length };
    waiting.push(...(await listPayoutsReady(app.database, { batchId, network }, page)));
  }
  return waiting;
}

type FundsOf = (asset: Asset) => Funds;

async function readFunds(app: App, wallet: HotWallet, inFlight: readonly Transfer[]): Promise<FundsOf> {
  const balances = await app.custody.listBalances(wallet.custodyId);
  const held = (contract: string | undefined) =>
    balances.find((one) => assetIdOf(wallet.network, one.contract) === assetIdOf(wallet.network, contract))?.units ??
    0n;
  const isSponsored = app.config.feeSponsors.has(wallet.network);
  return ({ contract }) => ({ held: held(contract), coinHeld: held(undefined), isSponsored, inFlight });
}

interface Chosen {
  readonly payout: Payout<'ready'>;
  readonly asset: Asset;
  readonly units: bigint;
  readonly sums: { readonly before: PoolSums; readonly after: readonly PayoutSum[] };
}

/** The first row that the wallet can pay and the pool's caps let go. A row that is too large for this wallet waits for another. */
async function choose(
  app: App,
  { at }: Provenance,
  waiting: readonly Payout<'ready'>[],
  fundsOf: FundsOf,
): Promise<Chosen | undefined> {
  const sumsByAsset = new Map<string, PoolSums>();
  for (const payout of waiting) {
    const { units } = payout;
    const asset = findAsset(payout.asset);
    const limits = app.config.payoutLimits.get(payout.asset);
    if (asset === undefined || limits === undefined || units === null || units > limits.perRow) continue;
    if (!judgeFunds({ amount: { kind: 'fixed' }, units }, asset, fundsOf(asset)).ok) continue;
    const before = sumsByAsset.get(asset.id) ?? (await readSums(app, asset.id, at));
    sumsByAsset.set(asset.id, before);
    const after = reserveSums(before, units, limits);
    if (after.ok) return { payout, asset, units, sums: { before, after: after.value } };
  }
  return undefined;
}

async function pay(
  app: App,
  by: Provenance,
  wallet: HotWallet,
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
  // Paused or halted: cron brings the lane again.
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

/** Nobody has to be told of a cap, which passes; a wallet without float waits for a person. */
async function tellOfFloat(
  app: App,
  by: Provenance,
  wallet: HotWallet,
  waiting: readonly Payout<'ready'>[],
  fundsOf: FundsOf,
): Promise<Outcome> {
  const refusals = waiting.map((payout) => {
    const asset = findAsset(payout.asset);
    const judged = asset && judgeFunds({ amount: { kind: 'fixed' }, units: payout.units }, asset, fundsOf(asset));
    return judged === undefined || judged.ok ? undefined : judged.refusal;
  });
  const [first] = refusals;
  if (first === undefined || refusals.includes(undefined)) return 'done';
  const detail = `The hot wallet cannot pay any of the next ${waiting.length} rows. ${explain(first)}`;
  const of = { kind: 'payout_float_low', about: wallet.id, accountId: null, detail } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
  return 'done';
}
