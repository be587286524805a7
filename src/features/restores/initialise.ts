// The first epoch of a new database: a deliberate act, and only where nothing can have been forgotten. One that was set back
// to a time before it had an epoch looks new too, so custody is asked as well.

import type { App } from '../../app/app.ts';
import { type Epoch, firstEpoch } from '../../domain/epoch.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { listAccounts } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { epochChange, findEpoch } from '../../store/epochs.ts';
import type { Provenance } from '../../store/journal.ts';

/** An organisation with more wallets than fill these has been used; whether by us is then not looked for. */
const PAGES_MAX = 20;
const OWN_TAG = /^client:/;

export async function initialise(
  app: App,
  by: Provenance,
  epoch: string,
  keep: (epoch: Epoch) => readonly Once[],
): Promise<Result<Epoch>> {
  if (epoch !== app.config.restoreEpoch) return refuse({ code: 'epoch_not_deployed' });
  const found = await findEpoch(app.database);
  if (found !== undefined) return refuse({ code: 'epoch_exists' });
  if ((await listAccounts(app.database, { limit: 1 })).length > 0)
    return refuse({ code: 'database_not_fresh', found: 'accounts in the database' });
  const held = await findClientWallets(app);
  if (held !== undefined) return refuse({ code: 'database_not_fresh', found: held });
  const first = firstEpoch(epoch, by.at);
  const committed = await commit(app.database, {
    by,
    changes: [epochChange(undefined, first, 'epoch.initialised')],
    once: keep(first),
  });
  return committed.ok ? accept(first) : committed;
}

async function findClientWallets(app: App): Promise<string | undefined> {
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await app.custody.pageOfWallets(after);
    const held = items.find(({ tags }) => tags.some((tag) => OWN_TAG.test(tag)));
    if (held !== undefined) return `wallet ${held.id} of a client at custody`;
    if (next === undefined) return undefined;
    after = next;
  }
  return 'more wallets at custody than were looked through';
}
