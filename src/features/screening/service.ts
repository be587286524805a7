// Loading a sanctions list: announced with the hash of its content, received in parts, and activated in one commit when
// everything is there. Until then nothing is held against it, so a load that breaks off changes nothing.

import type { App } from '../../app/app.ts';
import { retryConflict } from '../../app/retry.ts';
import { nameOf } from '../../domain/actor.ts';
import { sha256 } from '../../domain/digest.ts';
import type { ScreeningListId } from '../../domain/id.ts';
import { amend, inStatus } from '../../domain/machine.ts';
import type { NetworkFamily } from '../../domain/network.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import {
  activateList,
  canonicalContent,
  canonicalEntry,
  type ScreeningEntry,
  type ScreeningList,
  supersedeList,
} from '../../domain/screening.ts';
import { rescreenDestinations } from '../../kit/messages.ts';
import { commit, type Once } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import {
  findActiveList,
  findEntryCount,
  findScreeningList,
  listEntriesOf,
  screeningEntries,
  screeningListChange,
} from '../../store/screening.ts';

type Keep = (list: ScreeningList) => readonly Once[];

export async function announceList(
  app: App,
  by: Provenance,
  announced: { edition: string; hash: string; addressCount: number },
  keep: Keep,
): Promise<Result<ScreeningList>> {
  const list: ScreeningList<'loading'> = {
    ...announced,
    id: by.newId('scl'),
    version: 1,
    status: 'loading',
    loadedBy: nameOf(by.actor),
    createdAt: by.at,
  };
  const committed = await commit(app.database, {
    by,
    changes: [screeningListChange(undefined, list)],
    once: keep(list),
  });
  return committed.ok ? accept(list) : committed;
}

async function findLoading(app: App, id: ScreeningListId): Promise<Result<ScreeningList<'loading'>>> {
  const list = await findScreeningList(app.database, id);
  return list === undefined ? refuse({ code: 'not_found' }) : inStatus('screening list', list, 'loading');
}

/** A part of the list; an entry that is there already counts once. */
export function receiveEntries(
  app: App,
  by: Provenance,
  id: ScreeningListId,
  part: { family: NetworkFamily; addresses: readonly string[] },
  keep: Keep,
): Promise<Result<ScreeningList>> {
  return retryConflict(async () => {
    const loading = await findLoading(app, id);
    if (!loading.ok) return loading;
    const canonical = part.addresses.map((address) => canonicalEntry(part.family, address));
    const fields = canonical.flatMap((address, index) =>
      address === undefined
        ? [{ field: `addresses.${index}`, problem: `no address of the family ${part.family}` }]
        : [],
    );
    if (fields.length > 0) return refuse({ code: 'input_invalid', fields });
    const entries = canonical.flatMap((address) => address ?? []);
    const grown = amend(loading.value, {});
    const committed = await commit(app.database, {
      by,
      changes: [screeningListChange(loading.value, grown, 'screening_list.received')],
      once: [screeningEntries(id, part.family, entries), ...keep(grown)],
    });
    return committed.ok ? accept(grown) : committed;
  });
}

/** Only the whole of what was announced comes into force, and the list before it goes out of force in the same commit. */
export function putInForce(app: App, by: Provenance, id: ScreeningListId, keep: Keep): Promise<Result<ScreeningList>> {
  return retryConflict(async () => {
    const loading = await findLoading(app, id);
    if (!loading.ok) return loading;
    const complaint = await judgeContent(app, loading.value);
    if (!complaint.ok) return complaint;
    const before = await findActiveList(app.database);
    const list = activateList(loading.value, by.at);
    const committed = await commit(app.database, {
      by,
      changes: [
        ...(before === undefined ? [] : [screeningListChange(before, supersedeList(before, by.at))]),
        screeningListChange(loading.value, list),
      ],
      messages: [message('events', rescreenDestinations({ listId: id }))],
      once: keep(list),
    });
    if (committed.ok) app.log.info('screening.list_active', { listId: id, addresses: list.addressCount });
    return committed.ok ? accept(list) : committed;
  });
}

const ENTRIES_PER_QUERY = 5_000;

async function judgeContent(app: App, list: ScreeningList<'loading'>): Promise<Result<void>> {
  const received = await findEntryCount(app.database, list.id);
  if (received !== list.addressCount)
    return refuse({ code: 'screening_list_incomplete', wanted: list.addressCount, received });
  const entries: ScreeningEntry[] = [];
  while (entries.length < received) {
    const page = await listEntriesOf(app.database, list.id, entries.at(-1), ENTRIES_PER_QUERY);
    if (page.length === 0) break;
    entries.push(...page);
  }
  const hash = await sha256(canonicalContent(entries));
  return hash === list.hash
    ? accept(undefined)
    : refuse({ code: 'screening_list_differs', announced: list.hash, received: hash });
}
