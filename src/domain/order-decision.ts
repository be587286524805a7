// Whether an order may go, and how much it moves. A preview, the preparation and the hand-over all ask here; what is judged
// of rows that others write is guarded once more in the batch that hands over.
import type { Account } from './account.ts';
import { type Asset, type AssetId, findAsset, nativeOf } from './asset.ts';
import type { Destination } from './destination.ts';
import { feeReserveOf } from './fee.ts';
import { type Fence, standsAt } from './fence.ts';
import type { Halt } from './halt.ts';
import { type LimitDay, reserve, reserveOfAccount } from './limit.ts';
import { allowOrder, holdsAt, type Mandate } from './mandate.ts';
import { block, type Order, skip } from './order.ts';
import { type HowMuch, unitsOf } from './order-amount.ts';
import type { Refusal } from './refusal.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';
import type { Transfer } from './transfer.ts';
import type { Wallet } from './wallet.ts';

/** What of an order is judged; one that is only previewed has no more. */
export type OrderAsked = Pick<Order, 'accountId' | 'mandateId' | 'destinationId' | 'asset' | 'amount' | 'units'> & {
  readonly notAfter: Timestamp;
};

/** Our records around an order, as they were read. */
export interface OrderFacts {
  readonly order: OrderAsked;
  /** Whether these records are the ones to judge by. */
  readonly database: Result<void>;
  readonly account: Account | undefined;
  readonly wallets: readonly Wallet[];
  readonly mandate: Mandate | undefined;
  readonly destination: Destination | undefined;
  readonly halt: Halt | undefined;
  readonly fence: Fence | undefined;
  /** Undefined where no mandate stands over it. */
  readonly mandateDay: LimitDay | undefined;
  readonly accountDay: LimitDay;
}

/** What of an order is looked at, in the order in which a no is given. */
export type CheckName =
  | 'database'
  | 'time'
  | 'account'
  | 'halt'
  | 'mandate'
  | 'network'
  | 'destination'
  | 'fence'
  | 'funds'
  | 'limits';

export interface Check {
  readonly name: CheckName;
  readonly refusal: Refusal | undefined;
}

export const checkOf = (name: CheckName, result: Result<unknown>): Check => ({
  name,
  refusal: result.ok ? undefined : result.refusal,
});

/** Everything but the amount. */
export const checkStanding = (facts: OrderFacts, at: Timestamp): readonly Check[] => [
  checkOf('database', facts.database),
  checkOf('time', judgeTime(facts, at)),
  checkOf('account', judgeAccount(facts)),
  checkOf('halt', judgeHalt(facts)),
  checkOf('mandate', judgeMandate(facts, at)),
  checkOf('network', findPlace(facts)),
  checkOf('destination', judgeDestination(facts, at)),
  checkOf('fence', judgeFence(facts, at)),
];

/** The first no. */
export const verdictOf = (checks: readonly Check[]): Result<void> => {
  const refusal = checks.find((check) => check.refusal !== undefined)?.refusal;
  return refusal === undefined ? accept(undefined) : refuse(refusal);
};

const judgeTime = ({ order: { notAfter } }: OrderFacts, at: Timestamp): Result<void> =>
  at > notAfter ? refuse({ code: 'order_too_late', notAfter }) : accept(undefined);

const judgeAccount = ({ account }: OrderFacts): Result<void> =>
  account?.status === 'active'
    ? accept(undefined)
    : refuse({ code: 'account_not_active', found: account?.status ?? 'none' });

const judgeHalt = ({ halt }: OrderFacts): Result<void> =>
  halt === undefined ? accept(undefined) : refuse({ code: 'halted', level: halt.level, reason: halt.reason });

function judgeMandate({ order, mandate }: OrderFacts, at: Timestamp): Result<unknown> {
  if (order.mandateId === null) return accept(undefined);
  return mandate === undefined ? refuse({ code: 'not_found' }) : holdsAt(mandate, at);
}

/** What moves, from where, to where. */
export interface Place {
  readonly asset: Asset;
  readonly wallet: Wallet<'active'>;
  readonly destination: Destination;
}

export function findPlace({ order, wallets, destination }: OrderFacts): Result<Place> {
  const asset = findAsset(order.asset);
  if (asset === undefined) return refuse({ code: 'asset_unknown', asset: order.asset });
  const wallet = wallets.find(({ network, status }) => network === asset.network && status === 'active');
  return wallet?.status !== 'active' || destination?.network !== asset.network
    ? refuse({ code: 'network_not_held', network: asset.network })
    : accept({ asset, wallet, destination });
}

function judgeDestination({ destination }: OrderFacts, at: Timestamp): Result<void> {
  if (destination?.status !== 'approved')
    return refuse({ code: 'destination_not_approved', found: destination?.status ?? 'none' });
  return at < destination.usableFrom
    ? refuse({ code: 'destination_not_approved', found: `cooling off until ${destination.usableFrom}` })
    : accept(undefined);
}

function judgeFence({ fence }: OrderFacts, at: Timestamp): Result<void> {
  const result = standsAt(fence, at);
  return result === 'intact' || result === 'degraded'
    ? accept(undefined)
    : refuse({ code: 'fence_not_proven', result, checkedAt: fence?.checkedAt ?? null });
}

export interface Reserved {
  readonly mandateDay: LimitDay | undefined;
  readonly accountDay: LimitDay;
}

/** The limits of mandate and account, with what they have let out today. */
export function judgeLimits(facts: OrderFacts, units: bigint): Result<Reserved> {
  const { order, account, mandate, mandateDay, accountDay } = facts;
  const ofMandate =
    mandate === undefined || mandateDay === undefined
      ? accept(undefined)
      : underMandate(mandate, mandateDay, { asset: order.asset, units });
  if (!ofMandate.ok) return ofMandate;
  const limit = account?.dailyLimits.find(({ asset }) => asset === order.asset);
  const ofAccount = reserveOfAccount(accountDay, units, limit);
  return ofAccount.ok ? accept({ mandateDay: ofMandate.value, accountDay: ofAccount.value }) : ofAccount;
}

function underMandate(
  mandate: Mandate,
  today: LimitDay,
  order: { asset: AssetId; units: bigint },
): Result<LimitDay | undefined> {
  const allowed = allowOrder(mandate, order);
  return allowed.ok ? reserve(today, order.units, allowed.value) : allowed;
}

/** What the wallet holds at custody, and what of it is ours under way. */
export interface Funds {
  readonly held: bigint;
  readonly coinHeld: bigint;
  /** Somebody else pays the network fee: the wallet needs no coin for it. */
  readonly isSponsored: boolean;
  readonly inFlight: readonly Pick<Transfer, 'id' | 'asset' | 'units'>[];
}

export interface Available {
  readonly inFlight: bigint;
  /** Of the asset itself: only the coin pays fees. */
  readonly feeReserve: bigint;
  readonly available: bigint;
}

/** Balance less what is under way less the fee of this transfer. */
export function availableOf(asset: Asset, { held, inFlight, isSponsored }: Funds): Available {
  const sent = sumOf(inFlight, asset.id);
  const feeReserve = asset.kind === 'native' && !isSponsored ? feeReserveOf(asset.network) : 0n;
  const left = held - sent - feeReserve;
  return { inFlight: sent, feeReserve, available: left > 0n ? left : 0n };
}

const sumOf = (transfers: Funds['inFlight'], asset: AssetId): bigint =>
  transfers.reduce((sum, transfer) => (transfer.asset === asset ? sum + transfer.units : sum), 0n);

/** How much it moves now, or why it cannot. */
export function judgeFunds(order: HowMuch, asset: Asset, funds: Funds): Result<bigint> {
  const { amount } = order;
  if (amount.kind !== 'fixed' && funds.inFlight.length > 0)
    return refuse({ code: 'wallet_busy', transferIds: funds.inFlight.map(({ id }) => id) });
  const coin = nativeOf(asset.network);
  const [coinLeft, needed] = [funds.coinHeld - sumOf(funds.inFlight, coin), feeReserveOf(asset.network)];
  if (asset.kind !== 'native' && !funds.isSponsored && coinLeft < needed)
    return refuse({ code: 'no_fee_coin', asset: coin, held: coinLeft.toString(), needed: needed.toString() });
  const { available, inFlight, feeReserve } = availableOf(asset, funds);
  const units = amount.kind === 'fixed' ? (order.units ?? 0n) : unitsOf(amount, available);
  const numbers = {
    asset: asset.id,
    held: funds.held.toString(),
    inFlight: inFlight.toString(),
    feeReserve: feeReserve.toString(),
  };
  if (units === 0n)
    return refuse({
      code: 'nothing_available',
      ...numbers,
      floor: (amount.kind === 'above' ? amount.floor : 0n).toString(),
    });
  if (units > available)
    return refuse({
      code: 'balance_too_low',
      ...numbers,
      available: available.toString(),
      requested: units.toString(),
    });
  return accept(units);
}

/**
 * How an order ends by a no. One that is late is skipped, and so is a sweep that recurs where nothing lies above its floor:
 * it has done its work, and nobody has to look. An empty wallet ends every other order as a rule does.
 */
export function endBy(order: Order<'released'>, { code }: Refusal, reason: string): Order<'skipped' | 'blocked'> {
  const isIdle = code === 'nothing_available' && order.kind === 'sweep' && order.scheduleId !== null;
  return isIdle || code === 'order_too_late' ? skip(order, reason, code) : block(order, code, reason);
}

/** Not a no: it may be otherwise in a while, and until `notAfter` the order waits for that. */
export const isWait = (refusal: Refusal): boolean =>
  refusal.code === 'wallet_busy' ||
  refusal.code === 'payout_held' ||
  refusal.code === 'payout_cap_reached' ||
  refusal.code === 'epoch_differs' ||
  refusal.code === 'restore_under_way' ||
  (refusal.code === 'fence_not_proven' && refusal.result === 'unknown');
