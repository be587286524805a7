// One codec per network: parse, normalize, show. EVM addresses are kept lower-case, as custody compares them, and shown
// in EIP-55 form. viem does the checksum: https://eips.ethereum.org/EIPS/eip-55
import { getAddress, isAddress } from 'viem/utils';
import { assets } from './asset.ts';
import type { Network } from './network.ts';
import { accept, type Result, refuse } from './result.ts';

/** Addresses 1 to 0x1ff are precompiles or reserved for them; nothing sent there comes back. */
const PRECOMPILE_MAX = 0x1ffn;

/** The canonical form of an address, or why it is none. Mixed case must carry a right EIP-55 checksum. */
export function parseAddress(network: Network, text: string): Result<string> {
  const invalid = (reason: string) => refuse({ code: 'address_invalid', network, reason });
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return invalid('An address is 0x and 40 hexadecimal digits.');
  const digits = text.slice(2);
  const isOneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (!isOneCase && !isAddress(text, { strict: true }))
    return invalid('The EIP-55 checksum is wrong: a character differs.');
  return accept(text.toLowerCase());
}

/** Refuses places from which money never returns: the zero address, precompiles, token contracts, our own wallets. */
export function acceptAsDestination(
  network: Network,
  address: string,
  ownAddresses: readonly string[],
): Result<string> {
  const forbidden = (reason: string) => refuse({ code: 'address_forbidden', reason });
  if (BigInt(address) === 0n) return forbidden('The zero address belongs to nobody.');
  if (BigInt(address) <= PRECOMPILE_MAX) return forbidden('The address is a precompiled contract.');
  if (assets.some((asset) => asset.network === network && asset.contract === address)) {
    return forbidden('The address is a token contract.');
  }
  if (ownAddresses.includes(address)) return forbidden('The address is a wallet held by this system.');
  return accept(address);
}

/** The form that people compare: EIP-55 for EVM. Text that is no address (a contract creation) is shown as it is. */
export const showAddress = (address: string): string =>
  isAddress(address, { strict: false }) ? getAddress(address) : address;
