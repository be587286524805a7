// What the product needs to be configured, made up for a bench: a derived credential, a secret, an issuer with one key.
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { unstable_readConfig } from 'wrangler';
import { deriveOrganization } from '../../src/sandbox/derive.ts';
import { root } from './bundle.ts';

export const ISSUER = 'http://issuer.bench';
export const AUDIENCE = 'fiducia';
export const TOKEN_TYPE = 'at+jwt';
export const WEBHOOK_SECRET = 'whs-bench-only-0123456789';

/** Every setting and secret of src/env.ts that wrangler.toml does not hold, and those that point at another Worker. */
export function productBindings(): Record<string, string> {
  const { orgId, accounts } = deriveOrganization('bench');
  const maker = accounts.find(({ name }) => name === 'maker');
  if (maker === undefined) throw new Error('the derived organization has no maker');
  return {
    DFNS_API_URL: 'http://custody.bench',
    DFNS_ORG_ID: orgId,
    DFNS_AUTH_TOKEN: maker.authToken,
    DFNS_CREDENTIAL_ID: maker.credentialId,
    DFNS_PRIVATE_KEY: maker.privateKey,
    DFNS_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    ATTESTATION_KEY: JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })),
    NOTICE_KEYS: Buffer.alloc(32, 1).toString('base64'),
    JWT_ISSUER: ISSUER,
    JWT_JWKS_URL: `${ISSUER}/jwks`,
    JWT_AUDIENCE: AUDIENCE,
    JWT_TYPE: TOKEN_TYPE,
  };
}

/** The same with what wrangler.toml holds for development, for work that is done in the bench's own process. */
export const allBindings = (): Record<string, unknown> => ({
  ...unstable_readConfig({ config: join(root, 'wrangler.toml') }).vars,
  ...productBindings(),
});

export interface Issuer {
  readonly jwks: string;
  /** The key of the set alone, for a Worker that was given it. */
  readonly jwk: string;
  tokenFor(subject: string, roles?: readonly string[]): Promise<string>;
}

const KEY_ID = 'bench';
const ALGORITHM = 'ES256';

export async function openIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' };
  return {
    jwks: JSON.stringify({ keys: [jwk] }),
    jwk: JSON.stringify(jwk),
    tokenFor: (subject, roles = []) =>
      new SignJWT({ roles })
        .setProtectedHeader({ alg: ALGORITHM, typ: TOKEN_TYPE, kid: KEY_ID })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
  };
}
