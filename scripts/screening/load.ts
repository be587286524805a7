// Loads a sanctions list through the product's API: announced with its hash, sent in parts, put in force at the end.
import { type NetworkFamily, networkFamilies } from '../../src/domain/network.ts';
import { canonicalContent, type ScreeningEntry } from '../../src/domain/screening.ts';

const ADDRESSES_PER_CALL = 500;

export interface LoadedList {
  readonly id: string;
  readonly status: string;
  readonly edition: string;
  readonly hash: string;
  readonly addressCount: number;
  readonly loadedBy: string;
  readonly createdAt: string;
  readonly activatedAt: string | null;
  readonly rescreenedAt: string | null;
}

/** The product's API as an administrator sees it; a refusal throws. */
export interface Api {
  get(path: string): Promise<unknown>;
  post(path: string, body?: object): Promise<unknown>;
}

// The API's own schema made the answer; what this script reads of it is checked by its tests through the doors.
const asList = (answer: unknown): LoadedList => answer as LoadedList;
const asPage = (answer: unknown): { items: readonly LoadedList[] } => answer as { items: readonly LoadedList[] };

export const findActive = async (api: Api): Promise<LoadedList | undefined> =>
  asPage(await api.get('/v1/screening-lists?limit=200')).items.find(({ status }) => status === 'active');

async function hashOf(entries: readonly ScreeningEntry[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalContent(entries)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const addressesOf = (entries: readonly ScreeningEntry[], family: NetworkFamily): string[] => [
  ...new Set(entries.flatMap((entry) => (entry.family === family ? [entry.address] : []))),
];

/** The list in force afterwards: the one that was there already when its content is the same. */
export async function loadList(
  api: Api,
  { edition, entries }: { edition: string; entries: readonly ScreeningEntry[] },
): Promise<LoadedList> {
  const hash = await hashOf(entries);
  const active = await findActive(api);
  if (active?.hash === hash) return active;
  const parts = networkFamilies.map((family) => ({ family, addresses: addressesOf(entries, family) }));
  const addressCount = parts.reduce((sum, { addresses }) => sum + addresses.length, 0);
  const { id } = asList(await api.post('/v1/screening-lists', { edition, hash, addressCount }));
  for (const { family, addresses } of parts) {
    for (let from = 0; from < addresses.length; from += ADDRESSES_PER_CALL) {
      const part = addresses.slice(from, from + ADDRESSES_PER_CALL);
      await api.post(`/v1/screening-lists/${id}/addresses`, { family, addresses: part });
    }
  }
  return asList(await api.post(`/v1/screening-lists/${id}/activate`));
}
