/**
 * Owns the reading of contracts. The sandbox runs none; it answers what it knows of the ERC-20 tokens that its wallets
 * hold or its networks name, and refuses every other question.
 */
import * as z from 'zod';
import { walletAt } from './chain.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, param, type Route } from './http.ts';
import { assetInfo, assetOf, familyOf, networkOf, networks } from './networks.ts';
import { EvmAddress } from './transfer-schemas.ts';
import type { World } from './world.ts';

const Parameters = z.array(z.looseObject({ name: z.string(), type: z.string() })).max(20);
export const CallBody = z.strictObject({
  contract: EvmAddress,
  abi: z.strictObject({
    type: z.literal('function'),
    name: z.string(),
    stateMutability: z.enum(['view', 'pure']),
    inputs: Parameters,
    outputs: Parameters,
  }),
  /** By name or by place: Dfns leaves it open. */
  calldata: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).optional(),
});
type CallBody = z.infer<typeof CallBody>;

export const callFunctionRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/networks/:network/call-function', withoutUserAction: true, serve: callFunction },
];

/** Dfns wants the name in kebab case here, and spells it otherwise everywhere else; both are understood. */
function requireNetwork(name: string): string {
  const plain = name.replaceAll('-', '').toLowerCase();
  const found = Object.keys(networks).find((known) => known.toLowerCase() === plain);
  if (found === undefined) throw new Refused(404, 'Network not found.', { network: name });
  return found;
}

function callFunction(world: World, call: ApiCall): Answer {
  const network = requireNetwork(param(call, 'network'));
  if (familyOf(network) !== 'Evm') throw new Refused(400, `There are no contracts to call on ${network}.`);
  const { contract, abi, calldata } = parse(CallBody, readJson(call.text), 'body');
  const asset = assetOf({ kind: 'Erc20', contract });
  const holdings = holdingsOf(world, network, asset);
  if (holdings.length === 0 && !Object.hasOwn(networkOf(network).tokens, asset)) {
    throw new Refused(400, 'This sandbox knows of no token at this address and runs no contracts.', {
      network,
      contract,
    });
  }
  const signature = `${abi.name}(${abi.inputs.map(({ type }) => type).join(',')})`;
  const value = answerOf(signature, () => addressesIn(abi.inputs, calldata), { world, network, asset, holdings });
  if (value === undefined) {
    throw new Refused(400, `This sandbox runs no contracts: it cannot answer ${signature}.`, { network, contract });
  }
  return ok(value);
}

type Token = { world: World; network: string; asset: string; holdings: readonly Holding[] };
type Holding = { wallet_id: string; units: string };

/** Numbers are texts, as JSON has none of 256 bits. */
function answerOf(signature: string, addresses: () => string[], token: Token): string | undefined {
  const { world, network, asset, holdings } = token;
  const { symbol, decimals } = assetInfo(network, asset);
  switch (signature) {
    case 'decimals()':
      return String(decimals);
    case 'symbol()':
      return symbol;
    case 'totalSupply()':
      return holdings.reduce((sum, { units }) => sum + BigInt(units), 0n).toString();
    case 'balanceOf(address)': {
      const [owner = ''] = addresses();
      const walletId = walletAt(world, network, owner)?.id;
      return holdings.find((holding) => holding.wallet_id === walletId)?.units ?? '0';
    }
    case 'allowance(address,address)':
      addresses();
      return '0'; // Nothing here carries out an approval, so nobody has been allowed anything.
    default:
      return undefined;
  }
}

function addressesIn(inputs: CallBody['abi']['inputs'], calldata: CallBody['calldata'] = {}): string[] {
  return inputs.map(({ name }, place) => {
    const value = Array.isArray(calldata) ? calldata[place] : calldata[name];
    return parse(EvmAddress, value, `body: calldata: ${name || place}`);
  });
}

function holdingsOf({ store }: World, network: string, asset: string): Holding[] {
  const query = `SELECT wallet_id, units FROM balances CROSS JOIN wallets ON wallets.id = wallet_id
    WHERE asset = ? AND network = ?`;
  return store.sql.exec<Holding>(query, asset, network).toArray();
}
