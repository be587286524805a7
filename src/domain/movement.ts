// Confirmed entries of a wallet's history on its network: what balances and statements are made of.
import type { AssetId } from './asset.ts';
import type { AccountId, MovementId, WalletId } from './id.ts';
import type { Timestamp } from './time.ts';

export interface Movement {
  readonly id: MovementId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly walletId: WalletId;
  readonly direction: 'in' | 'out';
  readonly asset: AssetId;
  readonly units: bigint;
  readonly feeAsset: AssetId;
  readonly feeUnits: bigint;
  readonly from: string;
  readonly to: string;
  readonly transactionHash: string;
  /** Where in the transaction; with hash, direction and asset unique for a wallet. */
  readonly position: string;
  readonly at: Timestamp;
}

/** What a movement does to the holding of an asset; the fee is paid by the sender in the native coin. */
export function effectOn(asset: AssetId, movement: Movement): bigint {
  const moved = movement.asset !== asset ? 0n : movement.direction === 'in' ? movement.units : -movement.units;
  const fee = movement.direction === 'out' && movement.feeAsset === asset ? movement.feeUnits : 0n;
  return moved - fee;
}
