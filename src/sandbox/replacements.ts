/**
 * Owns what stops or hastens a request that is under way: abort before it is signed; on EVM networks cancel and speed-up,
 * which send another transaction with the same nonce.
 */
import { encodeFunctionData, erc20Abi, keccak256, serializeTransaction } from 'viem';
import type { Entities, Transaction, Wallet } from './entities.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, param } from './http.ts';
import { signBytes } from './key-material.ts';
import { broadcast } from './lifecycle.ts';
import { familyOf, networkOf } from './networks.ts';
import type { BroadcastTable, Replacement } from './request-types.ts';
import { changed, insertRequest, requireRequest } from './requests.ts';
import { type EvmCall, readCall, readSigned } from './transaction-schemas.ts';
import { requireWallet } from './wallets.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

type Serve = (world: World, call: ApiCall) => Answer;

/** Dfns: only what is being built can be aborted; it then counts as failed. */
export function abort(table: BroadcastTable): Serve {
  return (world, call) => {
    parse(Empty, readJson(call.text), 'body');
    const { request } = find(world, call, table);
    if (request.status !== 'Executing')
      throw new Refused(422, `Only an Executing one can be aborted: ${request.status}.`);
    return ok(changed(world, table, request, { status: 'Failed', reason: 'Aborted' }, 'failed'));
  };
}

export const cancel = (table: BroadcastTable): Serve => replace(table, 'CancelTransaction');
export const speedUp = (table: BroadcastTable): Serve => replace(table, 'SpeedUpTransaction');

/** The answer is the transaction that takes the place of the other one, which names it from now on. */
function replace(table: BroadcastTable, kind: Replacement['kind']): Serve {
  return (world, call) => {
    parse(Empty, readJson(call.text), 'body');
    const { wallet, request } = find(world, call, table);
    if (familyOf(wallet.network) !== 'Evm') throw new Refused(422, `Nothing can be replaced on ${wallet.network}.`);
    if (request.status !== 'Broadcasted')
      throw new Refused(422, `Only a Broadcasted one can be replaced: ${request.status}.`);
    if (request.replacementId !== undefined) throw new Refused(409, `Already replaced by ${request.replacementId}.`);
    const evmCall = kind === 'CancelTransaction' ? { to: wallet.address, value: 0n, data: '0x' } : callOf(request);
    const { signedTx, txHash } = signed(world, wallet, evmCall);
    const replacement: Transaction = {
      id: newId('tx'),
      walletId: wallet.id,
      network: wallet.network,
      requester: requesterOf(call.caller),
      requestBody: { kind, txHash: request.txHash ?? '', signedTx },
      status: 'Executing',
      dateRequested: iso(world.now),
    };
    insertRequest(world, 'transactions', replacement);
    changed(world, table, request, { replacementId: replacement.id });
    return ok(broadcast(world, 'transactions', replacement, txHash));
  };
}

function find<T extends BroadcastTable>(
  world: World,
  call: ApiCall,
  table: T,
): { wallet: Wallet; request: Entities[T] } {
  const wallet = requireWallet(world, param(call, 'walletId'));
  return { wallet, request: requireRequest(world, table, wallet, param(call, 'requestId')) };
}

function callOf(request: Entities[BroadcastTable]): EvmCall {
  const { requestBody: body } = request;
  if ('signedTx' in body) return readSigned(body.signedTx);
  if (!('metadata' in request)) return readCall(body);
  const transfer = request.requestBody;
  if ('amount' in transfer && BigInt(transfer.amount) >> 256n) throw new Refused(422, 'The amount is beyond 256 bits.');
  if (transfer.kind === 'Native') return { to: transfer.to, value: BigInt(transfer.amount), data: '0x' };
  if (transfer.kind !== 'Erc20') throw new Refused(422, `A ${transfer.kind} transfer cannot be sped up.`);
  const args = [transfer.to.toLowerCase() as `0x${string}`, BigInt(transfer.amount)] as const;
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args });
  return { to: transfer.contract, value: 0n, data };
}

const GAS = { gas: 100_000n, maxFeePerGas: 4_000_000_000n, maxPriorityFeePerGas: 2_000_000_000n };

/** A real transaction, signed by the key of the wallet; only its nonce means nothing, as there is no chain. */
function signed(world: World, wallet: Wallet, { to, value, data }: EvmCall) {
  const chainId = networkOf(wallet.network).chainId ?? 1;
  const call = { to: (to ?? null) as `0x${string}` | null, value, data: data as `0x${string}` };
  const unsigned = { type: 'eip1559', chainId, nonce: 0, ...call, ...GAS } as const;
  const { r, s, recid = 0 } = signBytes(world, wallet.signingKey, keccak256(serializeTransaction(unsigned), 'bytes'));
  const signedTx = serializeTransaction(unsigned, { r, s, yParity: recid });
  return { signedTx, txHash: keccak256(signedTx) };
}
