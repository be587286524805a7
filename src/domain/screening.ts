// Sanctions screening: a list of addresses by an edition and the hash of its content. One list is active; older ones stay, so
// that what was refused or accepted under them can be explained.
import { parseAddress } from './address.ts';
import type { DestinationId, ScreeningListId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import type { NetworkFamily } from './network.ts';
import type { Timestamp } from './time.ts';

export const screeningListMachine = machine({
  loading: ['active'],
  active: ['superseded'],
  superseded: [],
});

/** A list far longer than any that is published; it is hashed as a whole. */
export const SCREENING_ADDRESSES_MAX = 50_000;

interface ScreeningListCore {
  readonly id: ScreeningListId;
  readonly version: number;
  /** What people call this version of the list, such as the day it was published. */
  readonly edition: string;
  /** SHA-256 in hex over `canonicalContent`. */
  readonly hash: string;
  readonly addressCount: number;
  readonly loadedBy: string;
  readonly createdAt: Timestamp;
}

interface Active {
  readonly activatedAt: Timestamp;
  /** How far living destinations have been held against it; the sweep takes up from here. */
  readonly rescreenedUpTo: DestinationId | null;
  readonly rescreenedAt: Timestamp | null;
}
interface ScreeningListFacts {
  loading: object;
  active: Active;
  superseded: Active & { readonly supersededAt: Timestamp };
}

export type ScreeningListStatus = keyof typeof screeningListMachine;
export type ScreeningList<S extends ScreeningListStatus = ScreeningListStatus> = InStatus<
  ScreeningListCore,
  ScreeningListFacts,
  S
>;

/** The list that an address was held against, kept with the decision. */
export interface ScreenedAgainst {
  readonly listId: ScreeningListId;
  readonly edition: string;
  readonly hash: string;
  readonly at: Timestamp;
}

const become = transitions<typeof screeningListMachine, ScreeningListCore, ScreeningListFacts>();

/** Every address is there and the content is what was announced: from this commit on requests are held against it. */
export const activateList = (list: ScreeningList<'loading'>, at: Timestamp): ScreeningList<'active'> =>
  become(list, 'active', { activatedAt: at, rescreenedUpTo: null, rescreenedAt: null });

export const supersedeList = (list: ScreeningList<'active'>, at: Timestamp): ScreeningList<'superseded'> =>
  become(list, 'superseded', { supersededAt: at });

/** @param upTo the last destination of the slice; undefined when none was left */
export const recordRescreening = (
  list: ScreeningList<'active'>,
  upTo: DestinationId | undefined,
  at: Timestamp,
): ScreeningList<'active'> => amend(list, upTo === undefined ? { rescreenedAt: at } : { rescreenedUpTo: upTo });

export const screenedAgainst = (list: ScreeningList<'active'>, at: Timestamp): ScreenedAgainst => ({
  listId: list.id,
  edition: list.edition,
  hash: list.hash,
  at,
});

/**
 * The form in which an entry of a list is compared, or undefined for text that is no address of this family. A list may
 * write an EVM address in any case: a wrong checksum there is no reason to let the address pass.
 */
export function canonicalEntry(family: NetworkFamily, text: string): string | undefined {
  switch (family) {
    case 'evm':
      return /^0x[0-9a-f]{40}$/i.test(text) ? text.toLowerCase() : undefined;
    case 'bitcoin':
      return kept(parseAddress('Bitcoin', text)) ?? kept(parseAddress('BitcoinSignet', text));
    case 'solana':
      return kept(parseAddress('Solana', text));
  }
}
const kept = (parsed: ReturnType<typeof parseAddress>): string | undefined => (parsed.ok ? parsed.value : undefined);

export interface ScreeningEntry {
  readonly family: NetworkFamily;
  readonly address: string;
}

/** One line for each entry, each once, sorted: the same list has the same hash however its files were cut. */
export const canonicalContent = (entries: readonly ScreeningEntry[]): string =>
  [...new Set(entries.map(({ family, address }) => `${family} ${address}\n`))].sort().join('');
