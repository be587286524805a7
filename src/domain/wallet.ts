// The custody wallets under an account, one per network. A wallet is made with its tags in the same call.
import type { AccountId, WalletId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Network } from './network.ts';
import type { Timestamp } from './time.ts';

export const walletMachine = machine({
  creating: ['active', 'failed'],
  failed: ['creating'],
  active: ['archived'],
  archived: [],
});

interface WalletCore {
  readonly id: WalletId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly network: Network;
  /** The wallet at custody, once it exists. */
  readonly custodyId: string | null;
  readonly address: string | null;
  /** The key at custody that signs for it: a wallet there on the same key spends the same address. */
  readonly keyId: string | null;
  readonly createdAt: Timestamp;
}

interface WalletFacts {
  /** `attemptedAt` is committed before the wallet is asked for: whoever comes later looks before repeating. */
  creating: { readonly attemptedAt: Timestamp | null };
  failed: { readonly attemptedAt: Timestamp | null; readonly reason: string };
  active: { readonly custodyId: string; readonly address: string };
  archived: { readonly custodyId: string; readonly address: string };
}

export type WalletStatus = keyof typeof walletMachine;
export type Wallet<S extends WalletStatus = WalletStatus> = InStatus<WalletCore, WalletFacts, S>;

const become = transitions<typeof walletMachine, WalletCore, WalletFacts>();

export const activateWallet = (wallet: Wallet<'creating'>, custodyId: string, address: string): Wallet<'active'> =>
  become(wallet, 'active', { custodyId, address });

export const failWallet = (wallet: Wallet<'creating'>, reason: string): Wallet<'failed'> =>
  become(wallet, 'failed', { reason });

/** What was asked of custody before is kept: an answer that was lost may have made it. */
export const createAgain = (wallet: Wallet<'failed'>): Wallet<'creating'> => become(wallet, 'creating', {});

/** On our side only: at custody it stays as it is, inside its fence. */
export const archiveWallet = (wallet: Wallet<'active'>): Wallet<'archived'> => become(wallet, 'archived', {});

/** Asked for; made by the queue. */
export const newWallet = (of: {
  id: WalletId;
  accountId: AccountId;
  network: Network;
  at: Timestamp;
}): Wallet<'creating'> => ({
  id: of.id,
  version: 1,
  status: 'creating',
  accountId: of.accountId,
  network: of.network,
  custodyId: null,
  address: null,
  keyId: null,
  attemptedAt: null,
  createdAt: of.at,
});
