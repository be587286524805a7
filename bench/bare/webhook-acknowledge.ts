// The work that no webhook door can leave out: read the body, check its HMAC, put it on a queue, answer 200.

interface Bindings {
  readonly WEBHOOK_SECRET: string;
  readonly EVENTS: Queue<string>;
}

const SIGNATURE_PREFIX = 'sha256=';
const text = new TextEncoder();
let kept: Promise<CryptoKey> | undefined;

export default {
  async fetch(request, env) {
    kept ??= crypto.subtle.importKey('raw', text.encode(env.WEBHOOK_SECRET), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]);
    const body = await request.arrayBuffer();
    const header = request.headers.get('x-dfns-webhook-signature') ?? '';
    const signature = Uint8Array.from(header.slice(SIGNATURE_PREFIX.length).match(/../g) ?? [], (byte) =>
      Number.parseInt(byte, 16),
    );
    if (!(await crypto.subtle.verify('HMAC', await kept, signature, body))) return new Response(null, { status: 401 });
    await env.EVENTS.send(new TextDecoder().decode(body));
    return Response.json({ received: true });
  },
} satisfies ExportedHandler<Bindings>;
