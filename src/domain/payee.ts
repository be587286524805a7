// Payees: whom the company knows. Kept by an operator, confirmed by an officer; a payout to anybody else is flagged.
import type { PayeeId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Network } from './network.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const payeeMachine = machine({
  proposed: ['confirmed', 'retired'],
  confirmed: ['retired'],
  retired: [],
});

interface PayeeCore {
  readonly id: PayeeId;
  readonly version: number;
  readonly network: Network;
  readonly address: string;
  readonly ends: string;
  readonly name: string;
  readonly proposedBy: string;
  readonly createdAt: Timestamp;
}
interface PayeeFacts {
  proposed: object;
  confirmed: { readonly confirmedBy: string; readonly confirmedAt: Timestamp };
  retired: { readonly retiredBy: string; readonly retiredAt: Timestamp };
}

export type PayeeStatus = keyof typeof payeeMachine;
export type Payee<S extends PayeeStatus = PayeeStatus> = InStatus<PayeeCore, PayeeFacts, S>;

const become = transitions<typeof payeeMachine, PayeeCore, PayeeFacts>();

export const confirmPayee = (payee: Payee<'proposed'>, by: string, at: Timestamp): Result<Payee<'confirmed'>> =>
  by === payee.proposedBy
    ? refuse({ code: 'payee_needs_another_person' })
    : accept(become(payee, 'confirmed', { confirmedBy: by, confirmedAt: at }));

export const retirePayee = (payee: Payee<'proposed' | 'confirmed'>, by: string, at: Timestamp): Payee<'retired'> =>
  become(payee, 'retired', { retiredBy: by, retiredAt: at });
