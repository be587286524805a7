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
  readonly createdAt: Timestamp;
}

interface WalletFacts {
  creating: { readonly attemptedAt: Timestamp | null };
  failed: { readonly reason: string };
  active: { readonly custodyId: string; readonly address: string };
  archived: { readonly custodyId: string; readonly address: string };
}

export type WalletStatus = keyof typeof walletMachine;
export type Wallet<S extends WalletStatus = WalletStatus> = InStatus<WalletCore, WalletFacts, S>;

const become = transitions<typeof walletMachine, WalletCore, WalletFacts>();

export const activateWallet = (wallet: Wallet<'creating'>, custodyId: string, address: string): Wallet<'active'> =>
  become(wallet, 'active', { custodyId, address });
