// The signature of a Dfns webhook: HMAC-SHA-256 with the webhook's secret, in `X-DFNS-WEBHOOK-SIGNATURE: sha256=<hex>`.
// https://docs.dfns.co/d/api-docs/webhooks

export const SIGNATURE_HEADER = 'x-dfns-webhook-signature';
const SHAPE = /^sha256=([0-9a-f]{64})$/;
/** Dfns suggests five minutes; its last retry comes a day later, with the instant of the first sending or its own. */
const FRESH_SECONDS = 300;
const RETRY_SECONDS = 26 * 3600;

const text = new TextEncoder();

/** Which of the secrets signed these bytes; undefined when none did. Compared in constant time by the runtime. */
export async function findSigner(
  body: Uint8Array<ArrayBuffer>,
  header: string | null,
  secrets: readonly string[],
): Promise<number | undefined> {
  const hex = SHAPE.exec(header ?? '')?.[1];
  if (hex === undefined) return undefined;
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  for (const [index, secret] of secrets.entries()) {
    const key = await crypto.subtle.importKey('raw', text.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]);
    if (await crypto.subtle.verify('HMAC', key, signature, body)) return index;
    // Which bytes Dfns signs is not stated; its own sample signs the parsed body written again.
    const rewritten = rewrite(body);
    if (rewritten !== undefined && (await crypto.subtle.verify('HMAC', key, signature, rewritten))) return index;
  }
  return undefined;
}

function rewrite(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(text.encode(JSON.stringify(JSON.parse(new TextDecoder().decode(body)))));
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
