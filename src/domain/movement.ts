// Confirmed entries of a wallet's history on its network: what balances and statements are made of.
import { type AssetId, findAsset } from './asset.ts';
import type { AccountId, MovementId, WalletId } from './id.ts';
import { findLookAlikes, type KnownAddress } from './look-alike.ts';
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
  readonly doubt: Doubt | null;
}

/** Marks of a deposit that was sent to be seen, not to be had: no value, a counterfeit token, a sender made to be mistaken. */
export type Doubt = 'zero_value' | 'unverified_token' | 'look_alike_sender';

/** @param known addresses of the account, the senders of doubtful deposits not among them */
export function doubtOf(
  { direction, asset, units, from }: Movement,
  isVerified: boolean | undefined,
  known: readonly KnownAddress[],
): Doubt | null {
  if (direction === 'out') return null;
  if (units === 0n) return 'zero_value';
  // What we know ourselves needs nobody's word.
  if (findAsset(asset) === undefined && isVerified !== true) return 'unverified_token';
  return findLookAlikes(from, known).length > 0 ? 'look_alike_sender' : null;
}

/** What a movement does to the holding of an asset; the fee is paid by the sender in the native coin. */
export function effectOn(asset: AssetId, movement: Movement): bigint {
  const moved = movement.asset !== asset ? 0n : movement.direction === 'in' ? movement.units : -movement.units;
  const fee = movement.direction === 'out' && movement.feeAsset === asset ? movement.feeUnits : 0n;
  return moved - fee;
}
