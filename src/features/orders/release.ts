// Cron claims due slots, thousands by a few statements: an order for each, unique by (schedule, slot). It moves no money
// itself, and wakes nothing: how many orders may start in a minute is decided where the pace is known. A page that lost a race is read again: another fire released it, or a person acted.

import { type App, begin } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { type Order, orderOf } from '../../domain/order.ts';
import { end, failuresInRow, pause, type Schedule, takeDueSlots, tooManyFailures } from '../../domain/schedule.ts';
import type { Timestamp } from '../../domain/time.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { type DueSchedule, listDueSchedules, releaseBulk, scheduleChange } from '../../store/schedules.ts';

const SCHEDULES_PER_PAGE = 4_000;
/** 40,000 schedules a fire; the next fire goes on. */
const PAGES_PER_RUN = 10;
/** One schedule may be due for many slots: what is held in memory, and committed at once, is bounded by orders. */
const ORDERS_PER_COMMIT = 4_000;

export const releaseDueOrders: Job = async (app, { scheduledTime }) => {
  // A slot that is taken now could be skipped although custody has paid it: it stays due.
  if (!(await judgeDatabase(app)).ok) return;
  const by = begin(app, system('orders.release'), app.newId('msg'));
  for (let page = 0; page < PAGES_PER_RUN; page += 1) {
    const due = await listDueSchedules(app.database, scheduledTime, SCHEDULES_PER_PAGE);
    let isLeft = due.length === SCHEDULES_PER_PAGE;
    for (const failing of due.filter(isFailing)) await pauseFailing(app, by, failing);
    const sound = due.filter((one) => !isFailing(one));
    for (const claims of inCommits(by, sound, scheduledTime)) {
      const isReleased = await releaseAll(app, by, claims, scheduledTime);
      isLeft ||= !isReleased || claims.some(({ after }) => isDue(after, scheduledTime));
    }
    if (!isLeft) return;
  }
};

const isDue = ({ nextSlot }: Schedule, at: Timestamp): boolean => nextSlot !== null && nextSlot <= at;
const isFailing = ({ schedule, results }: DueSchedule): boolean => failuresInRow(results) >= schedule.failuresMax;

/** It has failed too often in a row: nothing more runs before a person has looked. */
async function pauseFailing(app: App, by: Provenance, { schedule }: DueSchedule): Promise<void> {
  const detail = tooManyFailures(schedule);
  // A lost race means that a person acted on it, or another fire paused it.
  await commit(app.database, {
    by,
    changes: [
      scheduleChange(schedule, pause(schedule, by.at, detail)),
      ...(await openIncident(app.database, by, {
        kind: 'schedule_paused',
        about: schedule.id,
        accountId: schedule.accountId,
        detail,
      })),
    ],
  });
}

/** How a schedule moves on, and the orders that its due slots make. */
interface Claim {
  readonly before: Schedule<'active'>;
  readonly after: Schedule<'active' | 'ended'>;
  readonly kind: string | undefined;
  readonly released: readonly Order[];
  readonly skipped: readonly Order[];
}

function claimOf(by: Provenance, { schedule, mandate, haltReason }: DueSchedule, at: Timestamp): Claim {
  if (mandate.status !== 'active' && mandate.status !== 'granted') {
    const after = end(schedule, `The mandate is ${mandate.status}.`);
    return { before: schedule, after, kind: undefined, released: [], skipped: [] };
  }
  const due = takeDueSlots(schedule, at, haltReason === null ? undefined : `halted: ${haltReason}`);
  const order = (slot: Timestamp) => orderOf(by, schedule, mandate.destinationId, { slot, dueAt: slot });
  return {
    before: schedule,
    after: due.schedule,
    kind: due.schedule.status === 'active' ? 'schedule.advanced' : undefined,
    released: due.run.map((slot) => ({ ...order(slot), version: 0, status: 'released' })),
    skipped: due.skip.map(({ slot, reason }) => ({ ...order(slot), status: 'skipped', reason })),
  };
}

/** One schedule's slots stay together. */
function* inCommits(by: Provenance, due: readonly DueSchedule[], at: Timestamp): Generator<Claim[]> {
  let claims: Claim[] = [];
  let orders = 0;
  for (const one of due) {
    const claim = claimOf(by, one, at);
    const count = claim.released.length + claim.skipped.length;
    if (orders + count > ORDERS_PER_COMMIT) {
      yield claims;
      [claims, orders] = [[], 0];
    }
    claims.push(claim);
    orders += count;
  }
  if (claims.length > 0) yield claims;
}

/** False when somebody else moved one of them meanwhile: nothing was written, and what is due still is read again. */
async function releaseAll(app: App, by: Provenance, claims: readonly Claim[], at: Timestamp): Promise<boolean> {
  const released = claims.flatMap((claim) => claim.released);
  const skipped = claims.flatMap((claim) => claim.skipped);
  const data = { slot: at, schedules: claims.length, released: released.length, skipped: skipped.length };
  const committed = await commit(app.database, {
    by,
    changes: [],
    bulk: releaseBulk({
      run: { subjectId: by.newId('msg'), version: 1, kind: 'orders.released', accountId: null, data },
      steps: claims,
      released,
      skipped,
    }),
  });
  return committed.ok;
}
