// The kill switch: stops new money of everyone, of one account or of one mandate. It never stops reading or removals.
import { type Actor, nameOf, rankOf, rolesOf } from './actor.ts';
import { type Fence, standsAt } from './fence.ts';
import type { AccountId, HaltId, MandateId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const haltMachine = machine({ active: ['lifted'], lifted: [] });

export const haltKinds = ['fence', 'compliance', 'client', 'desk'] as const;
export type HaltKind = (typeof haltKinds)[number];
export type HaltLevel = 'all' | 'account' | 'mandate';

interface HaltCore {
  readonly id: HaltId;
  readonly version: number;
  readonly level: HaltLevel;
  readonly accountId: AccountId | null;
  readonly mandateId: MandateId | null;
  readonly kind: HaltKind;
  readonly reason: string;
  readonly madeBy: string;
  readonly makerRank: number;
  readonly createdAt: Timestamp;
}

interface HaltFacts {
  active: object;
  lifted: { readonly liftedAt: Timestamp; readonly liftedBy: string; readonly liftReason: string };
}

export type HaltStatus = keyof typeof haltMachine;
export type Halt<S extends HaltStatus = HaltStatus> = InStatus<HaltCore, HaltFacts, S>;

const become = transitions<typeof haltMachine, HaltCore, HaltFacts>();

/** By who sets it; a broken fence has one of its own. */
export function kindOf(actor: Actor): HaltKind {
  if (actor.kind === 'client') return 'client';
  return rolesOf(actor).includes('compliance') ? 'compliance' : 'desk';
}

/** What is done about a broken fence, whoever finds it: the account stops until a person lifts it on an intact check. */
export const fenceHalt = (of: {
  id: HaltId;
  accountId: AccountId;
  reason: string;
  by: Actor;
  at: Timestamp;
}): Halt<'active'> => ({
  id: of.id,
  version: 1,
  status: 'active',
  level: 'account',
  accountId: of.accountId,
  mandateId: null,
  kind: 'fence',
  reason: of.reason,
  madeBy: nameOf(of.by),
  // Any of the staff may lift it, as another than the system, once a newer check is intact.
  makerRank: 2,
  createdAt: of.at,
});

/** Around a restore: everything stops, until another person than the one who restored has looked. */
export const restoreHalt = (of: { id: HaltId; reason: string; by: Actor; at: Timestamp }): Halt<'active'> => ({
  id: of.id,
  version: 1,
  status: 'active',
  level: 'all',
  accountId: null,
  mandateId: null,
  kind: 'desk',
  reason: of.reason,
  madeBy: nameOf(of.by),
  makerRank: rankOf(of.by),
  createdAt: of.at,
});

/**
 * Another person of equal or higher role lifts a halt; one for the fence only while the fence is intact, by a check newer
 * than the halt.
 */
export function lift(
  halt: Halt<'active'>,
  by: { actor: Actor; at: Timestamp; reason: string; fence: Fence | undefined },
): Result<Halt<'lifted'>> {
  if (nameOf(by.actor) === halt.madeBy) return refuse({ code: 'halt_needs_another_person' });
  if (rankOf(by.actor) < halt.makerRank) return refuse({ code: 'halt_needs_higher_role' });
  const isIntact = standsAt(by.fence, by.at) === 'intact' && (by.fence?.checkedAt ?? '') > halt.createdAt;
  if (halt.kind === 'fence' && !isIntact) return refuse({ code: 'halt_needs_intact_fence' });
  return accept(become(halt, 'lifted', { liftedAt: by.at, liftedBy: nameOf(by.actor), liftReason: by.reason }));
}
