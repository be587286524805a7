// The end of a restore: what custody holds for clients that this database does not know is told to people, and the database is
// sound. The events of a month and every fence are looked at after that; they move no money.

import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { orSilence } from '../../app/silence.ts';
import type { Page } from '../../dfns/custody.ts';
import { type Epoch, endRestore } from '../../domain/epoch.ts';
import { isId } from '../../domain/id.ts';
import { backfillMonth, LookForLost, lookForLost, sweepFences } from '../../kit/messages.ts';
import { findAccountOfClient, listKnownLists, listKnownWallets } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { epochChange, findEpoch } from '../../store/epochs.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';

const PAGES_PER_STEP = 20;
const TAG = 'client:';

/** What custody holds under the tag of a client. */
interface Held {
  readonly id: string;
  readonly what: 'wallet' | 'policy';
  readonly clientId: string;
}

export const lookForLostStep = consumer('events', LookForLost, async (app, { epoch, stage, cursor }, by) => {
  const restoring = await findEpoch(app.database);
  if (restoring?.status !== 'restoring' || restoring.epoch !== epoch) return 'done';
  let after = cursor ?? undefined;
  for (let pages = 0; pages < PAGES_PER_STEP; pages += 1) {
    const read = stage === 'wallets' ? unknownWallets(app, after) : unknownPolicies(app, after);
    const found = await (pages === 0 ? read : orSilence(read));
    // What was looked through stays so, where custody falls silent.
    if (found === undefined) break;
    const { items, next } = found;
    for (const held of items) await tellOf(app, by, held);
    if (next === undefined)
      return stage === 'wallets' ? goOn(app, by, epoch, 'policies', null) : finish(app, by, restoring);
    after = next;
  }
  return goOn(app, by, epoch, stage, after ?? null);
});

async function goOn(
  app: App,
  by: Provenance,
  epoch: string,
  stage: 'wallets' | 'policies',
  cursor: string | null,
): Promise<Outcome> {
  const next = message('events', lookForLost({ epoch, stage, cursor }));
  return (await commit(app.database, { by, changes: [], messages: [next] })).ok ? 'done' : 'again';
}

const clientIn = (tags: readonly string[]): string | undefined =>
  tags.find((tag) => tag.startsWith(TAG))?.slice(TAG.length);

async function unknownWallets(app: App, after: string | undefined): Promise<Page<Held>> {
  const { items, next } = await app.custody.pageOfWallets(after);
  const { ids } = await listKnownWallets(app.database, items);
  const held = items.flatMap(({ id, tags, isActive }): Held[] => {
    const clientId = clientIn(tags);
    return clientId === undefined || !isActive || ids.has(id) ? [] : [{ id, what: 'wallet', clientId }];
  });
  return { items: held, next };
}

async function unknownPolicies(app: App, after: string | undefined): Promise<Page<Held>> {
  const { items, next } = await app.custody.pageOfPolicies(after);
  const known = await listKnownLists(
    app.database,
    items.map(({ id }) => id),
  );
  const held = items.flatMap(({ id, walletTagsAll }): Held[] => {
    const clientId = clientIn(walletTagsAll);
    return clientId === undefined || known.has(id) ? [] : [{ id, what: 'policy', clientId }];
  });
  return { items: held, next };
}

async function tellOf(app: App, by: Provenance, { id, what, clientId }: Held): Promise<void> {
  const account = isId('cli', clientId) ? await findAccountOfClient(app.database, clientId) : undefined;
  // Its opening looks at custody before it creates anything, and takes over what it finds.
  if (account?.status === 'opening') return;
  const whose = account === undefined ? 'is not known either: it was opened in the lost time' : `has ${account.id}`;
  const detail = `Custody holds a ${what} that the restored database does not know. Its client ${clientId} ${whose}.`;
  const of = { kind: 'lost_at_custody', about: id, accountId: account?.id ?? null, detail } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
}

async function finish(app: App, by: Provenance, restoring: Epoch<'restoring'>): Promise<Outcome> {
  const committed = await commit(app.database, {
    by,
    changes: [epochChange(restoring, endRestore(restoring), 'epoch.sound')],
    messages: [
      message('events', backfillMonth({ until: by.at })),
      message('events', sweepFences({ startedAt: by.at, stage: 'policies', cursor: null })),
    ],
  });
  return committed.ok ? 'done' : 'again';
}
