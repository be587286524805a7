// What surrounds the product in tests: custody's sandbox and its controls, the SDK, people's tokens.
import { DfnsApiClient } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import { type Wanted, wantedOrganization } from '../../scripts/setup/organization.ts';

export const SANDBOX = 'http://sandbox.test';
export const PRODUCT = 'http://fiducia.test';

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;

/** How often something was done, to the product or around it; what a test writes to a store itself is not counted. */
export let touches = 0;
export const touch = (): void => {
  touches += 1;
};

export async function control(method: string, path: string, body?: object): Promise<Json> {
  if (method !== 'GET') touch();
  const answer = await fetch(`${SANDBOX}/_sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} /_sandbox${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

const tokens = new Map<string, string>();
export const forgetTokens = () => tokens.clear();
export async function tokenOf(name: string): Promise<string> {
  const known = tokens.get(name);
  if (known !== undefined) return known;
  const answer = await fetch(`${SANDBOX}/_sandbox/identity/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: name }),
  });
  const { access_token: token } = await answer.json<{ access_token: string }>();
  tokens.set(name, token);
  return token;
}

/** The unmodified SDK as one of the sandbox's accounts. */
export async function sdk(name: string): Promise<DfnsApiClient> {
  touch();
  const { orgId, serviceAccounts, users } = await control('GET', '/organization');
  const { authToken, credentialId, privateKey } = serviceAccounts[name] ?? users[name];
  return new DfnsApiClient({
    baseUrl: SANDBOX,
    orgId,
    authToken,
    signer: new AsymmetricKeySigner({ credId: credentialId, privateKey }),
  });
}

/** The organisation that the sandbox's people and service accounts make up. */
export async function wantedForTests(): Promise<Wanted> {
  const { serviceAccounts, users } = await control('GET', '/organization');
  return wantedOrganization({
    officers: ['compliance-1', 'compliance-2', 'compliance-3'].map((name) => users[name].userId),
    setupId: serviceAccounts.setup.userId,
    makerId: serviceAccounts.maker.userId,
    checkerId: serviceAccounts.checker.userId,
    webhookUrl: `${PRODUCT}/webhooks/dfns`,
  });
}
