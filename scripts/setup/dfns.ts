// A client of Dfns as one of the organisation's accounts, with the credentials that a person's machine holds.
import { createPrivateKey } from 'node:crypto';
import { DfnsApiClient } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';

export interface Access {
  readonly apiUrl: string;
  readonly orgId: string;
  readonly authToken: string;
  readonly credentialId: string;
  readonly privateKey: string;
}

/** The Workers runtime signs Ed25519 only without, and every other key only with, a named digest. */
export function openDfns({ apiUrl, orgId, authToken, credentialId, privateKey }: Access): DfnsApiClient {
  const isEd25519 = createPrivateKey(privateKey).asymmetricKeyType === 'ed25519';
  const signer = new AsymmetricKeySigner({
    credId: credentialId,
    privateKey,
    ...(isEd25519 ? {} : { algorithm: 'sha256' }),
  });
  return new DfnsApiClient({ baseUrl: apiUrl, orgId, authToken, signer });
}
