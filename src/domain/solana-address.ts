// Solana addresses: 32 bytes in base58, without a checksum, kept and shown as given. One that lies off the curve is good
// too: vaults of several people are such accounts.
import { base58 } from '@scure/base';
import type { Network } from './network.ts';
import { accept, type Result, refuse } from './result.ts';

const ADDRESS_BYTES = 32;
/** 32 bytes are 32 (all zero) to 44 characters of base58; nothing longer is decoded. */
const CHARACTERS_MAX = 44;

export function parseSolanaAddress(network: Network, text: string): Result<string> {
  const bytes = text.length <= CHARACTERS_MAX && /^[1-9A-HJ-NP-Za-km-z]+$/.test(text) ? base58.decode(text) : undefined;
  return bytes?.length === ADDRESS_BYTES
    ? accept(text)
    : refuse({ code: 'address_invalid', network, reason: 'An address is 32 bytes in base58.' });
}

const PROGRAM = 'The address is a program of the network.';
const MINT = 'The address is the mint of a token, not a wallet.';
const DESTROYED = 'What is sent to this address is destroyed.';

/** Programs and accounts of the network itself: https://solana.com/docs/core/programs; mints: their issuers' pages. */
const deadEnds: Readonly<Record<string, string>> = {
  '11111111111111111111111111111111': PROGRAM,
  Vote111111111111111111111111111111111111111: PROGRAM,
  Stake11111111111111111111111111111111111111: PROGRAM,
  Config1111111111111111111111111111111111111: PROGRAM,
  BPFLoaderUpgradeab1e11111111111111111111111: PROGRAM,
  ComputeBudget111111111111111111111111111111: PROGRAM,
  TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA: PROGRAM,
  TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb: PROGRAM,
  ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL: PROGRAM,
  MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr: PROGRAM,
  SysvarRent111111111111111111111111111111111: PROGRAM,
  SysvarC1ock11111111111111111111111111111111: PROGRAM,
  '1nc1nerator11111111111111111111111111111111': DESTROYED,
  So11111111111111111111111111111111111111112: MINT,
  EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: MINT,
  '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU': MINT,
  Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB: MINT,
};

/** Why money sent there would not come back; undefined where it may. */
export const solanaDeadEnd = (address: string): string | undefined => deadEnds[address];
/** For a test that each of them is an address. */
export const solanaDeadEnds: readonly string[] = Object.keys(deadEnds);
