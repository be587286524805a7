/** Owns what the outcome of an approval does to the transfer, transaction or signature that waited for it. */
import type { Approval } from './entities.ts';
import { execute } from './lifecycle.ts';
import type { RequestTable } from './request-types.ts';
import { changed } from './requests.ts';
import { sign } from './signatures.ts';
import { iso, type World } from './world.ts';

const EVENT_OF = { Rejected: 'rejected', Failed: 'failed' } as const;

type Waiting = { table: RequestTable; requestId: string };

export function settleRequest(world: World, { table, requestId }: Waiting, { status, decisions }: Approval): void {
  const request = world.store.find(table, requestId);
  if (request?.status !== 'Pending') return;
  const datePolicyResolved = iso(world.now);
  if (status !== 'Approved') {
    // A setting may call an expired approval denied, but then nobody denied it.
    const nobodyDecided = !decisions.some(({ value }) => value === 'Denied');
    const reason = nobodyDecided ? 'The approval expired' : 'Denied by an approver';
    const end = nobodyDecided ? world.settings.expiredRequest : 'Rejected';
    changed(world, table, request, { datePolicyResolved, status: end, reason }, EVENT_OF[end]);
  } else if (table === 'signatures') {
    const waiting = world.store.find(table, requestId);
    if (waiting) sign(world, changed(world, table, waiting, { datePolicyResolved }));
  } else {
    const waiting = world.store.find(table, requestId);
    if (waiting) execute(world, table, changed(world, table, waiting, { datePolicyResolved }));
  }
}
