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
}

const evm = (symbol: 'ETH' | 'POL', isTest: boolean) => ({ family: 'evm', isTest, symbol, decimals: 18 }) as const;
const bitcoin = (isTest: boolean) => ({ family: 'bitcoin', isTest, symbol: 'BTC', decimals: 8 }) as const;
const solana = (isTest: boolean) => ({ family: 'solana', isTest, symbol: 'SOL', decimals: 9 }) as const;

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
  Ethereum: evm('ETH', false),
  EthereumSepolia: evm('ETH', true),
  EthereumHoodi: evm('ETH', true),
  Polygon: evm('POL', false),
  PolygonAmoy: evm('POL', true),
  Base: evm('ETH', false),
  BaseSepolia: evm('ETH', true),
  ArbitrumOne: evm('ETH', false),
  ArbitrumSepolia: evm('ETH', true),
  Optimism: evm('ETH', false),
  OptimismSepolia: evm('ETH', true),
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
