// Entries of the append-only journal: who, what, when, from which request, before and after, and a hash over all of it.
import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { type Actor, nameOf, rolesOf } from '../domain/actor.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { AccountId, NewId } from '../domain/id.ts';
import { hashOfEntry } from '../domain/journal.ts';
import type { Timestamp } from '../domain/time.ts';
import type { Database } from './database.ts';
import { journal } from './schema.ts';

/** Who acts, when, and from which request: fixed once at the beginning of a use case. */
export interface Provenance {
  readonly actor: Actor;
  readonly requestId: string;
  readonly at: Timestamp;
  readonly newId: NewId;
}

export interface EntryDraft {
  readonly subjectId: string;
  readonly version: number;
  readonly kind: string;
  readonly accountId: AccountId | null;
  /** What the entry is about besides its subject, to be found by. */
  readonly walletId?: string | null;
  readonly policyId?: string | null;
  readonly data: unknown;
}

export type JournalRow = typeof journal.$inferSelect;
/** Without its place, which D1 gives. */
export type NewEntry = Omit<JournalRow, 'place'>;

export async function toEntry(draft: EntryDraft, by: Provenance): Promise<NewEntry> {
  const row = {
    id: by.newId('jnl'),
    subjectId: draft.subjectId,
    version: draft.version,
    kind: draft.kind,
    accountId: draft.accountId,
    walletId: draft.walletId ?? null,
    policyId: draft.policyId ?? null,
    actor: nameOf(by.actor),
    actorRole: rolesOf(by.actor).join(' ') || by.actor.kind,
    requestId: by.requestId,
    at: by.at,
    data: canonicalJson(draft.data),
  };
  return { ...row, hash: await hashOfEntry(row) };
}

export interface JournalFilter {
  readonly accountId?: AccountId | undefined;
  readonly subjectId?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
}

/** Newest first. */
export function listEntries(
  database: Database,
  filter: JournalFilter,
  page: { before?: string | undefined; limit: number },
): Promise<JournalRow[]> {
  const conditions: (SQL | undefined)[] = [
    filter.accountId && eq(journal.accountId, filter.accountId),
    filter.subjectId === undefined ? undefined : eq(journal.subjectId, filter.subjectId),
    filter.kinds && inArray(journal.kind, [...filter.kinds]),
    before(filter.subjectId, page.before),
  ];
  return database
    .select()
    .from(journal)
    .where(and(...conditions))
    .orderBy(...newestFirst(filter.subjectId))
    .limit(page.limit)
    .all();
}

// Of one subject the versions are the order of its places, and the index is by them.
const newestFirst = (subjectId: string | undefined): SQL[] =>
  subjectId === undefined ? [desc(journal.place)] : [desc(journal.version)];

/** The condition of a page behind the entry with this id. */
const before = (subjectId: string | undefined, id: string | undefined): SQL | undefined => {
  if (id === undefined) return undefined;
  const column = subjectId === undefined ? journal.place : journal.version;
  return sql`${column} < (SELECT ${sql.identifier(column.name)} FROM ${journal} WHERE id = ${id})`;
};
