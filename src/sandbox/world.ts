/** Owns what a rule of the sandbox may touch: the tables, one instant, the settings and the organisation. */
import type { Account, DerivedOrganization } from './derive.ts';
import { idFromBytes } from './derive.ts';
import { defaultSettings, Settings } from './settings.ts';
import type { Store } from './store.ts';

export type World = {
  readonly store: Store;
  /** Milliseconds of sandbox time: of the request, or of the instant at which a job was due. */
  readonly now: number;
  readonly settings: Settings;
  readonly organization: DerivedOrganization;
};

export const iso = (at: number) => new Date(at).toISOString();

export const newId = (prefix: string) => idFromBytes(prefix, crypto.getRandomValues(new Uint8Array(26)));

export function readSettings(store: Store): Settings {
  const text = store.meta('settings');
  return text === undefined ? defaultSettings : Settings.parse(JSON.parse(text));
}

export const accountById = (world: World, userId: string): Pick<Account, 'userId' | 'isServiceAccount'> | undefined =>
  world.store.find('accounts', userId);

export const requesterOf = (account: Account) => ({ userId: account.userId, tokenId: account.tokenId });
