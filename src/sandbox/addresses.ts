/** Owns addresses: how a public key becomes one on each family of networks, and which texts are one. */
import { base58, bech32, bech32m, createBase58check } from '@scure/base';
import { bytesToHex, keccak256, ripemd160, sha256 } from 'viem';
import { compressed, uncompressed } from './key-material.ts';
import { type Family, networkOf } from './networks.ts';

const base58check = createBase58check((bytes) => sha256(bytes, 'bytes'));

/** EVM addresses are kept in lower case; Bitcoin wallets are native SegWit, as Dfns makes them by default. */
export function addressOf(network: string, publicKey: string): string {
  const { family, isTestnet } = networkOf(network);
  switch (family) {
    case 'Evm':
      return `0x${keccak256(uncompressed(publicKey).subarray(1)).slice(-40)}`;
    case 'Bitcoin': {
      const program = ripemd160(sha256(compressed(publicKey), 'bytes'), 'bytes');
      return bech32.encode(isTestnet ? 'tb' : 'bc', [0, ...bech32.toWords(program)]);
    }
    case 'Solana':
      return base58.encode(compressed(publicKey));
  }
}

export function isAddress(network: string, text: string): boolean {
  const { family, isTestnet } = networkOf(network);
  const checks: Record<Family, (text: string, isTestnet: boolean) => boolean> = {
    Evm: (candidate) => /^0x[0-9a-fA-F]{40}$/.test(candidate),
    Bitcoin: isBitcoinAddress,
    Solana: (candidate) => decoded(() => base58.decode(candidate))?.length === 32,
  };
  return text.length <= 100 && checks[family](text, isTestnet);
}

/** The same address is the same text afterwards; only EVM addresses may be written in more than one way. */
export const normalizeAddress = (network: string, address: string) =>
  networkOf(network).family === 'Evm' ? address.toLowerCase() : address;

function isBitcoinAddress(text: string, isTestnet: boolean): boolean {
  const legacy = decoded(() => base58check.decode(text));
  if (legacy) return legacy.length === 21 && (isTestnet ? [0x6f, 0xc4] : [0x00, 0x05]).includes(legacy[0] ?? -1);
  const separator = text.lastIndexOf('1');
  if (text.slice(0, separator).toLowerCase() !== (isTestnet ? 'tb' : 'bc')) return false;
  return isSegwit(text, 0) || isSegwit(text, 1);
}

/** Version 0 is written in bech32, later ones in bech32m. Only version 1, Taproot, is in use. */
function isSegwit(text: string, version: 0 | 1): boolean {
  const codec = version === 0 ? bech32 : bech32m;
  const program = decoded(() => {
    const { words } = codec.decode(text as `${string}1${string}`);
    return words[0] === version ? codec.fromWords(words.slice(1)) : undefined;
  });
  return version === 0 ? program?.length === 20 || program?.length === 32 : program?.length === 32;
}

/** The decoders throw at what is not theirs. */
function decoded(decode: () => Uint8Array | undefined): Uint8Array | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

/** What a chain of this family calls a transaction: 32 bytes in hex, or 64 in base58 on Solana. */
export function newTxHash(network: string): string {
  const { family } = networkOf(network);
  const bytes = crypto.getRandomValues(new Uint8Array(family === 'Solana' ? 64 : 32));
  if (family === 'Solana') return base58.encode(bytes);
  return family === 'Evm' ? bytesToHex(bytes) : bytesToHex(bytes).slice(2);
}
