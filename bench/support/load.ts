// Puts load on one address over a fixed number of kept-alive connections, bounded in time and count. Loopback only.
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

const CONNECTIONS = 8;
const REQUESTS_MAX = 50_000;
const TIMEOUT_MILLISECONDS = 10_000;

export interface Prepared {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Run {
  readonly latencies: readonly number[];
  readonly milliseconds: number;
}

/**
 * Each connection sends its next request when the last one is answered, and takes the prepared ones in turn. Any other
 * status than 200 ends the bench: the speed of refusals says nothing.
 */
export async function load(url: URL, prepared: readonly Prepared[], milliseconds: number): Promise<Run> {
  if (url.hostname !== '127.0.0.1') throw new Error(`load goes to loopback only, not to ${url.hostname}`);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latencies: number[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const connection = async () => {
    while (performance.now() - startedAt < milliseconds && sent < REQUESTS_MAX) {
      const next = prepared[sent % prepared.length];
      if (next === undefined) throw new Error('no requests were prepared');
      sent += 1;
      const sentAt = performance.now();
      await send(url, next, agent);
      latencies.push(performance.now() - sentAt);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  } finally {
    agent.destroy();
  }
  return { latencies, milliseconds: performance.now() - startedAt };
}

/** One request on its own; its body, for a look at what is being measured. */
export function send(url: URL, { method, path, headers, body }: Prepared, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = url;
    const sending = request(
      { host, port, method, path, headers, timeout: TIMEOUT_MILLISECONDS, ...(agent && { agent }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${path} was answered ${response.statusCode}: ${text.slice(0, 500)}`));
        });
      },
    );
    sending.on('timeout', () => sending.destroy(new Error(`${method} ${path} was not answered in time`)));
    sending.on('error', reject);
    sending.end(body);
  });
}
