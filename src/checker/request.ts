// What a request at custody would pay: a transfer by its body, a transaction by its call data.
import { parseTransaction } from 'viem/utils';
import * as z from 'zod';
import { parseAddress } from '../domain/address.ts';
import { assetIdOf } from '../domain/asset.ts';
import type { Payment } from '../domain/checker-facts.ts';
import { type Network, networkFacts, networks } from '../domain/network.ts';
import { type Call, readCall, type Unreadable } from './calls.ts';
import type { RequestFacts, WalletFacts } from './facts.ts';
import type { Terms } from './terms.ts';

export type Reading =
  | {
      readonly ok: true;
      readonly payments: readonly Payment[];
      /** Whether an order or payout of the product must stand behind it. */
      readonly needsOrigin: boolean;
    }
  | Unreadable;

const Digits = z.string().regex(/^(0|[1-9]\d{0,77})$/);
const Common = {
  externalId: z.string().nullish(),
  travelRule: z.unknown().optional(),
  feeSponsorId: z.string().nullish(),
};
/** Strict: a member that we do not know might mean anything. */
const Transfer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('Native'),
    to: z.string(),
    amount: Digits,
    priority: z.string().nullish(),
    memo: z.string().nullish(),
    createDestinationAccount: z.boolean().nullish(),
    ...Common,
  }),
  z.strictObject({
    kind: z.literal('Erc20'),
    contract: z.string(),
    to: z.string(),
    amount: Digits,
    priority: z.string().nullish(),
    ...Common,
  }),
]);

const HEX_CHARACTERS_MAX = 262_144;
const Quantity = z
  .union([z.string().regex(/^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/), z.int().min(0)])
  .transform((quantity) => BigInt(quantity));
/** Fees and nonces do not say where money goes; any other member might. */
const Whatever = z.unknown().optional();
const Evm = z.strictObject({
  to: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  value: Quantity.nullish(),
  data: z.string().max(HEX_CHARACTERS_MAX).nullish(),
  /** Where it is absent custody takes that of the wallet's network. */
  chainId: Quantity.nullish(),
  ...{ nonce: Whatever, gas: Whatever, gasLimit: Whatever, gasPrice: Whatever, type: Whatever },
  ...{ maxFeePerGas: Whatever, maxPriorityFeePerGas: Whatever, externalId: Whatever },
});
const Transaction = z.discriminatedUnion('kind', [
  Evm.extend({ kind: z.literal('Evm') }),
  Evm.extend({ kind: z.literal('Eip1559') }),
  z.strictObject({
    kind: z.literal('Transaction'),
    transaction: z.union([z.string().max(HEX_CHARACTERS_MAX), Evm]),
    externalId: Whatever,
  }),
]);

const unreadable = (code: string, says: string): Unreadable => ({ ok: false, code, says });

export function readRequest(request: RequestFacts, wallet: WalletFacts, terms: Terms): Reading {
  const network = networks.find((known) => known === wallet.network);
  if (network === undefined || networkFacts[network].family !== 'evm')
    return unreadable('network_unknown', `Requests on ${wallet.network} are not read here.`);
  if (request.kind === 'transfer') return readTransfer(request.body, network);
  if (request.kind === 'transaction') return readTransaction(request, network, wallet, terms);
  return unreadable('kind_unknown', `A ${request.kind} is not read here.`);
}

function readTransfer(body: unknown, network: Network): Reading {
  const { data: transfer } = Transfer.safeParse(body);
  if (transfer === undefined) return unreadable('body_unknown', 'The transfer is of a kind that is not read here.');
  const address = parseAddress(network, transfer.to);
  if (!address.ok) return unreadable('address_invalid', 'The recipient is no address of the network.');
  const asset = assetIdOf(network, transfer.kind === 'Native' ? undefined : transfer.contract);
  return {
    ok: true,
    payments: [{ asset, units: BigInt(transfer.amount), address: address.value }],
    needsOrigin: true,
  };
}

function readTransaction({ body }: RequestFacts, network: Network, wallet: WalletFacts, terms: Terms): Reading {
  const sent = sentBy(body);
  if (sent === undefined)
    return unreadable('body_unknown', 'The transaction is of a form that is not read here, or makes a contract.');
  const wrong = wrongChain(sent, network);
  if (wrong !== undefined) return wrong;
  const { call } = sent;
  if (call.data === '0x')
    return {
      ok: true,
      payments: [{ asset: assetIdOf(network, undefined), units: call.value, address: call.to }],
      needsOrigin: true,
    };
  const caller = {
    network,
    walletId: wallet.id,
    walletAddress: wallet.address ?? '',
    isWallet: true,
    depth: 0,
  };
  const read = readCall(call, caller, terms);
  if (!read.ok) return read;
  const needsOrigin = read.contracts.some(({ withoutOrder }) => !withoutOrder);
  return { ok: true, payments: read.payments, needsOrigin };
}

interface Sent {
  readonly call: Call;
  readonly chainId: bigint | undefined;
  /** Whether these are the bytes that are signed, so that nobody adds a chain to them. */
  readonly isBytes: boolean;
}

/** What a call pays is said by contracts and coin of the wallet's network: on another chain they are others. */
function wrongChain({ chainId, isBytes }: Sent, network: Network): Unreadable | undefined {
  const wanted = networkFacts[network].chainId;
  if (wanted === null) return unreadable('network_unknown', `The chain of ${network} is not known here.`);
  if (chainId === undefined)
    return isBytes ? unreadable('chain_unnamed', 'Its bytes name no chain: signed, they are good on any.') : undefined;
  return chainId === BigInt(wanted)
    ? undefined
    : unreadable('chain_differs', `It is for chain ${chainId}; the wallet is on ${network}, which is chain ${wanted}.`);
}

/** Undefined for what is no call that can be read: another kind of body, or one without a recipient. */
function sentBy(body: unknown): Sent | undefined {
  const { data: transaction } = Transaction.safeParse(body);
  if (transaction === undefined) return undefined;
  const given = transaction.kind === 'Transaction' ? transaction.transaction : transaction;
  const isBytes = typeof given === 'string';
  const fields = isBytes ? parseSerialized(given) : given;
  if (fields === undefined) return undefined;
  const call = { to: fields.to.toLowerCase(), value: fields.value ?? 0n, data: fields.data ?? '0x' };
  return { call, chainId: fields.chainId ?? undefined, isBytes };
}

type Fields = Pick<z.infer<typeof Evm>, 'to' | 'value' | 'data' | 'chainId'>;

function parseSerialized(text: string): Fields | undefined {
  if (!/^0x([0-9a-fA-F]{2})+$/.test(text)) return undefined;
  try {
    // Hexadecimal text, which viem types as a template.
    const { to, value, data, type, chainId } = parseTransaction(text as `0x${string}`);
    // Other types carry blobs or hand the account's code over.
    if (type !== 'legacy' && type !== 'eip2930' && type !== 'eip1559') return undefined;
    return to == null ? undefined : { to, value, data, chainId: chainId === undefined ? undefined : BigInt(chainId) };
  } catch {
    // No transaction that viem can read: the question asked, and its answer.
    return undefined;
  }
}
