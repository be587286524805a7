/**
 * Owns which networks the sandbox knows, their native coins, the tokens it can name, and what things cost in USD. The
 * prices never move: a test that depends on a price should be able to say which one.
 */
import type { Settings } from './settings.ts';

export type AssetInfo = { symbol?: string; decimals: number; verified?: boolean };
export type Family = 'Evm' | 'Bitcoin' | 'Solana';
export type Network = {
  family: Family;
  native: AssetInfo;
  isTestnet: boolean;
  /** Known tokens by the name that their asset has in the sandbox. */
  tokens: Readonly<Record<string, AssetInfo>>;
  chainId?: number;
};

const coins = {
  ETH: { symbol: 'ETH', decimals: 18, verified: true },
  POL: { symbol: 'POL', decimals: 18, verified: true },
  BTC: { symbol: 'BTC', decimals: 8, verified: true },
  SOL: { symbol: 'SOL', decimals: 9, verified: true },
} as const satisfies Record<string, AssetInfo>;
const usdc: AssetInfo = { symbol: 'USDC', decimals: 6, verified: true };

export const networks: Readonly<Record<string, Network>> = {
  Ethereum: evm('ETH', false, 1, '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'),
  EthereumSepolia: evm('ETH', true, 11155111, '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238'),
  EthereumHoodi: evm('ETH', true, 560048),
  Polygon: evm('POL', false, 137, '0x3c499c542cef5e3811e1192ce70d8cc03d5c3359'),
  PolygonAmoy: evm('POL', true, 80002, '0x41e94eb019c0762f9bfcf9fb1e58725bfb0e7582'),
  Base: evm('ETH', false, 8453, '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'),
  BaseSepolia: evm('ETH', true, 84532, '0x036cbd53842c5426634e7929541ec2318f3dcf7e'),
  ArbitrumOne: evm('ETH', false, 42161, '0xaf88d065e77c8cc2239327c5edb3a432268e5831'),
  ArbitrumSepolia: evm('ETH', true, 421614, '0x75faf114eafb1bdbe2f0316df893fd58ce46aa4d'),
  Optimism: evm('ETH', false, 10, '0x0b2c639c533813f4aa9d7837caf62653d097ff85'),
  OptimismSepolia: evm('ETH', true, 11155420, '0x5fd84259d66cd46123540766be93dfe6d43130d7'),
  Bitcoin: bitcoin(false),
  BitcoinSignet: bitcoin(true),
  BitcoinTestnet4: bitcoin(true),
  Solana: solana(false, 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'),
  SolanaDevnet: solana(true, '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU'),
};

const USD: Readonly<Record<string, number>> = { ETH: 2500, POL: 0.5, BTC: 60_000, SOL: 150, USDC: 1 };
const UNKNOWN_TOKEN: AssetInfo = { decimals: 18, verified: false };
const UNKNOWN_NETWORK: Network = { family: 'Evm', native: UNKNOWN_TOKEN, isTestnet: true, tokens: {} };

function evm(symbol: 'ETH' | 'POL', isTestnet: boolean, chainId: number, usdcContract?: string): Network {
  const tokens = usdcContract ? { [`erc20:${usdcContract}`]: usdc } : {};
  return { family: 'Evm', native: coins[symbol], isTestnet, tokens, chainId };
}

function bitcoin(isTestnet: boolean): Network {
  return { family: 'Bitcoin', native: coins.BTC, isTestnet, tokens: {} };
}

function solana(isTestnet: boolean, usdcMint: string): Network {
  return { family: 'Solana', native: coins.SOL, isTestnet, tokens: { [`spl:${usdcMint}`]: usdc } };
}

export const networkOf = (name: string): Network =>
  (Object.hasOwn(networks, name) ? networks[name] : undefined) ?? UNKNOWN_NETWORK;
export const familyOf = (name: string): Family => networkOf(name).family;

/**
 * Assets are named by one text everywhere in the sandbox: `native`, `erc20:<lower-case contract>`, `spl:<mint>`,
 * `spl2022:<mint>` or `erc721:<lower-case contract>:<token id>`.
 */
export const NATIVE = 'native';

type Asset =
  | { kind: 'Native' }
  | { kind: 'Erc20'; contract: string }
  | { kind: 'Erc721'; contract: string; tokenId: string }
  | { kind: 'Spl' | 'Spl2022'; mint: string };

export function assetOf(body: Asset): string {
  switch (body.kind) {
    case 'Native':
      return NATIVE;
    case 'Erc20':
      return `erc20:${body.contract.toLowerCase()}`;
    case 'Erc721':
      return `erc721:${body.contract.toLowerCase()}:${body.tokenId}`;
    case 'Spl':
    case 'Spl2022':
      return `${body.kind.toLowerCase()}:${body.mint}`;
  }
}

/** How Dfns names an asset in its answers: the kind, and where the asset lives. */
export function locatorOf(asset: string): Asset {
  const [kind, place = '', tokenId = ''] = asset.split(':');
  if (kind === 'erc20') return { kind: 'Erc20', contract: place };
  if (kind === 'erc721') return { kind: 'Erc721', contract: place, tokenId };
  if (kind === 'spl') return { kind: 'Spl', mint: place };
  if (kind === 'spl2022') return { kind: 'Spl2022', mint: place };
  return { kind: 'Native' };
}

/** How Dfns names an asset in policies: the native coin carries its symbol. */
export function tidOf(networkName: string, asset: string): string {
  return asset === NATIVE ? `native:${networkOf(networkName).native.symbol?.toLowerCase() ?? ''}` : asset;
}

export function assetInfo(networkName: string, asset: string): AssetInfo {
  const { native, tokens, family } = networkOf(networkName);
  if (asset === NATIVE) return native;
  const unknown = family === 'Solana' ? { ...UNKNOWN_TOKEN, decimals: 9 } : UNKNOWN_TOKEN;
  return (Object.hasOwn(tokens, asset) ? tokens[asset] : undefined) ?? unknown;
}

/** The price of one whole unit; undefined where Dfns has no quote, which policies must treat as "cannot tell". */
export function usdQuote(settings: Settings, networkName: string, asset: string): number | undefined {
  if (networkOf(networkName).isTestnet && !settings.testnetQuotes) return undefined;
  const { symbol } = assetInfo(networkName, asset);
  return symbol === undefined ? undefined : USD[symbol];
}

export function usdValue(settings: Settings, networkName: string, asset: string, units: string): number | undefined {
  const quote = usdQuote(settings, networkName, asset);
  return quote === undefined ? undefined : (Number(units) / 10 ** assetInfo(networkName, asset).decimals) * quote;
}
