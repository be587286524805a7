// The hash tree of RFC 6962, against roots computed once more by the recursive words of its section 2.1.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { proofsOf, rootBy, rootOf } from '../../src/domain/merkle.ts';

const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hashes = (count: number) => Array.from({ length: count }, (_, n) => sha256(Buffer.from(`${n}`)).toString('hex'));

/** MTH of the RFC, as it is written there: split at the largest power of two below the length. */
function treeHash(leaves: readonly string[]): Buffer {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return sha256(Buffer.from([0]), Buffer.from(only, 'hex'));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.from([1]), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

describe('the tree', () => {
  it('has the root of the RFC for every size up to 70', async () => {
    for (let size = 1; size <= 70; size += 1) {
      expect(await rootOf(hashes(size)), String(size)).toBe(treeHash(hashes(size)).toString('hex'));
    }
  });

  it('proves every entry of every size up to 40, and no other in its place', async () => {
    for (let size = 1; size <= 40; size += 1) {
      const all = hashes(size);
      const [root, proofOf] = [await rootOf(all), await proofsOf(all)];
      for (const [index, hash] of all.entries()) {
        const proof = proofOf(index);
        expect(await rootBy(hash, { index, size, proof }), `${index} of ${size}`).toBe(root);
        const other = hashes(size + 1).at(-1) ?? '';
        expect(await rootBy(other, { index, size, proof })).not.toBe(root);
        const elsewhere = (index + 1) % size;
        if (elsewhere !== index) expect(await rootBy(hash, { index: elsewhere, size, proof })).not.toBe(root);
      }
    }
  });

  it('takes no proof of another shape: too long, too short, not hashes, outside of the tree', async () => {
    const all = hashes(6);
    const [root, proof] = [await rootOf(all), (await proofsOf(all))(2)];
    const [hash = ''] = all.slice(2);
    const at = { index: 2, size: 6 };
    expect(await rootBy(hash, { ...at, proof })).toBe(root);
    expect(await rootBy(hash, { ...at, proof: [...proof, root] })).toBeUndefined();
    expect(await rootBy(hash, { ...at, proof: proof.slice(1) })).not.toBe(root);
    expect(await rootBy(hash, { ...at, proof: proof.slice(0, -1) })).not.toBe(root);
    expect(await rootBy(hash, { ...at, proof: proof.map(() => 'zz') })).toBeUndefined();
    expect(await rootBy(hash, { index: 6, size: 6, proof })).toBeUndefined();
    expect(await rootBy('short', { ...at, proof })).toBeUndefined();
  });

  it('tells a node from a leaf, or the root of a part could pass for an entry', async () => {
    const [one = '', other = ''] = hashes(2);
    const whole = await rootOf([one, other]);
    expect(await rootOf([whole])).not.toBe(whole);
    await expect(rootOf([])).rejects.toThrow('at least one leaf');
    await expect(rootOf(['not a hash'])).rejects.toThrow('not a hash');
  });
});
