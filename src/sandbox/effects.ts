/** Owns what a transfer or a transaction would do: the units that move, and what a policy can read of that. */
import { decodeFunctionData, erc20Abi } from 'viem';
import { normalizeAddress } from './addresses.ts';
import type { Signing } from './engine.ts';
import type { Transaction, Transfer } from './entities.ts';
import { assetOf, NATIVE, tidOf, usdValue } from './networks.ts';
import { type EvmCall, readCall, readSigned } from './transaction-schemas.ts';
import type { TransferBody } from './transfer-schemas.ts';
import type { World } from './world.ts';

export type Effect = { asset: string; units: bigint; to: string };
export type Readable = Pick<Signing, 'recipients' | 'usd' | 'moved'>;

/** What no policy can look into, such as a raw signature; every rule about money triggers on it. */
export const UNREADABLE: Readable = { recipients: undefined, usd: undefined, moved: undefined };

export function effectsOf(request: Transfer | Transaction): Effect[] {
  if ('metadata' in request) return [transferEffect(request.requestBody, request.network)];
  const { requestBody, network } = request;
  return callEffects('signedTx' in requestBody ? readSigned(requestBody.signedTx) : readCall(requestBody), network);
}

function transferEffect(body: TransferBody, network: string): Effect {
  const units = body.kind === 'Erc721' ? 1n : BigInt(body.amount);
  return { asset: assetOf(body), units, to: normalizeAddress(network, body.to) };
}

/** The value moves with any call; of the calls themselves only the transfer of an ERC-20 token is understood. */
function callEffects({ to, value, data }: EvmCall, network: string): Effect[] {
  if (to === undefined) return [];
  const native = value > 0n ? [{ asset: NATIVE, units: value, to: normalizeAddress(network, to) }] : [];
  const token = tokenTransfer(data);
  return token ? [...native, { ...token, asset: assetOf({ kind: 'Erc20', contract: to }) }] : native;
}

const TRANSFER_SELECTOR = '0xa9059cbb';

function tokenTransfer(data: string): { to: string; units: bigint } | undefined {
  if (!data.toLowerCase().startsWith(TRANSFER_SELECTOR)) return undefined;
  try {
    const { functionName, args } = decodeFunctionData({ abi: erc20Abi, data: data as `0x${string}` });
    return functionName === 'transfer' ? { to: args[0].toLowerCase(), units: args[1] } : undefined;
  } catch {
    return undefined; // The selector without its arguments: the chain would revert it.
  }
}

/** Dfns: of a zero-value transaction the recipient counts as unknown, and of call data everything does. */
export function readableOf(world: World, request: Transfer | Transaction): Readable {
  const { network } = request;
  if (!('metadata' in request)) {
    const { requestBody } = request;
    if ('signedTx' in requestBody || readCall(requestBody).data !== '0x') return UNREADABLE;
  }
  const [effect] = effectsOf(request);
  if (!effect) return UNREADABLE;
  const { asset, units, to } = effect;
  return {
    recipients: units === 0n ? undefined : [recipientOf(request) ?? to],
    usd: units === 0n ? undefined : usdValue(world.settings, network, asset, units.toString()),
    moved: [{ network, tid: tidOf(network, asset), units }],
  };
}

/** As the client wrote it, because a setting makes the case of an address matter. */
function recipientOf({ requestBody }: Transfer | Transaction): string | undefined {
  if ('signedTx' in requestBody) return undefined;
  return requestBody.kind === 'Transaction' ? readCall(requestBody).to : requestBody.to;
}
