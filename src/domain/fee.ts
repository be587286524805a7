// What is kept back for the network fee of one transfer, in base units of the network's coin: a documented estimate, high
// enough for a busy day, since a transfer that cannot pay for itself is stuck or fails.
import type { Network } from './network.ts';

const GWEI = 1_000_000_000n;
/** A token transfer to an exchange's contract; a plain one takes 21,000. */
const GAS = 100_000n;
/** A signature on Solana costs 5,000 lamports, and a new token account holds 2,039,280. */
const SOLANA_RESERVE = 2_100_000n;
/** 250 virtual bytes at 80 satoshi each. */
const BITCOIN_RESERVE = 20_000n;

/** Prices of gas; on the networks above Ethereum most of it pays for the data they write there. */
const reserves: Readonly<Record<Network, bigint>> = {
  Ethereum: GAS * 50n * GWEI,
  EthereumSepolia: GAS * 50n * GWEI,
  EthereumHoodi: GAS * 50n * GWEI,
  Polygon: GAS * 1_000n * GWEI,
  PolygonAmoy: GAS * 1_000n * GWEI,
  Base: GAS * 2n * GWEI,
  BaseSepolia: GAS * 2n * GWEI,
  ArbitrumOne: GAS * 2n * GWEI,
  ArbitrumSepolia: GAS * 2n * GWEI,
  Optimism: GAS * 2n * GWEI,
  OptimismSepolia: GAS * 2n * GWEI,
  Bitcoin: BITCOIN_RESERVE,
  BitcoinSignet: BITCOIN_RESERVE,
  BitcoinTestnet4: BITCOIN_RESERVE,
  Solana: SOLANA_RESERVE,
  SolanaDevnet: SOLANA_RESERVE,
};

export const feeReserveOf = (network: Network): bigint => reserves[network];
