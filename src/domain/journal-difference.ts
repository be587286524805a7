// What became of the journal, told from the hashes that were signed and those that are found: the first place that is not as
// it was, and in what way.

export type Difference =
  /** Another text stands there, with a hash that fits it. */
  | { readonly what: 'changed'; readonly place: number }
  | { readonly what: 'removed'; readonly place: number }
  | { readonly what: 'inserted'; readonly place: number }
  | { readonly what: 'swapped'; readonly place: number; readonly with: number };

/**
 * @param from the place of the first of `signed`
 * @param found of the same range, in order
 */
export function firstDifference(
  from: number,
  signed: readonly string[],
  found: readonly { readonly place: number; readonly hash: string }[],
): Difference | undefined {
  const standing = new Map(found.map(({ place, hash }) => [place, hash]));
  const placeOf = new Map(found.map(({ place, hash }) => [hash, place]));
  const wasSigned = new Set(signed);
  for (const [index, wanted] of signed.entries()) {
    const place = from + index;
    const there = standing.get(place);
    if (there === wanted) continue;
    if (there === undefined) return { what: 'removed', place };
    const now = placeOf.get(wanted);
    if (now === undefined) return { what: wasSigned.has(there) ? 'removed' : 'changed', place };
    return wasSigned.has(there) ? { what: 'swapped', place, with: now } : { what: 'inserted', place };
  }
  return undefined;
}
