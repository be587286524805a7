/** Owns the way of a transfer or a transaction to the chain: built, paid for, sent, confirmed. */
import { newTxHash } from './addresses.ts';
import { balanceOf, feeOf, payFee, receive, send, walletAt } from './chain.ts';
import { effectsOf } from './effects.ts';
import type { Entities, Transfer } from './entities.ts';
import { openFeesOf, paySponsoredFee, releaseFee, setFeeAside, sponsorProblem } from './fee-sponsors.ts';
import { NATIVE } from './networks.ts';
import type { BroadcastTable } from './request-types.ts';
import { changed } from './requests.ts';
import { creditPlain } from './venues.ts';
import { requireWallet } from './wallets.ts';
import { iso, type World } from './world.ts';

type Request<T extends BroadcastTable> = Entities[T];

const jobOf = { transfers: 'transfer', transactions: 'transaction' } as const;

/** The first step is not taken at once: for a moment the request is still `Pending`. */
export function begin<T extends BroadcastTable>(world: World, table: T, request: Request<T>): Request<T> {
  world.store.schedule(world.now + world.settings.transferExecutingMilliseconds, `${jobOf[table]}.execute`, request.id);
  return request;
}

export function executeDue(table: BroadcastTable) {
  return (world: World, id: string): void => {
    const request = world.store.find(table, id);
    if (request?.status === 'Pending') execute(world, table, request);
  };
}

export function execute<T extends BroadcastTable>(world: World, table: T, request: Request<T>): void {
  const { transferBroadcastedMilliseconds, transferExecutingMilliseconds } = world.settings;
  changed(world, table, request, { status: 'Executing' });
  const wait = Math.max(0, transferBroadcastedMilliseconds - transferExecutingMilliseconds);
  world.store.schedule(world.now + wait, `${jobOf[table]}.broadcast`, request.id);
}

/** What its wallet cannot pay for fails before it reaches the chain, so it has no hash. */
export function broadcastDue(table: BroadcastTable) {
  return (world: World, id: string): void => {
    const request = world.store.find(table, id);
    if (request?.status !== 'Executing') return;
    const reason = shortageOf(world, request);
    if (reason) changed(world, table, request, { status: 'Failed', reason }, 'failed');
    else broadcast(world, table, request, newTxHash(request.network));
  };
}

export function broadcast<T extends BroadcastTable>(
  world: World,
  table: T,
  request: Request<T>,
  txHash: string,
): Request<T> {
  const { transferConfirmedMilliseconds, transferBroadcastedMilliseconds } = world.settings;
  const sent = { status: 'Broadcasted', txHash, dateBroadcasted: iso(world.now) } as const;
  const wait = Math.max(0, transferConfirmedMilliseconds - transferBroadcastedMilliseconds);
  world.store.schedule(world.now + wait, `${jobOf[table]}.confirm`, request.id);
  const sponsor = sponsorOf(request);
  if (sponsor) setFeeAside(world, sponsor.transfer, sponsor.id);
  return changed(world, table, request, sent, 'broadcasted');
}

/** What is on its way already is as good as spent, or two requests could share one coin. */
function shortageOf(world: World, request: Entities[BroadcastTable]): string | undefined {
  const { walletId } = request;
  const onTheWay = (['transfers', 'transactions'] as const)
    .flatMap((table) => world.store.select(table, `WHERE wallet_id = ? AND status = 'Broadcasted'`, walletId))
    .filter(({ replacementId }) => replacementId === undefined);
  const needs = new Map<string, bigint>();
  const add = (asset: string, units: bigint) => needs.set(asset, (needs.get(asset) ?? 0n) + units);
  for (const each of [...onTheWay, request]) {
    for (const { asset, units } of effectsOf(each)) add(asset, units);
    if (sponsorOf(each) === undefined) add(NATIVE, feeOfRequest(each));
  }
  add(NATIVE, openFeesOf(world, walletId));
  for (const [asset, units] of needs) {
    const held = balanceOf(world, walletId, asset);
    if (held < units) return `Insufficient funds: the wallet holds ${held} of ${units} units needed of ${asset}`;
  }
  const sponsor = sponsorOf(request);
  return sponsor && sponsorProblem(world, sponsor.transfer, sponsor.id);
}

/** Only transfers have sponsors here. */
function sponsorOf(request: Entities[BroadcastTable]): { transfer: Transfer; id: string } | undefined {
  if (!('metadata' in request) || request.feeSponsorId === undefined) return undefined;
  return { transfer: request, id: request.feeSponsorId };
}

/** Whatever is more than a plain payment costs as much as a token. */
function feeOfRequest(request: Entities[BroadcastTable]): bigint {
  const effects = effectsOf(request);
  const isPlain = 'metadata' in request || !hasData(request.requestBody);
  return feeOf(request.network, isPlain ? (effects[0]?.asset ?? NATIVE) : 'call');
}

const hasData = (body: object) =>
  'transaction' in body || ('data' in body && body.data !== undefined && body.data !== '0x');

export function confirmDue(table: BroadcastTable) {
  return (world: World, id: string): void => {
    const request = world.store.find(table, id);
    // What was replaced waits for its replacement, which has the same nonce and pays more.
    if (request?.status === 'Broadcasted' && request.replacementId === undefined) confirm(world, table, request);
  };
}

export function confirm<T extends BroadcastTable>(world: World, table: T, request: Request<T>): void {
  const { network, txHash = '' } = request;
  const wallet = requireWallet(world, request.walletId);
  const fee = feeOfRequest(request);
  const movements = effectsOf(request).map((effect) => ({ ...effect, network, from: wallet.address, txHash }));
  const sponsor = sponsorOf(request);
  pay(world, request);
  // A fee that somebody else paid is none of this wallet's history.
  const own = sponsor ? undefined : fee;
  for (const [index, movement] of movements.entries()) send(world, wallet, movement, index === 0 ? own : undefined);
  const confirmed = { status: 'Confirmed', fee: fee.toString(), dateConfirmed: iso(world.now) } as const;
  changed(world, table, request, confirmed, 'confirmed');
  failRivals(world, request);
  for (const movement of movements) {
    creditPlain(world, request.id, movement);
    const receiver = walletAt(world, network, movement.to);
    if (receiver) receive(world, receiver, movement);
  }
}

function pay(world: World, request: Entities[BroadcastTable]): void {
  const sponsor = sponsorOf(request);
  if (sponsor) paySponsoredFee(world, sponsor.transfer, sponsor.id);
  else payFee(world, requireWallet(world, request.walletId), feeOfRequest(request));
}

/** It is on the chain, where it did nothing but cost its fee; what was to take its place can no longer do so. */
export function revert<T extends BroadcastTable>(world: World, table: T, request: Request<T>, reason: string): void {
  pay(world, request);
  changed(world, table, request, { status: 'Failed', reason, fee: feeOfRequest(request).toString() }, 'failed');
  failRivals(world, request);
}

/** Of two transactions with one nonce only one is ever on the chain. */
function failRivals(world: World, request: Entities[BroadcastTable]): void {
  failReplaced(world, request);
  const rival = world.store.find('transactions', request.replacementId ?? '');
  if (rival?.status !== 'Broadcasted') return;
  changed(world, 'transactions', rival, { status: 'Failed', reason: `The nonce was used by ${request.id}` }, 'failed');
  failRivals(world, rival);
}

function failReplaced(world: World, { id, walletId }: Entities[BroadcastTable]): void {
  for (const table of ['transfers', 'transactions'] as const) {
    const waiting = world.store.select(table, `WHERE wallet_id = ? AND status = 'Broadcasted'`, walletId);
    for (const request of waiting.filter(({ replacementId }) => replacementId === id)) {
      changed(world, table, request, { status: 'Failed', reason: `Replaced by transaction ${id}` }, 'failed');
      releaseFee(world, request.id);
      failReplaced(world, request); // It may have been a replacement itself.
    }
  }
}
