// The terms of a deployment: how much may be approved, which contracts may be called, and whether a hard fact may deny. They
// belong to the checker alone; the product cannot widen them.
import * as z from 'zod';
import { networks } from '../domain/network.ts';

const Units = z.string().regex(/^(0|[1-9]\d{0,77})$/);
const Address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((address) => address.toLowerCase());

/** In base units of one asset. */
const Limit = z.strictObject({ perPayment: Units, perDayOfWallet: Units, perDay: Units });
export type Limit = z.infer<typeof Limit>;

const CONTRACTS_MAX = 200;
export const contractKinds = ['erc20', 'disperse', 'multicall3'] as const;

const Contract = z.strictObject({
  network: z.enum(networks),
  address: Address,
  kind: z.enum(contractKinds),
  /** Which of the functions that its kind knows may be called. */
  functions: z.array(z.string()).min(1),
  /** Wallets at custody that may call it. */
  wallets: z.array(z.string()).min(1),
  /** Whether its code can be replaced: then nobody knows beforehand what it does. */
  isProxy: z.boolean().default(false),
  /** Calls of it need no order or payout of the product: the wallet acts on its own. */
  withoutOrder: z.boolean().default(false),
});
export type Contract = z.infer<typeof Contract>;

export const Terms = z.strictObject({
  /** By asset id; an asset that is not named is never approved. */
  limits: z.record(z.string(), Limit).default({}),
  contracts: z.array(Contract).max(CONTRACTS_MAX).default([]),
  /** Whether a sanctioned recipient is denied; otherwise it is left to people like everything else. */
  deniesSanctioned: z.boolean().default(false),
});
export type Terms = z.infer<typeof Terms>;
