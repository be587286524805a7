// Reads what an order is judged by, and judges it: the same for one that runs and for one that is only looked at. It writes
// nothing.

import { assetIdOf, nativeOf } from '../domain/asset.ts';
import {
  type Check,
  checkOf,
  checkStanding,
  type Funds,
  findPlace,
  judgeFunds,
  judgeLimits,
  type OrderAsked,
  type OrderFacts,
  type Place,
  verdictOf,
} from '../domain/order-decision.ts';
import { accept, type Result } from '../domain/result.ts';
import type { Timestamp } from '../domain/time.ts';
import { databaseFor } from '../store/database.ts';
import { findOrderFacts } from '../store/order-facts.ts';
import { listTransfersInFlight } from '../store/transfers.ts';
import type { App } from './app.ts';

/** More than a wallet ever has: one leaves it at a time. */
const IN_FLIGHT_MAX = 200;

export const readOrderFacts = (app: App, order: OrderAsked, at: Timestamp): Promise<OrderFacts> =>
  findOrderFacts(databaseFor(app, order.accountId), order, { at, epoch: app.config.restoreEpoch });

/** What custody shows of the wallet, and what of ours is under way. */
async function readFunds(app: App, { asset, wallet }: Place): Promise<Funds> {
  const [balances, inFlight] = await Promise.all([
    app.custody.listBalances(wallet.custodyId),
    listTransfersInFlight(databaseFor(app, wallet.accountId), wallet.id, IN_FLIGHT_MAX),
  ]);
  const heldOf = (id: string): bigint =>
    balances.find(({ contract }) => assetIdOf(asset.network, contract) === id)?.units ?? 0n;
  const isSponsored = app.config.feeSponsors.has(asset.network);
  return { held: heldOf(asset.id), coinHeld: heldOf(nativeOf(asset.network)), isSponsored, inFlight };
}

export interface Judgement {
  readonly facts: OrderFacts;
  readonly checks: readonly Check[];
  /** Undefined where the account has no such wallet, or where an earlier no made it needless. */
  readonly place: Place | undefined;
  readonly funds: Funds | undefined;
  /** How much it would move; undefined where that cannot be said. */
  readonly units: bigint | undefined;
  readonly verdict: Result<Place & { readonly units: bigint }>;
}

/**
 * Judges an order as of now, custody's balances included.
 * @param isThorough goes on after the first no, to name all of them
 */
export async function judgeOrder(
  app: App,
  order: OrderAsked,
  at: Timestamp,
  { isThorough = false }: { isThorough?: boolean } = {},
): Promise<Judgement> {
  const facts = await readOrderFacts(app, order, at);
  const standing = checkStanding(facts, at);
  const stands = verdictOf(standing);
  const found = findPlace(facts);
  const known = { facts, place: found.ok ? found.value : undefined };
  const fixed = order.units ?? undefined;
  const early = { ...known, checks: standing, funds: undefined, units: fixed };
  if (!found.ok) return { ...early, verdict: stands.ok ? found : stands };
  if (!stands.ok && !isThorough) return { ...early, verdict: stands };
  const funds = await readFunds(app, found.value);
  const moved = judgeFunds(order, found.value.asset, funds);
  const units = moved.ok ? moved.value : fixed;
  const limits = units === undefined ? [] : [checkOf('limits', judgeLimits(facts, units))];
  const ofFunds = checkOf('funds', moved);
  // A share is known only by the balance; an amount that is fixed is refused by its limits whatever the balance.
  const checks = [...standing, ...(fixed === undefined ? [ofFunds, ...limits] : [...limits, ofFunds])];
  const said = verdictOf(checks);
  const verdict = !said.ok ? said : moved.ok ? accept({ ...found.value, units: moved.value }) : moved;
  return { ...known, checks, funds, units, verdict };
}
