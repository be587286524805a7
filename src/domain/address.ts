// Addresses of every network: parsed into the one form in which they are kept and compared, and shown as people compare
// them. One codec for each family of networks.
import { bitcoinDeadEnd, parseBitcoinAddress } from './bitcoin-address.ts';
import { evmDeadEnd, parseEvmAddress, showEvmAddress } from './evm-address.ts';
import { type Network, type NetworkFamily, networkFacts } from './network.ts';
import { accept, type Result, refuse } from './result.ts';
import { parseSolanaAddress, solanaDeadEnd } from './solana-address.ts';

interface Codec {
  readonly parse: (network: Network, text: string) => Result<string>;
  readonly deadEnd: (network: Network, address: string) => string | undefined;
}
const codecs: Readonly<Record<NetworkFamily, Codec>> = {
  evm: { parse: parseEvmAddress, deadEnd: evmDeadEnd },
  bitcoin: { parse: parseBitcoinAddress, deadEnd: bitcoinDeadEnd },
  solana: { parse: parseSolanaAddress, deadEnd: (_, address) => solanaDeadEnd(address) },
};

/** The canonical form of an address on this network, or why it is none. */
export const parseAddress = (network: Network, text: string): Result<string> =>
  codecs[networkFacts[network].family].parse(network, text);

/**
 * Refuses places from which money never returns: zero and burn addresses, programs, token contracts, our own wallets.
 * @param address in its canonical form
 */
export function acceptAsDestination(
  network: Network,
  address: string,
  ownAddresses: readonly string[],
): Result<string> {
  const reason = ownAddresses.includes(address)
    ? 'The address is a wallet held by this system.'
    : codecs[networkFacts[network].family].deadEnd(network, address);
  return reason === undefined ? accept(address) : refuse({ code: 'address_forbidden', reason });
}

/**
 * The form that people compare. Only EVM addresses have another than the one they are kept in, and no address of another
 * family looks like one. Text that is no address (a contract creation) is shown as it is.
 */
export const showAddress = (address: string): string => showEvmAddress(address);
