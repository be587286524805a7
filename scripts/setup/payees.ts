// The payees that officers of the product confirmed, for the lists at Dfns. Whatever the product says, a change of such a list
// waits for an officer at Dfns, who sees each address.
import * as z from 'zod';

const PAGE_ITEMS = 100;
const PAYEES_MAX = 10_000;

const Page = z.object({
  items: z.array(z.object({ status: z.string(), address: z.string() })),
  nextCursor: z.string().nullable(),
});

/** Each address once, in a fixed order. EVM addresses in lower case, which Dfns compares in some versions by the letter. */
export async function readPayees(read: (path: string) => Promise<unknown>): Promise<readonly string[]> {
  const addresses = new Set<string>();
  let cursor = '';
  do {
    const page = Page.parse(await read(`/v1/payees?limit=${PAGE_ITEMS}${cursor}`));
    for (const { status, address } of page.items)
      if (status === 'confirmed') addresses.add(/^0x/i.test(address) ? address.toLowerCase() : address);
    if (addresses.size > PAYEES_MAX) throw new Error(`more than ${PAYEES_MAX} payees`);
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  return [...addresses].sort();
}
