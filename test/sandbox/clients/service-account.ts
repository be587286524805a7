/** Makes a service account with a role and a fresh key of its own; its .env lines are all that is ever known of the key. */
import { generateKeyPairSync } from 'node:crypto';
import type { DfnsApiClient } from '@dfns/sdk';
import { setting } from './dfns.ts';

type Operations = Parameters<DfnsApiClient['permissions']['createPermission']>[0]['body']['operations'];

export async function createServiceAccount(dfns: DfnsApiClient, name: string, operations: Operations) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const { id: permissionId } = await dfns.permissions.createPermission({ body: { name, operations } });
  const { userInfo, accessTokens } = await dfns.auth.createServiceAccount({ body: { name, publicKey, permissionId } });
  const [access] = accessTokens;
  if (access?.accessToken === undefined) throw new Error('Dfns gave the new service account no access token');
  return {
    DFNS_API_URL: setting('DFNS_API_URL'),
    DFNS_ORG_ID: setting('DFNS_ORG_ID'),
    DFNS_USER_ID: userInfo.userId,
    DFNS_AUTH_TOKEN: access.accessToken,
    DFNS_CRED_ID: access.credId,
    DFNS_PRIVATE_KEY: privateKey,
  };
}
