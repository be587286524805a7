// Reads a sanctions list as it is published: one text file for each asset, one address a line. Whoever screens against half a
// list is worse off than with yesterday's, so a line that is not understood refuses the whole load.
import { createBase58check } from '@scure/base';
import { sha256 } from 'viem/utils';
import type { NetworkFamily } from '../../src/domain/network.ts';
import { canonicalEntry, type ScreeningEntry } from '../../src/domain/screening.ts';

export interface ListFile {
  readonly name: string;
  readonly text: string;
}
export interface ReadList {
  readonly entries: readonly ScreeningEntry[];
  /** Files of assets whose networks are not served, and lines of such a network in other files. */
  readonly passedOver: readonly { readonly name: string; readonly lines: number }[];
  /** Each names its file and line. */
  readonly problems: readonly string[];
}

/** By the asset in the name of the file. A token of several networks is listed with the addresses of all of them. */
const familiesOf: Readonly<Record<string, readonly NetworkFamily[]>> = {
  ETH: ['evm'],
  ETC: ['evm'],
  ARB: ['evm'],
  BSC: ['evm'],
  POL: ['evm'],
  XBT: ['bitcoin'],
  BTC: ['bitcoin'],
  SOL: ['solana'],
  USDC: ['evm', 'solana'],
  USDT: ['evm', 'solana', 'bitcoin'],
};
/** Published assets of networks that are not served here: no destination can have such an address. */
const notServed = ['BCH', 'BSV', 'BTG', 'DASH', 'LTC', 'TRX', 'XMR', 'XRP', 'XVG', 'ZEC'];

const assetOf = (name: string): string | undefined => /^(?:.*[_-])?([A-Z0-9]{3,5})\.txt$/.exec(name)?.[1];

const base58check = createBase58check((bytes) => sha256(bytes, 'bytes'));
const TRON_VERSION = 0x41;
const TRON_BYTES = 21;

/** Published files hold addresses of Tron under other assets too; no network here takes them. */
function isTron(text: string): boolean {
  if (!/^T[1-9A-HJ-NP-Za-km-z]{33}$/.test(text)) return false;
  try {
    const bytes = base58check.decode(text);
    return bytes.length === TRON_BYTES && bytes[0] === TRON_VERSION;
  } catch {
    // A wrong checksum: not an address of Tron either, and named as a bad line.
    return false;
  }
}

export function readFiles(files: readonly ListFile[]): ReadList {
  const entries: ScreeningEntry[] = [];
  const passedOver: { name: string; lines: number }[] = [];
  const problems: string[] = [];
  for (const { name, text } of files) {
    const asset = assetOf(name) ?? '';
    const families = familiesOf[asset];
    const lines = linesOf(text);
    if (families === undefined) {
      if (notServed.includes(asset)) passedOver.push({ name, lines: lines.length });
      else problems.push(`${name}: the name does not end in a known asset, such as _ETH.txt`);
      continue;
    }
    let elsewhere = 0;
    for (const { number, text: address } of lines) {
      const entry = entryOf(families, address);
      if (entry !== undefined) entries.push(entry);
      else if (isTron(address)) elsewhere += 1;
      else problems.push(`${name}, line ${number}: not an address of ${asset}`);
    }
    if (elsewhere > 0) passedOver.push({ name, lines: elsewhere });
  }
  return { entries, passedOver, problems };
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'));

function entryOf(families: readonly NetworkFamily[], text: string): ScreeningEntry | undefined {
  for (const family of families) {
    const address = canonicalEntry(family, text);
    if (address !== undefined) return { family, address };
  }
  return undefined;
}
