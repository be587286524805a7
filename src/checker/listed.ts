// What is kept of an approved list: whether it holds what the request names, and which list it was. A list of a payroll has
// thousands of addresses, and each review of one has its own record.
import { sha256 } from '../domain/digest.ts';
import type { ListFacts } from './facts.ts';

const ADDRESS_DIGITS = 40;

/**
 * Those of these addresses that a request names, however its body is read: call data holds an address as forty digits among
 * many. So rules and terms of another day can be asked the same. EVM only, as are the requests that are read.
 */
export function namedIn(body: unknown, addresses: Iterable<string>): ReadonlySet<string> {
  const digitsOf = new Map([...addresses].map((address) => [address.replace(/^0x/, ''), address]));
  const named = new Set<string>();
  for (const [run] of JSON.stringify(body ?? null)
    .toLowerCase()
    .matchAll(/[0-9a-f]{40,}/g)) {
    for (let at = 0; at + ADDRESS_DIGITS <= run.length; at += 1) {
      const address = digitsOf.get(run.slice(at, at + ADDRESS_DIGITS));
      if (address !== undefined) named.add(address);
    }
  }
  return named;
}

/** The same for the same addresses in whatever order. */
export const listFacts = async (addresses: readonly string[]): Promise<ListFacts> => ({
  addresses: addresses.length,
  sha256: await sha256([...addresses].sort().join('\n')),
});
