// The e-mail contact of a client: it becomes active when a code that was mailed there comes back.
import type { AccountId, ContactId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import type { Refusal } from './refusal.ts';
import { accept, type Result, refuse } from './result.ts';
import { addSeconds, type Timestamp } from './time.ts';

export const contactMachine = machine({
  pending: ['active', 'lapsed', 'replaced', 'removed'],
  active: ['replaced', 'removed'],
  lapsed: [],
  replaced: [],
  removed: [],
});

export const CODE_SECONDS = 24 * 3600;
export const WRONG_CODES_MAX = 5;
/** How often an account may ask for a code within a day: we mail to an address that nobody has confirmed. */
export const CODES_PER_DAY = 3;

interface Core {
  readonly id: ContactId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly createdAt: Timestamp;
}

interface Facts {
  pending: { readonly expiresAt: Timestamp; readonly wrongCodes: number };
  active: { readonly confirmedAt: Timestamp };
  lapsed: { readonly reason: string };
  replaced: { readonly endedAt: Timestamp };
  removed: { readonly endedAt: Timestamp };
}

export type ContactStatus = keyof typeof contactMachine;
export type Contact<S extends ContactStatus = ContactStatus> = InStatus<Core, Facts, S>;

const become = transitions<typeof contactMachine, Core, Facts>();

export const askContact = (id: ContactId, accountId: AccountId, at: Timestamp): Contact<'pending'> => ({
  id,
  version: 1,
  accountId,
  createdAt: at,
  status: 'pending',
  expiresAt: addSeconds(at, CODE_SECONDS),
  wrongCodes: 0,
});

/** Whether the code that came in time is the one that was mailed is the caller's to say. */
export const confirmContact = (contact: Contact<'pending'>, at: Timestamp): Contact<'active'> =>
  become(contact, 'active', { confirmedAt: at });

/** A wrong code counts; the last one that is allowed ends it, so that nobody can guess on. */
export const countWrongCode = (contact: Contact<'pending'>): Contact<'pending' | 'lapsed'> =>
  contact.wrongCodes + 1 >= WRONG_CODES_MAX
    ? become(contact, 'lapsed', { reason: 'too many wrong codes' })
    : amend(contact, { wrongCodes: contact.wrongCodes + 1 });

export const isInTime = ({ expiresAt }: Contact<'pending'>, at: Timestamp): Result<void> =>
  at < expiresAt ? accept(undefined) : refuse({ code: 'contact_code_expired', expiresAt } satisfies Refusal);

export const replaceContact = (contact: Contact<'pending' | 'active'>, at: Timestamp): Contact<'replaced'> =>
  contact.status === 'pending'
    ? become(contact, 'replaced', { endedAt: at })
    : become(contact, 'replaced', { endedAt: at });

export const removeContact = (contact: Contact<'pending' | 'active'>, at: Timestamp): Contact<'removed'> =>
  contact.status === 'pending'
    ? become(contact, 'removed', { endedAt: at })
    : become(contact, 'removed', { endedAt: at });
