// Reads call data: only of contracts and functions on the allowlist, and only where every recipient can be named. What cannot
// be read in full is not read at all.
import { decodeFunctionData, parseAbi } from 'viem/utils';
import { assetIdOf, nativeOf } from '../domain/asset.ts';
import type { Payment } from '../domain/checker-facts.ts';
import type { Network } from '../domain/network.ts';
import type { Contract, Terms } from './terms.ts';

export interface Call {
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
}

/** Where the call comes from: the wallet, or a contract that the wallet called. */
interface Caller {
  readonly network: Network;
  readonly walletId: string;
  readonly walletAddress: string;
  readonly isWallet: boolean;
  readonly depth: number;
}

export interface Unreadable {
  readonly ok: false;
  readonly code: string;
  readonly says: string;
}
export type CallReading =
  | { readonly ok: true; readonly payments: readonly Payment[]; readonly contracts: readonly Contract[] }
  | Unreadable;

export const PAYMENTS_MAX = 200;
const DEPTH_MAX = 3;
const SELECTOR_CHARACTERS = 10;

const unreadable = (code: string, says: string): Unreadable => ({ ok: false, code, says });

const abis = {
  erc20: parseAbi([
    'function transfer(address to, uint256 amount)',
    'function transferFrom(address from, address to, uint256 amount)',
  ]),
  disperse: parseAbi([
    'function disperseEther(address[] recipients, uint256[] values)',
    'function disperseToken(address token, address[] recipients, uint256[] values)',
    'function disperseTokenSimple(address token, address[] recipients, uint256[] values)',
  ]),
  multicall3: parseAbi([
    'function aggregate((address target, bytes callData)[] calls)',
    'function tryAggregate(bool requireSuccess, (address target, bytes callData)[] calls)',
    'function aggregate3((address target, bool allowFailure, bytes callData)[] calls)',
    'function aggregate3Value((address target, bool allowFailure, uint256 value, bytes callData)[] calls)',
  ]),
} as const satisfies Record<Contract['kind'], unknown>;

/** Functions that pass a call on or replace code: whatever they carry, the contract that is called is not the one that acts. */
const forwarding: Readonly<Record<string, string>> = {
  '0x3659cfe6': 'upgradeTo(address)',
  '0x4f1ef286': 'upgradeToAndCall(address,bytes)',
  '0x8f283970': 'changeAdmin(address)',
  '0xb61d27f6': 'execute(address,uint256,bytes)',
  '0x6a761202': 'execTransaction of a Safe',
  '0x1cff79cd': 'execute(address,bytes)',
};

/** The entry of the list under which the wallet may call a contract. */
const listed = (to: string, { network, walletId }: Caller, { contracts }: Terms): Contract | undefined =>
  contracts.find((one) => one.network === network && one.address === to && one.wallets.includes(walletId));

const replaceable = unreadable(
  'proxy_contract',
  'The code behind the contract can be replaced: what it does is not known.',
);
const notAllowed = (functionName: string): Unreadable =>
  unreadable('function_not_allowed', `The function ${functionName} may not be called there.`);

/** What a call pays, and to whom; or why that cannot be said. */
export function readCall(call: Call, caller: Caller, terms: Terms): CallReading {
  const contract = listed(call.to, caller, terms);
  const selector = call.data.slice(0, SELECTOR_CHARACTERS).toLowerCase();
  if (contract === undefined) {
    const forwards = forwarding[selector];
    return forwards === undefined
      ? unreadable('contract_not_allowed', 'The contract is not on the list of those that this wallet may call.')
      : unreadable('proxy_call', `It asks a contract that is not on the list for ${forwards}.`);
  }
  if (contract.isProxy) return replaceable;
  if (!/^0x([0-9a-f]{2})*$/i.test(call.data))
    return unreadable('data_undecodable', 'The call data is not hexadecimal.');
  if (call.data.length < SELECTOR_CHARACTERS) return unreadable('function_unknown', 'The call names no function.');
  const decoded = decode(contract, call.data);
  if ('ok' in decoded)
    return forwarding[selector] === undefined
      ? decoded
      : unreadable('proxy_call', `It asks for ${forwarding[selector]}.`);
  if (!contract.functions.includes(decoded.functionName)) return notAllowed(decoded.functionName);
  return readers[contract.kind](decoded, { call, caller, contract, terms });
}

interface Decoded {
  readonly functionName: string;
  readonly args: readonly unknown[];
}

function decode({ kind }: Contract, data: string): Decoded | Unreadable {
  const abi: ReturnType<typeof parseAbi> = abis[kind];
  try {
    // The shape was checked above; viem types hexadecimal text as a template.
    const { functionName, args = [] } = decodeFunctionData({ abi, data: data as `0x${string}` });
    return { functionName, args };
  } catch (fault) {
    // viem tells by name what it could not do; nothing is thrown for any other cause.
    const isUnknown = fault instanceof Error && fault.name === 'AbiFunctionSignatureNotFoundError';
    return isUnknown
      ? unreadable('function_unknown', `The function ${data.slice(0, SELECTOR_CHARACTERS)} is not known.`)
      : unreadable('data_undecodable', 'The arguments of the call cannot be decoded.');
  }
}

interface Within {
  readonly call: Call;
  readonly caller: Caller;
  readonly contract: Contract;
  readonly terms: Terms;
}
type Reader = (decoded: Decoded, within: Within) => CallReading;

// The ABI that decoded the arguments fixes their types, which viem's own types lose with a choice of several ABIs.
const as = <T extends readonly unknown[]>({ args }: Decoded): T => args as unknown as T;

function readErc20(decoded: Decoded, { call, caller, contract }: Within): CallReading {
  if (call.value > 0n) return unreadable('value_with_call', 'It sends coin to a token contract, which keeps it.');
  const asset = assetIdOf(caller.network, contract.address);
  if (decoded.functionName === 'transfer') {
    if (!caller.isWallet)
      return unreadable('other_money', 'A contract pays out its own tokens: whose they are cannot be said.');
    const [to, units] = as<[string, bigint]>(decoded);
    return paid([{ asset, units, address: to.toLowerCase() }], [contract]);
  }
  const [from, to, units] = as<[string, string, bigint]>(decoded);
  return from.toLowerCase() === caller.walletAddress
    ? paid([{ asset, units, address: to.toLowerCase() }], [contract])
    : unreadable('other_money', 'It moves tokens of somebody else than the wallet.');
}

/** What a spread asks of the token it names: it pulls the tokens to itself and pays them out, or pulls them to each recipient. */
const asksOfToken: Readonly<Record<string, readonly string[]>> = {
  disperseToken: ['transferFrom', 'transfer'],
  disperseTokenSimple: ['transferFrom'],
};

/** The token of a spread has to meet the terms as if the wallet called it: by its own entry, not by that of the contract. */
function tokenOf(functionName: string, token: string, caller: Caller, terms: Terms): Contract | Unreadable {
  const contract = listed(token, caller, terms);
  if (contract?.kind !== 'erc20')
    return unreadable('contract_not_allowed', 'The token that it spreads is not on the list of those of this wallet.');
  if (contract.isProxy) return replaceable;
  const missing = (asksOfToken[functionName] ?? [functionName]).find((asked) => !contract.functions.includes(asked));
  return missing === undefined ? contract : notAllowed(missing);
}

function readDisperse(decoded: Decoded, { call, caller, contract, terms }: Within): CallReading {
  if (!caller.isWallet) return unreadable('other_money', 'A contract spreads money: whose it is cannot be said.');
  const isCoin = decoded.functionName === 'disperseEther';
  const [token, recipients, values] = isCoin
    ? ([undefined, ...as<[string[], bigint[]]>(decoded)] as const)
    : as<[string, string[], bigint[]]>(decoded);
  if (recipients.length > PAYMENTS_MAX) return tooMany(recipients.length);
  if (recipients.length !== values.length || recipients.length === 0)
    return unreadable('data_undecodable', 'There are not as many amounts as recipients.');
  const spread = token === undefined ? undefined : tokenOf(decoded.functionName, token.toLowerCase(), caller, terms);
  if (spread !== undefined && 'ok' in spread) return spread;
  const sum = values.reduce((total, units) => total + units, 0n);
  if (call.value !== (isCoin ? sum : 0n))
    return unreadable('value_differs', 'The coin that is sent along is not the sum of what is spread.');
  const asset = isCoin ? nativeOf(caller.network) : assetIdOf(caller.network, token);
  const payments = recipients.map((to, index) => ({ asset, units: values[index] ?? 0n, address: to.toLowerCase() }));
  return paid(payments, spread === undefined ? [contract] : [contract, spread]);
}

function readMulticall(decoded: Decoded, { call, caller, contract, terms }: Within): CallReading {
  if (caller.depth >= DEPTH_MAX) return unreadable('too_deep', `Calls lie more than ${DEPTH_MAX} deep in one another.`);
  const inner = as<readonly unknown[]>(decoded).at(-1) as readonly {
    readonly target: string;
    readonly callData: string;
    readonly value?: bigint;
  }[]; // The last argument of each of its functions is the list of calls.
  if (inner.length > PAYMENTS_MAX) return tooMany(inner.length);
  const sum = inner.reduce((total, { value = 0n }) => total + value, 0n);
  if (sum !== call.value)
    return unreadable('value_differs', 'The coin that is sent along is not the sum of what the calls carry.');
  const payments: Payment[] = [];
  const contracts: Contract[] = [contract];
  for (const { target, callData, value = 0n } of inner) {
    const to = target.toLowerCase();
    if (callData === '0x') {
      payments.push({ asset: nativeOf(caller.network), units: value, address: to });
      continue;
    }
    const read = readCall(
      { to, value, data: callData },
      { ...caller, isWallet: false, depth: caller.depth + 1 },
      terms,
    );
    if (!read.ok) return unreadable(read.code, `A call within the call: ${read.says}`);
    payments.push(...read.payments);
    contracts.push(...read.contracts);
    if (payments.length > PAYMENTS_MAX) return tooMany(payments.length);
  }
  return paid(payments, contracts);
}

const readers: Readonly<Record<Contract['kind'], Reader>> = {
  erc20: readErc20,
  disperse: readDisperse,
  multicall3: readMulticall,
};

const tooMany = (count: number): Unreadable =>
  unreadable('too_many_payments', `${count} payments in one request are more than ${PAYMENTS_MAX}.`);

const paid = (payments: readonly Payment[], contracts: readonly Contract[]): CallReading => ({
  ok: true,
  payments,
  contracts: [...new Set(contracts)],
});
