// What the checker approved on one UTC day: for each wallet and asset, and for each asset in all. A sum is reserved in the batch
// that records the intent, so that of two requests that both fit, both cannot pass.
import { type Timestamp, utcDay } from '../domain/time.ts';
import type { PaymentFacts } from './facts.ts';
import { totals } from './rules.ts';

/** What one request takes of one asset. */
export interface Outlay {
  readonly asset: string;
  readonly walletId: string;
  readonly day: string;
  readonly units: string;
}

export const outlaysOf = (payments: readonly PaymentFacts[], walletId: string, at: Timestamp): readonly Outlay[] =>
  [...totals(payments)].map(([asset, units]) => ({ asset, walletId, day: utcDay(at), units: units.toString() }));

/** The two sums that an outlay counts in. */
export const sumIdsOf = ({ asset, walletId, day }: Omit<Outlay, 'units'>) => ({
  ofWallet: `${day}|${asset}|${walletId}`,
  ofAll: `${day}|${asset}|all`,
});
