/** Owns the bodies of broadcast transactions, and what an EVM transaction says once it is read. */
import { parseTransaction } from 'viem';
import * as z from 'zod';
import { Refused } from './errors.ts';
import { EvmAddress } from './transfer-schemas.ts';

const HEX_MAX = 262_144;
const Hex = z
  .string()
  .max(HEX_MAX)
  .regex(/^0x([0-9a-fA-F]{2})*$/, 'not hex of whole bytes');
/** Digits or hex; Dfns takes both. At most 256 bits. */
const Quantity = z.string().regex(/^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/, 'not a whole number');
const Nonce = z.union([z.int().min(0), Quantity]);
const externalId = z.string().min(1).max(50).optional();

const evm = {
  to: EvmAddress.optional(),
  value: Quantity.optional(),
  data: Hex.optional(),
  nonce: Nonce.optional(),
  gasLimit: Quantity.optional(),
};

/** What a client may put into the JSON form, which Dfns leaves open: unknown fields do not matter to us. */
const JsonTransaction = z.looseObject({
  to: EvmAddress.optional(),
  value: z.union([Quantity, z.int().min(0)]).optional(),
  data: Hex.optional(),
});

export const TransactionBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('Transaction'),
    transaction: z.union([z.string().min(1).max(HEX_MAX), z.record(z.string(), z.unknown())]),
    externalId,
  }),
  z.strictObject({ kind: z.literal('Evm'), ...evm, externalId }),
  z.strictObject({
    kind: z.literal('Eip1559'),
    ...evm,
    maxFeePerGas: Quantity.optional(),
    maxPriorityFeePerGas: Quantity.optional(),
    externalId,
  }),
  ...[
    'Psbt',
    'SignDocDirect',
    'UserOperations',
    'FunctionCall',
    'TransferPreapproval',
    'CreateSolanaNonceAccounts',
  ].map((kind) => z.looseObject({ kind: z.literal(kind), externalId })),
]);
export type TransactionBody = {
  kind: string;
  transaction?: string | Record<string, unknown> | undefined;
  to?: string | undefined;
  value?: string | undefined;
  data?: string | undefined;
  externalId?: string | undefined;
};

/** What the chain would execute. Without `to` it creates a contract. */
export type EvmCall = { to?: string; value: bigint; data: string };

/** Throws a refusal for what cannot be read: a transaction that nobody understands must not be signed. */
export function readCall(body: TransactionBody): EvmCall {
  const { to, value, data } = body.kind === 'Transaction' ? readTransaction(body.transaction) : body;
  const call = { ...(to !== undefined && { to }), value: BigInt(value ?? 0), data: data ?? '0x' };
  if (call.value >> 256n) throw new Refused(400, 'Invalid body: value: more than 256 bits');
  if (to === undefined && call.data === '0x') throw new Refused(400, 'Invalid body: to: required without data');
  return call;
}

type Fields = { to?: string | undefined; value?: string | number | bigint | undefined; data?: string | undefined };

function readTransaction(transaction: unknown): Fields {
  if (typeof transaction === 'string') return readSerialized(transaction);
  const { success, data, error } = JsonTransaction.safeParse(transaction);
  if (success) return data;
  const [issue] = error.issues;
  throw new Refused(400, `Invalid body: transaction.${issue?.path.join('.')}: ${issue?.message}`);
}

function readSerialized(text: string): Fields {
  if (!Hex.safeParse(text).success) throw new Refused(400, 'Invalid body: transaction: not hex of whole bytes');
  try {
    const { to, value, data } = parseTransaction(text as `0x${string}`);
    return { to: to ?? undefined, value, data };
  } catch {
    throw new Refused(400, 'Invalid body: transaction: not a serialized EVM transaction');
  }
}

/** A transaction that this sandbox signed. */
export function readSigned(signedTx: string): EvmCall {
  const { to, value, data } = readSerialized(signedTx);
  return { ...(to !== undefined && { to }), value: BigInt(value ?? 0), data: data ?? '0x' };
}
