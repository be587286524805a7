// Starts the receiver and leads requests to it, whatever name they were sent to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** It lives as long as this process, whose end closes its input. */
export async function startReceiver(): Promise<(request: Request) => Promise<Response>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'receive.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout, 'data');
  // Neither keeps this process alive.
  child.unref();
  for (const stream of [child.stdin, child.stdout])
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  const url = `http://127.0.0.1:${String(port).trim()}`;
  return async ({ method, headers, url: asked, body }) => {
    const { pathname } = new URL(asked);
    const sent = body === null ? null : await new Response(body).text();
    const answer = await fetch(`${url}${pathname}`, { method, headers: [...headers], body: sent });
    // A 204 has no body, not even an empty one.
    const text = await answer.text();
    return new Response(text === '' ? null : text, { status: answer.status });
  };
}
