// Whether what was sent to a venue was credited there, as far as that can be said. A balance that grew is only evidence, and
// trading moves balances too: nothing of ours rests on it, and what cannot be told is called unknown.
import type { AssetId } from './asset.ts';
import type { AccountId, ArrivalId, OrderId, TransferId, WalletId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import { addSeconds, secondsBetween, type Timestamp } from './time.ts';
import type { Transfer } from './transfer.ts';

export const arrivalMachine = machine({
  awaited: ['arrived', 'unknown', 'called_off'],
  arrived: [],
  unknown: [],
  called_off: [],
});

/** What an account at a venue held of one asset, in the venue's own words. */
export interface VenueReading {
  readonly balance: string;
  /** When it was asked for: the balance is of this instant or later. */
  readonly at: Timestamp;
}

interface ArrivalCore {
  readonly id: ArrivalId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  readonly transferId: TransferId;
  readonly walletId: WalletId;
  readonly venue: string;
  /** The account at custody: `exchange id/account id`. */
  readonly venueAccount: string;
  readonly asset: AssetId;
  readonly symbol: string;
  readonly units: bigint;
  readonly nextReadAt: Timestamp;
  /** Before anything was handed over; null where the venue could not be read then. */
  readonly before: VenueReading | null;
  readonly createdAt: Timestamp;
}
interface Read {
  readonly latest: VenueReading | null;
}
interface Ended {
  readonly endedAt: Timestamp;
}
interface ArrivalFacts {
  awaited: Read & { readonly isMissed: boolean; readonly endedAt: null };
  arrived: Ended & { readonly latest: VenueReading };
  unknown: Ended & Read & { readonly reason: string };
  called_off: Ended & { readonly reason: string };
}

export type ArrivalStatus = keyof typeof arrivalMachine;
export type Arrival<S extends ArrivalStatus = ArrivalStatus> = InStatus<ArrivalCore, ArrivalFacts, S>;

const become = transitions<typeof arrivalMachine, ArrivalCore, ArrivalFacts>();

/** After the confirmation; a person is asked then. */
export const MISSED_AFTER_SECONDS = 6 * 3600;
/** After the confirmation; nobody looks any more then. */
export const READ_FOR_SECONDS = 24 * 3600;
const READ_AGAIN_SECONDS = 60;
const READ_AGAIN_SECONDS_MAX = 1800;

/** As many places as any coin has: no venue counts finer, and none of ours is rounded. */
const PLACES = 18;

/** Whole coins as text to the finest units; undefined for what is no amount. */
export function parseBalance(text: string): bigint | undefined {
  const found = /^(\d{1,60})(?:\.(\d{1,60}))?$/.exec(text);
  if (found === null) return undefined;
  return BigInt((found[1] ?? '') + (found[2] ?? '').slice(0, PLACES).padEnd(PLACES, '0'));
}

const inFinest = (units: bigint, decimals: number): bigint => units * 10n ** BigInt(PLACES - decimals);

/** Something else of ours that may have raised the balance. */
export interface Rival {
  readonly units: bigint;
  readonly decimals: number;
  /** When it had come, or was given up; null: it may come still. */
  readonly endedAt: Timestamp | null;
  /** What was read before it left; null where nothing was. */
  readonly before: VenueReading | null;
}

/** What the balance is compared with: a reading, and everything that may have come since, but for the arrival itself. */
interface Base {
  readonly before: VenueReading;
  readonly rivals: readonly Rival[];
}

const isOpenAt = ({ endedAt }: Rival, at: Timestamp): boolean => endedAt === null || endedAt >= at;

/**
 * The reading of its own, and those of the arrivals that it overlaps with, one leading to another: what came before its own
 * reading and was seen after it counts in one of them only.
 */
function basesOf(own: VenueReading, rivals: readonly Rival[]): readonly Base[] {
  let from = own.at;
  for (let earlier: Timestamp | undefined = from; earlier !== undefined; ) {
    from = earlier;
    const open = rivals.filter((rival) => isOpenAt(rival, from)).flatMap(({ before }) => before?.at ?? []);
    earlier = open.filter((at) => at < from).sort()[0];
  }
  const readings = [own, ...rivals.flatMap(({ before }) => (before !== null && before.at >= from ? [before] : []))];
  return readings.map((before) => ({ before, rivals: rivals.filter((rival) => isOpenAt(rival, before.at)) }));
}

/** Whether a transfer may have left by now, or may leave at any moment. */
export const mayHaveLeft = ({ status }: Pick<Transfer, 'status'>): boolean =>
  !(['prepared', 'canceled', 'rejected', 'failed'] as const).some((kept) => kept === status);

export interface Evidence {
  readonly transfer: Transfer;
  readonly decimals: number;
  /** Undefined: the venue could not be read. */
  readonly now: VenueReading | undefined;
  /** Undefined: too many to tell apart. */
  readonly rivals: readonly Rival[] | undefined;
}

/** The next step of an arrival by what is known now; undefined while its transfer is under way. */
export function judgeArrival(arrival: Arrival<'awaited'>, evidence: Evidence, at: Timestamp): Arrival | undefined {
  const { transfer, now } = evidence;
  if (transfer.status === 'failed' || transfer.status === 'rejected' || transfer.status === 'canceled') {
    return become(arrival, 'called_off', { reason: `The transfer is ${transfer.status}.`, endedAt: at });
  }
  if (transfer.status !== 'confirmed') return undefined;
  const latest = now ?? arrival.latest;
  const end = (reason: string) => become(arrival, 'unknown', { reason, latest, endedAt: at });
  if (arrival.before === null) return end('The venue could not be read before the transfer was handed over.');
  if (now !== undefined && hasRisen(arrival, arrival.before, now, evidence)) {
    return become(arrival, 'arrived', { latest: now, endedAt: at });
  }
  const seconds = secondsBetween(transfer.confirmedAt, at);
  if (seconds >= READ_FOR_SECONDS) return end('The balance at the venue did not rise by what was sent.');
  const wait = Math.min(READ_AGAIN_SECONDS_MAX, Math.max(READ_AGAIN_SECONDS, Math.ceil(seconds / 4)));
  return amend(arrival, { latest, isMissed: seconds >= MISSED_AFTER_SECONDS, nextReadAt: addSeconds(at, wait) });
}

/** By this and by everything else of ours that may have come since the same reading: then each of them is there. */
function hasRisen(
  arrival: Arrival<'awaited'>,
  own: VenueReading,
  now: VenueReading,
  { decimals, rivals }: Evidence,
): boolean {
  const since = parseBalance(now.balance);
  if (since === undefined || rivals === undefined) return false;
  return basesOf(own, rivals).some((base) => {
    const then = parseBalance(base.before.balance);
    const sum = [{ units: arrival.units, decimals }, ...base.rivals].reduce(
      (total, sent) => total + inFinest(sent.units, sent.decimals),
      0n,
    );
    return then !== undefined && since - then >= sum;
  });
}
