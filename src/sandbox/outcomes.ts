/** Owns what the outcome of an approval does to the transfer, transaction or signature that waited for it. */
import type { Approval } from './entities.ts';
import { execute } from './lifecycle.ts';
import type { RequestTable } from './request-types.ts';
import { changed } from './requests.ts';
import { sign } from './signatures.ts';
import { iso, type World } from './world.ts';

type Waiting = { table: RequestTable; requestId: string };

export function settleRequest(world: World, { table, requestId }: Waiting, { status }: Approval): void {
  const request = world.store.find(table, requestId);
  if (request?.status !== 'Pending') return;
  const datePolicyResolved = iso(world.now);
  if (status !== 'Approved') {
    const reason = status === 'Denied' ? 'Denied by an approver' : 'The approval expired';
    changed(world, table, request, { datePolicyResolved, status: 'Rejected', reason }, 'rejected');
  } else if (table === 'signatures') {
    const waiting = world.store.find(table, requestId);
    if (waiting) sign(world, changed(world, table, waiting, { datePolicyResolved }));
  } else {
    const waiting = world.store.find(table, requestId);
    if (waiting) execute(world, table, changed(world, table, waiting, { datePolicyResolved }));
  }
}
