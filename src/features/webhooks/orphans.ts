// Events about something that was not known when they came: looked at again, rarer and rarer, as long as custody keeps events.
// What is still nobody's then is kept as it is; the sweeps over wallets, policies and transfers have the last word on it.
import { type App, begin } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { addSeconds, type Timestamp } from '../../domain/time.ts';
import { commit } from '../../store/commit.ts';
import { type EventFacts, findEventFacts } from '../../store/event-facts.ts';
import { type InboxRow, listOrphansDue, orphanStep } from '../../store/inbox.ts';
import { wakeRow, wakeRows } from '../../store/outbox.ts';
import { WebhookEvent } from './event.ts';
import { namedBy, type Wake, wakesOf } from './wakes.ts';

export const ORPHAN_FIRST_LOOK_SECONDS = 30;
const LOOK_SECONDS_MAX = 6 * 3600;
/** Ten looks until they are six hours apart, and four a day for the 31 days that custody keeps events. */
const LOOKS_MAX = 10 + 4 * 31;
const ROWS_PER_RUN = 50;

interface Read {
  readonly row: InboxRow;
  /** Undefined when the archive has lost it. */
  readonly event: WebhookEvent | undefined;
}

export const lookAtOrphans: Job = async (app, { scheduledTime }) => {
  const due = await listOrphansDue(app.database, scheduledTime, ROWS_PER_RUN);
  if (due.length === 0) return;
  const read = await Promise.all(due.map((row) => readBack(app, row)));
  const facts = await findEventFacts(
    app.database,
    namedBy(
      read.flatMap(({ event }) => event ?? []),
      [],
    ),
  );
  const by = begin(app, system('webhooks.orphans'), app.newId('msg'));
  const steps = read.map((one) => stepOf(one, facts, by.at));
  await commit(app.database, {
    by,
    changes: [],
    once: [
      ...steps.map(({ row, step }) => orphanStep(row.key, step)),
      wakeRows(steps.flatMap(({ wakes }) => wakes).map(({ queue, make }) => wakeRow(by, queue, make))),
    ],
  });
  const found = steps.filter(({ wakes }) => wakes.length > 0).length;
  app.log.info('webhooks.orphans', { looked: steps.length, found });
};

async function readBack(app: App, row: InboxRow): Promise<Read> {
  const raw = await app.bindings.ARCHIVE.get(row.rawKey);
  return { row, event: raw === null ? undefined : WebhookEvent.parse(await raw.json()) };
}

function stepOf(
  { row, event }: Read,
  facts: EventFacts,
  at: Timestamp,
): { row: InboxRow; step: Parameters<typeof orphanStep>[1]; wakes: readonly Wake[] } {
  const looks = row.looks + 1;
  const wakes = event === undefined ? [] : wakesOf(event, facts, at);
  if (wakes !== 'unknown yet') {
    return { row, step: { outcome: wakes.length > 0 ? 'applied' : 'kept', nextLookAt: null, looks }, wakes };
  }
  const seconds = Math.min(LOOK_SECONDS_MAX, ORPHAN_FIRST_LOOK_SECONDS * 2 ** Math.min(looks, 20));
  const nextLookAt = addSeconds(at, seconds);
  const step =
    looks >= LOOKS_MAX
      ? ({ outcome: 'kept', nextLookAt: null, looks } as const)
      : ({ outcome: 'orphan', nextLookAt, looks } as const);
  return { row, step, wakes: [] };
}
