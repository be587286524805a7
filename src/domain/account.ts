// The client's account. It opens as a saga: guard, approved list, wallets, read-back; only then does it become active.
import type { DailyLimit } from './account-limits.ts';
import type { AccountId, ClientId } from './id.ts';
import type { LimitsTemplate } from './limits-template.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { Timestamp } from './time.ts';

export const accountMachine = machine({
  opening: ['active', 'failed'],
  failed: ['opening'],
  active: ['closed'],
  closed: [],
});

interface AccountCore {
  readonly id: AccountId;
  readonly version: number;
  readonly clientId: ClientId;
  /** `client:<client id>`, on every wallet of the account and in the filter of its approved list. */
  readonly tag: string;
  readonly limitsTemplate: LimitsTemplate;
  /** Kept by us, over all wallets and mandates. */
  readonly dailyLimits: readonly DailyLimit[];
  /** The approved-list policy at custody, once it exists. */
  readonly policyId: string | null;
  readonly createdAt: Timestamp;
}

interface AccountFacts {
  /** `attemptedAt` is committed before the policy is asked for: whoever comes later looks before repeating. */
  opening: { readonly attemptedAt: Timestamp | null };
  failed: { readonly attemptedAt: Timestamp | null; readonly reason: string };
  active: { readonly openedAt: Timestamp };
  closed: { readonly closedAt: Timestamp };
}

export type AccountStatus = keyof typeof accountMachine;
export type Account<S extends AccountStatus = AccountStatus> = InStatus<AccountCore, AccountFacts, S>;

const become = transitions<typeof accountMachine, AccountCore, AccountFacts>();

export const tagOf = (clientId: ClientId): string => `client:${clientId}`;
/** Begins the tag of every template. */
export const LIMITS_TAG = 'limits:';
export const limitsTagOf = (template: LimitsTemplate): string => `${LIMITS_TAG}${template}`;

/** Everything was read back from custody and stands as wanted: only now is a deposit address shown. */
export function activate(account: Account<'opening'>, at: Timestamp): Account<'active'> {
  if (account.policyId === null) throw new TypeError('an account without an approved list cannot be active');
  return become(account, 'active', { openedAt: at });
}

export const fail = (account: Account<'opening'>, reason: string): Account<'failed'> =>
  become(account, 'failed', { reason });

/** What was asked of custody before is kept: an answer that was lost may have made it. */
export const reopen = (account: Account<'failed'>): Account<'opening'> => become(account, 'opening', {});

export const close = (account: Account<'active'>, at: Timestamp): Account<'closed'> =>
  become(account, 'closed', { closedAt: at });
