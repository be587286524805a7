// Bitcoin addresses: native SegWit in bech32 (version 0, BIP-173) and bech32m (later ones, BIP-350), and base58check (P2PKH,
// and P2SH by BIP-13). SegWit is kept in lower case, base58 as it is written; both are shown as they are kept.
import { bech32, bech32m, createBase58check } from '@scure/base';
import { sha256 } from 'viem/utils';
import { type Network, networkFacts } from './network.ts';
import { accept, type Result, refuse } from './result.ts';

const base58check = createBase58check((bytes) => sha256(bytes, 'bytes'));

/** Signet and testnet4 took over the prefixes of the first test network. */
const prefixes = {
  main: { segwit: 'bc', publicKeyHash: 0x00, scriptHash: 0x05 },
  test: { segwit: 'tb', publicKeyHash: 0x6f, scriptHash: 0xc4 },
} as const;

const HASH_BYTES = 20;
const SCRIPT_HASH_BYTES = 32;
const VERSION_MAX = 16;
const PROGRAM_BYTES_MIN = 2;
const PROGRAM_BYTES_MAX = 40;
const TAPROOT_BYTES = 32;
/** A bech32 text has at most 90 characters; nothing longer is decoded. */
const CHARACTERS_MAX = 90;

type Parsed =
  | { readonly kind: 'hash'; readonly canonical: string; readonly bytes: Uint8Array }
  | { readonly kind: 'segwit'; readonly canonical: string; readonly version: number; readonly bytes: Uint8Array };
/** A sentence says why it is none. */
type Reason = string;

export function parseBitcoinAddress(network: Network, text: string): Result<string> {
  const parsed = parse(network, text);
  return typeof parsed === 'string'
    ? refuse({ code: 'address_invalid', network, reason: parsed })
    : accept(parsed.canonical);
}

function parse(network: Network, text: string): Parsed | Reason {
  if (text.length > CHARACTERS_MAX) return 'An address has at most 90 characters.';
  return /^(bc|tb|bcrt)1/i.test(text) ? parseSegwit(network, text) : parseBase58(network, text);
}

const prefixesOf = (network: Network) => (networkFacts[network].isTest ? prefixes.test : prefixes.main);

function parseSegwit(network: Network, text: string): Parsed | Reason {
  const { segwit } = prefixesOf(network);
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase())
    return 'An address is in lower case or in upper case, not in both.';
  if (!lower.startsWith(`${segwit}1`)) return `On this network an address begins with ${segwit}1.`;
  // The first character after the separator is the version, and q is 0: it says which checksum stands at the end.
  const codec = lower.charAt(segwit.length + 1) === 'q' ? bech32 : bech32m;
  const decoded = decode(() => {
    const { words } = codec.decode(`${segwit}1${lower.slice(segwit.length + 1)}`);
    return { version: words[0] ?? VERSION_MAX + 1, bytes: codec.fromWords(words.slice(1)) };
  });
  if (decoded === undefined) return 'The checksum is wrong: a character differs.';
  const { version, bytes } = decoded;
  const hasLength =
    version === 0
      ? bytes.length === HASH_BYTES || bytes.length === SCRIPT_HASH_BYTES
      : bytes.length >= PROGRAM_BYTES_MIN && bytes.length <= PROGRAM_BYTES_MAX;
  if (version > VERSION_MAX || !hasLength) return 'The address has a wrong length or version.';
  return { kind: 'segwit', canonical: lower, version, bytes };
}

function parseBase58(network: Network, text: string): Parsed | Reason {
  const decoded = decode(() => base58check.decode(text));
  if (decoded === undefined) return 'An address is SegWit in bech32 or a hash in base58, with a right checksum.';
  const { publicKeyHash, scriptHash } = prefixesOf(network);
  const [version, ...rest] = decoded;
  if (rest.length !== HASH_BYTES) return 'The address has a wrong length.';
  if (version !== publicKeyHash && version !== scriptHash) return 'The address is of another network.';
  return { kind: 'hash', canonical: text, bytes: decoded.subarray(1) };
}

/** The decoders throw at what is not theirs, which is the question asked here. */
function decode<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

/** Well-known addresses that were written by hand so that nobody has a key. */
const burnAddresses = ['1BitcoinEaterAddressDontSendf59kuE', '1CounterpartyXXXXXXXXXXXXXXXUWLpVr'];

/**
 * Why money sent there would not come back; undefined where it may. BIP-350 asks senders to know later versions of SegWit;
 * until they have rules of their own whoever sees such an output may take it, so nobody's money is sent there.
 */
export function bitcoinDeadEnd(network: Network, address: string): string | undefined {
  const parsed = parse(network, address);
  if (typeof parsed === 'string') return parsed;
  if (parsed.bytes.every((byte) => byte === 0)) return 'The address is a hash of zeros and belongs to nobody.';
  if (burnAddresses.includes(address)) return 'What is sent to this address is destroyed.';
  const isDefined =
    parsed.kind === 'hash' || parsed.version === 0 || (parsed.version === 1 && parsed.bytes.length === TAPROOT_BYTES);
  return isDefined
    ? undefined
    : 'The network has no rules yet for this kind of address: anyone may take what it holds.';
}
