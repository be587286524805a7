// Making something once at custody, where a creation is not idempotent: the intent is committed first, whoever repeats looks
// before asking, what is found is adopted, and a proven duplicate is reported for the set-up account to archive.

import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import { type Account, limitsTagOf } from '../../domain/account.ts';
import type { CreateAnswer } from '../../domain/custody.ts';
import { amend } from '../../domain/machine.ts';
import { secondsBetween, type Timestamp } from '../../domain/time.ts';
import type { Wallet } from '../../domain/wallet.ts';
import { walletChange } from '../../store/accounts.ts';
import { type Change, commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';

/** A creation without an answer may still arrive at custody; nobody asks again before this. */
const SETTLE_SECONDS = 90;
const isSettled = (attemptedAt: Timestamp | null, at: Timestamp): boolean =>
  attemptedAt === null || secondsBetween(attemptedAt, at) >= SETTLE_SECONDS;

export type GiveUp = (reason: string) => Promise<Outcome>;

interface Creation<T extends { readonly id: string }> {
  readonly accountId: Account['id'];
  /** What custody shows of it already: a creation is not idempotent there, so whoever repeats it looks first. */
  readonly found: readonly T[];
  readonly attemptedAt: Timestamp | null;
  /** Commits that custody is asked now; false when somebody else came first. */
  readonly intend: () => Promise<boolean>;
  readonly ask: () => Promise<CreateAnswer<T>>;
  /** Custody said no to a request that it judged. */
  readonly giveUp: GiveUp;
}

/** It exists exactly once: found at custody and adopted, or made now. Duplicates are reported with it. */
export async function findOrCreate<T extends { readonly id: string }>(
  app: App,
  by: Provenance,
  { accountId, found, attemptedAt, intend, ask, giveUp }: Creation<T>,
): Promise<{ readonly known: T; readonly report: readonly Change[] } | Outcome> {
  const [adopted, ...others] = [...found].sort((one, other) => (one.id < other.id ? -1 : 1));
  if (adopted !== undefined) {
    return {
      known: adopted,
      report: others.length > 0 ? await reportDuplicates(app, by, { accountId, adopted, others }) : [],
    };
  }
  if (!isSettled(attemptedAt, by.at) || !(await intend())) return 'again';
  const answer = await ask();
  if (answer.kind === 'created') return { known: answer.created, report: [] };
  return answer.kind === 'refused' ? giveUp(`Custody refused: ${answer.message}`) : waitFor(app, by, accountId, answer);
}

/** The wallet exists exactly once and is known by id. Its label at custody is our wallet id; its tags come with the call. */
export async function ensureWallet(
  app: App,
  by: Provenance,
  { account, wallet, giveUp }: { account: Account; wallet: Wallet<'creating'>; giveUp: GiveUp },
): Promise<Wallet<'creating'> | Outcome> {
  if (wallet.custodyId !== null) return wallet;
  const database = databaseFor(app, account.id);
  let latest = wallet;
  const made = await findOrCreate(app, by, {
    accountId: account.id,
    // A first attempt has nothing to look for; the scan through all wallets of the organisation is for repeats.
    found: wallet.attemptedAt === null ? [] : await app.custody.listWalletsByExternalId(wallet.id),
    attemptedAt: wallet.attemptedAt,
    intend: async () => {
      latest = amend(wallet, { attemptedAt: by.at });
      return (await commit(database, { by, changes: [walletChange(wallet, latest, 'wallet.attempted')] })).ok;
    },
    ask: () =>
      app.custody.createWallet({
        network: wallet.network,
        name: `${account.id} ${wallet.network}`,
        externalId: wallet.id,
        tags: [account.tag, limitsTagOf(account.limitsTemplate)],
      }),
    giveUp,
  });
  if (typeof made === 'string') return made;
  // Custody may name the address later than the wallet.
  const address = made.known.address ?? (await app.custody.findWallet(made.known.id))?.address;
  if (address === undefined) return 'again';
  const known = amend(latest, { custodyId: made.known.id, address, keyId: made.known.keyId });
  const committed = await commit(database, {
    by,
    changes: [walletChange(latest, known, 'wallet.known'), ...made.report],
  });
  return committed.ok ? known : 'again';
}

/** Tried again, after a look; an answer about our credential is a person's. */
async function waitFor(
  app: App,
  by: Provenance,
  accountId: Account['id'],
  answer: Exclude<CreateAnswer<unknown>, { kind: 'created' | 'refused' }>,
): Promise<Outcome> {
  if (answer.kind === 'barred') {
    const database = databaseFor(app, accountId);
    const changes = await openIncident(database, by, {
      kind: 'custody_barred',
      about: 'maker',
      accountId: null,
      detail: `Custody does not accept our credential (${answer.status}): ${answer.message}`,
    });
    await commit(database, { by, changes });
  }
  return 'again';
}

interface Made {
  readonly id: string;
}

const reportDuplicates = (
  app: App,
  by: Provenance,
  { accountId, adopted, others }: { accountId: Account['id']; adopted: Made; others: readonly Made[] },
): Promise<Change[]> =>
  openIncident(databaseFor(app, accountId), by, {
    kind: 'duplicate_at_custody',
    // Of each thing there may be one: an account whose list and wallets are doubled has as many incidents.
    about: adopted.id,
    accountId,
    detail: `Made more than once at custody. ${adopted.id} is used; to be archived with the set-up account: ${others
      .map(({ id }) => id)
      .join(', ')}.`,
  });
