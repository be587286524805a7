// The signature of a Dfns webhook: HMAC-SHA-256 with the webhook's secret, in `X-DFNS-WEBHOOK-SIGNATURE: sha256=<hex>`.
// https://docs.dfns.co/d/api-docs/webhooks

export const SIGNATURE_HEADER = 'x-dfns-webhook-signature';
const SHAPE = /^sha256=[0-9a-f]{64}$/;
const PREFIX_CHARACTERS = 'sha256='.length;
const SIGNATURE_BYTES = 32;
const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };
/** Dfns suggests five minutes; its last retry comes a day later, with the instant of the first sending or its own. */
const FRESH_SECONDS = 300;
const RETRY_SECONDS = 26 * 3600;

const text = new TextEncoder();
/** Imported once an isolate; as many as there are secrets in force. */
const keys = new Map<string, CryptoKey>();

/** Which of the secrets signed these bytes; undefined when none did. Compared in constant time by the runtime. */
export async function findSigner(
  body: Uint8Array<ArrayBuffer>,
  header: string | null,
  secrets: readonly string[],
): Promise<number | undefined> {
  if (header === null || !SHAPE.test(header)) return undefined;
  const signature = bytesOf(header.slice(PREFIX_CHARACTERS));
  for (const [index, secret] of secrets.entries()) {
    if (await crypto.subtle.verify('HMAC', await keyOf(secret), signature, body)) return index;
  }
  // Which bytes Dfns signs is not stated; its own sample signs the parsed body written again.
  const rewritten = rewrite(body);
  if (rewritten === undefined) return undefined;
  for (const [index, secret] of secrets.entries()) {
    if (await crypto.subtle.verify('HMAC', await keyOf(secret), signature, rewritten)) return index;
  }
  return undefined;
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const key = await crypto.subtle.importKey('raw', text.encode(secret), ALGORITHM, false, ['verify']);
  keys.set(secret, key);
  return key;
}

/** Of digits that were found to be hexadecimal. */
function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  for (let index = 0; index < SIGNATURE_BYTES; index += 1)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

/** Undefined also when it is the same text: those bytes were checked already. */
function rewrite(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  try {
    const original = new TextDecoder().decode(body);
    const rewritten = JSON.stringify(JSON.parse(original));
    return rewritten === original ? undefined : new Uint8Array(text.encode(rewritten));
  } catch {
    // Not JSON, so there is no second form of it to check.
    return undefined;
  }
}

/** Events only cause reads, so a replay is harmless; still, a late one is not believed. */
export function isFresh(event: { timestampSent: number; deliveryAttempt: number }, nowSeconds: number): boolean {
  const age = Math.abs(nowSeconds - event.timestampSent);
  return age <= (event.deliveryAttempt > 1 ? RETRY_SECONDS : FRESH_SECONDS);
}
