// What an amount is worth by somebody's quote, for reading only: nothing is decided by it.
import { type AssetId, findAsset } from './asset.ts';

/** Digits behind the point that a quote is taken with; custody gives it as a number. */
const QUOTE_DIGITS = 12;
const CENT_DIGITS = 2;
/** From here on a number is written with an exponent. */
const QUOTE_MAX = 1e21;

/** In whole cents, rounded down; undefined for an asset whose decimals we do not know, or a quote that is none. */
export function worthOf(asset: AssetId, units: bigint, price: number): string | undefined {
  const known = findAsset(asset);
  if (known === undefined || !(price >= 0 && price < QUOTE_MAX)) return undefined;
  const [whole = '0', fraction = ''] = price.toFixed(QUOTE_DIGITS).split('.');
  const scaled = BigInt(`${whole}${fraction}`);
  const cents = (units * scaled) / 10n ** BigInt(known.decimals + QUOTE_DIGITS - CENT_DIGITS);
  return showCents(cents);
}

export const showCents = (cents: bigint): string =>
  `${cents / 100n}.${String(cents % 100n).padStart(CENT_DIGITS, '0')}`;
