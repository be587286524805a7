// What the live policies of custody would do with an order: all that bear on its wallet, whoever made them.

import type { App } from '../../app/app.ts';
import type { Judgement } from '../../app/order-judgement.ts';
import { readShared } from '../../app/shared-policies.ts';
import { type Asset, assetIdOf, findAsset } from '../../domain/asset.ts';
import type { CustodyPolicy } from '../../domain/custody.ts';
import { type AtCustody, type Forecast, forecast, outcomeOf } from '../../domain/custody-forecast.ts';
import type { Place } from '../../domain/order-decision.ts';
import { addSeconds, secondsBetween, type Timestamp } from '../../domain/time.ts';
import { databaseFor } from '../../store/database.ts';
import { listTransfersSince } from '../../store/transfers.ts';

/** The longest window that custody counts. */
const WINDOW_MINUTES_MAX = 43_200;
/** More than the count of any template lets through; beyond it the windows are not known. */
const SENT_MAX = 1_000;
/** Each is a call, and every account has a policy of its own: nobody waits for the lists of thousands of accounts. */
const POLICY_PAGES_MAX = 10;
const SECONDS_PER_MINUTE = 60;

export interface CustodyPreview {
  readonly outcome: AtCustody;
  /** Those that bear on the wallet. */
  readonly policies: readonly Forecast[];
  /** How many were read to find them. */
  readonly policiesRead: number;
  /** What could not be known besides; in words. */
  readonly gaps: readonly string[];
}

/** Undefined where there is no account. */
export async function previewCustody(
  app: App,
  { facts: { account } }: Judgement,
  { asset, wallet, destination }: Place,
  units: bigint,
  at: Timestamp,
): Promise<CustodyPreview | undefined> {
  if (account === undefined) return undefined;
  const since = addSeconds(at, -WINDOW_MINUTES_MAX * SECONDS_PER_MINUTE);
  const [read, found, balances, sent] = await Promise.all([
    readPolicies(app, account, at),
    app.custody.findWallet(wallet.custodyId),
    app.custody.listBalances(wallet.custodyId),
    listTransfersSince(databaseFor(app, account.id), wallet.id, since, SENT_MAX + 1),
  ]);
  const priceOf = (id: string) => balances.find(({ contract }) => assetIdOf(asset.network, contract) === id)?.usd;
  const usdOf = (of: Asset | undefined, moved: bigint): number | undefined => {
    const price = of && priceOf(of.id);
    return of === undefined || price === undefined ? undefined : (Number(moved) / 10 ** of.decimals) * price;
  };
  // What custody refused, or never heard of, is not counted there.
  const counted = sent.filter(
    ({ status, custodyId }) =>
      !['prepared', 'canceled', 'rejected'].includes(status) && !(status === 'failed' && custodyId === null),
  );
  const policies = forecast(read.policies, {
    walletId: wallet.custodyId,
    to: destination.address,
    usd: usdOf(asset, units),
    walletTags: found?.tags ?? [],
    sent: counted.map((transfer) => ({
      minutesAgo: secondsBetween(transfer.createdAt, at) / SECONDS_PER_MINUTE,
      usd: usdOf(findAsset(transfer.asset), transfer.units),
    })),
  });
  const gaps = [
    ...read.gaps,
    ...(found === undefined ? ['Custody does not show the wallet, so its tags are not known.'] : []),
    ...(sent.length > SENT_MAX ? ['The wallet has sent too much within 30 days to count it here.'] : []),
  ];
  return { outcome: outcomeOf(policies, gaps), policies, policiesRead: read.policies.length, gaps };
}

type Account = NonNullable<Judgement['facts']['account']>;

/** A list may lag behind: the account's own approved list is read by its id, and what was read so counts. */
async function readPolicies(
  app: App,
  { policyId, limitsTemplate }: Account,
  at: Timestamp,
): Promise<{ readonly policies: readonly CustodyPolicy[]; readonly gaps: readonly string[] }> {
  const [list, { listed, isWhole }] = await Promise.all([
    policyId === null ? undefined : app.custody.findPolicy(policyId),
    listPolicies(app),
  ]);
  // The limits may stand on the pages that were not read: they are known by their ids.
  const shared = isWhole ? [] : await readShared(app, at, { template: limitsTemplate });
  const byId = new Map([...listed, ...shared, ...(list === undefined ? [] : [list])].map((one) => [one.id, one]));
  const gaps = [
    ...(list === undefined ? ['Custody does not show the approved list of the account.'] : []),
    ...(isWhole ? [] : [`Custody has more policies than the ${listed.length} that are read for a preview.`]),
  ];
  return { policies: [...byId.values()], gaps };
}

async function listPolicies(app: App): Promise<{ readonly listed: CustodyPolicy[]; readonly isWhole: boolean }> {
  const listed: CustodyPolicy[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < POLICY_PAGES_MAX; pages += 1) {
    const { items, next } = await app.custody.pageOfPolicies(after);
    listed.push(...items);
    if (next === undefined) return { listed, isWhole: true };
    after = next;
  }
  return { listed, isWhole: false };
}
