/**
 * Owns which networks the sandbox knows, their native coins, the tokens it can name, and what things cost in USD. The
 * prices never move: a test that depends on a price should be able to say which one.
 */
import type { Settings } from './settings.ts';

export type AssetInfo = { symbol?: string; decimals: number; verified?: boolean };
type Network = { native: AssetInfo; isTestnet: boolean; tokens: Readonly<Record<string, AssetInfo>> };

const coin = (symbol: string): AssetInfo => ({ symbol, decimals: 18, verified: true });
const usdc: AssetInfo = { symbol: 'USDC', decimals: 6, verified: true };

export const networks: Readonly<Record<string, Network>> = {
  Ethereum: network('ETH', false, '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'),
  EthereumSepolia: network('ETH', true, '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238'),
  EthereumHoodi: network('ETH', true),
  Polygon: network('POL', false, '0x3c499c542cef5e3811e1192ce70d8cc03d5c3359'),
  PolygonAmoy: network('POL', true, '0x41e94eb019c0762f9bfcf9fb1e58725bfb0e7582'),
  Base: network('ETH', false, '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'),
  BaseSepolia: network('ETH', true, '0x036cbd53842c5426634e7929541ec2318f3dcf7e'),
  ArbitrumOne: network('ETH', false, '0xaf88d065e77c8cc2239327c5edb3a432268e5831'),
  ArbitrumSepolia: network('ETH', true, '0x75faf114eafb1bdbe2f0316df893fd58ce46aa4d'),
  Optimism: network('ETH', false, '0x0b2c639c533813f4aa9d7837caf62653d097ff85'),
  OptimismSepolia: network('ETH', true, '0x5fd84259d66cd46123540766be93dfe6d43130d7'),
};

const USD: Readonly<Record<string, number>> = { ETH: 2500, POL: 0.5, USDC: 1 };
const UNKNOWN_TOKEN: AssetInfo = { decimals: 18, verified: false };
const UNKNOWN_NETWORK: Network = { native: UNKNOWN_TOKEN, isTestnet: true, tokens: {} };

function network(symbol: string, isTestnet: boolean, usdcContract?: string): Network {
  return { native: coin(symbol), isTestnet, tokens: usdcContract ? { [usdcContract]: usdc } : {} };
}

const known = (name: string) => (Object.hasOwn(networks, name) ? networks[name] : undefined) ?? UNKNOWN_NETWORK;

/** Assets are named by one text everywhere in the sandbox: `native` or `erc20:<lower-case contract>`. */
export const NATIVE = 'native';
export const assetOf = (body: { kind: 'Native' } | { kind: 'Erc20'; contract: string }) =>
  body.kind === 'Native' ? NATIVE : `erc20:${body.contract.toLowerCase()}`;
export const contractOf = (asset: string) => asset.slice('erc20:'.length);

export function assetInfo(networkName: string, asset: string): AssetInfo {
  const { native, tokens } = known(networkName);
  return asset === NATIVE ? native : (tokens[contractOf(asset)] ?? UNKNOWN_TOKEN);
}

/** The price of one whole unit; undefined where Dfns has no quote, which policies must treat as "cannot tell". */
export function usdQuote(settings: Settings, networkName: string, asset: string): number | undefined {
  if (known(networkName).isTestnet && !settings.testnetQuotes) return undefined;
  const { symbol } = assetInfo(networkName, asset);
  return symbol === undefined ? undefined : USD[symbol];
}

export function usdValue(settings: Settings, networkName: string, asset: string, units: string): number | undefined {
  const quote = usdQuote(settings, networkName, asset);
  return quote === undefined ? undefined : (Number(units) / 10 ** assetInfo(networkName, asset).decimals) * quote;
}
