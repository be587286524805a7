// The assets the product moves. An asset id is unique over networks and names the contract of a token.
import type { Network } from './network.ts';

export type AssetId = string;

export interface Asset {
  readonly id: AssetId;
  readonly network: Network;
  readonly symbol: string;
  readonly decimals: number;
  readonly kind: 'native' | 'erc20';
  readonly contract?: string;
}

export const assets: readonly Asset[] = [
  { id: 'EthereumSepolia/native', network: 'EthereumSepolia', symbol: 'ETH', decimals: 18, kind: 'native' },
  {
    // Circle's test USDC on Sepolia: https://developers.circle.com/stablecoins/usdc-contract-addresses
    id: 'EthereumSepolia/0x1c7d4b196cb0c7b01d743fbc6116a902379c7238',
    network: 'EthereumSepolia',
    symbol: 'USDC',
    decimals: 6,
    kind: 'erc20',
    contract: '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238',
  },
];

export const findAsset = (id: AssetId): Asset | undefined => assets.find((asset) => asset.id === id);

/** The id under which any asset of a wallet is booked, also one that the product does not move. */
export const assetIdOf = (network: Network, contract: string | undefined): AssetId =>
  contract === undefined ? `${network}/native` : `${network}/${contract.toLowerCase()}`;

export const nativeOf = (network: Network): AssetId => assetIdOf(network, undefined);
