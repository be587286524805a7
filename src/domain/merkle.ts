// The hash tree over a range of journal entries, as RFC 6962 section 2.1 defines it (https://www.rfc-editor.org/rfc/rfc6962):
// a leaf is hashed behind a zero byte and a node behind a one, so that no leaf can be taken for a node; a list is split at the
// largest power of two below its length. Hashes are 32 bytes, in hex outside of this file.
import { fromHex, hex, sha256Of } from './digest.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const LEAF = 0x00;
const NODE = 0x01;
const HASH_BYTES = 32;

function bytesOf(hash: string): Bytes {
  const bytes = fromHex(hash);
  if (bytes?.length !== HASH_BYTES) throw new TypeError('not a hash');
  return bytes;
}

const joined = (mark: number, ...parts: readonly Bytes[]): Bytes => {
  const bytes = new Uint8Array(1 + parts.length * HASH_BYTES);
  bytes[0] = mark;
  for (const [index, part] of parts.entries()) bytes.set(part, 1 + index * HASH_BYTES);
  return bytes;
};
const leafOf = (hash: string): Promise<Bytes> => sha256Of(joined(LEAF, bytesOf(hash)));
const nodeOf = (left: Bytes, right: Bytes): Promise<Bytes> => sha256Of(joined(NODE, left, right));

/** The levels from the leaves up. A last node without a neighbour goes up as it is: the same tree as the split of the RFC. */
async function levelsOf(hashes: readonly string[]): Promise<readonly (readonly Bytes[])[]> {
  const levels: Bytes[][] = [await Promise.all(hashes.map(leafOf))];
  for (let level = levels[0] ?? []; level.length > 1; ) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, pair) => level.slice(2 * pair, 2 * pair + 2));
    level = await Promise.all(
      pairs.map(async ([left, right]) => {
        if (left === undefined) throw new RangeError('an empty pair');
        return right === undefined ? left : nodeOf(left, right);
      }),
    );
    levels.push(level);
  }
  return levels;
}

/** The root over these entry hashes, in hex. */
export async function rootOf(hashes: readonly string[]): Promise<string> {
  const root = (await levelsOf(hashes)).at(-1)?.[0];
  if (root === undefined) throw new RangeError('a tree has at least one leaf');
  return hex(root);
}

/** For each entry the hashes beside its way to the root, from the leaf up: with them anyone computes the root again. */
export async function proofsOf(hashes: readonly string[]): Promise<(index: number) => readonly string[]> {
  const levels = await levelsOf(hashes);
  return (index) =>
    levels.slice(0, -1).flatMap((level, height) => {
      const beside = level[(index >> height) ^ 1];
      return beside === undefined ? [] : [hex(beside)];
    });
}

/** The root that this entry and its proof lead to, in a tree of so many leaves; undefined when the proof has no right shape. */
export async function rootBy(
  hash: string,
  { index, size, proof }: { readonly index: number; readonly size: number; readonly proof: readonly string[] },
): Promise<string | undefined> {
  const beside = proof.map(fromHex);
  if (fromHex(hash)?.length !== HASH_BYTES || index < 0 || index >= size) return undefined;
  let node = await leafOf(hash);
  let [at, last] = [index, size - 1];
  for (const other of beside) {
    if (other?.length !== HASH_BYTES) return undefined;
    // A last node without a neighbour went up unchanged.
    while (at === last && at % 2 === 0 && last > 0) [at, last] = [at >> 1, last >> 1];
    if (last === 0) return undefined;
    node = at % 2 === 1 ? await nodeOf(other, node) : await nodeOf(node, other);
    [at, last] = [at >> 1, last >> 1];
  }
  while (at === last && at % 2 === 0 && last > 0) [at, last] = [at >> 1, last >> 1];
  return last === 0 ? hex(node) : undefined;
}
