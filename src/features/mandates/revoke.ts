// The client takes a mandate back: from that commit on nothing is handed over under it, and what waits under it ends. What does
// not fit into one commit is ended slice by slice, and none of it before the database stands: it may have forgotten what custody
// did with it.

import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { externalIdOf } from '../../app/external-id.ts';
import { retryConflict } from '../../app/retry.ts';
import type { MandateId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { type Mandate, revoke } from '../../domain/mandate.ts';
import { cancel } from '../../domain/order.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { end } from '../../domain/schedule.ts';
import { cancel as cancelTransfer } from '../../domain/transfer.ts';
import { EndMandateWork, endMandateWork, markStops } from '../../kit/messages.ts';
import { type Bulk, commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { endWork, listMandateWork, type MandateWork } from '../../store/mandate-work.ts';
import { findMandate, mandateChange } from '../../store/mandates.ts';
import { message } from '../../store/outbox.ts';
import { listRecovered } from '../../store/recoveries.ts';

/** Orders, and schedules: a client waits for the commit. */
const WORK_PER_COMMIT = 500;
const NOTHING: MandateWork = { orders: [], schedules: [], last: null, isCut: false };
const REASON = 'The mandate was revoked.';

type Keep = (mandate: Mandate) => readonly Once[];
type ReadWork = (mandate: Mandate) => Promise<MandateWork>;

export async function revokeMandate(
  app: App,
  by: Provenance,
  scope: Scope,
  id: MandateId,
  keep: Keep,
): Promise<Result<Mandate>> {
  const revokeWith = (readWork: ReadWork) => retryConflict(() => revokeOnce(app, by, { scope, id, keep, readWork }));
  const revoked = await revokeWith(async (mandate) =>
    (await judgeDatabase(app)).ok ? withoutRecovered(app, mandate, await readWorkOf(app, mandate, null)) : NOTHING,
  );
  if (revoked.ok || revoked.refusal.code !== 'version_conflict') return revoked;
  // What stands under it moves faster than it is read. Revoked, none of it is handed over any more: it ends after it.
  return revokeWith(async () => NOTHING);
}

interface Asked {
  readonly scope: Scope;
  readonly id: MandateId;
  readonly keep: Keep;
  readonly readWork: ReadWork;
}

async function revokeOnce(app: App, by: Provenance, { scope, id, keep, readWork }: Asked): Promise<Result<Mandate>> {
  const mandate = await findMandate(app.database, scope, id);
  if (mandate === undefined) return refuse({ code: 'not_found' });
  const living = inStatus('mandate', mandate, 'granted', 'active');
  if (!living.ok) return living;
  const revoked = revoke(living.value, by.at);
  const committed = await commit(databaseFor(app, mandate.accountId), {
    by,
    changes: [mandateChange(mandate, revoked)],
    ...endOf(by, mandate, await readWork(mandate)),
    messages: [
      message('events', markStops({ accountId: mandate.accountId, after: null })),
      // Also where all of it is ended here: an order may have been made between the reading and the commit.
      message('events', endMandateWork({ mandateId: id, after: null })),
    ],
    once: keep(revoked),
  });
  return committed.ok ? accept(revoked) : committed;
}

export const endMandateWorkStep = consumer('events', EndMandateWork, async (app, { mandateId, after }, by) => {
  const mandate = await findMandate(app.database, 'staff', mandateId);
  if (mandate?.status !== 'revoked') return 'done';
  if (!(await judgeDatabase(app)).ok) return 'again';
  const work = await readWorkOf(app, mandate, after);
  const committed = await commit(databaseFor(app, mandate.accountId), {
    by,
    changes: [],
    ...endOf(by, mandate, await withoutRecovered(app, mandate, work)),
    messages: work.isCut ? [message('events', endMandateWork({ mandateId, after: work.last }))] : [],
  });
  return committed.ok ? 'done' : 'again';
});

const readWorkOf = (app: App, { id, accountId }: Mandate, after: Parameters<typeof listMandateWork>[2]['after']) =>
  listMandateWork(databaseFor(app, accountId), id, { after, limit: WORK_PER_COMMIT });

/** What custody did in a time that this database forgot has happened: the order is left to be taken up. */
async function withoutRecovered(app: App, { accountId }: Mandate, work: MandateWork): Promise<MandateWork> {
  const named = await Promise.all(
    work.orders.map(async (open) => ({ open, externalId: await externalIdOf(open.order.origin) })),
  );
  const ids = named.map(({ externalId }) => externalId);
  const recovered = new Set(await listRecovered(databaseFor(app, accountId), ids));
  const orders = named.flatMap(({ open, externalId }) => (recovered.has(externalId) ? [] : [open]));
  return { ...work, orders };
}

function endOf(by: Provenance, { id: mandateId, accountId }: Mandate, work: MandateWork): { bulk?: Bulk } {
  const orders = work.orders.map(({ order }) => ({ before: order, after: cancel(order, REASON) }));
  const transfers = work.orders.flatMap(({ transfer }) =>
    transfer === undefined ? [] : [{ before: transfer, after: cancelTransfer(transfer, REASON) }],
  );
  const schedules = work.schedules.map((before) => ({ before, after: end(before, 'The mandate is revoked.') }));
  if (orders.length + schedules.length === 0) return {};
  const data = { mandateId, orders: orders.length, schedules: schedules.length };
  const run = { subjectId: by.newId('msg'), version: 1, kind: 'mandate.work_ended', accountId, data };
  return { bulk: endWork(run, { orders, transfers, schedules }) };
}
