// The assets the product moves: the coin of each network and USDC on it. An asset id is unique over networks and names the
// contract of a token.
import { type Network, networkFacts, networks } from './network.ts';

export type AssetId = string;

export interface Asset {
  readonly id: AssetId;
  readonly network: Network;
  readonly symbol: string;
  readonly decimals: number;
  readonly kind: 'native' | 'erc20';
  readonly contract?: string;
}

/** Circle's USDC contracts: https://developers.circle.com/stablecoins/usdc-contract-addresses */
const usdcContracts: Partial<Readonly<Record<Network, string>>> = {
  Ethereum: '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
  EthereumSepolia: '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238',
  Polygon: '0x3c499c542cef5e3811e1192ce70d8cc03d5c3359',
  PolygonAmoy: '0x41e94eb019c0762f9bfcf9fb1e58725bfb0e7582',
  Base: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
  BaseSepolia: '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
  ArbitrumOne: '0xaf88d065e77c8cc2239327c5edb3a432268e5831',
  ArbitrumSepolia: '0x75faf114eafb1bdbe2f0316df893fd58ce46aa4d',
  Optimism: '0x0b2c639c533813f4aa9d7837caf62653d097ff85',
  OptimismSepolia: '0x5fd84259d66cd46123540766be93dfe6d43130d7',
};
const USDC_DECIMALS = 6;

/** The id under which any asset of a wallet is booked, also one that the product does not move. */
export const assetIdOf = (network: Network, contract: string | undefined): AssetId =>
  contract === undefined
    ? `${network}/native`
    : `${network}/${networkFacts[network].family === 'evm' ? contract.toLowerCase() : contract}`;

export const nativeOf = (network: Network): AssetId => assetIdOf(network, undefined);

export const assets: readonly Asset[] = networks.flatMap((network): Asset[] => {
  const { symbol, decimals } = networkFacts[network];
  const contract = usdcContracts[network];
  const coin: Asset = { id: nativeOf(network), network, symbol, decimals, kind: 'native' };
  return contract === undefined
    ? [coin]
    : [
        coin,
        { id: assetIdOf(network, contract), network, symbol: 'USDC', decimals: USDC_DECIMALS, kind: 'erc20', contract },
      ];
});

const assetsById = new Map(assets.map((asset) => [asset.id, asset]));
export const findAsset = (id: AssetId): Asset | undefined => assetsById.get(id);
