/** Owns the credentials of whoever calls: adding a key by proving it, and switching keys on and off. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { readToken, writeToken } from './auth.ts';
import { credentialsOf, findCredential, insertCredential } from './directory.ts';
import type { Credential } from './directory-types.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, type Route } from './http.ts';
import { PublicKey } from './service-accounts.ts';
import { isSignedBy } from './signature.ts';
import { iso, newId, type World } from './world.ts';

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+={0,2}$/, 'must be base64url');
const CreateChallenge = z.strictObject({ kind: z.literal('Key') });
const CreateCredential = z.strictObject({
  credentialKind: z.literal('Key'),
  credentialInfo: z.strictObject({
    credId: Base64Url.max(1000),
    clientData: Base64Url,
    attestationData: Base64Url,
  }),
  credentialName: z.string().min(1).max(100),
  challengeIdentifier: z.string(),
});
const CredentialUuid = z.strictObject({ credentialUuid: z.string() });

const ClientData = z.strictObject({
  challenge: z.string(),
  crossOrigin: z.boolean(),
  origin: z.string(),
  type: z.literal('key.create'),
});
const Attestation = z.strictObject({
  publicKey: PublicKey,
  signature: z.string().regex(/^([0-9a-fA-F]{2})+$/, 'must be hex'),
  algorithm: z.enum(['RSA-SHA256', 'SHA256', 'SHA512']).optional(),
});

// Dfns asks no operation of anybody for their own credentials.
export const credentialRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/auth/credentials/init', withoutUserAction: true, serve: createChallenge },
  { method: 'POST', path: '/auth/credentials', serve: createCredential },
  { method: 'GET', path: '/auth/credentials', serve: listCredentials },
  { method: 'PUT', path: '/auth/credentials/activate', serve: setActive(true) },
  { method: 'PUT', path: '/auth/credentials/deactivate', serve: setActive(false) },
];

/** ES256, EdDSA, RS256 and ES256K. */
const ALGORITHMS = [-7, -8, -257, -47];

function createChallenge(world: World, { caller, text }: ApiCall): Answer {
  const { kind } = parse(CreateChallenge, readJson(text), 'body');
  const id = newId('ch');
  const challenge = Buffer.from(`${id}.${newId('nonce')}`).toString('base64url');
  const expiresAt = Date.now() + world.settings.userActionSeconds * 1000;
  world.store.sql.exec('DELETE FROM registrations WHERE expires_at < ?', Date.now());
  world.store.sql.exec('INSERT INTO registrations VALUES (?, ?, ?, ?)', id, caller.userId, challenge, expiresAt);
  return ok({
    kind,
    user: { id: caller.userId, displayName: caller.name, name: caller.name },
    challengeIdentifier: writeToken(world, 'credential', id, expiresAt),
    challenge,
    attestation: 'direct',
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    temporaryAuthenticationToken: '',
  });
}

function createCredential(world: World, { caller, text }: ApiCall): Answer {
  const body = parse(CreateCredential, readJson(text), 'body');
  const { credId, clientData, attestationData } = body.credentialInfo;
  const clientText = Buffer.from(clientData, 'base64url').toString();
  const { challenge, origin } = readClientData(clientText);
  if (challenge !== takeChallenge(world, caller.userId, body.challengeIdentifier)) {
    throw new Refused(400, 'Challenge token is not valid.');
  }
  const publicKey = readAttestation(Buffer.from(attestationData, 'base64url').toString(), clientText);
  if (findCredential(world.store, credId)) throw new Refused(409, 'Credential already exists.', { credId });
  const credential: Credential = {
    ...{ kind: 'Key', credentialId: credId, credentialUuid: newId('cr'), userId: caller.userId },
    ...{ name: body.credentialName, publicKey, isActive: true, dateCreated: iso(world.now), origin },
  };
  insertCredential(world.store, credential);
  return ok(view(credential));
}

/** Dfns: the keys of the client data of a registration stand in alphabetical order, without spaces. */
function readClientData(text: string) {
  const { challenge, crossOrigin, origin, type } = parse(ClientData, readJson(text), 'clientData');
  if (text !== JSON.stringify({ challenge, crossOrigin, origin, type })) {
    throw new Refused(400, 'Invalid clientData: its keys must be in alphabetical order, without spaces');
  }
  return { challenge, origin };
}

/** The challenge of a registration, once. */
function takeChallenge({ store, organization }: World, userId: string, identifier: string): string | undefined {
  const claims = readToken(organization, identifier);
  if (claims?.use !== 'credential') return undefined;
  const query = 'DELETE FROM registrations WHERE id = ? AND user_id = ? AND expires_at > ? RETURNING challenge';
  return store.sql.exec<{ challenge: string }>(query, claims.jti, userId, Date.now()).toArray()[0]?.challenge;
}

/** The new key signs itself together with the client data, which shows that its private half is at hand. */
function readAttestation(text: string, clientText: string): string {
  const { publicKey, signature } = parse(Attestation, readJson(text), 'attestationData');
  const clientDataHash = createHash('sha256').update(clientText).digest('hex');
  const signed = Buffer.from(JSON.stringify({ clientDataHash, publicKey }));
  if (!isSignedBy(publicKey, signed, Buffer.from(signature, 'hex'))) {
    throw new Refused(400, 'The signature of the attestation is not valid.');
  }
  return publicKey;
}

const view = ({ userId: _userId, ...credential }: Credential) => ({ ...credential, relyingPartyId: '' });

function listCredentials({ store }: World, { caller }: ApiCall): Answer {
  return ok({ items: credentialsOf(store, caller.userId).map(view) });
}

function setActive(isActive: boolean) {
  return ({ store }: World, { caller, text }: ApiCall): Answer => {
    const { credentialUuid } = parse(CredentialUuid, readJson(text), 'body');
    const credential = store.find('credentials', credentialUuid);
    if (credential?.userId !== caller.userId) throw new Refused(404, 'Credential not found.', { credentialUuid });
    store.save('credentials', credentialUuid, { ...credential, isActive });
    return ok({ message: isActive ? 'Credential activated.' : 'Credential deactivated.' });
  };
}
