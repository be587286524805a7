/** Owns the bodies of signature requests. Kinds of networks the sandbox does not have are refused as unknown. */
import * as z from 'zod';

const HEX_MAX = 262_144;
const Hex = z
  .string()
  .max(HEX_MAX)
  .regex(/^(0x)?([0-9a-fA-F]{2})*$/, 'not hex of whole bytes');
const shared = {
  network: z.string().optional(),
  blockchainKind: z.string().optional(),
  externalId: z.string().min(1).max(50).optional(),
};

export const SignatureBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('Hash'),
    hash: z.string().regex(/^(0x)?[0-9a-fA-F]{64}$/, 'not 32 bytes in hex'),
    ...shared,
  }),
  z.strictObject({ kind: z.literal('Message'), message: Hex, ...shared }),
  z.strictObject({ kind: z.literal('Eip191'), message: Hex, ...shared }),
  z.strictObject({
    kind: z.literal('Eip712'),
    types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
    domain: z.strictObject({
      name: z.string().optional(),
      version: z.string().optional(),
      chainId: z.union([z.int(), z.string()]).optional(),
      verifyingContract: z.string().optional(),
      salt: z.string().optional(),
    }),
    message: z.record(z.string(), z.unknown()),
    ...shared,
  }),
  z.strictObject({ kind: z.literal('Transaction'), transaction: Hex, ...shared }),
]);
export type SignatureBody = z.infer<typeof SignatureBody>;
