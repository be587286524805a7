/**
 * Owns transfers: asking for one, what the policies make of it, and its life from request to confirmation. External ids
 * bind for ever within the organisation.
 */
import { emitTriggered, judgeActivity, requestApproval } from './approvals.ts';
import { balanceOf, feeOf, metadataOf, newTxHash, receive, send, walletAt } from './chain.ts';
import type { Signing } from './engine.ts';
import type { Approval, Transfer, Wallet } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { emit } from './events.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { assetOf, NATIVE, usdValue } from './networks.ts';
import { TransferBody } from './transfer-schemas.ts';
import { requireWallet } from './wallets.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

const MINUTE = 60_000;

export const transferRoutes: readonly Route<ApiCall>[] = [
  {
    method: 'POST',
    path: '/wallets/:walletId/transfers',
    operation: 'Wallets:Transfers:Create',
    serve: createTransfer,
  },
  { method: 'GET', path: '/wallets/:walletId/transfers', operation: 'Wallets:Transfers:Read', serve: listTransfers },
  {
    method: 'GET',
    path: '/wallets/:walletId/transfers/:transferId',
    operation: 'Wallets:Transfers:Read',
    serve: getTransfer,
  },
];

function createTransfer(world: World, { caller, params, text }: ApiCall): Answer {
  const wallet = requireWallet(world, params.walletId ?? '');
  const body = parse(TransferBody, readJson(text), 'body');
  const fingerprint = fingerprintOf(world, wallet, body, text);
  const earlier = findByExternalId(world, body.externalId);
  if (earlier) return answerRepeat(earlier, fingerprint);
  if (body.feeSponsorId !== undefined) throw new Refused(404, 'Fee sponsor not found.');

  const transfer: Transfer = {
    id: newId('xfr'),
    walletId: wallet.id,
    network: wallet.network,
    requester: requesterOf(caller),
    requestBody: body,
    metadata: { asset: metadataOf(world, wallet.network, assetOf(body)) },
    status: 'Pending',
    dateRequested: iso(world.now),
    ...(body.externalId !== undefined && { externalId: body.externalId }),
  };
  const judgement = judgeActivity(world, signingOf(world, wallet, transfer));
  const subject = { kind: 'Wallets:Sign', transferId: transfer.id } as const;
  const [blocker] = judgement.triggered.filter(({ policy }) => policy.action.kind === 'Block');
  if (blocker && world.settings.blockedTransfer === 'refuse') throw new Refused(403, blockReason(blocker));

  insertTransfer(world, transfer, fingerprint);
  emit(world, 'wallet.transfer.requested', { transferRequest: transfer });
  emitTriggered(world, judgement, subject);
  if (blocker) return ok(changed(world, transfer, { status: 'Rejected', reason: blockReason(blocker) }, 'rejected'));
  if (judgement.verdict === 'needs_approval') {
    const waiting = changed(world, transfer, { approvalId: newId('ap') });
    requestApproval(world, waiting.approvalId ?? '', caller.userId, subject, judgement);
    return { status: world.settings.pendingTransferStatus, body: waiting };
  }
  world.store.schedule(world.now + world.settings.transferExecutingMilliseconds, 'transfer.execute', transfer.id);
  return ok(transfer);
}

function blockReason({ policy, evaluation }: ReturnType<typeof judgeActivity>['triggered'][number]): string {
  return `Blocked by policy ${policy.id} (${policy.rule.kind}): ${evaluation.reason}`;
}

function findByExternalId({ store }: World, externalId: string | undefined) {
  if (externalId === undefined) return undefined;
  const query = 'SELECT body, fingerprint FROM transfers WHERE external_id = ?';
  const row = store.sql.exec<{ body: string; fingerprint: string }>(query, externalId).toArray()[0];
  const [transfer] = row ? store.select('transfers', 'WHERE external_id = ?', externalId) : [];
  return row && transfer ? { transfer, fingerprint: row.fingerprint } : undefined;
}

/** Dfns: the same body at the same wallet gets the first transfer as it is now, anything else a conflict. */
function answerRepeat({ transfer, fingerprint }: { transfer: Transfer; fingerprint: string }, asked: string): Answer {
  if (fingerprint === asked) return ok(transfer);
  const duplicate = { id: transfer.id, externalId: transfer.externalId };
  throw new Refused(409, 'Conflicting transfer with same externalId', { duplicate });
}

function fingerprintOf({ settings }: World, wallet: Wallet, body: TransferBody, text: string): string {
  return `${wallet.id} ${settings.externalIdComparison === 'text' ? text : JSON.stringify(sorted(body))}`;
}

/** Objects with their keys in order, so that equal values make equal text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function signingOf(world: World, wallet: Wallet, { requestBody }: Transfer): Signing {
  return {
    kind: 'Wallets:Sign',
    walletId: wallet.id,
    walletTags: wallet.tags,
    isEvm: true,
    // Dfns: of a zero-value transaction the recipient counts as unknown.
    recipients: BigInt(requestBody.amount) === 0n ? undefined : [requestBody.to],
    usd: usdOf(world, wallet.network, requestBody),
    earlier: (minutes) =>
      world.store
        .select(
          'transfers',
          `WHERE wallet_id = ? AND requested_at > ? AND status <> 'Rejected'`,
          ...[wallet.id, world.now - minutes * MINUTE],
        )
        .map((transfer) => ({ usd: usdOf(world, transfer.network, transfer.requestBody) })),
  };
}

function usdOf(world: World, network: string, body: TransferBody): number | undefined {
  return BigInt(body.amount) === 0n ? undefined : usdValue(world.settings, network, assetOf(body), body.amount);
}

function insertTransfer(world: World, transfer: Transfer, fingerprint: string): void {
  world.store.insert('transfers', transfer.id, transfer, {
    wallet_id: transfer.walletId,
    status: transfer.status,
    requested_at: world.now,
    external_id: transfer.externalId ?? null,
    fingerprint: transfer.externalId === undefined ? null : fingerprint,
  });
}

/** Every change of a transfer after its request goes through here, together with its webhook. */
function changed(world: World, transfer: Transfer, change: Partial<Transfer>, event?: string): Transfer {
  const after = { ...transfer, ...change };
  world.store.save('transfers', after.id, after, { status: after.status });
  if (event) emit(world, `wallet.transfer.${event}`, { transferRequest: after });
  return after;
}

/** The approval this transfer waited for was resolved. */
export function settleTransfer(world: World, id: string, { status }: Approval): void {
  const transfer = world.store.find('transfers', id);
  if (transfer?.status !== 'Pending') return;
  const datePolicyResolved = iso(world.now);
  if (status === 'Approved') {
    execute(world, changed(world, transfer, { datePolicyResolved }));
  } else {
    const reason = status === 'Denied' ? 'Denied by an approver' : 'The approval expired';
    changed(world, transfer, { datePolicyResolved, status: 'Rejected', reason }, 'rejected');
  }
}

export function executeTransfer(world: World, id: string): void {
  const transfer = world.store.find('transfers', id);
  if (transfer?.status === 'Pending') execute(world, transfer);
}

function execute(world: World, transfer: Transfer): void {
  const { transferBroadcastedMilliseconds, transferExecutingMilliseconds } = world.settings;
  changed(world, transfer, { status: 'Executing' });
  const wait = Math.max(0, transferBroadcastedMilliseconds - transferExecutingMilliseconds);
  world.store.schedule(world.now + wait, 'transfer.broadcast', transfer.id);
}

/** A transfer that its wallet cannot pay for fails before it reaches the chain, so it has no hash. */
export function broadcastTransfer(world: World, id: string): void {
  const transfer = world.store.find('transfers', id);
  if (transfer?.status !== 'Executing') return;
  const shortage = shortageOf(world, transfer);
  if (shortage) {
    changed(world, transfer, { status: 'Failed', reason: shortage }, 'failed');
    return;
  }
  const { transferConfirmedMilliseconds, transferBroadcastedMilliseconds } = world.settings;
  const sent = { status: 'Broadcasted', txHash: newTxHash(), dateBroadcasted: iso(world.now) } as const;
  changed(world, transfer, sent, 'broadcasted');
  const wait = Math.max(0, transferConfirmedMilliseconds - transferBroadcastedMilliseconds);
  world.store.schedule(world.now + wait, 'transfer.confirm', id);
}

/** What is on its way already is as good as spent, or two transfers could share one coin. */
function shortageOf(world: World, transfer: Transfer): string | undefined {
  const onTheWay = world.store.select('transfers', `WHERE wallet_id = ? AND status = 'Broadcasted'`, transfer.walletId);
  const needs = new Map<string, bigint>();
  const add = (asset: string, units: bigint) => needs.set(asset, (needs.get(asset) ?? 0n) + units);
  for (const { requestBody } of [...onTheWay, transfer]) {
    add(assetOf(requestBody), BigInt(requestBody.amount));
    add(NATIVE, feeOf(assetOf(requestBody)));
  }
  for (const [asset, units] of needs) {
    const held = balanceOf(world, transfer.walletId, asset);
    if (held < units) return `Insufficient funds: the wallet holds ${held} of ${units} units needed of ${asset}`;
  }
  return undefined;
}

export function confirmTransfer(world: World, id: string): void {
  const transfer = world.store.find('transfers', id);
  if (transfer?.status !== 'Broadcasted') return;
  const { network, requestBody, txHash = '' } = transfer;
  const wallet = requireWallet(world, transfer.walletId);
  const asset = assetOf(requestBody);
  const fee = feeOf(asset);
  const units = BigInt(requestBody.amount);
  const movement = { network, asset, units, from: wallet.address, to: requestBody.to.toLowerCase(), txHash };
  send(world, wallet, movement, fee);
  changed(world, transfer, { status: 'Confirmed', fee: fee.toString(), dateConfirmed: iso(world.now) }, 'confirmed');
  const receiver = walletAt(world, network, requestBody.to);
  if (receiver) receive(world, receiver, movement);
}

function getTransfer(world: World, call: ApiCall): Answer {
  const { walletId = '', transferId = '' } = call.params;
  const wallet = requireWallet(world, walletId);
  const transfer = world.store.find('transfers', transferId);
  if (transfer?.walletId !== wallet.id) throw new Refused(404, 'Transfer not found.', { walletId, transferId });
  return ok(transfer);
}

function listTransfers(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const page = world.store.page('transfers', { wallet_id: wallet.id }, pageRequest(call));
  return pageAnswer(page, (transfer) => transfer, { walletId: wallet.id });
}
