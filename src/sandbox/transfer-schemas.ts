/** Owns the bodies of transfers, strict as Dfns has them: a field that does not belong to the kind is refused. */
import * as z from 'zod';

export const EvmAddress = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'not an EVM address');
/** At most as many digits as 256 bits need. */
export const Units = z.string().regex(/^\d{1,78}$/, 'must be a whole number of minimum units, as digits');

const shared = {
  externalId: z.string().min(1).max(50).optional(),
  travelRule: z
    .strictObject({
      kind: z.literal('Notabene'),
      beneficiaryVASPdid: z.string().optional(),
      beneficiaryProof: z.record(z.string(), z.unknown()).optional(),
      originator: z.record(z.string(), z.unknown()),
      beneficiary: z.record(z.string(), z.unknown()),
    })
    .optional(),
  feeSponsorId: z.string().optional(),
  priority: z.enum(['Slow', 'Standard', 'Fast']).optional(),
};

export const TransferBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('Native'),
    to: EvmAddress,
    amount: Units,
    memo: z
      .string()
      .max(64)
      .regex(/^[a-zA-Z0-9]*$/)
      .optional(),
    createDestinationAccount: z.boolean().optional(),
    offer: z.boolean().optional(),
    expiresAt: z.string().optional(),
    useDurableNonce: z.boolean().optional(),
    ...shared,
  }),
  z.strictObject({ kind: z.literal('Erc20'), contract: EvmAddress, to: EvmAddress, amount: Units, ...shared }),
]);
export type TransferBody = z.infer<typeof TransferBody>;
