// A transfer of ours at custody that a restored database does not know: what it moved, and which sums count it.
import type { AssetId } from './asset.ts';
import type { AccountId, HotWalletId, WalletId } from './id.ts';
import type { Timestamp } from './time.ts';

interface OfAccount {
  readonly accountId: AccountId;
  readonly walletId: WalletId;
}
/** From the company's pool. */
interface OfPool {
  readonly accountId: null;
  readonly walletId: HotWalletId;
}

export type Recovery = (OfAccount | OfPool) & {
  /** The external id: the same wish has the same. */
  readonly id: string;
  readonly version: number;
  readonly custodyWalletId: string;
  readonly custodyId: string;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly requestBody: string;
  readonly day: string;
  readonly accountLimitDayId: string | null;
  /** Sums that count it because their mandate may have let it out. */
  readonly mandateLimitDayIds: readonly string[];
  readonly createdAt: Timestamp;
};
