// Where each transfer comes from.
import type { Transfer } from '../../domain/transfer.ts';
import type { Origin } from './origin.ts';
import { orderOrigin } from './origins/order.ts';

export const originOf = (_transfer: Transfer): Origin => orderOrigin;
