// EVM addresses: kept lower-case, as custody compares them, and shown in EIP-55 form. viem does the checksum:
// https://eips.ethereum.org/EIPS/eip-55
import { getAddress, isAddress } from 'viem/utils';
import { assets } from './asset.ts';
import type { Network } from './network.ts';
import { accept, type Result, refuse } from './result.ts';

/** Addresses 1 to 0x1ff are precompiles or reserved for them; nothing sent there comes back. */
const PRECOMPILE_MAX = 0x1ffn;
/** Where tokens are sent to be destroyed; nobody can have a key of such an address. */
const burnAddresses = ['0x000000000000000000000000000000000000dead', '0xdead000000000000000042069420694206942069'];

/** Mixed case must carry a right EIP-55 checksum. */
export function parseEvmAddress(network: Network, text: string): Result<string> {
  const invalid = (reason: string) => refuse({ code: 'address_invalid', network, reason });
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return invalid('An address is 0x and 40 hexadecimal digits.');
  const digits = text.slice(2);
  const isOneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (!isOneCase && !isAddress(text, { strict: true }))
    return invalid('The EIP-55 checksum is wrong: a character differs.');
  return accept(text.toLowerCase());
}

export const showEvmAddress = (address: string): string =>
  isAddress(address, { strict: false }) ? getAddress(address) : address;

/** Why money sent there would not come back; undefined where it may. */
export function evmDeadEnd(network: Network, address: string): string | undefined {
  if (BigInt(address) === 0n) return 'The zero address belongs to nobody.';
  if (BigInt(address) <= PRECOMPILE_MAX) return 'The address is a precompiled contract.';
  if (burnAddresses.includes(address)) return 'What is sent to this address is destroyed.';
  const isToken = assets.some((asset) => asset.network === network && asset.contract === address);
  return isToken ? 'The address is a token contract.' : undefined;
}
