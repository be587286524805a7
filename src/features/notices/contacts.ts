// The e-mail contact of an account: asked for, confirmed by a code that was mailed there, replaced by the next, removed.
import type { App } from '../../app/app.ts';
import {
  askContact,
  CODES_PER_DAY,
  type Contact,
  confirmContact,
  countWrongCode,
  isInTime,
  removeContact,
  replaceContact,
} from '../../domain/contact.ts';
import type { AccountId } from '../../domain/id.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { addSeconds } from '../../domain/time.ts';
import { contactCode } from '../../kit/derived-secrets.ts';
import { mailCode } from '../../kit/messages.ts';
import { type Change, commit, type Message, type Once } from '../../store/commit.ts';
import {
  type AddressedContact,
  contactAddress,
  contactChange,
  forgetAddress,
  listContacts,
  listContactsSince,
} from '../../store/contacts.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';

type Keep = (contacts: readonly AddressedContact[]) => readonly Once[];

const DAY_SECONDS = 86_400;

export const readContacts = (app: App, accountId: AccountId): Promise<readonly AddressedContact[]> =>
  listContacts(databaseFor(app, accountId), [accountId]);

const inStatusOf = <S extends 'pending' | 'active'>(found: readonly AddressedContact[], status: S) =>
  found.find((one): one is AddressedContact & { contact: Contact<S> } => one.contact.status === status);

/** Ends a contact and forgets its address in the same commit. */
const ending = (
  { contact }: AddressedContact,
  end: typeof replaceContact | typeof removeContact,
  by: Provenance,
): { change: Change; message: Message } => ({
  change: contactChange(contact, end(contact, by.at)),
  message: forgetAddress(contact.id),
});

/** The one before stays until the new one is confirmed; an older request is replaced. */
export async function askForContact(
  app: App,
  by: Provenance,
  accountId: AccountId,
  email: string,
  keep: Keep,
): Promise<Result<readonly AddressedContact[]>> {
  const database = databaseFor(app, accountId);
  const recent = await listContactsSince(database, accountId, addSeconds(by.at, -DAY_SECONDS), CODES_PER_DAY);
  if (recent.length >= CODES_PER_DAY) return refuse({ code: 'contact_codes_exhausted', perDay: CODES_PER_DAY });
  const found = await readContacts(app, accountId);
  const waiting = inStatusOf(found, 'pending');
  const replaced = waiting && ending(waiting, replaceContact, by);
  const contact = askContact(by.newId('ctc'), accountId, by.at);
  const after = [...found.filter((one) => one !== waiting), { contact, email }];
  const committed = await commit(database, {
    by,
    changes: [...(replaced === undefined ? [] : [replaced.change]), contactChange(undefined, contact)],
    messages: [
      ...(replaced === undefined ? [] : [replaced.message]),
      message('notify', mailCode({ contactId: contact.id })),
    ],
    once: [contactAddress(contact.id, email), ...keep(after)],
  });
  return committed.ok ? accept(after) : committed;
}

export async function confirm(
  app: App,
  by: Provenance,
  accountId: AccountId,
  code: string,
  keep: Keep,
): Promise<Result<readonly AddressedContact[]>> {
  const database = databaseFor(app, accountId);
  const found = await readContacts(app, accountId);
  const waiting = inStatusOf(found, 'pending');
  if (waiting === undefined) return refuse({ code: 'not_found' });
  const inTime = isInTime(waiting.contact, by.at);
  if (!inTime.ok) return inTime;
  if (!(await isCode(app, waiting.contact, code))) return refuseCode(app, by, waiting.contact);
  const before = inStatusOf(found, 'active');
  const replaced = before && ending(before, replaceContact, by);
  const after = [{ contact: confirmContact(waiting.contact, by.at), email: waiting.email }];
  const changes = after.map(({ contact }) => contactChange(waiting.contact, contact));
  const committed = await commit(database, {
    by,
    // The one before goes first: only one is active at a time.
    changes: replaced === undefined ? changes : [replaced.change, ...changes],
    messages: replaced === undefined ? [] : [replaced.message],
    once: keep(after),
  });
  return committed.ok ? accept(after) : committed;
}

/** Under any key that is set: the first may have changed since it was mailed. */
async function isCode(app: App, { id }: Contact, code: string): Promise<boolean> {
  const typed = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
  const codes = await Promise.all(app.config.notices.keys.map((key) => contactCode(key, id)));
  return codes.includes(typed);
}

async function refuseCode(app: App, by: Provenance, contact: Contact<'pending'>) {
  const counted = countWrongCode(contact);
  const kind = counted.status === 'pending' ? 'contact.code_refused' : undefined;
  const committed = await commit(databaseFor(app, contact.accountId), {
    by,
    changes: [contactChange(contact, counted, kind)],
    messages: counted.status === 'lapsed' ? [forgetAddress(contact.id)] : [],
  });
  // A guess that could not be counted is no guess: two at once would be one.
  return committed.ok ? refuse({ code: 'contact_code_wrong' }) : committed;
}

/** The address is forgotten with it. */
export async function removeContacts(
  app: App,
  by: Provenance,
  accountId: AccountId,
  keep: Keep,
): Promise<Result<void>> {
  const found = await readContacts(app, accountId);
  if (found.length === 0) return refuse({ code: 'not_found' });
  const ended = found.map((one) => ending(one, removeContact, by));
  return commit(databaseFor(app, accountId), {
    by,
    changes: ended.map(({ change }) => change),
    messages: ended.map((one) => one.message),
    once: keep([]),
  });
}
