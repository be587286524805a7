// Rotates the key of a service account with an overlap: the new key is added with the account's own old one and proven by a
// signed call; only when it is deployed everywhere is the old one switched off. The bearer token stays the same.
// Facts: a registration signs `{clientDataHash, publicKey}`, both it and the client data with keys in alphabetical order.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { DfnsApiClient } from '@dfns/sdk';
import { type Access, openDfns } from './dfns.ts';

const CREDENTIAL_ID_BYTES = 32;

/** Kept from the moment the key is made until the old one is off: a lost answer must not lose a key that Dfns knows. */
export interface KeyRotation {
  readonly credentialId: string;
  readonly privateKey: string;
  readonly publicKey: string;
  /** The credential that the new key takes the place of. */
  readonly replacesId: string;
}

/** A new key, not yet known to Dfns. */
export const makeKey = (replacesId: string): KeyRotation => ({
  credentialId: randomBytes(CREDENTIAL_ID_BYTES).toString('base64url'),
  ...generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }),
  replacesId,
});

const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** Adds the new key with the old one, unless Dfns has it already, and proves it by a signed call. */
export async function addKey(old: Access, rotation: KeyRotation): Promise<void> {
  const dfns = openDfns(old);
  const { items } = await dfns.auth.listCredentials();
  if (!items.some(({ credentialId }) => credentialId === rotation.credentialId)) await register(dfns, old, rotation);
  await proveKey(old, rotation);
}

async function register(dfns: DfnsApiClient, { apiUrl }: Access, rotation: KeyRotation): Promise<void> {
  const init = await dfns.auth.createCredentialChallenge({ body: { kind: 'Key' } });
  if (!('challenge' in init)) throw new Error('Dfns offered no challenge for a key.');
  const { publicKey, privateKey, credentialId } = rotation;
  const clientData = JSON.stringify({
    challenge: init.challenge,
    crossOrigin: false,
    origin: new URL(apiUrl).origin,
    type: 'key.create',
  });
  const clientDataHash = createHash('sha256').update(clientData).digest('hex');
  const signature = sign(null, Buffer.from(JSON.stringify({ clientDataHash, publicKey })), privateKey).toString('hex');
  await dfns.auth.createCredential({
    body: {
      credentialKind: 'Key',
      credentialName: `rotated ${new Date().toISOString().slice(0, 10)}`,
      challengeIdentifier: init.challengeIdentifier,
      credentialInfo: {
        credId: credentialId,
        clientData: encode(clientData),
        attestationData: encode(JSON.stringify({ publicKey, signature })),
      },
    },
  });
}

/** A signed call that changes nothing: the new credential, which is active, is activated with its own key. */
async function proveKey(access: Access, rotation: KeyRotation): Promise<DfnsApiClient> {
  const dfns = openDfns({ ...access, ...rotation });
  const { items } = await dfns.auth.listCredentials();
  const own = items.find(({ credentialId }) => credentialId === rotation.credentialId);
  if (own === undefined) throw new Error('Dfns does not list the new key.');
  await dfns.auth.activateCredential({ body: { credentialUuid: own.credentialUuid } });
  return dfns;
}

/** Switches the old key off, with the new one and after it has proven itself. */
export async function retireKey(
  access: Omit<Access, 'credentialId' | 'privateKey'>,
  rotation: KeyRotation,
): Promise<void> {
  const dfns = await proveKey({ ...access, ...rotation }, rotation);
  const { items } = await dfns.auth.listCredentials();
  const old = items.find(({ credentialId }) => credentialId === rotation.replacesId);
  if (old === undefined) throw new Error('Dfns does not list the old key.');
  if (old.isActive) await dfns.auth.deactivateCredential({ body: { credentialUuid: old.credentialUuid } });
}
