/** What the tests of service accounts, permissions and credentials share: key pairs of each kind, and new accounts. */
import { createHash, sign } from 'node:crypto';
import { DfnsApiClient } from '@dfns/sdk';
import { secp256k1 } from '@noble/curves/secp256k1';
import { account, type Json, organization, raw, SANDBOX, sdk, userAction } from './support.ts';

export type KeyPair = { publicKey: string; sign: (data: Uint8Array) => Uint8Array };
export type Kind = 'Ed25519' | 'P-256' | 'RSA' | 'secp256k1';
export const KINDS = ['Ed25519', 'P-256', 'RSA', 'secp256k1'] as const satisfies readonly Kind[];

const ALGORITHMS = {
  Ed25519: { name: 'Ed25519' },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  RSA: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
} as const;

const pem = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

export async function newKey(kind: Kind = 'Ed25519', change: { modulusLength?: number; namedCurve?: string } = {}) {
  if (kind === 'secp256k1') return secp256k1Key();
  const pair = await crypto.subtle.generateKey({ ...ALGORITHMS[kind], ...change }, true, ['sign', 'verify']);
  if (!('publicKey' in pair)) throw new Error('not a key pair');
  const der = async (format: 'spki' | 'pkcs8', key: CryptoKey) => {
    const exported = await crypto.subtle.exportKey(format, key);
    if (!(exported instanceof ArrayBuffer)) throw new Error('not DER');
    return new Uint8Array(exported);
  };
  const privateKey = pem('PRIVATE KEY', await der('pkcs8', pair.privateKey));
  const digest = kind === 'Ed25519' ? null : 'sha256';
  const publicKey = pem('PUBLIC KEY', await der('spki', pair.publicKey));
  return { publicKey, sign: (data: Uint8Array) => sign(digest, data, privateKey) };
}

/** The runtime has no such curve, so neither the key nor the signature can come from it. */
function secp256k1Key(): KeyPair {
  const secret = secp256k1.utils.randomPrivateKey();
  const prefix = Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex');
  const publicKey = pem('PUBLIC KEY', Buffer.concat([prefix, secp256k1.getPublicKey(secret, false)]));
  const digest = (data: Uint8Array) => createHash('sha256').update(data).digest();
  return { publicKey, sign: (data) => secp256k1.sign(digest(data), secret).toDERRawBytes() };
}

/** A signer as anyone could write one for the SDK. */
export const signerOf = (credId: string, key: KeyPair) => ({
  sign: async ({ challenge }: { challenge: string }) => {
    const clientData = Buffer.from(JSON.stringify({ type: 'key.get', challenge }));
    const signature = Buffer.from(key.sign(clientData)).toString('base64url');
    const credentialAssertion = { credId, clientData: clientData.toString('base64url'), signature };
    return { kind: 'Key' as const, credentialAssertion };
  },
});

export type Member = {
  userId: string;
  token: string;
  credId: string;
  key: KeyPair;
  client: DfnsApiClient;
};

export async function clientOf(token: string, credId: string, key: KeyPair) {
  const { orgId } = await organization();
  return new DfnsApiClient({ baseUrl: SANDBOX, orgId, authToken: token, signer: signerOf(credId, key) });
}

/** A new service account and its client. */
export async function newMember(kind: Kind = 'Ed25519', permissionId?: string): Promise<Member> {
  const setup = await sdk('setup');
  const key = await newKey(kind);
  const body = { name: `bot ${kind}`, publicKey: key.publicKey, ...(permissionId && { permissionId }) };
  const { userInfo, accessTokens } = await setup.auth.createServiceAccount({ body });
  const [{ accessToken = '', credId = '' } = {}] = accessTokens;
  return { userId: userInfo.userId, token: accessToken, credId, key, client: await clientOf(accessToken, credId, key) };
}

export type Change = { client?: Json; clientText?: string; attestation?: Json; signed?: Json; credId?: string };

/** The body of a registration; `change` spoils one part of it. */
export async function registration({ client }: Member, key: KeyPair, change: Change = {}) {
  const { challenge, challengeIdentifier } = await client.auth
    .createCredentialChallenge({ body: { kind: 'Key' } })
    .then((init) => ({
      challenge: 'challenge' in init ? init.challenge : '',
      challengeIdentifier: init.challengeIdentifier,
    }));
  const parts = { challenge, crossOrigin: false, origin: 'https://app.example', type: 'key.create', ...change.client };
  const clientText = change.clientText ?? JSON.stringify(parts);
  const clientDataHash = createHash('sha256').update(clientText).digest('hex');
  const text = JSON.stringify({ clientDataHash, publicKey: key.publicKey, ...change.signed });
  const signature = Buffer.from(key.sign(Buffer.from(text))).toString('hex');
  const attestation = JSON.stringify({ publicKey: key.publicKey, signature, ...change.attestation });
  const encode = (value: string) => Buffer.from(value).toString('base64url');
  return {
    credentialKind: 'Key' as const,
    credentialName: 'next key',
    challengeIdentifier,
    credentialInfo: {
      credId: change.credId ?? encode(crypto.randomUUID()),
      clientData: encode(clientText),
      attestationData: encode(attestation),
    },
  };
}

type Operations = Parameters<DfnsApiClient['permissions']['createPermission']>[0]['body']['operations'];
/** The cast lets a test name operations that are newer than the SDK, or that do not exist. */
export const operationsOf = (...names: string[]) => names as Operations;

export const newRole = async (...names: string[]) =>
  (await sdk('setup')).permissions.createPermission({ body: { name: 'role', operations: operationsOf(...names) } });

/** A member who may do exactly this. */
export const memberWith = async (...names: string[]) => newMember('Ed25519', (await newRole(...names)).id);

/** By hand, because the answer is a 204, which not every fetch under the SDK lets through. */
export async function revoke(permissionId: string, assignmentId: string, query = '') {
  const path = `/permissions/${permissionId}/assignments/${assignmentId}`;
  const action = await userAction('setup', { method: 'DELETE', path, text: '{}' });
  const headers = { authorization: `Bearer ${(await account('setup')).authToken}`, 'x-dfns-useraction': action };
  const answer = await fetch(`${SANDBOX}${path}${query}`, { method: 'DELETE', headers, body: '{}' });
  return { status: answer.status, text: await answer.text() };
}

export const tokenStatus = async (token: string) => (await raw('GET', '/wallets', { token })).status;
