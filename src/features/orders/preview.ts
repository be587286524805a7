// What would happen to an order if it ran now: judged by the very code that runs it, and by the live policies of custody.
// Nothing is written and nothing moves.

import type { App } from '../../app/app.ts';
import { type Judgement, judgeOrder } from '../../app/order-judgement.ts';
import { readShared } from '../../app/shared-policies.ts';
import { type Asset, assetIdOf, findAsset } from '../../domain/asset.ts';
import type { CustodyPolicy } from '../../domain/custody.ts';
import { type AtCustody, type Forecast, forecast, outcomeOf } from '../../domain/custody-forecast.ts';
import { notAfterOf } from '../../domain/order.ts';
import type { Place } from '../../domain/order-decision.ts';
import { accept, type Result } from '../../domain/result.ts';
import { addSeconds, secondsBetween, type Timestamp } from '../../domain/time.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import { listTransfersSince } from '../../store/transfers.ts';
import { type ReadWish, readWish, type Wish } from './wish.ts';

/** The longest window that custody counts. */
const WINDOW_MINUTES_MAX = 43_200;
/** More than the count of any template lets through; beyond it the windows are not known. */
const SENT_MAX = 1_000;
const SECONDS_PER_MINUTE = 60;

export interface Preview extends Judgement {
  readonly at: Timestamp;
  readonly wish: ReadWish;
  /** Undefined where the account has no such wallet or no amount can be said. */
  readonly custody: { readonly outcome: AtCustody; readonly policies: readonly Forecast[] } | undefined;
}

export async function previewOrder(app: App, at: Timestamp, scope: Scope, asked: Wish): Promise<Result<Preview>> {
  const wish = await readWish(app, scope, asked);
  if (!wish.ok) return wish;
  const order = { ...wish.value, notAfter: notAfterOf(at, at) };
  const judged = await judgeOrder(app, order, at, { isThorough: true });
  const { place, units } = judged;
  const custody =
    place === undefined || units === undefined ? undefined : await askPolicies(app, judged, place, units, at);
  return accept({ ...judged, at, wish: wish.value, custody });
}

async function askPolicies(
  app: App,
  { facts: { account } }: Judgement,
  { asset, wallet, destination }: Place,
  units: bigint,
  at: Timestamp,
): Promise<Preview['custody']> {
  if (account === undefined) return undefined;
  const since = addSeconds(at, -WINDOW_MINUTES_MAX * SECONDS_PER_MINUTE);
  const [list, shared, found, balances, sent] = await Promise.all([
    account.policyId === null ? undefined : app.custody.findPolicy(account.policyId),
    readShared(app, at, { template: account.limitsTemplate }),
    app.custody.findWallet(wallet.custodyId),
    app.custody.listBalances(wallet.custodyId),
    listTransfersSince(databaseFor(app, account.id), wallet.id, since, SENT_MAX + 1),
  ]);
  const priceOf = (id: string) => balances.find(({ contract }) => assetIdOf(asset.network, contract) === id)?.usd;
  const usdOf = (of: Asset | undefined, moved: bigint): number | undefined => {
    const price = of && priceOf(of.id);
    return of === undefined || price === undefined ? undefined : (Number(moved) / 10 ** of.decimals) * price;
  };
  const counted = sent.filter(({ status }) => !['prepared', 'canceled', 'rejected'].includes(status));
  const policies: readonly CustodyPolicy[] = [...(list === undefined ? [] : [list]), ...shared];
  const forecasts = forecast(policies, {
    to: destination.address,
    usd: usdOf(asset, units),
    walletTags: found?.tags ?? [],
    sent: counted.map((transfer) => ({
      minutesAgo: secondsBetween(transfer.createdAt, at) / SECONDS_PER_MINUTE,
      usd: usdOf(findAsset(transfer.asset), transfer.units),
    })),
  });
  const isKnown = found !== undefined && list !== undefined && sent.length <= SENT_MAX;
  return { outcome: isKnown ? outcomeOf(forecasts) : 'unknown', policies: forecasts };
}
