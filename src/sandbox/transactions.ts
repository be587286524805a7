/** Owns the endpoints of transactions that a client built itself. Only EVM networks have them here. */
import { readableOf } from './effects.ts';
import type { Transaction } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { begin } from './lifecycle.ts';
import { familyOf } from './networks.ts';
import { abort, cancel, speedUp } from './replacements.ts';
import { findRepeat, fingerprintOf, repeated, requireRequest, submit } from './requests.ts';
import { judgeWallet } from './signing.ts';
import { readCall, TransactionBody } from './transaction-schemas.ts';
import { requireActiveWallet, requireWallet } from './wallets.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

const ALL = '/wallets/:walletId/transactions';
const ONE = `${ALL}/:requestId`;

// Dfns lists both for these.
const toReplace = { operation: 'Wallets:Transactions:Create', otherOperation: 'Wallets:Transactions:Read' };

export const transactionRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: ALL, operation: 'Wallets:Transactions:Create', serve: createTransaction },
  { method: 'GET', path: ALL, operation: 'Wallets:Transactions:Read', serve: listTransactions },
  { method: 'GET', path: ONE, operation: 'Wallets:Transactions:Read', serve: getTransaction },
  { method: 'PUT', path: `${ONE}/abort`, operation: 'Wallets:Transactions:Abort', serve: abort('transactions') },
  { method: 'POST', path: `${ONE}/cancel`, ...toReplace, serve: cancel('transactions') },
  { method: 'POST', path: `${ONE}/speed-up`, ...toReplace, serve: speedUp('transactions') },
];

const KINDS = ['Transaction', 'Evm', 'Eip1559'];

function createTransaction(world: World, call: ApiCall): Answer {
  const wallet = requireActiveWallet(world, param(call, 'walletId'));
  const body: TransactionBody = parse(TransactionBody, readJson(call.text), 'body');
  if (familyOf(wallet.network) !== 'Evm' || !KINDS.includes(body.kind)) {
    throw new Refused(400, `Invalid body: kind: ${body.kind} is not supported on ${wallet.network} by this sandbox`);
  }
  readCall(body);
  const fingerprint = fingerprintOf(world, wallet.id, body, call.text);
  const earlier = findRepeat(world, 'transactions', body.externalId, fingerprint);
  if (earlier) return repeated(world, earlier);

  const request: Transaction = {
    id: newId('tx'),
    walletId: wallet.id,
    network: wallet.network,
    requester: requesterOf(call.caller),
    requestBody: body,
    status: 'Pending',
    dateRequested: iso(world.now),
    ...(body.externalId !== undefined && { externalId: body.externalId }),
  };
  const judgement = judgeWallet(world, wallet, readableOf(world, request));
  const ask = { table: 'transactions', request, judgement, fingerprint, caller: call.caller } as const;
  return submit(world, ask, (accepted) => begin(world, 'transactions', accepted));
}

function getTransaction(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  return ok(requireRequest(world, 'transactions', wallet, param(call, 'requestId')));
}

function listTransactions(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const page = world.store.page('transactions', { wallet_id: wallet.id }, pageRequest(call));
  return pageAnswer(page, (transaction) => transaction, { walletId: wallet.id });
}
