// Holds every living destination against a sanctions list that came into force: in slices, from where the last one ended. A
// hit is settled in a commit of its own, so a slice that breaks off is taken up again and finds what is done.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { type LivingDestination, meetSanction } from '../../domain/destination.ts';
import { type PolicyChange, withdrawChange } from '../../domain/policy-change.ts';
import { recordRescreening, type ScreeningList, screenedAgainst } from '../../domain/screening.ts';
import { bodies, RescreenDestinations, rescreenDestinations as rescreenMessage } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationChange, listUnsettledChanges, policyChangeChange } from '../../store/destinations.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { findActiveList, findScreeningList, listRescreened, screeningListChange } from '../../store/screening.ts';

const SLICE = 200;
const CHANGES_MAX = 100;

export const rescreenDestinations = consumer('events', RescreenDestinations, async (app, { listId }, by) => {
  const list = await findScreeningList(app.database, listId);
  if (list?.status !== 'active' || list.rescreenedAt !== null) return 'done';
  const slice = await listRescreened(app.database, listId, list.rescreenedUpTo, SLICE);
  for (const { destination, isListed } of slice) {
    if (!isListed || destination.sanctionsHit?.listId === listId) continue;
    if ((await settleHit(app, by, list, destination)) === 'again') return 'again';
  }
  const upTo = slice.length < SLICE ? undefined : slice.at(-1)?.destination.id;
  const committed = await commit(app.database, {
    by,
    changes: [screeningListChange(list, recordRescreening(list, upTo, by.at), 'screening_list.rescreened')],
    messages: upTo === undefined ? [] : [message('events', rescreenMessage({ listId }))],
  });
  return committed.ok ? 'done' : 'again';
});

/** What a message that was lost left behind. */
export const wakeRescreening: Job = async (app) => {
  const list = await findActiveList(app.database);
  if (list !== undefined && list.rescreenedAt === null)
    await app.bindings.EVENTS.sendBatch(bodies([rescreenMessage({ listId: list.id })(null)]));
};

async function settleHit(
  app: App,
  by: Provenance,
  list: ScreeningList<'active'>,
  destination: LivingDestination,
): Promise<Outcome> {
  const { accountId } = destination;
  const database = databaseFor(app, accountId);
  const changes = await listUnsettledChanges(database, accountId, CHANGES_MAX);
  const adding = changes.find(
    ({ destinationId, operation }) => destinationId === destination.id && operation === 'add',
  );
  const waiting = isWaiting(adding) ? adding : undefined;
  const next = meetSanction(destination, screenedAgainst(list, by.at), adding !== undefined && waiting === undefined);
  const withdrawn =
    waiting !== undefined && next.status === 'refused'
      ? [policyChangeChange(waiting, withdrawChange(waiting, by.at))]
      : [];
  const incident = await openIncident(database, by, {
    kind: 'sanctions_hit',
    about: destination.id,
    accountId,
    detail: `The sanctions list ${list.edition} (SHA-256 ${list.hash}) names the address; ${outcomes[next.status]}.`,
  });
  const kind = next.status === destination.status ? 'destination.flagged' : undefined;
  const committed = await commit(database, {
    by,
    changes: [destinationChange(destination, next, kind), ...withdrawn, ...incident],
  });
  if (!committed.ok) return 'again';
  app.log.info('screening.hit', { accountId, destinationId: destination.id, listId: list.id, status: next.status });
  return 'done';
}

const isWaiting = (change: PolicyChange | undefined): change is PolicyChange<'queued' | 'conflict'> =>
  change?.status === 'queued' || change?.status === 'conflict';

/** For the officer: what was done about it, and what is left to decide. */
const outcomes: Readonly<Record<ReturnType<typeof meetSanction>['status'], string>> = {
  proposed: 'the client has not confirmed it, and cannot while a list names it',
  requested: 'custody is being asked to add it: deny the request',
  in_review: 'an officer decides at custody: deny the request',
  approved: 'nothing was done',
  suspended: 'nothing is sent there any more; the list at custody still holds it',
  removing: 'its removal waits at custody: approve it',
  refused: 'the request was refused before custody was asked',
};
