// Something a person has to look at. At most one of a kind is open for one subject.
import type { AccountId, IncidentId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Timestamp } from './time.ts';

export const incidentMachine = machine({ open: ['acknowledged'], acknowledged: [] });

export const incidentKinds = [
  'fence_broken',
  'change_was_not_guarded',
  'change_conflict',
  'guard_unsound',
  'wallet_failed',
  'limits_not_applied',
  'deposit_after_close',
  'custody_barred',
  'custody_silent',
  'transfer_needs_review',
  'transfer_slow',
  'transfer_unknown',
  'duplicate_at_custody',
  'movements_dropped',
  'permissions_unsound',
  'sanctions_hit',
  'schedule_paused',
  'epoch_differs',
  'lost_at_custody',
  'message_dead',
  'payout_float_low',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

interface IncidentCore {
  readonly id: IncidentId;
  readonly version: number;
  readonly kind: IncidentKind;
  /** The id of what it is about. */
  readonly about: string;
  readonly accountId: AccountId | null;
  readonly detail: string;
  readonly createdAt: Timestamp;
}

interface IncidentFacts {
  open: object;
  acknowledged: { readonly acknowledgedAt: Timestamp; readonly acknowledgedBy: string };
}

export type IncidentStatus = keyof typeof incidentMachine;
export type Incident<S extends IncidentStatus = IncidentStatus> = InStatus<IncidentCore, IncidentFacts, S>;

const become = transitions<typeof incidentMachine, IncidentCore, IncidentFacts>();

export const acknowledge = (incident: Incident<'open'>, by: string, at: Timestamp): Incident<'acknowledged'> =>
  become(incident, 'acknowledged', { acknowledgedAt: at, acknowledgedBy: by });
