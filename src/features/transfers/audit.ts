// What nobody would miss by itself: transfers that are slow for their status, and transfers of our wallets at custody that this
// system does not know. Both only tell people; nothing is moved.

import { type App, begin } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { isUnreadable } from '../../dfns/answers.ts';
import type { Page } from '../../dfns/custody.ts';
import { system } from '../../domain/actor.ts';
import type { CustodyTransfer } from '../../domain/custody.ts';
import { addSeconds } from '../../domain/time.ts';
import { slowAfterSeconds } from '../../domain/transfer.ts';
import { commit } from '../../store/commit.ts';
import { findCursor, keepCursor } from '../../store/cursors.ts';
import { databaseFor } from '../../store/database.ts';
import { listToldOf, openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { listKnownTransfers, listSlowTransfers } from '../../store/transfers.ts';
import { findHeldAfter, type Held } from './held.ts';

const ROWS_PER_RUN = 50;
/** One call each; the next run goes on where this one stopped. */
const PAGES_PER_RUN = 20;
const CURSOR = 'transfers.audit';

export const tellOfSlowTransfers: Job = async (app, { scheduledTime }) => {
  const by = begin(app, system('transfers.audit'), app.newId('msg'));
  for (const [status, seconds] of Object.entries(slowAfterSeconds)) {
    const before = addSeconds(scheduledTime, -seconds);
    for (const transfer of await listSlowTransfers(app.database, status, before, ROWS_PER_RUN)) {
      const database = databaseFor(app, transfer.accountId);
      const detail = `The transfer is ${status} since before ${before}, and was prepared at ${transfer.createdAt}.`;
      const of = { kind: 'transfer_slow', about: transfer.id, accountId: transfer.accountId, detail } as const;
      await commit(database, { by, changes: await openIncident(database, by, of) });
    }
  }
};

interface Place {
  /** Whose transfers were read to their end; the wallet after it is next. */
  readonly done: string;
  /** How far the next wallet has been read. */
  readonly page: string | null;
}

export const lookForUnknownTransfers: Job = async (app) => {
  const by = begin(app, system('transfers.audit'), app.newId('msg'));
  let place: Place = (await findCursor<Place>(app.database, CURSOR)) ?? { done: '', page: null };
  for (let pages = 0; pages < PAGES_PER_RUN; pages += 1) {
    const wallet = await findHeldAfter(app, place.done);
    if (wallet === undefined) {
      // The last one was read: the next run begins anew.
      return keepCursor(app.database, CURSOR, { done: '', page: null } satisfies Place);
    }
    const { items, next } = await pageOf(app, wallet, place);
    for (const stranger of await unknownOf(app, items)) await tellOf(app, by, wallet, stranger);
    place = next === undefined ? { done: wallet.id, page: null } : { ...place, page: next };
    await keepCursor(app.database, CURSOR, place);
  }
};

/** One wallet that cannot be read keeps no other from being audited: the next run goes on behind it. */
async function pageOf(app: App, wallet: Held, { page }: Place): Promise<Page<CustodyTransfer>> {
  try {
    return await app.custody.pageOfTransfers(wallet.custodyId, page ?? undefined, 'idle');
  } catch (fault) {
    if (isUnreadable(fault)) await keepCursor(app.database, CURSOR, { done: wallet.id, page: null } satisfies Place);
    throw fault;
  }
}

async function unknownOf(app: App, items: readonly CustodyTransfer[]): Promise<readonly CustodyTransfer[]> {
  const known = await listKnownTransfers(
    app.database,
    items.map(({ id }) => id),
    items.flatMap(({ externalId }) => externalId ?? []),
  );
  const isKnown = ({ id, externalId }: CustodyTransfer) =>
    known.some((ours) => ours.custodyId === id || ours.externalId === externalId);
  const strangers = items.filter((item) => !isKnown(item));
  const told = await listToldOf(
    app.database,
    'transfer_unknown',
    strangers.map(({ id }) => id),
  );
  return strangers.filter(({ id }) => !told.includes(id));
}

async function tellOf(app: App, by: Provenance, wallet: Held, stranger: CustodyTransfer): Promise<void> {
  const database = databaseFor(app, wallet.accountId);
  const from = stranger.externalId?.startsWith('f1-')
    ? 'It carries an external id of this system: was the database restored?'
    : 'It was not asked for here.';
  const detail = `Custody shows a transfer of wallet ${wallet.id} that is not known: ${stranger.status}. ${from}`;
  const of = { kind: 'transfer_unknown', about: stranger.id, accountId: wallet.accountId, detail } as const;
  await commit(database, { by, changes: await openIncident(database, by, of) });
}
