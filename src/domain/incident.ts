// Something a person has to look at. At most one of a kind is open for one subject.
import type { StaffRole } from './actor.ts';
import type { AccountId, IncidentId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Timestamp } from './time.ts';

export const incidentMachine = machine({
  open: ['acknowledged', 'resolved'],
  acknowledged: ['resolved'],
  resolved: [],
});

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
  'webhooks_missing',
  'custody_token_expiring',
  'journal_broken',
  'siem_behind',
  'arrival_missing',
  'payout_float_low',
  'payout_over_limits',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/** `critical`: money may be at risk, look now. `high`: today. `medium`: this week. */
export const severities = ['critical', 'high', 'medium'] as const;
export type IncidentSeverity = (typeof severities)[number];

interface Ownership {
  readonly severity: IncidentSeverity;
  /** Who looks at it first; everybody on the staff sees it. */
  readonly owner: StaffRole;
}

/** How grave each kind is and whose it is. Each has a page in docs/runbooks. */
export const ownership: Readonly<Record<IncidentKind, Ownership>> = {
  fence_broken: { severity: 'critical', owner: 'compliance' },
  change_was_not_guarded: { severity: 'critical', owner: 'compliance' },
  change_conflict: { severity: 'critical', owner: 'compliance' },
  guard_unsound: { severity: 'critical', owner: 'compliance' },
  wallet_failed: { severity: 'high', owner: 'operator' },
  limits_not_applied: { severity: 'high', owner: 'compliance' },
  deposit_after_close: { severity: 'high', owner: 'operator' },
  custody_barred: { severity: 'critical', owner: 'admin' },
  custody_silent: { severity: 'high', owner: 'admin' },
  transfer_needs_review: { severity: 'critical', owner: 'operator' },
  transfer_slow: { severity: 'high', owner: 'operator' },
  transfer_unknown: { severity: 'critical', owner: 'compliance' },
  duplicate_at_custody: { severity: 'high', owner: 'admin' },
  movements_dropped: { severity: 'high', owner: 'admin' },
  permissions_unsound: { severity: 'critical', owner: 'compliance' },
  sanctions_hit: { severity: 'critical', owner: 'compliance' },
  schedule_paused: { severity: 'medium', owner: 'operator' },
  custody_token_expiring: { severity: 'high', owner: 'admin' },
  arrival_missing: { severity: 'high', owner: 'operator' },
  payout_float_low: { severity: 'medium', owner: 'operator' },
  payout_over_limits: { severity: 'medium', owner: 'operator' },
  epoch_differs: { severity: 'critical', owner: 'admin' },
  lost_at_custody: { severity: 'critical', owner: 'admin' },
  message_dead: { severity: 'high', owner: 'admin' },
  journal_broken: { severity: 'critical', owner: 'compliance' },
  siem_behind: { severity: 'medium', owner: 'admin' },
  webhooks_missing: { severity: 'medium', owner: 'admin' },
};

/** Kinds whose end our own records prove, and the proof in words. All others are over when a person says so. */
export const provenOver = {
  fence_broken: 'A later check found the fence intact.',
  permissions_unsound: 'A later proof found the rights at custody sound.',
  change_conflict: 'No change of the list is in conflict any more.',
  custody_silent: 'Custody has answered since, and the way to it is open again.',
  transfer_needs_review: 'The transfer has come to its end.',
  transfer_slow: 'The transfer has come to its end.',
  transfer_unknown: 'The transfer was found as that of a request here.',
  epoch_differs: 'The database is the one that the deployment stands for, and no restore is under way.',
  schedule_paused: 'The schedule is not paused any more.',
  custody_token_expiring: 'The token in use is another one.',
} as const satisfies Partial<Record<IncidentKind, string>>;
export type ProvableKind = keyof typeof provenOver;

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
  resolved: {
    readonly resolvedAt: Timestamp;
    readonly resolvedBy: string;
    /** What was found and done, or which record shows that the cause is gone. */
    readonly note: string;
    readonly acknowledgedAt?: Timestamp;
    readonly acknowledgedBy?: string;
  };
}

export type IncidentStatus = keyof typeof incidentMachine;
export type Incident<S extends IncidentStatus = IncidentStatus> = InStatus<IncidentCore, IncidentFacts, S>;

const become = transitions<typeof incidentMachine, IncidentCore, IncidentFacts>();

export const acknowledge = (incident: Incident<'open'>, by: string, at: Timestamp): Incident<'acknowledged'> =>
  become(incident, 'acknowledged', { acknowledgedAt: at, acknowledgedBy: by });

export const resolve = (
  incident: Incident<'open' | 'acknowledged'>,
  { by, at, note }: { readonly by: string; readonly at: Timestamp; readonly note: string },
): Incident<'resolved'> =>
  // Both statuses lead there; the compiler wants to see which one it is.
  incident.status === 'open'
    ? become(incident, 'resolved', { resolvedAt: at, resolvedBy: by, note })
    : become(incident, 'resolved', { resolvedAt: at, resolvedBy: by, note });
