// A read-only key that a client gives to its accountant: it opens named reports of one account until it runs out or is revoked.
import type { AccountId, AccountKeyId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import { addSeconds, type Timestamp } from './time.ts';

export const accountKeyMachine = machine({ active: ['revoked'], revoked: [] });

/** What a key may open; the statement's scope is the kept and the printed ones too. */
export const reports = ['balances', 'restrictions', 'activity', 'statement', 'attestation'] as const;
export type Report = (typeof reports)[number];

const DAY_SECONDS = 86_400;
const VALID_DAYS_MAX = 365;
/** More at once nobody keeps an eye on. */
export const ACCOUNT_KEYS_MAX = 20;

interface AccountKeyCore {
  readonly id: AccountKeyId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly label: string;
  readonly reports: readonly Report[];
  /** SHA-256 of the key. It holds 256 random bits, so there is nothing to guess, and no salt or slow hash to add. */
  readonly hash: string;
  readonly expiresAt: Timestamp;
  readonly createdAt: Timestamp;
}

interface AccountKeyFacts {
  active: object;
  revoked: { readonly revokedAt: Timestamp; readonly revokedBy: string };
}

export type AccountKeyStatus = keyof typeof accountKeyMachine;
export type AccountKey<S extends AccountKeyStatus = AccountKeyStatus> = InStatus<AccountKeyCore, AccountKeyFacts, S>;

const become = transitions<typeof accountKeyMachine, AccountKeyCore, AccountKeyFacts>();

export function mint(of: Omit<AccountKeyCore, 'version'>): Result<AccountKey<'active'>> {
  const latest = addSeconds(of.createdAt, VALID_DAYS_MAX * DAY_SECONDS);
  if (of.expiresAt <= of.createdAt || of.expiresAt > latest) {
    return refuse({ code: 'key_expiry_invalid', after: of.createdAt, latest });
  }
  return accept({ ...of, version: 1, status: 'active' });
}

export const revoke = (key: AccountKey<'active'>, by: string, at: Timestamp): AccountKey<'revoked'> =>
  become(key, 'revoked', { revokedAt: at, revokedBy: by });

/** Why it opens nothing now, or undefined. */
export const whyClosed = (key: AccountKey, at: Timestamp): string | undefined =>
  key.status === 'revoked' ? 'revoked' : key.expiresAt <= at ? 'expired' : undefined;
