// Takes an order back while it has not been handed over; from then on custody may act on it at any time, and all that can be done
// is to ask that it be denied there.

import type { App } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { externalIdOf } from '../../app/external-id.ts';
import { retryConflict } from '../../app/retry.ts';
import type { OrderId } from '../../domain/id.ts';
import { inStatus, isIn } from '../../domain/machine.ts';
import { cancel, type Order } from '../../domain/order.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { cancel as cancelTransfer, type Transfer } from '../../domain/transfer.ts';
import { requestStop, stoppable } from '../../domain/transfer-stop.ts';
import { type Change, commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findOrder, orderChange } from '../../store/orders.ts';
import { findRecovery } from '../../store/recoveries.ts';
import { findTransfer, transferChange } from '../../store/transfers.ts';

export interface Canceled {
  readonly order: Order;
  /** Its transfer, where custody has it and a person there has to deny it. */
  readonly stopping?: Transfer;
}
type Keep = (canceled: Canceled) => readonly Once[];

export const cancelOrder = (
  app: App,
  by: Provenance,
  scope: Scope,
  id: OrderId,
  keep: Keep,
): Promise<Result<Canceled>> => retryConflict(() => cancelOnce(app, by, scope, id, keep));

async function cancelOnce(app: App, by: Provenance, scope: Scope, id: OrderId, keep: Keep): Promise<Result<Canceled>> {
  // Custody may have it already, and the record of that be forgotten.
  const stands = await judgeDatabase(app);
  if (!stands.ok) return stands;
  const order = await findOrder(app.database, scope, id);
  if (order === undefined) return refuse({ code: 'not_found' });
  if (scope !== 'staff' && order.kind !== 'withdrawal')
    return refuse({ code: 'role_not_allowed', allowed: ['operator'] });
  const reason = scope === 'staff' ? 'Canceled by the desk.' : 'Canceled by the client.';
  const database = databaseFor(app, order.accountId);
  const transfer = order.transferId === null ? undefined : await findTransfer(database, scope, order.transferId);
  if (order.status === 'executing') return askToStop(app, by, order, transfer, reason, keep);
  const open = inStatus('order', order, 'scheduled', 'released');
  if (!open.ok) return open;
  if ((await findRecovery(database, await externalIdOf(order.origin))) !== undefined)
    return refuse({ code: 'order_recovered' });
  const canceled = { order: cancel(open.value, reason) };
  const ofTransfer: Change[] = [];
  if (transfer !== undefined) {
    const prepared = inStatus('transfer', transfer, 'prepared');
    if (!prepared.ok) return prepared;
    ofTransfer.push(transferChange(transfer, cancelTransfer(prepared.value, reason)));
  }
  const committed = await commit(database, {
    by,
    changes: [orderChange(order, canceled.order), ...ofTransfer],
    once: keep(canceled),
  });
  return committed.ok ? accept(canceled) : committed;
}

/** A wish that stands already is answered again; what is on the network is beyond anybody. */
async function askToStop(
  app: App,
  by: Provenance,
  order: Order<'executing'>,
  transfer: Transfer | undefined,
  reason: string,
  keep: Keep,
): Promise<Result<Canceled>> {
  if (transfer === undefined) throw new TypeError('an executing order without its transfer');
  if (isIn(transfer, ['broadcast'])) return refuse({ code: 'already_sent', transactionHash: transfer.transactionHash });
  const open = inStatus('transfer', transfer, ...stoppable);
  if (!open.ok) return open;
  const isAsked = open.value.stopRequested?.by === 'person';
  const stopping = isAsked ? open.value : requestStop(open.value, { at: by.at, reason, by: 'person' });
  const canceled = { order, stopping };
  const committed = await commit(databaseFor(app, order.accountId), {
    by,
    changes: isAsked ? [] : [transferChange(transfer, stopping, 'transfer.stop_requested')],
    once: keep(canceled),
  });
  return committed.ok ? accept(canceled) : committed;
}
