/** Owns deposits from outside the organisation: a developer says that money arrives, and it has arrived. */
import * as z from 'zod';
import { isAddress, newTxHash, normalizeAddress } from './addresses.ts';
import { receive } from './chain.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type Call, ok, param } from './http.ts';
import { assetOf, type Family, familyOf } from './networks.ts';
import { EvmAddress, Units } from './transfer-schemas.ts';
import { CreateWallet, makeWallet, requireWallet } from './wallets.ts';
import type { World } from './world.ts';

const positive = Units.refine((units) => !/^0+$/.test(units), 'must be more than 0');
/** More would hold the sandbox up for seconds, and it does one thing at a time. */
const BULK_MAX = 1000;
const times = z.int().min(1).max(BULK_MAX);
const deposit = { amount: positive, from: z.string().optional(), times: times.default(1) };
const FundBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('Native'), ...deposit }),
  z.strictObject({ kind: z.literal('Erc20'), contract: EvmAddress, ...deposit }),
  z.strictObject({ kind: z.literal('Spl'), mint: z.string(), ...deposit }),
  z.strictObject({ kind: z.literal('Spl2022'), mint: z.string(), ...deposit }),
]);

const TOKENS: Readonly<Record<Family, readonly string[]>> = { Evm: ['Erc20'], Bitcoin: [], Solana: ['Spl', 'Spl2022'] };

/** Stands for an outside wallet, where the sender of a deposit does not matter. */
const STRANGER: Readonly<Record<Family, string>> = {
  Evm: '0x00000000000000000000000000000000005ab0c5',
  Bitcoin: 'outside',
  Solana: '11111111111111111111111111111111',
};

export function fund(world: World, call: Call): Answer {
  const { network, ...wallet } = requireWallet(world, param(call, 'walletId'));
  const body = parse(FundBody, readJson(call.text), 'body');
  const family = familyOf(network);
  if (body.kind !== 'Native' && !TOKENS[family].includes(body.kind)) {
    throw new Refused(400, `Invalid body: kind: there are no ${body.kind} tokens on ${network}`);
  }
  const given = [['from', body.from] as const, ['mint', 'mint' in body ? body.mint : undefined] as const];
  for (const [field, address] of given) {
    if (address !== undefined && !isAddress(network, address)) {
      throw new Refused(400, `Invalid body: ${field}: not an address of ${network}`);
    }
  }
  const from = normalizeAddress(network, body.from ?? STRANGER[family]);
  const movement = { network, asset: assetOf(body), units: BigInt(body.amount), from, to: wallet.address };
  const arrive = () => receive(world, { ...wallet, network }, { ...movement, txHash: newTxHash(network) });
  for (let rest = body.times; rest > 1; rest -= 1) arrive();
  return ok(arrive());
}

const BulkBody = z.strictObject({ ...CreateWallet.omit({ signingKey: true }).shape, times });

/** Many wallets at once, each made as the API makes one, for whoever wants to see a client in a large organisation. */
export function createWallets(world: World, { text }: Call): Answer {
  const { times, ...wish } = parse(BulkBody, readJson(text), 'body');
  const walletIds = Array.from({ length: times }, () => makeWallet(world, wish).id);
  return ok({ walletIds });
}
