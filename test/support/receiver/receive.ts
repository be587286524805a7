// Somebody else's server, as a process of its own: Node's http, and the reference library of Standard Webhooks with the secret that
// it was told. It ends with whoever started it. `/_told` is how a test plays its operator.
import { createServer, type IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';

interface Told {
  readonly token?: string;
  readonly secret?: string;
}
let told: Told = {};
let seen: { status: number; type?: string }[] = [];

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function receive(body: string, headers: IncomingMessage['headers']): number {
  try {
    const { type } = asEvent(new Webhook(told.secret ?? '').verify(body, asTexts(headers)));
    seen.push({ status: 204, type });
    return 204;
  } catch {
    // The library says no by throwing; a receiver answers it.
    seen.push({ status: 401 });
    return 401;
  }
}

// What was verified is what docs/notices.md says; the library's headers occur once each.
const asEvent = (event: unknown) => event as { type: string };
const asTexts = (headers: IncomingMessage['headers']) => headers as Record<string, string>;

const server = createServer(async (request, response) => {
  const { method, url = '', headers } = request;
  const body = await textOf(request);
  if (url === '/_told' && method === 'PUT') [told, seen] = [{ ...told, ...JSON.parse(body) }, []];
  if (url === '/_told') return void response.end(JSON.stringify(seen));
  if (url.startsWith('/.well-known/')) return void response.end(told.token ?? '');
  response.writeHead(receive(body, headers)).end();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') console.log(address.port);
});
process.stdin.on('end', () => process.exit()).resume();
