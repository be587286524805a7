// What moves in a simulation, where it may go, and how much of it may be paid out.
export const USDC_CONTRACT = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
export const USDC = `EthereumSepolia/${USDC_CONTRACT}`;
export const NATIVE = 'EthereumSepolia/native';
export const EXCHANGES = [
  '0x52908400098527886e0f7030069857d2e4169ee7',
  '0x8617e340b3d01fa5f11f306f4090fd50e238070d',
] as const;

/** In base units; an hour is soon full, and a batch soon needs two persons. */
const limits = { perRow: '20000000', perBatch: '50000000', perHour: '30000000', perDay: '900000000' };
export const TWO_RELEASERS_ABOVE = 12_000_000n;
export const HOUR_MAX = 30_000_000n;
export const PAYOUT_LIMITS = JSON.stringify({
  [USDC]: { ...limits, twoReleasersAbove: String(TWO_RELEASERS_ABOVE) },
  [NATIVE]: limits,
});
