// Amounts are whole base units of one asset, as bigint. Text in and out is a canonical decimal string.
import { type AssetId, findAsset } from './asset.ts';
import { accept, type Result, refuse } from './result.ts';

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

/** What an order or a mandate may ask for, or why not in words, which begin with what it is. */
export function readUnits(text: string, what = 'An amount'): Result<bigint> {
  const invalid = (reason: string) => refuse({ code: 'amount_invalid', reason: `${what} ${reason}` });
  if (/\s/.test(text)) return invalid('has no blanks.');
  if (/^[+-]/.test(text)) return invalid('has no sign.');
  if (/^\d[\d.]*e/i.test(text)) return invalid('has no exponent.');
  if (/[.,]/.test(text)) return invalid('is in whole base units, without a decimal point or separator.');
  if (!/^\d+$/.test(text)) return invalid('consists of decimal digits.');
  if (/^0+$/.test(text)) return invalid('is above zero.');
  if (text.startsWith('0')) return invalid('has no leading zeros.');
  const units = parseUnits(text);
  return units === undefined ? invalid(`is at most ${UNITS_MAX}.`) : accept(units);
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
