// Who acts. A client is known by issuer and subject of its token; staff by the same and their roles; the holder of a read-only
// key by the key.
import type { Report } from './account-key.ts';
import type { AccountId, AccountKeyId } from './id.ts';

export const staffRoles = ['operator', 'compliance', 'auditor', 'admin'] as const;
export type StaffRole = (typeof staffRoles)[number];
export type Role = 'client' | StaffRole;

export type Actor =
  | { readonly kind: 'client'; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'staff'; readonly issuer: string; readonly subject: string; readonly roles: readonly StaffRole[] }
  | {
      readonly kind: 'key';
      readonly subject: AccountKeyId;
      readonly accountId: AccountId;
      readonly reports: readonly Report[];
    }
  | { readonly kind: 'system'; readonly subject: string };

export const system = (job: string): Actor => ({ kind: 'system', subject: job });

/** The name under which an actor stands in the journal; unique over issuers. */
export const nameOf = (actor: Actor): string =>
  'issuer' in actor ? `${actor.issuer}|${actor.subject}` : `${actor.kind}:${actor.subject}`;

export const rolesOf = (actor: Actor): readonly Role[] =>
  actor.kind === 'client' ? ['client'] : actor.kind === 'staff' ? actor.roles : [];

/** Rank by who may undo whose act: a halt is lifted by an equal or higher role than its maker's. */
const rank: Readonly<Record<Role | 'system', number>> = {
  client: 1,
  operator: 2,
  auditor: 2,
  compliance: 3,
  admin: 3,
  system: 3,
};

export const rankOf = (actor: Actor): number =>
  actor.kind === 'system' ? rank.system : Math.max(0, ...rolesOf(actor).map((role) => rank[role]));
