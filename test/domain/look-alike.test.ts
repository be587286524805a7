// What is flagged as made to be taken for a known address, and what is not, at each side of the line.
import { describe, expect, it } from 'vitest';
import { findLookAlikes, type KnownAddress } from '../../src/domain/look-alike.ts';

const KNOWN = '0x52908400098527886e0f7030069857d2e4169ee7';
const destination: KnownAddress = { address: KNOWN, what: 'destination' };
const flagged = (address: string, known = KNOWN): boolean =>
  findLookAlikes(address, [{ address: known, what: 'wallet' }]).length === 1;

describe('a look-alike', () => {
  it('shares four characters at each end and differs between them', () => {
    const other = '0x5290777777777777777777777777777777779ee7';
    expect(findLookAlikes(other, [destination])).toEqual([destination]);
  });

  it.each([
    ['in the fourth character', '0x5291777777777777777777777777777777779ee7'],
    ['in the first character', '0x6290777777777777777777777777777777779ee7'],
    ['in the last character', '0x5290777777777777777777777777777777779ee8'],
    ['in the fourth character from the end', '0x5290777777777777777777777777777777778ee7'],
  ])('is none when it differs %s', (_, address) => {
    expect(findLookAlikes(address, [destination])).toEqual([]);
  });

  it('is one when a single character in the middle differs', () => {
    expect(flagged('0x52908400098527886e0f8030069857d2e4169ee7')).toBe(true);
    expect(flagged('0x52907400098527886e0f7030069857d2e4169ee7')).toBe(true);
    expect(flagged('0x52908400098527886e0f7030069857d2e4179ee7')).toBe(true);
  });

  it('is never the known address itself', () => {
    expect(flagged(KNOWN)).toBe(false);
  });

  // Only the characters after the part that all of them share count.
  it.each([
    ['SegWit', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'bc1qw508zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzf3t4', true],
    [
      'SegWit, third',
      'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      'bc1qw5x8zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzf3t4',
      false,
    ],
    ['Taproot', 'tb1pqrstaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaawxyz', 'tb1pqrstcccccccccccccccccccccccccccccccccwxyz', true],
    ['base58', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i', '1AGNa99999999999999999999999999W62i', true],
    ['base58, fourth', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i', '1AGNb99999999999999999999999999W62i', false],
    ['base58 but for the case', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i', '1agna9999999999999999999999999w62i', true],
    ['Solana', 'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH', 'HN7c99999999999999999999999999999999999YWrH', true],
    [
      'Solana, first',
      'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH',
      '1N7c99999999999999999999999999999999999YWrH',
      false,
    ],
  ])('is told by the significant characters of %s', (_, known, address, isAlike) => {
    expect(flagged(address, known)).toBe(isAlike);
  });

  it('names each address once, as the first that it is known as, and ten at most', () => {
    const other = '0x5290777777777777777777777777777777779ee7';
    expect(findLookAlikes(other, [destination, { address: KNOWN, what: 'counterparty' }])).toEqual([destination]);
    const many = Array.from({ length: 30 }, (_, n): KnownAddress => {
      return { address: `0x5290${String(n).padStart(32, '0')}9ee7`, what: 'counterparty' };
    });
    expect(findLookAlikes(other, many)).toEqual(many.slice(0, 10));
  });
});
