/** Owns the endpoints of transfers. Their way to the chain is in lifecycle.ts. */
import { metadataOf } from './chain.ts';
import { readableOf } from './effects.ts';
import type { Transfer } from './entities.ts';
import { parse, readJson } from './errors.ts';
import { checkSponsor } from './fee-sponsors.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { begin } from './lifecycle.ts';
import { assetOf } from './networks.ts';
import { abort, cancel, speedUp } from './replacements.ts';
import { findRepeat, fingerprintOf, repeated, requireRequest, submit } from './requests.ts';
import { judgeWallet } from './signing.ts';
import { AnyTransferBody, fitting } from './transfer-schemas.ts';
import { requireActiveWallet, requireWallet } from './wallets.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

const ALL = '/wallets/:walletId/transfers';
const ONE = `${ALL}/:requestId`;

// Dfns: whoever may read transfers can cancel one or speed it up, and so can whoever may send transactions.
const toReplace = { operation: 'Wallets:Transfers:Read', otherOperation: 'Wallets:Transactions:Create' };

export const transferRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: ALL, operation: 'Wallets:Transfers:Create', serve: createTransfer },
  { method: 'GET', path: ALL, operation: 'Wallets:Transfers:Read', serve: listTransfers },
  { method: 'GET', path: ONE, operation: 'Wallets:Transfers:Read', serve: getTransfer },
  { method: 'PUT', path: `${ONE}/abort`, operation: 'Wallets:Transfers:Abort', serve: abort('transfers') },
  { method: 'POST', path: `${ONE}/cancel`, ...toReplace, serve: cancel('transfers') },
  { method: 'POST', path: `${ONE}/speed-up`, ...toReplace, serve: speedUp('transfers') },
];

function createTransfer(world: World, call: ApiCall): Answer {
  const wallet = requireActiveWallet(world, param(call, 'walletId'));
  const body = fitting(wallet.network, parse(AnyTransferBody, readJson(call.text), 'body'));
  const fingerprint = fingerprintOf(world, wallet.id, body, call.text);
  const earlier = findRepeat(world, 'transfers', body.externalId, fingerprint);
  if (earlier) return repeated(world, earlier);
  checkSponsor(world, call.caller, wallet, body.feeSponsorId);

  const request: Transfer = {
    id: newId('xfr'),
    walletId: wallet.id,
    network: wallet.network,
    requester: requesterOf(call.caller),
    requestBody: body,
    metadata: { asset: metadataOf(world, wallet.network, assetOf(body)) },
    status: 'Pending',
    dateRequested: iso(world.now),
    ...(body.externalId !== undefined && { externalId: body.externalId }),
    ...(body.feeSponsorId !== undefined && { feeSponsorId: body.feeSponsorId }),
  };
  const isHidden = call.isDeposit && world.settings.exchangeDepositRecipient === 'unknown';
  const readable = { ...readableOf(world, request), ...(isHidden && { recipients: undefined }) };
  const judgement = judgeWallet(world, wallet, readable);
  const ask = { table: 'transfers', request, judgement, fingerprint, caller: call.caller } as const;
  return submit(world, ask, (accepted) => begin(world, 'transfers', accepted));
}

function getTransfer(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  return ok(requireRequest(world, 'transfers', wallet, param(call, 'requestId')));
}

function listTransfers(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const page = world.store.page('transfers', { wallet_id: wallet.id }, pageRequest(call));
  return pageAnswer(page, (transfer) => transfer, { walletId: wallet.id });
}
