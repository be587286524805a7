/**
 * Owns what transfers, transactions and signatures have in common: external ids that bind for ever within the
 * organisation, what a policy makes of a request, and the webhook of each change.
 */
import { emitTriggered, requestApproval } from './approvals.ts';
import type { Judgement } from './engine.ts';
import type { Entities, Wallet } from './entities.ts';
import { Refused } from './errors.ts';
import { emit } from './events.ts';
import { type Answer, type ApiCall, ok } from './http.ts';
import { type Change, type RequestTable, viewRequest } from './request-types.ts';
import { newId, type World } from './world.ts';

type Request<T extends RequestTable> = Entities[T];

const one = { transfers: 'transfer', transactions: 'transaction', signatures: 'signature' } as const;

/** Dfns: the same body at the same place gets the first request as it is now, anything else a conflict. */
export function findRepeat(world: World, table: RequestTable, externalId: string | undefined, asked: string) {
  if (externalId === undefined) return undefined;
  const query = `SELECT id, fingerprint FROM ${table} WHERE external_id = ?`;
  const row = world.store.sql.exec<{ id: string; fingerprint: string }>(query, externalId).toArray()[0];
  if (!row) return undefined;
  if (row.fingerprint === asked) return world.store.find(table, row.id);
  const duplicate = { id: row.id, externalId };
  throw new Refused(409, `Conflicting ${one[table]} with same externalId`, { duplicate });
}

/** One that waits for people is answered as it was at first. */
export const repeated = <T extends RequestTable>({ settings }: World, earlier: Request<T>): Answer =>
  earlier.status === 'Pending' && earlier.approvalId !== undefined
    ? { status: settings.pendingTransferStatus, body: earlier }
    : ok(earlier);

/** `place` is the wallet or the key that was asked. */
export function fingerprintOf({ settings }: World, place: string, body: unknown, text: string): string {
  return `${place} ${settings.externalIdComparison === 'text' ? text : JSON.stringify(sorted(body))}`;
}

/** Objects with their keys in order, so that equal values make equal text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

type Ask<T extends RequestTable> = {
  table: T;
  request: Request<T>;
  judgement: Judgement;
  fingerprint: string;
  caller: ApiCall['caller'];
};

/** `start` does the first step of a request that nothing holds up. */
export function submit<T extends RequestTable>(
  world: World,
  { table, request, judgement, fingerprint, caller }: Ask<T>,
  start: (request: Request<T>) => Request<T>,
): Answer {
  const { settings } = world;
  const [blocker] = judgement.triggered.filter(({ policy }) => policy.action.kind === 'Block');
  if (blocker && settings.blockedTransfer === 'refuse') throw new Refused(403, blockReason(blocker));

  insertRequest(world, table, request, fingerprint);
  const subject = { kind: 'Wallets:Sign', table, requestId: request.id } as const;
  emitTriggered(world, judgement, subject);
  if (blocker)
    return ok(changed(world, table, request, { status: 'Rejected', reason: blockReason(blocker) }, 'rejected'));
  if (judgement.verdict === 'needs_approval') {
    const approvalId = newId('ap');
    const waiting = changed(world, table, request, { approvalId });
    requestApproval(world, approvalId, caller.userId, subject, judgement);
    return { status: settings.pendingTransferStatus, body: waiting };
  }
  return ok(start(request));
}

function blockReason({ policy, evaluation }: Judgement['triggered'][number]): string {
  return `Blocked by policy ${policy.id} (${policy.rule.kind}): ${evaluation.reason}`;
}

export function insertRequest<T extends RequestTable>(
  world: World,
  table: T,
  request: Request<T>,
  fingerprint?: string,
): void {
  world.store.insert(table, request.id, request, {
    wallet_id: request.walletId ?? null,
    ...('keyId' in request && { key_id: request.keyId }),
    status: request.status,
    requested_at: world.now,
    external_id: request.externalId ?? null,
    fingerprint: request.externalId === undefined ? null : (fingerprint ?? null),
  });
  emit(world, `wallet.${one[table]}.requested`, { [`${one[table]}Request`]: viewRequest(request) });
}

/** Every change of a request after it was asked goes through here, together with its webhook. */
export function changed<T extends RequestTable>(
  world: World,
  table: T,
  request: Request<T>,
  change: Change,
  event?: string,
): Request<T> {
  const after = { ...request, ...change };
  world.store.save(table, after.id, after, { status: after.status });
  if (event) emit(world, `wallet.${one[table]}.${event}`, { [`${one[table]}Request`]: viewRequest(after) });
  return after;
}

/** A request of this wallet; one of another wallet is not found. */
export function requireRequest<T extends RequestTable>(world: World, table: T, wallet: Wallet, id: string): Request<T> {
  const request = world.store.find(table, id);
  if (request && request.walletId === wallet.id) return request;
  const name = `${one[table].charAt(0).toUpperCase()}${one[table].slice(1)}`;
  throw new Refused(404, `${name} not found.`, { walletId: wallet.id, [`${one[table]}Id`]: id });
}
