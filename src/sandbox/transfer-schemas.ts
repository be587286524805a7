/**
 * Owns the bodies of transfers, strict as Dfns has them: a field that does not belong to the kind is refused, and so is
 * a kind, a field or an address that does not belong to the network of the wallet.
 */
import * as z from 'zod';
import { isAddress } from './addresses.ts';
import { Refused } from './errors.ts';
import { type Family, familyOf } from './networks.ts';

export const EvmAddress = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'not an EVM address');
/** At most as many digits as 256 bits need. */
export const Units = z.string().regex(/^\d{1,78}$/, 'must be a whole number of minimum units, as digits');

const Text = z.string().min(1).max(200);
const priority = z.enum(['Slow', 'Standard', 'Fast']).optional();
const memo = z
  .string()
  .max(64)
  .regex(/^[a-zA-Z0-9]*$/, 'only letters and digits')
  .optional();
const flag = z.boolean().optional();

const shared = {
  to: Text,
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
};

const spl = { mint: Text, amount: Units, memo, createDestinationAccount: flag, useDurableNonce: flag, ...shared };

export const TransferBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('Native'),
    amount: Units,
    memo,
    priority,
    createDestinationAccount: flag,
    offer: flag,
    expiresAt: z.string().optional(),
    useDurableNonce: flag,
    ...shared,
  }),
  z.strictObject({ kind: z.literal('Erc20'), contract: EvmAddress, amount: Units, priority, ...shared }),
  z.strictObject({ kind: z.literal('Erc721'), contract: EvmAddress, tokenId: Units, priority, ...shared }),
  z.strictObject({ kind: z.literal('Spl'), ...spl }),
  z.strictObject({ kind: z.literal('Spl2022'), ...spl }),
]);
export type TransferBody = z.infer<typeof TransferBody>;

/** Kinds of networks that the sandbox does not have: their bodies are read as strictly, and then refused. */
const foreign: Readonly<Record<string, z.ZodRawShape>> = {
  Aip21: { metadata: Text, amount: Units },
  Asa: { assetId: Text, amount: Units, memo },
  Asset: { assetId: Text, amount: Units },
  Cip56: { instrumentAdmin: Text, instrumentId: Text, amount: Units, offer: flag, expiresAt: z.string().optional() },
  Cis2: { tokenAddress: Text, amount: Units },
  Cis7: { tokenId: Text, amount: Units, memo },
  Coin: { coin: Text, amount: Units },
  Erc7984: { contract: Text, amount: Units, priority },
  Hip17: { tokenId: Text, serialNumber: Text, memo },
  Hts: { tokenId: Text, amount: Units, memo },
  Iou: { currency: Text, issuer: Text, amount: Units, memo },
  Sep41: { issuer: Text, assetCode: Text, amount: Units, memo },
  Snip2: { contract: Text, amount: Units },
  Snip3: { contract: Text, tokenId: Text },
  Tep74: { master: Text, amount: Units, memo },
  Trc10: { tokenId: Text, amount: Units },
  Trc20: { contract: Text, amount: Units },
  Trc721: { contract: Text, tokenId: Text },
  Xls33: { issuanceId: Text, amount: Units, memo },
};

const Foreign = Object.entries(foreign).map(([kind, shape]) =>
  z.strictObject({ kind: z.literal(kind), ...shape, ...shared }),
);

export const AnyTransferBody = z.discriminatedUnion('kind', [...TransferBody.options, ...Foreign]);

const KINDS: Readonly<Record<Family, readonly string[]>> = {
  Evm: ['Native', 'Erc20', 'Erc721'],
  Bitcoin: ['Native'],
  Solana: ['Native', 'Spl', 'Spl2022'],
};

/** Fields that some kind has, but only some networks understand; no network here has Canton's offers. */
const FIELDS: Readonly<Record<string, readonly Family[]>> = {
  priority: ['Evm', 'Bitcoin'],
  useDurableNonce: ['Solana'],
  createDestinationAccount: ['Solana'],
  offer: [],
  expiresAt: [],
};

/** Reads a body of a kind that the network of the wallet has. */
export function fitting(network: string, body: z.infer<typeof AnyTransferBody>): TransferBody {
  const family = familyOf(network);
  const wrong = (text: string) => new Refused(400, `Invalid body: ${text}`, { network });
  if (!KINDS[family].includes(body.kind)) throw wrong(`kind: ${body.kind} transfers do not exist on ${network}`);
  for (const [field, families] of Object.entries(FIELDS)) {
    const isGiven = (body as Record<string, unknown>)[field] !== undefined;
    if (isGiven && !families.includes(family)) throw wrong(`${field}: not supported on ${network}`);
  }
  if (!isAddress(network, String(body.to))) throw wrong(`to: not an address of ${network}`);
  const known = TransferBody.parse(body);
  if ('mint' in known && !isAddress(network, known.mint)) throw wrong(`mint: not an address of ${network}`);
  return known;
}
