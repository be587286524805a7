// What fires schedules besides time: booked deposits (queue) and balances above a floor (cron). Each firing is an occurrence
// whose slot is unique, so it makes one order at most, however often it is looked at.

import { type App, begin } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import { externalIdOf } from '../../app/external-id.ts';
import type { Job } from '../../app/job.ts';
import { slotTakenUp } from '../../app/recovered-slot.ts';
import { isUnreadable } from '../../dfns/answers.ts';
import { system } from '../../domain/actor.ts';
import { assetIdOf, findAsset } from '../../domain/asset.ts';
import { type Order, orderOf, originOfSlot } from '../../domain/order.ts';
import { end, failuresInRow, pause, type Schedule, tooManyFailures } from '../../domain/schedule.ts';
import type { Timestamp } from '../../domain/time.ts';
import { fire, heldBack, isDepositFor, isPast, slotOfDeposit, slotOfFloor, triggerOf } from '../../domain/trigger.ts';
import { faultFields } from '../../kit/log.ts';
import { DepositsBooked, orderDue } from '../../kit/messages.ts';
import { listWallets } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { findHaltInForce } from '../../store/halts.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { findMandate } from '../../store/mandates.ts';
import { listMovementsByHash } from '../../store/movements.ts';
import { findOrderOfSlot, orderChange } from '../../store/orders.ts';
import { message } from '../../store/outbox.ts';
import { findRecovery } from '../../store/recoveries.ts';
import { findSchedule, listResults, listTriggered, scheduleChange } from '../../store/schedules.ts';

const SCHEDULES_PER_ACCOUNT = 100;
const ATTEMPTS = 4;

export const fireOnDeposits = consumer('events', DepositsBooked, async (app, { accountId, walletId, hashes }, by) => {
  if (!(await judgeDatabase(app)).ok) return 'again';
  const database = databaseFor(app, accountId);
  const waiting = await listTriggered(database, 'deposit_received', accountId, SCHEDULES_PER_ACCOUNT);
  if (waiting.length === 0) return 'done';
  const movements = await listMovementsByHash(database, walletId, hashes);
  for (const schedule of waiting) {
    for (const movement of movements.filter((one) => isDepositFor(schedule, one))) {
      const isTaken = await fireOnce(app, by, schedule.id, { slot: slotOfDeposit(movement), since: movement.at });
      if (!isTaken) return 'again';
    }
  }
  return 'done';
});

/** Each look costs a call of custody's budget for reads. */
const LOOKS_PER_RUN = 20;
const FLOORS_MAX = 2_000;
const SECONDS_PER_MINUTE = 60;

/** Those whose turn it is in this minute: each comes once in a round of all. */
function turnOf<T>(all: readonly T[], at: Timestamp): T[] {
  const turns = Math.max(1, Math.ceil(all.length / LOOKS_PER_RUN));
  const turn = Math.floor(Date.parse(at) / 1000 / SECONDS_PER_MINUTE) % turns;
  return all.slice(turn * LOOKS_PER_RUN, (turn + 1) * LOOKS_PER_RUN);
}

/** Balances above their floor. Custody is asked only where the cool-down and the maximum of the day leave room. */
export const fireOnBalances: Job = async (app, { scheduledTime }) => {
  if (!(await judgeDatabase(app)).ok) return;
  const by = begin(app, system('schedules.balances'), app.newId('msg'));
  const floors = await listTriggered(app.database, 'balance_above', undefined, FLOORS_MAX);
  for (const schedule of turnOf(floors, scheduledTime)) {
    try {
      await lookAtFloor(app, by, schedule, scheduledTime);
    } catch (fault) {
      // One wallet that cannot be read keeps no other from being looked at.
      if (!isUnreadable(fault)) throw fault;
      app.log.error('schedules.floor_unread', { scheduleId: schedule.id, ...faultFields(fault) });
    }
  }
};

async function lookAtFloor(app: App, by: Provenance, schedule: Schedule<'active'>, at: Timestamp): Promise<void> {
  const database = databaseFor(app, schedule.accountId);
  const trigger = triggerOf(schedule);
  if (trigger?.kind !== 'balance_above' || schedule.startAt > by.at) return;
  if (isPast(schedule, by.at)) {
    // A lost race means that a person acted on it; the next run looks again.
    await commit(database, { by, changes: [scheduleChange(schedule, end(schedule, 'no further slot'))] });
    return;
  }
  const slot = slotOfFloor(trigger, at);
  if (heldBack(trigger, schedule.fired, by.at) !== undefined) return;
  if ((await findOrderOfSlot(database, schedule.id, slot)) !== undefined) return;
  const held = await balanceOf(app, schedule, trigger.asset);
  if (held > BigInt(trigger.floorUnits)) await fireOnce(app, by, schedule.id, { slot, since: by.at });
}

async function balanceOf(app: App, schedule: Schedule, assetId: string): Promise<bigint> {
  const wallets = await listWallets(databaseFor(app, schedule.accountId), 'staff', schedule.accountId);
  const network = findAsset(assetId)?.network;
  const wallet = wallets.find((one) => one.network === network && one.status === 'active');
  if (wallet?.status !== 'active') return 0n;
  const balances = await app.custody.listBalances(wallet.custodyId);
  return balances.find(({ contract }) => assetIdOf(wallet.network, contract) === assetId)?.units ?? 0n;
}

interface Event {
  readonly slot: string;
  /** When what it fires on happened. */
  readonly since: Timestamp;
}

/** True when the occurrence is there, by this call or another. */
async function fireOnce(app: App, by: Provenance, id: Schedule['id'], event: Event): Promise<boolean> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const outcome = await tryToFire(app, by, id, event);
    if (outcome !== 'lost the race') return true;
  }
  return false;
}

async function tryToFire(
  app: App,
  by: Provenance,
  id: Schedule['id'],
  { slot, since }: Event,
): Promise<'done' | 'lost the race'> {
  const schedule = await findSchedule(app.database, 'staff', id);
  if (schedule?.status !== 'active') return 'done';
  const database = databaseFor(app, schedule.accountId);
  if ((await findOrderOfSlot(database, id, slot)) !== undefined) return 'done';
  // Custody did it in a time that this database forgot: no halt and no cool-down says no to that.
  if ((await findRecovery(database, await externalIdOf(originOfSlot(id, slot)))) !== undefined)
    // Adopted by cron, like every order that nothing wakes.
    return doneOrLost(
      await commit(database, { by, changes: await slotTakenUp(app, by, { scheduleId: id, slot, dueAt: since }) }),
    );
  const mandate = await findMandate(database, 'staff', schedule.mandateId);
  if (mandate === undefined) return 'done';
  if (mandate.status !== 'active' && mandate.status !== 'granted') {
    const over = scheduleChange(schedule, end(schedule, `The mandate is ${mandate.status}.`));
    return doneOrLost(await commit(database, { by, changes: [over] }));
  }
  if (failuresInRow(await listResults(database, schedule)) >= schedule.failuresMax)
    return pauseFailing(app, by, schedule);
  const halt = await findHaltInForce(database, schedule);
  const fired = fire(schedule, { at: by.at, since, heldBy: halt && `halted: ${halt.reason}` });
  if (!fired.ok) return 'done';
  const core = orderOf(by, schedule, mandate.destinationId, { slot, dueAt: by.at });
  const { skipped, schedule: next } = fired.value;
  const order: Order =
    skipped === undefined ? { ...core, status: 'released' } : { ...core, status: 'skipped', reason: skipped };
  const committed = await commit(database, {
    by,
    changes: [
      scheduleChange(schedule, next, next.status === 'active' ? 'schedule.fired' : undefined),
      orderChange(undefined, order),
    ],
    messages: order.status === 'released' ? [message('money', orderDue({ orderId: order.id }))] : [],
  });
  return doneOrLost(committed);
}

const doneOrLost = ({ ok }: { ok: boolean }): 'done' | 'lost the race' => (ok ? 'done' : 'lost the race');

async function pauseFailing(app: App, by: Provenance, schedule: Schedule<'active'>): Promise<'done' | 'lost the race'> {
  const database = databaseFor(app, schedule.accountId);
  const detail = tooManyFailures(schedule);
  const incident = { kind: 'schedule_paused', about: schedule.id, accountId: schedule.accountId, detail } as const;
  const changes = [
    scheduleChange(schedule, pause(schedule, by.at, detail)),
    ...(await openIncident(database, by, incident)),
  ];
  return doneOrLost(await commit(database, { by, changes }));
}
