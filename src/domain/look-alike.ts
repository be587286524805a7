// Look-alikes: an address made to be taken for a known one. People compare the ends, so forgers grind keys until the ends
// are right. This is a flag for the client and the officer, never a refusal: two honest addresses may meet.

export type KnownAs = 'wallet' | 'destination' | 'counterparty';
export interface KnownAddress {
  readonly address: string;
  /** A wallet of the account, a living destination of it, or somebody its wallets paid or were paid by. */
  readonly what: KnownAs;
}

/** How many characters at each end people look at; wallets and explorers show about as many. */
const END_CHARACTERS = 4;
/** More of them tell an officer nothing new. */
const LOOK_ALIKES_MAX = 10;

/** What all addresses of a kind begin with, so nobody compares it: 0x, or the network and version of a Bitcoin address. */
const PREFIX = /^(0x|(bc|tb)1[a-z0-9]|[13mn2](?=[1-9A-HJ-NP-Za-km-z]{24,34}$))/;

/** In one case: eyes pass over the difference, and the forms people see of one address differ in it. */
export const ends = (address: string): string => {
  const significant = address.replace(PREFIX, '').toLowerCase();
  return `${significant.slice(0, END_CHARACTERS)}…${significant.slice(-END_CHARACTERS)}`;
};

/** @param address and `known` in their canonical form; each known address is named once, as what it is nearest to */
export function findLookAlikes(address: string, known: readonly KnownAddress[]): readonly KnownAddress[] {
  const alike = known.filter((other) => other.address !== address && ends(other.address) === ends(address));
  const once = alike.filter(
    (other, index) => alike.findIndex((earlier) => earlier.address === other.address) === index,
  );
  return once.slice(0, LOOK_ALIKES_MAX);
}
