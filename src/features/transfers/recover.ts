// After a restore: pages the transfers of every wallet at custody. Those that this database knows move on to what custody has
// done; those that it forgot are recorded, count for the limits, and wait for the same wish. Nothing is ever sent here.
import * as z from 'zod';
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { isOwnExternalId } from '../../app/external-id.ts';
import { slotTakenUp } from '../../app/recovered-slot.ts';
import { orSilence } from '../../app/silence.ts';
import { assetIdOf } from '../../domain/asset.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import type { CustodyTransfer } from '../../domain/custody.ts';
import type { Epoch } from '../../domain/epoch.ts';
import { countIn } from '../../domain/payout-cap.ts';
import type { Recovery } from '../../domain/recovery.ts';
import { addSeconds, isNewestFirst, type Timestamp } from '../../domain/time.ts';
import { adopt } from '../../domain/transfer-answer.ts';
import { lookForLost, RecoverTransfers, recoverTransfers } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { findEpoch } from '../../store/epochs.ts';
import { payoutSumChange } from '../../store/hot-wallets.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { findRecovery, recoveryChange } from '../../store/recoveries.ts';
import { findTransferByExternalId } from '../../store/transfers.ts';
import { findHeldAfter, type Held } from './held.ts';
import { recordOutcome } from './outcome.ts';
import { readSumsAt } from './pool-sums.ts';
import { takeUp } from './recover-order.ts';
import { readSlots, type Slots } from './recover-slot.ts';
import { counted, dayOf, sumOf, sumsOfMandates } from './recovered-sums.ts';

/** One call each, well within what one delivery of a message may take. */
const PAGES_PER_STEP = 20;
/** The restore point is what a person says: custody is read further back than that. */
const MARGIN_SECONDS = 86_400;

export const recoverTransfersStep = consumer('events', RecoverTransfers, async (app, { epoch, done, page }, by) => {
  const restoring = await findEpoch(app.database);
  if (restoring?.status !== 'restoring' || restoring.epoch !== epoch) return 'done';
  let place = { done, page };
  for (let pages = 0; pages < PAGES_PER_STEP; pages += 1) {
    const wallet = await findHeldAfter(app, place.done);
    if (wallet === undefined) return goOn(app, by, lookForLost({ epoch, stage: 'wallets', cursor: null }));
    const read = app.custody.pageOfTransfers(wallet.custodyId, place.page ?? undefined);
    const found = await (pages === 0 ? read : orSilence(read));
    // What was read stays read: where custody answers little, each delivery still gets further.
    if (found === undefined) break;
    const { items, next } = found;
    const recent = items.filter((one) => isRecent(restoring, one));
    const isSlotted = recent.length > 0 && wallet.accountId !== null;
    const slots = isSlotted ? await readSlots(app, wallet.accountId, restoring.restoredTo, by.at) : new Map();
    for (const item of recent) {
      if ((await recoverOne(app, by, { wallet, slots }, item)) === 'again') return 'again';
    }
    const isOver = next === undefined || isBehind(restoring, items);
    place = isOver ? { done: wallet.id, page: null } : { ...place, page: next };
  }
  return goOn(app, by, recoverTransfers({ epoch, ...place }));
});

async function goOn(app: App, by: Provenance, next: (id: string | null) => object): Promise<Outcome> {
  const committed = await commit(app.database, { by, changes: [], messages: [message('events', next)] });
  return committed.ok ? 'done' : 'again';
}

const horizonOf = ({ readFrom }: Epoch<'restoring'>): Timestamp => addSeconds(readFrom, -MARGIN_SECONDS);
/** What has no date may be of the lost time. */
const isRecent = (restoring: Epoch<'restoring'>, { requestedAt }: CustodyTransfer): boolean =>
  requestedAt === undefined || requestedAt >= horizonOf(restoring);
/** Everything after this page is older: the order is not promised, so only a list that is seen to go back ends early. */
const isBehind = (restoring: Epoch<'restoring'>, items: readonly CustodyTransfer[]): boolean =>
  !items.some((item) => isRecent(restoring, item)) && isNewestFirst(items.map(({ requestedAt }) => requestedAt ?? ''));

/** A wallet that is read, and what its account's schedules were due for since the restore point. */
interface Read {
  readonly wallet: Held;
  readonly slots: Slots;
}

async function recoverOne(app: App, by: Provenance, read: Read, item: CustodyTransfer): Promise<Outcome> {
  const { wallet } = read;
  if (!isOwnExternalId(item.externalId)) return 'done'; // the audit tells of it
  const known = await findTransferByExternalId(databaseFor(app, wallet.accountId), item.externalId);
  switch (known?.status) {
    case undefined:
      return record(app, by, read, item.externalId, item);
    case 'prepared':
      return takeUp(app, by, known, item);
    case 'submitting':
      return recordOutcome(app, by, known, adopt(known, item, by.at));
    case 'canceled':
      return tellOf(app, by, wallet, item, `The transfer ${known.id} is canceled here.`);
    case 'failed':
      return known.custodyId === null
        ? tellOf(app, by, wallet, item, `The transfer ${known.id} is failed here, as never sent.`)
        : 'done';
    default:
      // Under way or at an end: followed as always.
      return 'done';
  }
}

const Body = z.looseObject({
  kind: z.enum(['Native', 'Erc20']),
  contract: z.string().optional(),
  to: z.string(),
  amount: z.string().regex(/^\d{1,78}$/),
});

async function record(
  app: App,
  by: Provenance,
  { wallet, slots }: Read,
  externalId: string,
  item: CustodyTransfer,
): Promise<Outcome> {
  const database = databaseFor(app, wallet.accountId);
  if ((await findRecovery(database, externalId)) !== undefined) return 'done';
  const body = Body.safeParse(item.body).data;
  if (body === undefined) return tellOf(app, by, wallet, item, 'What it moved cannot be read.');
  const [asset, units] = [assetIdOf(wallet.network, body.contract), BigInt(body.amount)];
  // Should it ever be asked again, it has the id that makes it the same.
  const requestBody = canonicalJson({ ...body, externalId });
  if (wallet.accountId === null) return recordOfPool(app, by, { wallet, externalId, asset, units, requestBody }, item);
  const { accountId } = wallet;
  const sum = await sumOf(app, accountId, accountId, asset, dayOf(item, by.at));
  // What custody's policies rejected moved nothing.
  const isCounted = item.status !== 'rejected';
  const ofMandates = isCounted ? await sumsOfMandates(app, { accountId, asset, to: body.to, day: sum.day }) : [];
  const recovery: Recovery = {
    id: externalId,
    version: 1,
    ...{ accountId, walletId: wallet.id, custodyWalletId: wallet.custodyId, custodyId: item.id },
    ...{ asset, units, requestBody, day: sum.day },
    accountLimitDayId: isCounted ? sum.id : null,
    mandateLimitDayIds: ofMandates.map(({ id }) => id),
    createdAt: by.at,
  };
  const slot = slots.get(externalId);
  const committed = await commit(database, {
    by,
    changes: [
      recoveryChange(undefined, recovery, 'transfer.recovered'),
      ...(isCounted ? [counted(sum, units)] : []),
      ...ofMandates.map((one) => counted(one, units)),
      ...(slot === undefined ? [] : await slotTakenUp(app, by, slot, item.requestedAt)),
    ],
  });
  return committed.ok ? 'done' : 'again';
}

/** A payout: its row finds it by the external id, and the sums of the pool count it. */
async function recordOfPool(
  app: App,
  by: Provenance,
  found: { wallet: Held & { accountId: null }; externalId: string; asset: string; units: bigint; requestBody: string },
  item: CustodyTransfer,
): Promise<Outcome> {
  const { wallet, externalId, asset, units, requestBody } = found;
  const recovery: Recovery = {
    ...{ id: externalId, version: 1, accountId: null, walletId: wallet.id, custodyWalletId: wallet.custodyId },
    ...{ custodyId: item.id, asset, units, requestBody, day: dayOf(item, by.at) },
    ...{ accountLimitDayId: null, mandateLimitDayIds: [], createdAt: by.at },
  };
  const sums = item.status === 'rejected' ? [] : await readSumsAt(app, asset, item.requestedAt ?? by.at);
  const committed = await commit(app.database, {
    by,
    changes: [
      recoveryChange(undefined, recovery, 'transfer.recovered'),
      ...sums.map((sum) => payoutSumChange(sum, countIn(sum, units))),
    ],
  });
  return committed.ok ? 'done' : 'again';
}

async function tellOf(app: App, by: Provenance, wallet: Held, item: CustodyTransfer, why: string): Promise<Outcome> {
  const database = databaseFor(app, wallet.accountId);
  const detail = `Custody shows a transfer of wallet ${wallet.id} under our external id: ${item.status}. ${why}`;
  const of = { kind: 'transfer_unknown', about: item.id, accountId: wallet.accountId, detail } as const;
  const committed = await commit(database, { by, changes: await openIncident(database, by, of) });
  return committed.ok ? 'done' : 'again';
}
