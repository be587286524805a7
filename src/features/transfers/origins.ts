// Where each transfer comes from.
import type { Transfer } from '../../domain/transfer.ts';
import type { Origin } from './origin.ts';
import { orderOrigin } from './origins/order.ts';
import { payoutOrigin } from './origins/payout.ts';

export const originOf = ({ payoutId }: Pick<Transfer, 'payoutId'>): Origin =>
  payoutId === null ? orderOrigin : payoutOrigin;
