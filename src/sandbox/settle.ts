/** Owns the control that decides how a request under way ends, whatever its own time would bring. */
import * as z from 'zod';
import type { Entities } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type Call, ok, param, type Route } from './http.ts';
import { confirm, revert } from './lifecycle.ts';
import type { BroadcastTable } from './request-types.ts';
import { changed } from './requests.ts';
import type { World } from './world.ts';

const REASON_CHARACTERS_MAX = 300;
const SettleBody = z.strictObject({
  outcome: z.enum(['confirmed', 'failed']),
  reason: z.string().min(1).max(REASON_CHARACTERS_MAX).default('Failed on purpose'),
});

export const settleRoutes: readonly Route<Call>[] = [
  { method: 'POST', path: '/_sandbox/requests/:requestId/settle', serve: settle },
];

/** Confirmed only from the chain; failed before it without a hash, and on it with one. */
function settle(world: World, call: Call): Answer {
  const { outcome, reason } = parse(SettleBody, readJson(call.text), 'body');
  const id = param(call, 'requestId');
  for (const table of ['transfers', 'transactions'] as const) {
    const request = world.store.find(table, id);
    if (request) return ok(end(world, table, request, outcome, reason));
  }
  throw new Refused(404, `No transfer or transaction ${id}.`);
}

function end<T extends BroadcastTable>(
  world: World,
  table: T,
  request: Entities[T],
  outcome: z.infer<typeof SettleBody>['outcome'],
  reason: string,
): unknown {
  const isSent = request.status === 'Broadcasted';
  const isBuilt = request.status === 'Executing' || (request.status === 'Pending' && request.approvalId === undefined);
  if (!isSent && !(isBuilt && outcome === 'failed')) {
    throw new Refused(422, `It cannot be ${outcome}: it is ${request.status}.`);
  }
  if (!isSent) changed(world, table, request, { status: 'Failed', reason }, 'failed');
  else if (outcome === 'confirmed') confirm(world, table, request);
  else revert(world, table, request, reason);
  return world.store.find(table, request.id);
}
