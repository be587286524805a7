/** Owns connected exchanges: connecting one, reading it, and moving money between its accounts and our wallets. */
import * as z from 'zod';
import { newTxHash } from './addresses.ts';
import { authorize } from './auth.ts';
import { receive } from './chain.ts';
import { parse, Refused, readJson } from './errors.ts';
import type { Exchange, ExchangeOperation } from './exchange-types.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { assetInfo, assetOf } from './networks.ts';
import { AnyTransferBody, fitting } from './transfer-schemas.ts';
import { transferRoutes } from './transfers.ts';
import { ACCOUNTS, type Account, depositAddress, listVenueBalances, move, networksOf } from './venues.ts';
import { requireWallet } from './wallets.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

const text = z.string().min(1).max(1000);
const Configuration = z.strictObject({
  publicApiKey: text,
  privateApiKey: text,
  password: text.optional(),
  otp: text.optional(),
});
export const CreateExchange = z.strictObject({
  name: z.string().max(100).optional(),
  kind: z.enum(['Binance', 'Kraken', 'CoinbaseApp', 'CoinbasePrime']),
  readConfiguration: Configuration,
  writeConfiguration: Configuration,
});

/** A transfer body without `to`; what belongs to its kind is left to the rules of transfers. */
export const OperationBody = z.looseObject({
  kind: z.enum(['Native', 'Erc20', 'Trc10', 'Trc20', 'Asa', 'Sep41', 'Spl', 'Spl2022', 'Tep74']),
  walletId: z.string(),
  otp: z.string().optional(),
  to: z.undefined().optional(),
});

const ONE = '/exchanges/:exchangeId';
const ACCOUNT = `${ONE}/accounts/:accountId`;
const READ = 'Exchanges:Read';

export const exchangeRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/exchanges', operation: 'Exchanges:Create', serve: createExchange },
  { method: 'GET', path: '/exchanges', operation: READ, serve: listExchanges },
  { method: 'GET', path: ONE, operation: READ, serve: (world, call) => ok(requireExchange(world, call)) },
  { method: 'DELETE', path: ONE, operation: 'Exchanges:Delete', serve: deleteExchange },
  { method: 'GET', path: `${ONE}/accounts`, operation: READ, serve: listAccounts },
  { method: 'GET', path: `${ACCOUNT}/assets`, operation: READ, serve: listAssets },
  { method: 'GET', path: `${ACCOUNT}/assets/:asset/withdrawal-networks`, operation: READ, serve: listNetworks },
  { method: 'POST', path: `${ACCOUNT}/deposits`, operation: 'Exchanges:Deposits:Create', serve: createDeposit },
  {
    method: 'POST',
    path: `${ACCOUNT}/withdrawals`,
    operation: 'Exchanges:Withdrawals:Create',
    serve: createWithdrawal,
  },
];

function requireExchange(world: World, { params }: { params: ApiCall['params'] }): Exchange {
  const exchangeId = params.exchangeId ?? '';
  const exchange = world.store.find('exchanges', exchangeId);
  if (!exchange) throw new Refused(404, 'Exchange not found.', { exchangeId, orgId: world.organization.orgId });
  return exchange;
}

export function requireAccount(world: World, call: { params: ApiCall['params'] }): Account {
  const { id, kind } = requireExchange(world, call);
  const accounts: readonly string[] = ACCOUNTS[kind];
  const accountId = call.params.accountId ?? '';
  if (!accounts.includes(accountId))
    throw new Refused(404, 'Exchange account not found.', { exchangeId: id, accountId });
  return { exchangeId: id, accountId };
}

/** The API keys are read for their shape and then forgotten: there is no exchange to show them to. */
function createExchange(world: World, { caller, text: body }: ApiCall): Answer {
  const { name, kind } = parse(CreateExchange, readJson(body), 'body');
  if (caller.isServiceAccount && !world.settings.serviceAccountsCreateExchanges) {
    throw new Refused(403, 'Service accounts are not allowed to create exchanges.');
  }
  const exchange: Exchange = {
    id: newId('ex'),
    ...(name !== undefined && { name }),
    kind,
    dateCreated: iso(world.now),
  };
  world.store.insert('exchanges', exchange.id, exchange);
  return ok(exchange);
}

function listExchanges(world: World, call: ApiCall): Answer {
  return pageAnswer(world.store.page('exchanges', {}, pageRequest(call)), (exchange) => exchange);
}

function deleteExchange(world: World, call: ApiCall): Answer {
  world.store.remove('exchanges', requireExchange(world, call).id);
  return ok({ deleted: true });
}

/** Two at the most, so there is never another page. */
function listAccounts(world: World, call: ApiCall): Answer {
  const { id, kind, name } = requireExchange(world, call);
  pageRequest(call);
  const items = ACCOUNTS[kind].map((account) => ({
    id: account,
    name: account,
    exchangeId: id,
    exchangeName: name ?? kind,
  }));
  return ok({ items });
}

function listAssets(world: World, call: ApiCall): Answer {
  const account = requireAccount(world, call);
  pageRequest(call);
  return ok({ items: listVenueBalances(world, account) });
}

function listNetworks(world: World, call: ApiCall): Answer {
  requireAccount(world, call);
  return ok(networksOf(param(call, 'asset')));
}

function readOperation(call: ApiCall) {
  const body = parse(OperationBody, readJson(call.text), 'body');
  // A one-time password has done its work once it was sent, so it is not kept.
  const { walletId, otp: _otp, to: _to, ...asked } = body;
  return { walletId, asked };
}

/** An ordinary transfer to the address of the account at the exchange, so every policy looks at that address. */
function createDeposit(world: World, call: ApiCall): Answer {
  const account = requireAccount(world, call);
  authorize(call.caller, 'Wallets:Transfers:Create');
  const { walletId, asked } = readOperation(call);
  const { network } = requireWallet(world, walletId);
  const text = JSON.stringify({ ...asked, to: depositAddress(world, account, network) });
  const route = transferRoutes.find(({ method, path }) => method === 'POST' && path === '/wallets/:walletId/transfers');
  const answer = route?.serve(world, { ...call, params: { walletId }, text, isDeposit: true });
  const { id: transferId } = z.looseObject({ id: z.string() }).parse(answer?.body);
  // The external id binds the transfer; the operation around a repeated one is the first one.
  const [earlier] = world.store.select('exchange_operations', 'WHERE transfer_id = ?', transferId);
  if (earlier) return ok(earlier);
  return ok(
    record(world, call, account, { kind: 'Deposit', walletId, transferId, requestBody: { ...asked, walletId } }),
  );
}

type Facts = Pick<ExchangeOperation, 'kind' | 'walletId' | 'transferId' | 'exchangeReference' | 'requestBody'>;

function record(world: World, { caller }: ApiCall, account: Account, facts: Facts): ExchangeOperation {
  const operation: ExchangeOperation = {
    id: newId('exo'),
    ...account,
    ...facts,
    requester: requesterOf(caller),
    dateCreated: iso(world.now),
  };
  world.store.insert('exchange_operations', operation.id, operation, {
    exchange_id: account.exchangeId,
    account_id: account.accountId,
    transfer_id: facts.transferId ?? null,
    is_open: facts.kind === 'Deposit' ? 1 : 0,
  });
  return operation;
}

/** The exchange sends by itself: there is no transfer of ours and no policy, only money that arrives. */
function createWithdrawal(world: World, call: ApiCall): Answer {
  const account = requireAccount(world, call);
  const { walletId, asked } = readOperation(call);
  const wallet = requireWallet(world, walletId);
  const body = fitting(wallet.network, parse(AnyTransferBody, { ...asked, to: wallet.address }, 'body'));
  const { symbol, decimals } = assetInfo(wallet.network, assetOf(body));
  if (symbol === undefined || !('amount' in body))
    throw new Refused(400, 'Invalid body: not an asset of the exchange.');
  if (BigInt(body.amount) === 0n) throw new Refused(400, 'Invalid body: amount: must be more than 0');
  if (!move(world, account, symbol, -BigInt(body.amount), decimals)) {
    throw new Refused(world.settings.withdrawalAboveBalanceStatus, `The account holds too little ${symbol}.`, account);
  }
  const facts = { kind: 'Withdrawal', walletId, requestBody: { ...asked, walletId } } as const;
  const operation = record(world, call, account, { ...facts, exchangeReference: newId('exr') });
  world.store.schedule(world.now + world.settings.transferConfirmedMilliseconds, 'exchange.withdrawal', operation.id);
  return ok(operation);
}

/** The money of a withdrawal arrives. */
export function arrive(world: World, id: string): void {
  const operation = world.store.find('exchange_operations', id);
  const wallet = operation && world.store.find('wallets', operation.walletId);
  if (!wallet) return;
  const { walletId: _walletId, ...asked } = operation.requestBody;
  const body = fitting(wallet.network, AnyTransferBody.parse({ ...asked, to: wallet.address }));
  if (!('amount' in body)) return;
  receive(world, wallet, {
    ...{ network: wallet.network, asset: assetOf(body), units: BigInt(body.amount) },
    ...{ from: depositAddress(world, operation, wallet.network), to: wallet.address },
    txHash: newTxHash(wallet.network),
  });
}
