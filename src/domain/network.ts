// The networks the product supports, in Dfns spelling (Dfns: network enum of the API reference).

export const networks = ['EthereumSepolia'] as const;
export type Network = (typeof networks)[number];
