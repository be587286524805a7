/** Owns what exactly is signed for each kind of signature request, and for which keys and networks a kind makes sense. */
import {
  hashMessage,
  hashTypedData,
  hexToBytes,
  keccak256,
  parseTransaction,
  serializeTransaction,
  type TypedDataDomain,
} from 'viem';
import type { Key, Signature } from './entities.ts';
import { Refused } from './errors.ts';
import { type RawSignature, signBytes } from './key-material.ts';
import { requireKey } from './keys.ts';
import { networks } from './networks.ts';
import type { SignatureBody } from './signature-schemas.ts';
import type { World } from './world.ts';

type Hex = `0x${string}`;
export type Signable = {
  signature: () => RawSignature;
  /** What a client could send to the chain. */
  signedData?: (signature: RawSignature) => string;
};

type Asked = Pick<Signature, 'keyId' | 'network' | 'requestBody'>;

/** Throws a refusal for what cannot be signed, so it is asked before anything is kept. */
export function signableOf(world: World, { keyId, network, requestBody: body }: Asked): Signable {
  const key = requireKey(world, keyId);
  const family = familyFor(network, body);
  const bytes = (value: Hex): Signable => ({ signature: () => signBytes(world, key, hexToBytes(value)) });
  if (body.kind === 'Hash') return bytes(withPrefix(body.hash));
  // Ed25519 has no hash of its own to agree on: the message itself is signed.
  if (body.kind === 'Message' && key.curve === 'ed25519' && family !== 'Evm') return bytes(withPrefix(body.message));
  if (key.curve !== 'secp256k1' || family !== 'Evm') throw refusalFor(body, key, family);
  switch (body.kind) {
    case 'Message':
    case 'Eip191':
      return bytes(hashMessage({ raw: withPrefix(body.message) }));
    case 'Eip712':
      return bytes(hashOfTypedData(body));
    case 'Transaction':
      return signableTransaction(world, key, withPrefix(body.transaction));
  }
}

const withPrefix = (text: string): Hex => `0x${text.replace(/^0x/, '')}`;

/** A wallet has its network; a key is told by the body what its signature is for. */
function familyFor(network: string | undefined, { kind, blockchainKind }: SignatureBody): string | undefined {
  if (network === undefined) return blockchainKind ?? (kind.startsWith('Eip') ? 'Evm' : undefined);
  const known = Object.hasOwn(networks, network) ? networks[network] : undefined;
  if (!known) throw new Refused(400, 'Invalid body: network: unknown network');
  return known.family;
}

function refusalFor({ kind }: SignatureBody, { scheme }: Key, family: string | undefined): Refused {
  const where = family === undefined ? 'without a network or a blockchainKind' : `for ${family}`;
  return new Refused(400, `Invalid body: kind: ${kind} is not supported ${where} with an ${scheme} key`);
}

function hashOfTypedData({ types, domain, message }: Extract<SignatureBody, { kind: 'Eip712' }>): Hex {
  const { EIP712Domain: _domain, ...own } = types;
  try {
    return hashTypedData<Record<string, unknown>, string>({
      types: own,
      domain: asDomain(domain),
      message,
      primaryType: primaryTypeOf(own),
    });
  } catch (fault) {
    const [reason] = fault instanceof Error ? fault.message.split('\n') : [];
    throw new Refused(400, `Invalid body: not EIP-712 typed data: ${reason}`);
  }
}

/** The cast only promises viem that texts are hex and numbers; it throws where one is not, and that is caught above. */
const asDomain = (domain: Extract<SignatureBody, { kind: 'Eip712' }>['domain']) => domain as TypedDataDomain;

/** The type that no other one uses; Dfns' body does not name it. */
function primaryTypeOf(types: Record<string, { type: string }[]>): string {
  const used = new Set(
    Object.entries(types).flatMap(([owner, fields]) =>
      fields.map(({ type }) => type.replace(/\[.*$/, '')).filter((type) => type !== owner),
    ),
  );
  const free = Object.keys(types).filter((type) => !used.has(type));
  const [primary] = free;
  if (primary === undefined || free.length > 1) throw new Error('there must be one primary type');
  return primary;
}

function signableTransaction(world: World, key: Key, unsigned: Hex): Signable {
  const transaction = parsed(unsigned);
  const digest = keccak256(serializeTransaction(transaction), 'bytes');
  return {
    signature: () => signBytes(world, key, digest),
    signedData: ({ r, s, recid = 0 }) => serializeTransaction(transaction, { r, s, yParity: recid }),
  };
}

function parsed(unsigned: Hex) {
  try {
    const { r: _r, s: _s, v: _v, yParity: _yParity, ...transaction } = parseTransaction(unsigned);
    return transaction;
  } catch {
    throw new Refused(400, 'Invalid body: transaction: not a serialized EVM transaction');
  }
}
