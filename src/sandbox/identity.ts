/** Owns the development identity provider: just enough OpenID Connect to obtain access tokens for the product. */
import { createPublicKey } from 'node:crypto';
import { signJwt } from './derive.ts';
import type { Answer, Call, Route } from './http.ts';
import { ok } from './http.ts';
import type { World } from './world.ts';

const AUDIENCE = 'fiducia';
const LIFETIME_SECONDS = 3600;
const KEY_ID = 'sandbox';
const BASE = '/_sandbox/identity';

const ROLES: Readonly<Record<string, readonly string[]>> = {
  'client-1': [],
  'client-2': [],
  'client-3': [],
  'client-4': [],
  'client-5': [],
  'operator-1': ['operator'],
  'operator-2': ['operator'],
  'compliance-1': ['compliance'],
  'auditor-1': ['auditor'],
  'admin-1': ['admin'],
};

export const identityRoutes: readonly Route<Call>[] = [
  { method: 'GET', path: `${BASE}/.well-known/openid-configuration`, serve: discovery },
  { method: 'GET', path: `${BASE}/jwks`, serve: jwks },
  { method: 'POST', path: `${BASE}/token`, serve: token },
];

const issuerOf = ({ url }: Call) => `${url.origin}${BASE}`;

function discovery(_world: World, call: Call): Answer {
  const issuer = issuerOf(call);
  return ok({
    issuer,
    jwks_uri: `${issuer}/jwks`,
    token_endpoint: `${issuer}/token`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_post', 'client_secret_basic'],
  });
}

function jwks(world: World): Answer {
  const key = createPublicKey(world.organization.issuerKey.publicKey).export({ format: 'jwk' });
  return ok({ keys: [{ ...key, kid: KEY_ID, use: 'sig', alg: 'EdDSA' }] });
}

/** Any secret will do: everyone who reaches a sandbox may be anyone in it. */
function token(world: World, call: Call): Answer {
  const form = new URLSearchParams(call.text);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(call.headers.get('content-type') ?? '');
  if (!isForm) return oauthError('invalid_request', 'The body must be application/x-www-form-urlencoded.');
  if (form.get('grant_type') !== 'client_credentials') {
    return oauthError('unsupported_grant_type', 'Only client_credentials is supported.');
  }
  const name = form.get('client_id') ?? basicUser(call.headers.get('authorization')) ?? '';
  const roles = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
  if (!roles) return oauthError('invalid_client', `Unknown client_id. Known are ${Object.keys(ROLES).join(', ')}.`);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: issuerOf(call), aud: AUDIENCE, sub: name, client_id: name, iat: now, exp: now + LIFETIME_SECONDS },
    ...{ jti: crypto.randomUUID(), ...(roles.length > 0 && { roles }) },
  };
  const accessToken = signJwt(world.organization.issuerKey.privateKey, { typ: 'at+jwt', kid: KEY_ID }, claims);
  return {
    status: 200,
    body: { access_token: accessToken, token_type: 'Bearer', expires_in: LIFETIME_SECONDS },
    headers: { 'cache-control': 'no-store' },
  };
}

function basicUser(header: string | null): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':')[0];
}

const oauthError = (error: string, description: string): Answer => ({
  status: 400,
  body: { error, error_description: description },
});
