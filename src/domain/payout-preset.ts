// Presets of the policies that hold hot wallets at custody. Each is data: tiers by value, and what is blocked whatever anybody
// approves. Custody counts for each wallet, on the tag that names the preset; caps of the whole pool are our own sums.
import type { LimitRule } from './limits-template.ts';

const [HOUR_MINUTES, DAY_MINUTES] = [60, 1440];
const block = { kind: 'block' } as const;
const approvals = (quorum: number) => ({ kind: 'approval', quorum }) as const;

export type PresetRule =
  | LimitRule
  /** Whoever stands on no list of payees at custody waits for so many people. */
  | { readonly kind: 'recipients'; readonly quorum: number }
  /** Where there is a checker, everything is put before it; what it stays silent on is for the people of its group. */
  | { readonly kind: 'review' };

export interface PayoutPreset {
  /** At custody the wallets carry `payouts:<name>`. */
  readonly name: string;
  readonly rules: readonly PresetRule[];
}

export const payoutPresets = {
  standard: {
    name: 'standard',
    rules: [
      { kind: 'velocity', usd: 100_000, windowMinutes: DAY_MINUTES, action: block },
      { kind: 'amount', usd: 10_000, action: approvals(1) },
      { kind: 'recipients', quorum: 1 },
      { kind: 'review' },
    ],
  },
  highVolume: {
    name: 'high-volume',
    rules: [
      { kind: 'amount', usd: 500_000, action: approvals(2) },
      { kind: 'velocity', usd: 2_000_000, windowMinutes: HOUR_MINUTES, action: block },
      { kind: 'count', transfers: 1_000, windowMinutes: HOUR_MINUTES, action: block },
    ],
  },
} as const satisfies Readonly<Record<string, PayoutPreset>>;
