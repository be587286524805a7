// The wire form of accounts: what a client and the desk may know of one.
import { z } from '@hono/zod-openapi';
import type { Account } from '../../domain/account.ts';
import { showAddress } from '../../domain/address.ts';
import { openableNetworks } from '../../domain/network.ts';
import type { Wallet } from '../../domain/wallet.ts';
import { Instant } from '../../kit/schemas.ts';

export const AccountRequest = z
  .strictObject({
    networks: z
      .array(z.enum(openableNetworks))
      .min(1)
      .max(openableNetworks.length)
      .openapi({ description: 'A wallet is made on each.' }),
    client: z
      .strictObject({ issuer: z.url().max(200), subject: z.string().min(1).max(200) })
      .optional()
      .openapi({ description: 'For whom an operator opens; a client opens for itself.' }),
  })
  .openapi('AccountRequest');

export const WalletRequest = z.strictObject({ network: z.enum(openableNetworks) }).openapi('WalletRequest');

export const WalletView = z
  .object({
    id: z.string(),
    network: z.string(),
    status: z.string(),
    address: z.string().nullable().openapi({ description: 'Shown once the fence was read back from custody.' }),
    custodyId: z.string().nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it could not be made; it may be asked for again.' }),
  })
  .openapi('Wallet');

export const AccountView = z
  .object({
    id: z.string(),
    clientId: z.string(),
    status: z.string(),
    reason: z.string().nullable().openapi({ description: 'Why the opening failed.' }),
    tag: z.string(),
    limitsTemplate: z.string(),
    wallets: z.array(WalletView),
    createdAt: Instant,
  })
  .openapi('Account');

export const viewWallet = (wallet: Wallet): z.infer<typeof WalletView> => ({
  id: wallet.id,
  network: wallet.network,
  status: wallet.status,
  address: wallet.status === 'active' ? showAddress(wallet.address) : null,
  custodyId: wallet.status === 'active' ? wallet.custodyId : null,
  reason: wallet.status === 'failed' ? wallet.reason : null,
});

export const viewAccount = (account: Account, wallets: readonly Wallet[]): z.infer<typeof AccountView> => ({
  id: account.id,
  clientId: account.clientId,
  status: account.status,
  reason: account.status === 'failed' ? account.reason : null,
  tag: account.tag,
  limitsTemplate: account.limitsTemplate,
  wallets: wallets.map(viewWallet),
  createdAt: account.createdAt,
});
