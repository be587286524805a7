// E-mail contacts of clients, and what they and the roles of the staff do not want to be told.
import { and, asc, eq, gt, gte, inArray, ne, sql } from 'drizzle-orm';
import type { Contact } from '../domain/contact.ts';
import type { AccountId, ContactId } from '../domain/id.ts';
import type { NoticeKind } from '../domain/notice.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Change, type Message, type Once, rowChange } from './commit.ts';
import type { Database } from './database.ts';
import { changesOf, fromJson, fromRow, toRow } from './records.ts';
import { accounts, contactAddresses, contacts, noticePreferences } from './schema.ts';

export interface AddressedContact {
  readonly contact: Contact<'pending' | 'active'>;
  readonly email: string;
}

/** Where an account is written to, or will be when it is confirmed. */
export async function listContacts(
  database: Database,
  accountIds: readonly AccountId[],
): Promise<readonly AddressedContact[]> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(accountIds)}))`;
  const rows = await database
    .select({ contact: contacts, email: contactAddresses.email })
    .from(contacts)
    .innerJoin(contactAddresses, eq(contactAddresses.contactId, contacts.id))
    .where(and(inArray(contacts.accountId, these), inArray(contacts.status, ['pending', 'active'])))
    .all();
  return rows.map(({ contact, email }) => ({ contact: fromRow(contact), email }));
}

/** Active contacts of accounts that are not closed, by account, from behind one on: each account has one at most. */
export const listClientContacts = (
  database: Database,
  after: string,
  limit: number,
): Promise<{ id: ContactId; accountId: AccountId }[]> =>
  database
    .select({ id: contacts.id, accountId: contacts.accountId })
    .from(contacts)
    .innerJoin(accounts, eq(accounts.id, contacts.accountId))
    .where(
      and(
        sql`${contacts.status} = 'active'`,
        gt(contacts.accountId, after as AccountId),
        ne(accounts.status, 'closed'),
      ),
    )
    .orderBy(asc(contacts.accountId))
    .limit(limit)
    .all();

export async function findContact(database: Database, id: ContactId): Promise<AddressedContact | undefined> {
  const row = await database
    .select({ contact: contacts, email: contactAddresses.email })
    .from(contacts)
    .innerJoin(contactAddresses, eq(contactAddresses.contactId, contacts.id))
    .where(and(eq(contacts.id, id), inArray(contacts.status, ['pending', 'active'])))
    .get();
  return row && { contact: fromRow(row.contact), email: row.email };
}

/** Of the contacts that an account asked for since then, at most so many. */
export const listContactsSince = (
  database: Database,
  accountId: AccountId,
  since: Timestamp,
  limit: number,
): Promise<{ id: ContactId }[]> =>
  database
    .select({ id: contacts.id })
    .from(contacts)
    .where(and(eq(contacts.accountId, accountId), gte(contacts.createdAt, since)))
    .limit(limit)
    .all();

export const contactChange = changesOf<Contact>(contacts, 'contact', ({ accountId }) => accountId);

export const contactAddress = (contactId: ContactId, email: string): Once => ({
  table: 'contact_addresses',
  insert: (database) => database.insert(contactAddresses).values({ contactId, email }),
  taken: { code: 'version_conflict' },
});

/** A statement of the commit that ends the contact: the address is personal, and not needed any more. */
export const forgetAddress = (contactId: ContactId): Message => ({
  insert: (database) => database.delete(contactAddresses).where(eq(contactAddresses.contactId, contactId)),
});

export interface Preferences {
  /** An account, or a role of the staff. */
  readonly holder: string;
  readonly version: number;
  readonly muted: readonly NoticeKind[];
}

export async function listPreferences(database: Database, holders: readonly string[]): Promise<Preferences[]> {
  const these = sql`(SELECT value FROM json_each(${JSON.stringify(holders)}))`;
  const rows = await database.select().from(noticePreferences).where(inArray(noticePreferences.holder, these)).all();
  return rows.map((row) => ({ ...row, muted: fromJson(row.muted) }));
}

export const preferencesChange = (
  before: Preferences | undefined,
  after: Preferences,
  accountId: AccountId | null,
): Change =>
  rowChange({
    table: noticePreferences,
    name: 'notice_preferences',
    key: noticePreferences.holder,
    keyName: 'holder',
    versionColumn: noticePreferences.version,
    subject: 'notice_preferences',
    subjectId: `notices:${after.holder}`,
    accountId,
    before: before && toRow(noticePreferences, before),
    after: toRow(noticePreferences, after),
    kind: 'notice_preferences.set',
  });
