// The networks the product knows, in Dfns spelling (Dfns: network enum of the API reference). Wallets are opened on the EVM
// ones; of the others only the addresses are understood.

export const networkFamilies = ['evm', 'bitcoin', 'solana'] as const;
/** Networks of one family write an address in the same way. */
export type NetworkFamily = (typeof networkFamilies)[number];

interface NetworkFacts {
  readonly family: NetworkFamily;
  readonly isTest: boolean;
  readonly symbol: string;
  readonly decimals: number;
  /** By which a signed transaction says where it may go (EIP-155); null where a network has none. */
  readonly chainId: number | null;
}

/** Chain ids: https://github.com/ethereum-lists/chains, which viem copies. */
const evm = (symbol: 'ETH' | 'POL', isTest: boolean, chainId: number) =>
  ({ family: 'evm', isTest, symbol, decimals: 18, chainId }) as const;
const bitcoin = (isTest: boolean) =>
  ({ family: 'bitcoin', isTest, symbol: 'BTC', decimals: 8, chainId: null }) as const;
const solana = (isTest: boolean) => ({ family: 'solana', isTest, symbol: 'SOL', decimals: 9, chainId: null }) as const;

/** Networks on which the product opens wallets. */
export const openableNetworks = [
  'Ethereum',
  'EthereumSepolia',
  'EthereumHoodi',
  'Polygon',
  'PolygonAmoy',
  'Base',
  'BaseSepolia',
  'ArbitrumOne',
  'ArbitrumSepolia',
  'Optimism',
  'OptimismSepolia',
] as const;

export type OpenableNetwork = (typeof openableNetworks)[number];

export const networks = [
  ...openableNetworks,
  'Bitcoin',
  'BitcoinSignet',
  'BitcoinTestnet4',
  'Solana',
  'SolanaDevnet',
] as const;
export type Network = (typeof networks)[number];

export const networkFacts: Readonly<Record<Network, NetworkFacts>> = {
  Ethereum: evm('ETH', false, 1),
  EthereumSepolia: evm('ETH', true, 11_155_111),
  EthereumHoodi: evm('ETH', true, 560_048),
  Polygon: evm('POL', false, 137),
  PolygonAmoy: evm('POL', true, 80_002),
  Base: evm('ETH', false, 8453),
  BaseSepolia: evm('ETH', true, 84_532),
  ArbitrumOne: evm('ETH', false, 42_161),
  ArbitrumSepolia: evm('ETH', true, 421_614),
  Optimism: evm('ETH', false, 10),
  OptimismSepolia: evm('ETH', true, 11_155_420),
  Bitcoin: bitcoin(false),
  BitcoinSignet: bitcoin(true),
  BitcoinTestnet4: bitcoin(true),
  Solana: solana(false),
  SolanaDevnet: solana(true),
};

/** Money of a test network is worth nothing: a deployment opens one sort or the other. */
export function testnetsOrMainnets(of: readonly Network[]): 'testnets' | 'mainnets' | 'both' {
  const tests = of.filter((network) => networkFacts[network].isTest).length;
  return tests === 0 ? 'mainnets' : tests === of.length ? 'testnets' : 'both';
}
