// Orders that somebody asks for, now or at a time.

import type { App } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { externalIdOf } from '../../app/external-id.ts';
import { readOrderFacts } from '../../app/order-judgement.ts';
import { retryConflict } from '../../app/retry.ts';
import { nameOf } from '../../domain/actor.ts';
import { notAfterOf, type Order } from '../../domain/order.ts';
import { checkOf, checkStanding, isWait, judgeLimits, verdictOf } from '../../domain/order-decision.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { addSeconds, type Timestamp } from '../../domain/time.ts';
import { orderDue } from '../../kit/messages.ts';
import { accountIsActive } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { mandateLives } from '../../store/mandates.ts';
import { findOrderByOrigin, orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';
import { findRecovery } from '../../store/recoveries.ts';
import { type ReadWish, readWish, type Wish } from './wish.ts';

export interface When {
  readonly dueAt?: Timestamp | undefined;
  readonly notAfter?: Timestamp | undefined;
}
type Keep = (order: Order) => readonly Once[];

const DUE_SECONDS_MAX = 366 * 86_400;
const WAIT_SECONDS_MAX = 7 * 86_400;

interface Asked {
  readonly scope: Scope;
  readonly wish: Wish & When;
  /** The request's Idempotency-Key: with who asks, the external id follows from it. */
  readonly key: string;
  readonly keep: Keep;
}

export const placeOrder = (app: App, by: Provenance, asked: Asked): Promise<Result<Order>> =>
  retryConflict(() => placeOnce(app, by, asked));

async function placeOnce(app: App, by: Provenance, { scope, wish: asked, key, keep }: Asked): Promise<Result<Order>> {
  const stands = await judgeDatabase(app);
  if (!stands.ok) return stands;
  const read = await readWish(app, scope, asked);
  if (!read.ok) return read;
  const origin = `${nameOf(by.actor)}|POST|/v1/orders|${key}`;
  const isRecovered = (await findRecovery(app.database, await externalIdOf(origin))) !== undefined;
  const times = isRecovered ? accept({ dueAt: by.at, notAfter: notAfterOf(by.at, by.at) }) : readTimes(asked, by.at);
  if (!times.ok) return times;
  const made = await findOrderByOrigin(app.database, origin);
  if (made !== undefined) return refuse({ code: 'order_exists', orderId: made.id });
  // Custody did it before a restore: there is nothing left to say no to.
  const judged = isRecovered ? accept(undefined) : await judgeWish(app, { ...read.value, ...times.value }, by.at);
  if (!judged.ok) return judged;
  const order: Order<'scheduled' | 'released'> = {
    ...read.value,
    ...times.value,
    id: by.newId('ord'),
    version: 1,
    status: times.value.dueAt > by.at ? 'scheduled' : 'released',
    scheduleId: null,
    slot: null,
    origin,
    transferId: null,
    createdAt: by.at,
  };
  const committed = await commit(databaseFor(app, order.accountId), {
    by,
    changes: [orderChange(undefined, order)],
    requires: [
      { holds: accountIsActive(order.accountId), refusal: { code: 'account_not_active', found: 'closed' } },
      // Revoked since it was read: read anew, that is said. What custody did already is taken up under a revoked one too.
      ...(order.mandateId === null || isRecovered
        ? []
        : [{ holds: mandateLives(order.mandateId), refusal: { code: 'version_conflict' } as const }]),
    ],
    messages: order.status === 'released' ? [message('money', orderDue({ orderId: order.id }))] : [],
    once: keep(order),
  });
  return committed.ok ? accept(order) : committed;
}

function readTimes(asked: When, at: Timestamp): Result<{ dueAt: Timestamp; notAfter: Timestamp }> {
  const dueAt = asked.dueAt ?? at;
  const notAfter = asked.notAfter ?? notAfterOf(dueAt, at);
  const invalid = (reason: string) => refuse({ code: 'period_invalid', reason });
  if (dueAt < at) return invalid('dueAt lies in the past.');
  if (dueAt > addSeconds(at, DUE_SECONDS_MAX)) return invalid('dueAt lies more than a year ahead.');
  if (notAfter <= dueAt) return invalid('notAfter lies after dueAt.');
  if (notAfter > addSeconds(dueAt, WAIT_SECONDS_MAX)) return invalid('notAfter lies at most 7 days after dueAt.');
  return accept({ dueAt, notAfter });
}

/**
 * Says no at once to what could not run when it is due. One that is due now is judged as it would run, but for the balance
 * at custody; what may be otherwise by then is left to the run.
 */
async function judgeWish(
  app: App,
  order: ReadWish & { dueAt: Timestamp; notAfter: Timestamp },
  at: Timestamp,
): Promise<Result<void>> {
  const facts = await readOrderFacts(app, order, order.dueAt);
  const isLater = order.dueAt > at;
  const checks = [
    ...checkStanding(facts, order.dueAt),
    // What is not known yet moves nothing; the mandate must name the asset all the same.
    checkOf('limits', judgeLimits(facts, order.units ?? 0n)),
  ];
  return verdictOf(
    checks.filter(
      ({ name, refusal }) =>
        refusal !== undefined && !isWait(refusal) && !(isLater && (name === 'halt' || name === 'fence')),
    ),
  );
}
