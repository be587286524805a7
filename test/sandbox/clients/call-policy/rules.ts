/** The policy as a program: which call is approved, which refused, and which a person must look at. */
import { type Address, decodeFunctionData, type Hex, isAddressEqual, parseAbi, parseTransaction } from 'viem';
import type { Approval, Decision } from '../dfns.ts';

export type Rules = { walletId: string; token: Address; spender: Address; approveMax: bigint };
type Call = { to?: string | null | undefined; data?: string | undefined; value?: string | bigint | undefined };
type Transaction = NonNullable<Extract<Approval['activity'], { kind: 'Wallets:Sign' }>['transactionRequest']>;

const abi = parseAbi([
  'function approve(address spender, uint256 amount)',
  'function transfer(address to, uint256 amount)',
  'function transferFrom(address from, address to, uint256 amount)',
]);

/** A text is left to a person. */
export function judge({ activity }: Approval, rules: Rules): Decision | string {
  const transaction = activity.kind === 'Wallets:Sign' ? activity.transactionRequest : undefined;
  if (transaction?.walletId !== rules.walletId) return 'not a contract call of this wallet';
  const call = callOf(transaction.requestBody);
  if (call === undefined) return `a transaction of kind ${transaction.requestBody.kind}`;
  if (call.to?.toLowerCase() !== rules.token.toLowerCase()) return `a call of ${call.to ?? 'a new contract'}`;
  const decoded = decode(call.data);
  if (decoded === undefined) return 'a function that is not known here';
  if (BigInt(call.value ?? 0) !== 0n) return { value: 'Denied', reason: 'a call of a token must not carry coins' };
  if (decoded.functionName !== 'approve') return { value: 'Denied', reason: `${decoded.functionName} is not allowed` };
  const [spender, amount] = decoded.args;
  if (!isAddressEqual(spender, rules.spender)) return { value: 'Denied', reason: `${spender} may not spend` };
  if (amount > rules.approveMax) return { value: 'Denied', reason: `an allowance of ${amount} is too much` };
  return { value: 'Approved', reason: `${spender} may spend ${amount}` };
}

/** What would be executed, of the kinds of transaction that say so. */
function callOf(body: Transaction['requestBody']): Call | undefined {
  switch (body.kind) {
    case 'Evm':
    case 'Eip1559':
      return body;
    case 'Transaction':
      return typeof body.transaction === 'string' ? parseTransaction(hex(body.transaction)) : body.transaction;
    default:
      return undefined;
  }
}

function decode(data = '0x') {
  try {
    return decodeFunctionData({ abi, data: hex(data) });
  } catch {
    // Another function, or arguments that do not fit: nothing that a program should decide.
    return undefined;
  }
}

/** Dfns types hex as text; viem refuses what is none. */
const hex = (text: string): Hex => text as Hex;
