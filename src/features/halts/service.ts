// The kill switch: anyone may stop what is theirs; lifting takes another person.

import type { App } from '../../app/app.ts';
import { nameOf, rankOf } from '../../domain/actor.ts';
import { type Halt, type HaltLevel, kindOf, lift } from '../../domain/halt.ts';
import type { AccountId, HaltId, MandateId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { markStops } from '../../kit/messages.ts';
import { findAccount } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import type { Scope } from '../../store/database.ts';
import { fenceIsVersion, findFence } from '../../store/fences.ts';
import { findHalt, haltChange } from '../../store/halts.ts';
import type { Provenance } from '../../store/journal.ts';
import { findMandate } from '../../store/mandates.ts';
import { message } from '../../store/outbox.ts';

type Asked = { reason: string } & (
  | { level: 'all' }
  | { level: 'account'; accountId: AccountId | 'me' }
  | { level: 'mandate'; mandateId: MandateId }
);
type Keep = (halt: Halt) => readonly Once[];
interface Subject {
  readonly level: HaltLevel;
  readonly accountId: AccountId | null;
  readonly mandateId: MandateId | null;
}

export async function setHalt(app: App, by: Provenance, scope: Scope, asked: Asked, keep: Keep): Promise<Result<Halt>> {
  const subject = await subjectOf(app, scope, asked);
  if (!subject.ok) return subject;
  const halt: Halt<'active'> = {
    ...subject.value,
    id: by.newId('hlt'),
    version: 1,
    status: 'active',
    kind: kindOf(by.actor),
    reason: asked.reason,
    madeBy: nameOf(by.actor),
    makerRank: rankOf(by.actor),
    createdAt: by.at,
  };
  const committed = await commit(app.database, {
    by,
    changes: [haltChange(undefined, halt)],
    messages: [message('events', markStops({ accountId: halt.accountId, after: null }))],
    once: keep(halt),
  });
  return committed.ok ? accept(halt) : committed;
}

async function subjectOf(app: App, scope: Scope, asked: Asked): Promise<Result<Subject>> {
  switch (asked.level) {
    case 'all':
      return scope === 'staff'
        ? accept({ level: 'all', accountId: null, mandateId: null })
        : refuse({ code: 'role_not_allowed', allowed: ['operator', 'compliance', 'admin'] });
    case 'account': {
      const accountId = asked.accountId === 'me' ? (scope === 'staff' ? undefined : scope.accountId) : asked.accountId;
      const account = accountId && (await findAccount(app.database, scope, accountId));
      return account
        ? accept({ level: 'account', accountId: account.id, mandateId: null })
        : refuse({ code: 'not_found' });
    }
    case 'mandate': {
      const mandate = await findMandate(app.database, scope, asked.mandateId);
      return mandate
        ? accept({ level: 'mandate', accountId: mandate.accountId, mandateId: mandate.id })
        : refuse({ code: 'not_found' });
    }
  }
}

export async function liftHalt(
  app: App,
  by: Provenance,
  scope: Scope,
  id: HaltId,
  reason: string,
  keep: Keep,
): Promise<Result<Halt>> {
  const halt = await findHalt(app.database, scope, id);
  if (halt === undefined) return refuse({ code: 'not_found' });
  const active = inStatus('halt', halt, 'active');
  if (!active.ok) return active;
  const fence = halt.accountId === null ? undefined : await findFence(app.database, halt.accountId);
  const lifted = lift(active.value, { actor: by.actor, at: by.at, reason, fence });
  if (!lifted.ok) return lifted;
  const committed = await commit(app.database, {
    by,
    changes: [haltChange(halt, lifted.value)],
    // The check that was judged is still the last one.
    requires:
      halt.kind === 'fence' && fence !== undefined
        ? [{ holds: fenceIsVersion(fence.accountId, fence.version), refusal: { code: 'halt_needs_intact_fence' } }]
        : [],
    messages: [message('events', markStops({ accountId: halt.accountId, after: null }))],
    once: keep(lifted.value),
  });
  return committed.ok ? lifted : committed;
}
