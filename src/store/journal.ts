// Entries of the append-only journal: who, what, when, from which request, before and after, and a hash over all of it.
import { and, desc, eq, inArray, type SQL } from 'drizzle-orm';
import { type Actor, nameOf, rolesOf } from '../domain/actor.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { AccountId, NewId } from '../domain/id.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, olderThan } from './database.ts';
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
  readonly data: unknown;
}

export type JournalRow = typeof journal.$inferSelect;

const bytes = new TextEncoder();
export const hex = (digest: ArrayBuffer): string =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
export const sha256 = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', bytes.encode(text)));

/** SHA-256 in hex over the canonical JSON of every column but the hash itself. */
export const hashOf = ({ hash: _, ...columns }: JournalRow): Promise<string> => sha256(canonicalJson(columns));

export async function toEntry(draft: EntryDraft, by: Provenance): Promise<JournalRow> {
  const row: JournalRow = {
    id: by.newId('jnl'),
    subjectId: draft.subjectId,
    version: draft.version,
    kind: draft.kind,
    accountId: draft.accountId,
    actor: nameOf(by.actor),
    actorRole: rolesOf(by.actor).join(' ') || by.actor.kind,
    requestId: by.requestId,
    at: by.at,
    data: canonicalJson(draft.data),
    hash: '',
  };
  return { ...row, hash: await hashOf(row) };
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
    olderThan(journal.id, page.before),
  ];
  return database
    .select()
    .from(journal)
    .where(and(...conditions))
    .orderBy(desc(journal.id))
    .limit(page.limit)
    .all();
}
