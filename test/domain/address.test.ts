// Codecs against the vectors that the networks publish: BIP-173 and BIP-350 for SegWit, Bitcoin Core's own for base58check,
// Solana's documented programs. EIP-55 stands in destination.test.ts.
import { base58, createBase58check } from '@scure/base';
import { sha256 } from 'viem/utils';
import { describe, expect, it } from 'vitest';
import { acceptAsDestination, parseAddress, showAddress } from '../../src/domain/address.ts';
import { type Network, networkFacts, networks } from '../../src/domain/network.ts';
import { solanaDeadEnds } from '../../src/domain/solana-address.ts';
import { ADDRESS, accepted, refusalOf } from '../support/build.ts';

const base58check = createBase58check((bytes) => sha256(bytes, 'bytes'));
const bitcoinNetworks = networks.filter((network) => networkFacts[network].family === 'bitcoin');
/** Which of these networks take the text for an address. */
const takers = (text: string): Network[] => bitcoinNetworks.filter((network) => parseAddress(network, text).ok);
const MAIN: Network[] = ['Bitcoin'];
const TEST: Network[] = ['BitcoinSignet', 'BitcoinTestnet4'];

describe('a Bitcoin address', () => {
  // https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki, "valid segwit addresses"
  it.each([
    ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', MAIN],
    ['tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7', TEST],
    ['bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y', MAIN],
    ['BC1SW50QGDZ25J', MAIN],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', MAIN],
    ['tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy', TEST],
    ['tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c', TEST],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', MAIN],
  ])('%s of BIP-350 is one on its networks alone, kept and shown in lower case', (text, on) => {
    expect(takers(text)).toEqual(on);
    for (const network of on) {
      const kept = accepted(parseAddress(network, text));
      expect(kept).toBe(text.toLowerCase());
      expect(showAddress(kept)).toBe(kept);
    }
  });

  // The same page, "invalid segwit addresses", with its reasons
  it.each([
    ['another human-readable part', 'tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut'],
    ['bech32 where bech32m is due', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd'],
    ['bech32 where bech32m is due, test', 'tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf'],
    ['bech32 for version 16', 'BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL'],
    ['bech32m where bech32 is due', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh'],
    ['bech32m for version 0, test', 'tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47'],
    ['a character outside the alphabet', 'bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4'],
    ['version 17', 'BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R'],
    ['a program of one byte', 'bc1pw5dgrnzv'],
    ['a program of 41 bytes', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav'],
    ['version 0 of a wrong length', 'BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P'],
    ['mixed case', 'tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq'],
    ['more than four bits of padding', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf'],
    ['padding that is not zero', 'tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j'],
    ['no data', 'bc1gmk9yu'],
    // https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki: valid once, for versions that BIP-350 took over
    ['bech32 of BIP-173 for version 1', 'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx'],
    ['a wrong checksum (BIP-173)', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5'],
    ['the regression test network', 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'],
  ])('with %s is refused on every network', (_, text) => {
    expect(takers(text)).toEqual([]);
    expect(refusalOf(parseAddress('Bitcoin', text))).toMatchObject({ code: 'address_invalid', network: 'Bitcoin' });
  });

  // Bitcoin Core, src/test/data/base58_keys_valid.json
  it.each([
    ['1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i', MAIN],
    ['3CMNFxN1oHBc4R1EpboAL5yzHGgE611Xou', MAIN],
    ['mo9ncXisMeAoXwqcV5EWuyncbmCcQN4rVs', TEST],
    ['2N2JD6wb56AfK4tfmM6PwdVmoYk2dCKf4Br', TEST],
  ])('%s of Bitcoin Core is one on its networks alone, kept as it is written', (text, on) => {
    expect(takers(text)).toEqual(on);
    for (const network of on) expect(accepted(parseAddress(network, text))).toBe(text);
  });

  it.each([
    ['one character changed', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62j'],
    ['a letter in another case', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hw62i'],
    ['a hash of 19 bytes', base58check.encode(new Uint8Array(20).fill(5, 1))],
    ['a hash of 21 bytes', base58check.encode(new Uint8Array(22).fill(5, 1))],
    ['the version byte of another chain', base58check.encode(Uint8Array.of(0x30, ...new Uint8Array(20).fill(5)))],
    ['a letter that base58 leaves out', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62l'],
    ['a space behind', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i '],
    ['nothing', ''],
    ['an EVM address', ADDRESS],
    ['no end', '1'.repeat(100_000)],
  ])('in base58 with %s is refused', (_, text) => {
    expect(takers(text)).toEqual([]);
  });

  it.each([
    ['a hash of zeros in base58', '1111111111111111111114oLvT2'],
    ['a hash of zeros in bech32', 'bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq9e75rs'],
    ['written so that nobody has a key', '1BitcoinEaterAddressDontSendf59kuE'],
    ['of a version without rules', 'bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs'],
    ['of version 1, but no Taproot key', 'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y'],
  ])('that is %s is no destination', (_, text) => {
    const address = accepted(parseAddress('Bitcoin', text));
    expect(refusalOf(acceptAsDestination('Bitcoin', address, [])).code).toBe('address_forbidden');
  });

  it.each([
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i',
    '3CMNFxN1oHBc4R1EpboAL5yzHGgE611Xou',
  ])('%s is accepted as a destination, unless it is a wallet of ours', (address) => {
    expect(accepted(acceptAsDestination('Bitcoin', address, []))).toBe(address);
    expect(refusalOf(acceptAsDestination('Bitcoin', address, [address])).code).toBe('address_forbidden');
  });
});

describe('a Solana address', () => {
  const WALLET = 'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH';

  it('is 32 bytes in base58, kept and shown as given', () => {
    expect(accepted(parseAddress('Solana', WALLET))).toBe(WALLET);
    expect(accepted(parseAddress('SolanaDevnet', WALLET))).toBe(WALLET);
    expect(showAddress(WALLET)).toBe(WALLET);
    expect(accepted(acceptAsDestination('Solana', WALLET, []))).toBe(WALLET);
  });

  it.each([
    ['31 bytes', base58.encode(new Uint8Array(31).fill(7))],
    ['33 bytes', base58.encode(new Uint8Array(33).fill(7))],
    ['31 zeros', '1'.repeat(31)],
    ['33 zeros', '1'.repeat(33)],
    ['a letter that base58 leaves out', WALLET.replace('H', 'O')],
    ['a space behind', `${WALLET} `],
    ['a line break behind', `${WALLET}\n`],
    ['nothing', ''],
    ['an EVM address', ADDRESS],
    ['a Bitcoin address', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i'],
    ['no end', '1'.repeat(100_000)],
  ])('of %s is refused', (_, text) => {
    expect(refusalOf(parseAddress('Solana', text)).code).toBe('address_invalid');
  });

  it.each(solanaDeadEnds)('%s of the network itself is an address and no destination', (text) => {
    const address = accepted(parseAddress('Solana', text));
    expect(refusalOf(acceptAsDestination('Solana', address, [])).code).toBe('address_forbidden');
  });
});

describe('an EVM address', () => {
  it.each(['0x000000000000000000000000000000000000dEaD', '0xdEAD000000000000000042069420694206942069'])(
    '%s is where tokens are destroyed, no destination',
    (text) => {
      const address = accepted(parseAddress('Ethereum', text));
      expect(refusalOf(acceptAsDestination('Ethereum', address, [])).code).toBe('address_forbidden');
    },
  );

  it('is none of Bitcoin or Solana, nor the other way round', () => {
    for (const text of ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i'])
      expect(parseAddress('Ethereum', text).ok).toBe(false);
    expect(parseAddress('Solana', ADDRESS).ok).toBe(false);
  });
});
