// A client gives its accountant a key and takes it back; compliance may take it back too, and never gives one.
import type { App } from '../../app/app.ts';
import { type AccountKey, mint, type Report, revoke } from '../../domain/account-key.ts';
import { nameOf } from '../../domain/actor.ts';
import { sha256 } from '../../domain/digest.ts';
import type { AccountId, AccountKeyId } from '../../domain/id.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import { newKey } from '../../kit/account-key.ts';
import { accountKeyChange, findAccountKey, hasRoomForKey } from '../../store/account-keys.ts';
import { findAccount } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';

interface Wish {
  readonly label: string;
  readonly reports: readonly Report[];
  readonly expiresAt: Timestamp;
}

/** The key itself is in this answer and nowhere else: what is kept is its hash. */
export async function mintKey(
  app: App,
  by: Provenance,
  { scope, accountId }: { readonly scope: Scope; readonly accountId: AccountId },
  wish: Wish,
  keep: (key: AccountKey) => readonly Once[],
): Promise<Result<{ readonly record: AccountKey; readonly key: string }>> {
  const database = databaseFor(app, accountId);
  if ((await findAccount(database, scope, accountId)) === undefined) return refuse({ code: 'not_found' });
  const key = newKey();
  const minted = mint({
    id: by.newId('key'),
    accountId,
    label: wish.label,
    reports: [...new Set(wish.reports)].sort(),
    hash: await sha256(key),
    expiresAt: wish.expiresAt,
    createdAt: by.at,
  });
  if (!minted.ok) return minted;
  const committed = await commit(database, {
    by,
    changes: [accountKeyChange(undefined, minted.value)],
    requires: [{ holds: hasRoomForKey(accountId, by.at), refusal: { code: 'keys_too_many' } }],
    once: keep(minted.value),
  });
  return committed.ok ? accept({ record: minted.value, key }) : committed;
}

/** A second time changes nothing. */
export async function revokeKey(
  app: App,
  by: Provenance,
  scope: Scope,
  of: { readonly accountId: AccountId; readonly id: AccountKeyId },
): Promise<Result<AccountKey>> {
  const database = databaseFor(app, of.accountId);
  const key = await findAccountKey(database, scope, of);
  if (key === undefined) return refuse({ code: 'not_found' });
  if (key.status === 'revoked') return accept(key);
  const revoked = revoke(key, nameOf(by.actor), by.at);
  const committed = await commit(database, { by, changes: [accountKeyChange(key, revoked)] });
  return committed.ok ? accept(revoked) : committed;
}
