// What custody shows of the balances at venues: read before a transfer to one is handed over, and again after it is confirmed,
// until the money is seen there. Venues are only read; nothing of a transfer waits for what they show.

import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { CustodyUnavailable } from '../../dfns/custody.ts';
import {
  type Arrival,
  judgeArrival,
  mayHaveLeft,
  READ_FOR_SECONDS,
  type Rival,
  type VenueReading,
} from '../../domain/arrival.ts';
import { type Asset, findAsset } from '../../domain/asset.ts';
import type { Mandate } from '../../domain/mandate.ts';
import { addSeconds } from '../../domain/time.ts';
import type { OrderTransfer } from '../../domain/transfer.ts';
import { bodies, ReadArrival, readArrival } from '../../kit/messages.ts';
import { arrivalChange, findArrival, listArrivalsDue, listArrivalsSince } from '../../store/arrivals.ts';
import { type Change, commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { findTransfer, listTransfersSince } from '../../store/transfers.ts';

/** Each is one call, beside everything else that is read. */
const READINGS_PER_RUN = 50;
/** With more than these at once nobody can say which of them arrived. */
const RIVALS_MAX = 200;
/** A transfer may wait that long for a person before it leaves. */
const WAITING_SECONDS_MAX = 7 * 86_400;

/** The arrival to wait for, with what the venue holds now; none where the venue of the mandate is not linked to custody. */
export async function awaitArrival(
  app: App,
  by: Provenance,
  transfer: OrderTransfer<'prepared'>,
  { mandate, asset }: { mandate: Mandate | undefined; asset: Asset },
): Promise<readonly Change[]> {
  const account = mandate && app.config.venueAccounts.get(mandate.venue);
  if (mandate === undefined || account === undefined) return [];
  const { id: transferId, accountId, orderId, walletId, units } = transfer;
  const arrival: Arrival<'awaited'> = {
    ...{ id: by.newId('arr'), version: 1, status: 'awaited', accountId, orderId, transferId, walletId, units },
    ...{ venue: mandate.venue, venueAccount: account, asset: asset.id, symbol: asset.symbol },
    ...{ nextReadAt: by.at, endedAt: null, createdAt: by.at, latest: null, isMissed: false },
    before: (await readVenue(app, account, asset.symbol)) ?? null,
  };
  return [arrivalChange(undefined, arrival)];
}

/** Undefined where custody does not show it now: money does not wait for that, and a later reading is tried again. */
async function readVenue(app: App, venueAccount: string, symbol: string): Promise<VenueReading | undefined> {
  const at = app.clock.now();
  try {
    const balances = await app.custody.findVenueBalances(venueAccount, 'idle');
    // A venue lists what it holds: an asset that it does not name is at zero.
    return balances && { balance: balances.find((one) => one.symbol === symbol)?.balance ?? '0', at };
  } catch (fault) {
    if (!(fault instanceof CustodyUnavailable)) throw fault;
    app.log.info('venue.unread', { venueAccount });
    return undefined;
  }
}

export const wakeArrivals: Job = async (app, { scheduledTime }) => {
  const due = await listArrivalsDue(app.database, scheduledTime, READINGS_PER_RUN);
  const messages = due.map((arrivalId) => readArrival({ arrivalId })(null));
  if (messages.length > 0) await app.bindings.EVENTS.sendBatch(bodies(messages));
};

export const readArrivalStep = consumer('events', ReadArrival, async (app, { arrivalId }, by) => {
  const arrival = await findArrival(app.database, arrivalId);
  if (arrival?.status !== 'awaited' || by.at < arrival.nextReadAt) return 'done';
  const database = databaseFor(app, arrival.accountId);
  const transfer = await findTransfer(database, 'staff', arrival.transferId);
  const asset = findAsset(arrival.asset);
  if (transfer === undefined || asset === undefined) throw new TypeError('an arrival without its transfer or asset');
  // The venue first: what could have raised this balance was committed here before it left.
  const now = transfer.status === 'confirmed' ? await readVenue(app, arrival.venueAccount, arrival.symbol) : undefined;
  const evidence = { transfer, decimals: asset.decimals, now, rivals: await rivalsOf(app, arrival) };
  // Dated by the end of the reading: who read before that may not have seen what this one saw.
  const next = judgeArrival(arrival, evidence, app.clock.now());
  if (next === undefined) return 'done';
  const kind = next.status === 'awaited' ? 'arrival.not_seen_yet' : undefined;
  const isMissed = next.status === 'awaited' && next.isMissed && !arrival.isMissed;
  const told = isMissed ? await openIncident(database, by, missing(arrival)) : [];
  const committed = await commit(database, { by, changes: [arrivalChange(arrival, next, kind), ...told] });
  return committed.ok ? 'done' : 'again';
});

const missing = ({ id, accountId, venue, symbol, transferId }: Arrival) =>
  ({
    kind: 'arrival_missing',
    about: id,
    accountId,
    detail: `${venue} does not show the ${symbol} of ${transferId} six hours after it was confirmed.`,
  }) as const;

/** Everything else of ours that may have raised the balance about that time; undefined when it is too much. */
async function rivalsOf(app: App, arrival: Arrival<'awaited'>): Promise<readonly Rival[] | undefined> {
  if (arrival.before === null) return [];
  // One that is awaited for a day at most cannot lead further back.
  const since = addSeconds(arrival.before.at, -READ_FOR_SECONDS);
  const others = await listArrivalsSince(app.database, arrival, since, RIVALS_MAX);
  const left = addSeconds(since, -WAITING_SECONDS_MAX);
  const sent = await listTransfersSince(databaseFor(app, arrival.accountId), arrival.walletId, left, RIVALS_MAX);
  if (others.length === RIVALS_MAX || sent.length === RIVALS_MAX) return undefined;
  const own = sent.find(({ id }) => id === arrival.transferId);
  const awaited = new Set(others.map(({ arrival: other }) => other.transferId));
  // Withdrawals of the client to the same address, of which no arrival is awaited.
  const untold = sent.filter(
    (transfer) =>
      transfer.destinationId === own?.destinationId &&
      transfer.asset === arrival.asset &&
      !awaited.has(transfer.id) &&
      mayHaveLeft(transfer),
  );
  return [
    ...others
      .filter(({ arrival: other, transferStatus: status }) => other.id !== arrival.id && mayHaveLeft({ status }))
      .map(({ arrival: { units, asset, endedAt, before } }) => ({ ...inUnits(units, asset), endedAt, before })),
    ...untold.map((transfer) => ({
      ...inUnits(transfer.units, transfer.asset),
      endedAt: transfer.status === 'confirmed' ? transfer.confirmedAt : null,
      before: null,
    })),
  ];
}

function inUnits(units: bigint, asset: string): Pick<Rival, 'units' | 'decimals'> {
  const known = findAsset(asset);
  if (known === undefined) throw new TypeError('an arrival of an unknown asset');
  return { units, decimals: known.decimals };
}
