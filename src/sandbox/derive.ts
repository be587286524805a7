/**
 * Owns the organisation: its id, its people and service accounts, their tokens and keys, all a pure function of one
 * seed. It runs in Workers and in plain Node alike, so that a test configuration can know every token beforehand.
 */
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { OPERATIONS } from './operations.ts';
import { EVERYTHING, type RoleName, roles } from './roles.ts';

/** What a Dfns client needs to act as one person or service account. */
export type Access = { userId: string; authToken: string; credentialId: string; privateKey: string };

/** Who acts: what a rule may ask of the caller. */
export type Account = {
  readonly name: string;
  readonly userId: string;
  readonly tokenId: string;
  readonly isServiceAccount: boolean;
  readonly operations: readonly string[];
};

/** One of those that every sandbox starts with, whose secrets the sandbox itself gives away. */
export type FirstAccount = Access &
  Account & { readonly publicKey: string; readonly credentialUuid: string; readonly role: DerivedRole };

/** A permission as Dfns calls it, and its assignment to each account that has it. */
export type DerivedRole = { readonly id: string; readonly name: string; readonly operations: readonly string[] };

export type DerivedOrganization = {
  readonly orgId: string;
  readonly accounts: readonly FirstAccount[];
  /** Signs bearer tokens, challenges and user action tokens. */
  readonly tokenKey: { privateKey: string; publicKey: string };
  /** Signs the access tokens of the development identity provider. */
  readonly issuerKey: { privateKey: string; publicKey: string };
  /** Wallet keys are derived from this secret and their own id. */
  readonly walletSecret: string;
};

const SERVICE_ACCOUNTS = ['setup', 'maker', 'checker'] as const;
const PEOPLE = {
  'compliance-1': 'compliance',
  'compliance-2': 'compliance',
  'compliance-3': 'compliance',
  'admin-1': 'admin',
  'auditor-1': 'auditor',
} as const satisfies Record<string, RoleName>;

/** When the organisation began. */
export const FOUNDED_AT = Date.UTC(2026, 0, 1);
// Fixed, so that the same seed gives the same token text in every process.
const TOKEN_ISSUED_AT = FOUNDED_AT / 1000;
const TOKEN_EXPIRES_AT = Date.UTC(2100, 0, 1) / 1000;
const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function deriveOrganization(seed: string): DerivedOrganization {
  const orgId = derivedId(seed, 'or', 'organization');
  const tokenKey = derivedKey(seed, 'key/token');
  const roleOf = (name: RoleName): DerivedRole => {
    const held: readonly string[] = roles[name];
    const operations = held.includes(EVERYTHING) ? OPERATIONS : held;
    return { id: derivedId(seed, 'pm', `permission/${name}`), name, operations };
  };
  const account = (name: string, roleName: RoleName, isServiceAccount: boolean): FirstAccount => {
    const role = roleOf(roleName);
    const { privateKey, publicKey } = derivedKey(seed, `key/${name}`);
    const userId = derivedId(seed, 'us', `user/${name}`);
    const tokenId = derivedId(seed, 'to', `token/${name}`);
    const claims = {
      iss: 'auth.sandbox',
      aud: 'dfns:auth:user',
      sub: userId,
      jti: tokenId,
      iat: TOKEN_ISSUED_AT,
      exp: TOKEN_EXPIRES_AT,
      'https://custom/username': name,
      'https://custom/app_metadata': { userId, orgId, tokenId, tokenKind: isServiceAccount ? 'ServiceAccount' : 'Pat' },
    };
    return {
      name,
      isServiceAccount,
      role,
      operations: role.operations,
      userId,
      tokenId,
      authToken: signJwt(tokenKey.privateKey, { typ: 'JWT' }, claims),
      credentialId: createHmac('sha256', seed).update(`credential/${name}`).digest('base64url'),
      credentialUuid: derivedId(seed, 'cr', `credential/${name}`),
      privateKey,
      publicKey,
    };
  };
  return {
    orgId,
    accounts: [
      ...SERVICE_ACCOUNTS.map((name) => account(name, name, true)),
      ...Object.entries(PEOPLE).map(([name, role]) => account(name, role, false)),
    ],
    tokenKey,
    issuerKey: derivedKey(seed, 'key/issuer'),
    walletSecret: derivedBytes(seed, 'wallets').toString('hex'),
  };
}

export function signJwt(privateKey: string, header: Record<string, unknown>, claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'EdDSA', ...header })}.${part(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
}

/** Dfns: ids are a prefix and groups of 5, 5 and 14 to 16 lower-case letters and digits. */
export function idFromBytes(prefix: string, bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, 26), (byte) => (byte % 36).toString(36)).join('');
  return `${prefix}-${text.slice(0, 5)}-${text.slice(5, 10)}-${text.slice(10)}`;
}

const derivedBytes = (seed: string, label: string) => createHmac('sha256', seed).update(label).digest();
const derivedId = (seed: string, prefix: string, label: string) => idFromBytes(prefix, derivedBytes(seed, label));

function derivedKey(seed: string, label: string) {
  const der = Buffer.concat([ED25519_PKCS8_PREFIX, derivedBytes(seed, label)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString(),
  };
}
