// Amounts are whole base units of one asset, as bigint. Text in and out is a canonical decimal string.
import { type AssetId, findAsset } from './asset.ts';

export interface Amount {
  readonly asset: AssetId;
  readonly units: bigint;
}

/** uint256 holds 78 digits: no asset of a supported network can exceed it. */
const UNITS_MAX = 2n ** 256n - 1n;

/** Canonical decimal text to units: no sign, exponent, separator, leading zero or blank. */
export function parseUnits(text: string): bigint | undefined {
  if (!/^(0|[1-9]\d{0,77})$/.test(text)) return undefined;
  const units = BigInt(text);
  return units <= UNITS_MAX ? units : undefined;
}

/** For reading only, such as `1.5 USDC`; an asset we do not know shows its base units and says so. */
export function showAmount(asset: AssetId, units: bigint): string {
  const known = findAsset(asset);
  if (known === undefined) return `${units} base units`;
  const digits = (units < 0n ? -units : units).toString().padStart(known.decimals + 1, '0');
  const whole = digits.slice(0, digits.length - known.decimals);
  const fraction = digits.slice(digits.length - known.decimals).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`} ${known.symbol}`;
}
