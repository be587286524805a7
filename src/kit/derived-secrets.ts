// Secrets that are needed again and stand nowhere: each is derived by HKDF from a key of the deployment and a name (ADR 10).

const BYTES = 32;
const CODE_CHARACTERS = 10;
/** Crockford's: no letter that is taken for another. 32 of them, so that a byte gives each equally often. */
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const base64Of = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

async function derive(key: string, name: string): Promise<Uint8Array> {
  const secret = await crypto.subtle.importKey('raw', bytesOf(key), 'HKDF', false, ['deriveBits']);
  const info = new TextEncoder().encode(`fiducia|${name}`);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, secret, BYTES * 8));
}

/** Tells keys apart without telling anything of them. */
export async function keyIdOf(key: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(key)));
  return Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The key with this id, while the deployment still has it. */
export async function findKey(keys: readonly string[], keyId: string): Promise<string | undefined> {
  for (const key of keys) if ((await keyIdOf(key)) === keyId) return key;
  return undefined;
}

/** In the form of Standard Webhooks. */
export const webhookSecret = async (key: string, endpointId: string, generation: number): Promise<string> =>
  `whsec_${base64Of(await derive(key, `webhook|${endpointId}|${generation}`))}`;

/** What the host of an endpoint has to serve; it is public once it is there. */
export const verificationToken = async (key: string, endpointId: string): Promise<string> =>
  base64Of(await derive(key, `verification|${endpointId}`)).replaceAll(/[^A-Za-z0-9]/g, '');

/** 50 bits that a person can type. */
export const contactCode = async (key: string, contactId: string): Promise<string> =>
  Array.from((await derive(key, `contact|${contactId}`)).subarray(0, CODE_CHARACTERS), (byte) =>
    CODE_ALPHABET.charAt(byte % CODE_ALPHABET.length),
  ).join('');
