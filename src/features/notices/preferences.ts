// What a client does not want by e-mail, and a role not in its room. What may not be missed cannot be switched off.
import type { App } from '../../app/app.ts';
import type { AccountId } from '../../domain/id.ts';
import { type ChatRole, isAlways, type NoticeKind } from '../../domain/notice.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { commit } from '../../store/commit.ts';
import { listPreferences, type Preferences, preferencesChange } from '../../store/contacts.ts';
import type { Provenance } from '../../store/journal.ts';

export type Holder = AccountId | ChatRole;

export async function readPreferences(app: App, holder: Holder): Promise<Preferences> {
  const [found] = await listPreferences(app.database, [holder]);
  return found ?? { holder, version: 0, muted: [] };
}

export async function setPreferences(
  app: App,
  by: Provenance,
  { holder, accountId }: { readonly holder: Holder; readonly accountId: AccountId | null },
  muted: readonly NoticeKind[],
): Promise<Result<Preferences>> {
  const always = muted.filter(isAlways);
  if (always.length > 0) return refuse({ code: 'notice_not_mutable', kinds: always });
  const before = await readPreferences(app, holder);
  const after = { holder, version: before.version + 1, muted: [...new Set(muted)].sort() };
  // The same again changes nothing and leaves no entry.
  if (JSON.stringify(after.muted) === JSON.stringify(before.muted)) return accept(before);
  const change = preferencesChange(before.version === 0 ? undefined : before, after, accountId);
  const committed = await commit(app.database, { by, changes: [change] });
  return committed.ok ? accept(after) : committed;
}
