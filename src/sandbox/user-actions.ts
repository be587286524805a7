/**
 * Owns user action signing: a challenge for one method, path and payload, its signature by a credential of the caller,
 * and the single-use token that the real request must carry. Its times are on the real clock.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { recordAction } from './audit-log.ts';
import { authorize, readToken, writeToken } from './auth.ts';
import type { Account } from './derive.ts';
import { credentialsOf, findCredential } from './directory.ts';
import type { AuditEntry } from './directory-types.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, type Route } from './http.ts';
import { isSignedBy } from './signature.ts';
import { newId, type World } from './world.ts';

const CreateChallenge = z.strictObject({
  userActionPayload: z.string(),
  userActionHttpMethod: z.enum(['POST', 'PUT', 'DELETE', 'GET']),
  userActionHttpPath: z.string(),
  userActionServerKind: z.enum(['Api', 'Staff']).optional(),
});

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+={0,2}$/, 'must be base64url');
const SignChallenge = z.strictObject({
  challengeIdentifier: z.string(),
  firstFactor: z.strictObject({
    kind: z.literal('Key'),
    credentialAssertion: z.strictObject({
      credId: z.string(),
      clientData: Base64Url,
      signature: Base64Url,
      algorithm: z.string().optional(),
    }),
  }),
  secondFactor: z.unknown().optional(),
});
type SignChallenge = z.infer<typeof SignChallenge>;

// The TypeScript signer sends no origin, the Python one does: both are accepted.
const ClientData = z.object({ type: z.literal('key.get'), challenge: z.string(), origin: z.string().optional() });

type Row = {
  id: string;
  user_id: string;
  method: string;
  path: string;
  payload_hash: string;
  challenge: string;
  state: 'issued' | 'signed' | 'used';
  expires_at: number;
};

export const userActionRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/auth/action/init', withoutUserAction: true, serve: createChallenge },
  { method: 'POST', path: '/auth/action', withoutUserAction: true, serve: signChallenge },
];

/** A name that the newest lists of operations no longer have; a setting still asks for it. */
function authorizeSigning({ settings }: World, caller: Account): void {
  if (settings.signingNeedsOperation) authorize(caller, 'Auth:Action:Sign');
}

function createChallenge(world: World, { caller, text }: ApiCall): Answer {
  authorizeSigning(world, caller);
  const body = parse(CreateChallenge, readJson(text), 'body');
  const id = newId('ch');
  const challenge = Buffer.from(`${id}.${newId('nonce')}`).toString('base64url');
  const expiresAt = Date.now() + world.settings.userActionSeconds * 1000;
  // Expired rows only matter while someone may still present them, and then they are refused for not being there.
  world.store.sql.exec('DELETE FROM user_actions WHERE expires_at < ?', Date.now());
  world.store.sql.exec(
    'INSERT INTO user_actions VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[id, caller.userId, body.userActionHttpMethod, body.userActionHttpPath, hash(body.userActionPayload)],
    ...[challenge, 'issued', expiresAt],
  );
  return ok({
    challenge,
    challengeIdentifier: writeToken(world, 'challenge', id, expiresAt),
    supportedCredentialKinds: [{ kind: 'Key', factor: 'first', requiresSecondFactor: false }],
    userVerification: 'required',
    attestation: 'direct',
    allowCredentials: { key: usableKeys(world, caller), webauthn: [] },
    externalAuthenticationUrl: '',
  });
}

/** A deactivated credential is not offered, so a signer stops before it signs. */
const usableKeys = ({ store }: World, { userId }: Account) =>
  credentialsOf(store, userId)
    .filter(({ isActive }) => isActive)
    .map(({ credentialId }) => ({ type: 'public-key', id: credentialId }));

function signChallenge(world: World, { caller, text }: ApiCall): Answer {
  authorizeSigning(world, caller);
  const body = parse(SignChallenge, readJson(text), 'body');
  const claims = readToken(world.organization, body.challengeIdentifier);
  const row = claims?.use === 'challenge' ? findRow(world, claims.jti) : undefined;
  if (row?.user_id !== caller.userId || row.state !== 'issued' || row.expires_at <= Date.now()) {
    throw new Refused(403, 'Challenge token is not valid.');
  }
  const credential = checkAssertion(world, caller, row.challenge, body.firstFactor.credentialAssertion);
  const { userActionTokenSeconds: seconds } = world.settings;
  const expiresAt = seconds === null ? row.expires_at : Date.now() + seconds * 1000;
  const signed = `UPDATE user_actions SET state = 'signed', expires_at = ? WHERE id = ?`;
  world.store.sql.exec(signed, expiresAt, row.id);
  const userAction = writeToken(world, 'userAction', row.id, expiresAt);
  recordAction(world, caller, { action: `${row.method} ${row.path}`, actionToken: userAction, credential });
  return ok({ userAction });
}

function checkAssertion(
  { store }: World,
  caller: Account,
  challenge: string,
  { credId, clientData, signature }: SignChallenge['firstFactor']['credentialAssertion'],
): AuditEntry['credential'] {
  const bytes = Buffer.from(clientData, 'base64url');
  const data = readClientData(bytes.toString());
  const credential = findCredential(store, credId);
  const isValid =
    credential?.userId === caller.userId &&
    credential.isActive &&
    data?.challenge === challenge &&
    isSignedBy(credential.publicKey, bytes, Buffer.from(signature, 'base64url'));
  if (!isValid) throw new Refused(403, 'The signature of the user action challenge is not valid.');
  return { id: credId, kind: credential.kind, publicKey: credential.publicKey, clientData, signature };
}

function readClientData(text: string) {
  try {
    return ClientData.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Spends the token of a request. A reused token is a 400 and any other fault of it a 403, as Dfns documents; the token
 * is spent even when the request is then refused, so the caller commits this on its own.
 */
export function useUserAction(world: World, call: ApiCall): void {
  const token = call.headers.get('x-dfns-useraction');
  const claims = token === null ? undefined : readToken(world.organization, token);
  const row = claims?.use === 'userAction' ? findRow(world, claims.jti) : undefined;
  if (row?.state === 'used' && row.user_id === call.caller.userId) {
    throw new Refused(400, 'User action has already been used.');
  }
  const isUsable = row?.state === 'signed' && row.user_id === call.caller.userId && row.expires_at > Date.now();
  const message = 'User action signature is missing or invalid.';
  if (!isUsable) throw new Refused(403, message);
  const isFor = row.method === call.method && row.path === call.url.pathname && row.payload_hash === hash(call.text);
  if (!isFor) throw new Refused(world.settings.userActionMismatchStatus, message);
  world.store.sql.exec(`UPDATE user_actions SET state = 'used' WHERE id = ?`, row.id);
}

const findRow = (world: World, id: string): Row | undefined =>
  world.store.sql.exec<Row>('SELECT * FROM user_actions WHERE id = ?', id).toArray()[0];

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
