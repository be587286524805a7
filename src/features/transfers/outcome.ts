// Books what became of a transfer, together with what asked for it and who has to know.

import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import type { Result } from '../../domain/result.ts';
import { holdsWallet, type Transfer } from '../../domain/transfer.ts';
import { syncWallet } from '../../kit/messages.ts';
import { type Change, commit, type Once, type Requirement } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { transferChange } from '../../store/transfers.ts';
import type { Trouble } from './lane.ts';
import { originOf } from './origins.ts';

export async function recordOutcome(
  app: App,
  by: Provenance,
  before: Transfer,
  after: Transfer,
  trouble?: Trouble,
): Promise<Outcome> {
  const booked = await bookOutcome(app, by, before, after, trouble === undefined ? {} : { trouble });
  return booked.ok ? 'done' : 'again';
}

export async function bookOutcome(
  app: App,
  by: Provenance,
  before: Transfer,
  after: Transfer,
  {
    trouble,
    once = [],
    requires = [],
  }: { trouble?: Trouble; once?: readonly Once[]; requires?: readonly Requirement[] },
): Promise<Result<void>> {
  const kind = after.status === before.status ? 'transfer.waits' : undefined;
  return commit(databaseFor(app, before.accountId), {
    by,
    changes: [
      transferChange(before, after, kind),
      ...(await originOf(after).changesOf(app, by, before, after)),
      ...(await incidentOf(app, by, before, after, trouble)),
    ],
    messages: [
      ...(after.status === 'confirmed' && after.payoutId === null
        ? [message('events', syncWallet({ walletId: after.walletId, isUrgent: false }))]
        : []),
      ...(holdsWallet(before) && !holdsWallet(after) ? await originOf(after).wakeNext(app, after) : []),
    ],
    once,
    requires,
  });
}

async function incidentOf(
  app: App,
  by: Provenance,
  before: Transfer,
  after: Transfer,
  trouble: Trouble | undefined,
): Promise<Change[]> {
  const database = databaseFor(app, after.accountId);
  if (trouble !== undefined) return openIncident(database, by, { ...trouble, about: 'maker', accountId: null });
  if (after.status !== 'needs_review' || before.status === 'needs_review') return [];
  return openIncident(database, by, {
    kind: 'transfer_needs_review',
    about: after.id,
    accountId: after.accountId,
    detail: after.reason,
  });
}
