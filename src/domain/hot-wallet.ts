// Hot wallets: wallets of the company at custody, from which payouts are paid. None of them is a client's.
import type { CustodyWallet } from './custody.ts';
import type { HotWalletId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import { type Network, networks } from './network.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const hotWalletMachine = machine({ active: ['retired'], retired: [] });

/** At custody the tag names the preset whose policies hold the wallet. */
export const PAYOUT_TAG = 'payouts:';
const CLIENT_TAG = 'client:';

interface HotWalletCore {
  readonly id: HotWalletId;
  readonly version: number;
  readonly network: Network;
  readonly custodyId: string;
  readonly address: string;
  readonly label: string;
  readonly preset: string;
  readonly createdAt: Timestamp;
}
interface HotWalletFacts {
  active: { readonly addedBy: string };
  retired: { readonly retiredBy: string; readonly retiredAt: Timestamp };
}

export type HotWalletStatus = keyof typeof hotWalletMachine;
export type HotWallet<S extends HotWalletStatus = HotWalletStatus> = InStatus<HotWalletCore, HotWalletFacts, S>;

const become = transitions<typeof hotWalletMachine, HotWalletCore, HotWalletFacts>();

/** Whether a wallet at custody may pay for the company: under the policies of one preset, and in nobody's fence. */
export function judgeHotWallet(
  wallet: CustodyWallet | undefined,
): Result<{ network: Network; custodyId: string; address: string; preset: string }> {
  const unfit = (reason: string) => refuse({ code: 'hot_wallet_unfit', reason });
  if (wallet === undefined) return unfit('Custody shows no such wallet.');
  const { id: custodyId, address } = wallet;
  if (!wallet.isActive || address === undefined) return unfit('The wallet is not active at custody.');
  if (wallet.tags.some((tag) => tag.startsWith(CLIENT_TAG))) return unfit("The wallet is in a client's fence.");
  const [tag, ...others] = wallet.tags.filter((one) => one.startsWith(PAYOUT_TAG));
  if (tag === undefined || others.length > 0)
    return unfit(`The wallet carries one tag that begins with ${PAYOUT_TAG}, which names its preset.`);
  const network = networks.find((one) => one === wallet.network);
  if (network === undefined) return unfit(`Nothing is paid on ${wallet.network}.`);
  return accept({ network, custodyId, address, preset: tag.slice(PAYOUT_TAG.length) });
}

export const retire = (wallet: HotWallet<'active'>, by: string, at: Timestamp): HotWallet<'retired'> =>
  become(wallet, 'retired', { retiredBy: by, retiredAt: at });
