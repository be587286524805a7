// Who is told of what: one table from the entries of the journal to kinds of notices. `commit` reads it, so that a notice is
// raised by the very batch that writes the change, and no feature can forget one.
import type { Role } from './actor.ts';
import { findAsset } from './asset.ts';
import type { AccountId, NoticeId } from './id.ts';
import { type IncidentKind, ownership } from './incident.ts';
import type { Timestamp } from './time.ts';

export const channels = ['webhook', 'email', 'chat'] as const;
export type Channel = (typeof channels)[number];

/** The client of the account, or a role of the staff. */
export type Audience = Exclude<Role, 'auditor'>;
/** Roles with a chat room of their own. */
export const chatRoles = ['operator', 'compliance', 'admin'] as const satisfies readonly Audience[];
export type ChatRole = (typeof chatRoles)[number];

/** What an entry says of its record after the step: what changed, or all of it in the first entry. */
export type After = Readonly<Record<string, unknown>>;

interface Rule {
  /** The kind of the entry that raises it. */
  readonly on: string;
  readonly when?: (after: After, before: After) => boolean;
  readonly to: readonly Audience[] | ((after: After) => readonly Audience[]);
  /** Nobody can switch it off. */
  readonly always?: true;
}

const client = ['client'] as const;
const clientAndDesk = ['client', 'operator'] as const;
const clientAndOfficer = ['client', 'compliance'] as const;
const everybody = ['client', 'operator', 'compliance', 'admin'] as const;

/** Told by notices of their own, with the same entry or another of the same commit. */
const toldElsewhere: readonly string[] = [
  'fence_broken',
  'schedule_paused',
  'transfer_needs_review',
] satisfies IncidentKind[];
const incidentOf = ({ kind }: After) => ownership[kind as IncidentKind];
/** A sweep that recurs and finds nothing is no news. */
const hadWork = ({ rule }: After) => rule !== 'nothing_available';
/** Worth telling: an asset that we know, and not an amount of nothing, which anyone may send to anybody. */
const isDeposit = ({ asset, units }: After) => findAsset(String(asset)) !== undefined && units !== '0';

export const noticeRules = {
  'account.active': { on: 'account.active', to: clientAndDesk },
  'account.failed': { on: 'account.failed', to: ['operator', 'admin'] },
  'account.closed': { on: 'account.closed', to: clientAndDesk },
  'wallet.active': { on: 'wallet.active', to: client },

  'destination.proposed': { on: 'destination.proposed', to: client },
  'destination.in_review': { on: 'destination.in_review', to: ['compliance'] },
  'destination.approved': { on: 'destination.approved', to: clientAndDesk, always: true },
  'destination.rejected': { on: 'destination.rejected', to: clientAndDesk },
  'destination.refused': { on: 'destination.refused', to: clientAndOfficer },
  'destination.expired': { on: 'destination.expired', to: client },
  'destination.failed': { on: 'destination.failed', to: clientAndOfficer },
  'destination.suspended': { on: 'destination.suspended', to: clientAndDesk },
  'destination.removed': { on: 'destination.removed', to: clientAndDesk },

  'limits_change.proposed': { on: 'limits_change.proposed', to: client },
  'limits_change.confirmed': { on: 'limits_change.confirmed', to: ['compliance'] },
  'limits_change.applied': { on: 'limits_change.applied', to: client },
  'limits_change.rejected': { on: 'limits_change.rejected', to: client },

  'mandate.active': { on: 'mandate.active', to: clientAndDesk },
  'mandate.rejected': { on: 'mandate.rejected', to: clientAndDesk },
  'mandate.revoked': { on: 'mandate.revoked', to: clientAndDesk },
  'mandate.expired': { on: 'mandate.expired', to: clientAndDesk },

  'schedule.paused': { on: 'schedule.paused', to: clientAndDesk },
  'schedule.ended': { on: 'schedule.ended', to: clientAndDesk },

  'order.executed': { on: 'order.executed', to: client },
  'order.skipped': { on: 'order.skipped', when: hadWork, to: clientAndDesk },
  'order.blocked': { on: 'order.blocked', to: clientAndDesk },
  'order.failed': { on: 'order.failed', to: clientAndDesk },
  'order.rejected': { on: 'order.rejected', to: clientAndDesk },

  'transfer.awaiting_approval': { on: 'transfer.awaiting_approval', to: ['compliance'] },
  'transfer.needs_review': { on: 'transfer.needs_review', to: ['operator', 'compliance'], always: true },

  'deposit.received': { on: 'movement.received', when: isDeposit, to: client },

  'fence.broken': { on: 'fence.checked', when: ({ result }) => result === 'broken', to: everybody, always: true },
  'fence.intact': { on: 'fence.checked', when: isRepaired, to: everybody },
  'halt.active': { on: 'halt.active', to: everybody, always: true },
  'halt.lifted': { on: 'halt.lifted', to: everybody, always: true },

  'incident.critical': {
    on: 'incident.open',
    when: (after) => incidentOf(after)?.severity === 'critical' && !isToldElsewhere(after),
    to: ownerAndAdmin,
    always: true,
  },
  'incident.open': {
    on: 'incident.open',
    when: (after) => incidentOf(after)?.severity !== 'critical' && !isToldElsewhere(after),
    to: ownerAndAdmin,
  },

  'webhook_endpoint.disabled': { on: 'webhook_endpoint.disabled', to: ['admin'], always: true },
} as const satisfies Record<string, Rule>;

function isToldElsewhere({ kind }: After): boolean {
  return toldElsewhere.includes(String(kind));
}

function isRepaired(after: After, before: After): boolean {
  return after.result === 'intact' && before.result === 'broken';
}

function ownerAndAdmin(after: After): readonly Audience[] {
  const owner = incidentOf(after)?.owner;
  return owner === undefined || owner === 'auditor' || owner === 'admin' ? ['admin'] : [owner, 'admin'];
}

export type NoticeKind = keyof typeof noticeRules;
// The names of the table are the kinds; Object.keys forgets that.
export const noticeKinds = Object.keys(noticeRules) as [NoticeKind, ...NoticeKind[]];

const ruleOf = (kind: NoticeKind): Rule => noticeRules[kind];

export const isAlways = (kind: NoticeKind): boolean => ruleOf(kind).always === true;

export const audiencesOf = (kind: NoticeKind, after: After): readonly Audience[] => {
  const { to } = ruleOf(kind);
  return typeof to === 'function' ? to(after) : to;
};

const kindsByEntry = new Map<string, NoticeKind[]>();
for (const kind of noticeKinds) {
  const { on } = ruleOf(kind);
  kindsByEntry.set(on, [...(kindsByEntry.get(on) ?? []), kind]);
}

export interface Told {
  readonly kind: string;
  readonly data: unknown;
}

// Entries are written by this system, but old ones by older versions of it: what is not there is undefined.
const sideOf = (data: unknown, side: 'before' | 'after'): After => Object(Object(data)[side]) as After;
export const afterOf = (data: unknown): After => sideOf(data, 'after');

/** The notice that an entry raises: one at most, the first whose condition holds. */
export function noticeOf({ kind, data }: Told): NoticeKind | undefined {
  const [after, before] = [afterOf(data), sideOf(data, 'before')];
  return kindsByEntry.get(kind)?.find((candidate) => ruleOf(candidate).when?.(after, before) ?? true);
}

/** A notice: what an entry says, to whom. Its id is that of the entry, so that it is the same however often it is raised. */
export interface Notice {
  readonly id: NoticeId;
  readonly kind: NoticeKind;
  readonly entryId: string;
  readonly subjectId: string;
  readonly accountId: AccountId | null;
  readonly at: Timestamp;
  readonly after: After;
}

export const noticeIdOf = (entryId: string): NoticeId => `ntc_${entryId.slice(entryId.indexOf('_') + 1)}`;
