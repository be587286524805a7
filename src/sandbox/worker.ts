/** The entry of the sandbox: every request goes to the one Durable Object. Development and tests only. */
import { LOST_HEADER } from './http.ts';
import type { Env } from './organization.ts';

export { Organization } from './organization.ts';

/** Long enough for the first byte to leave. */
const BREAK_MILLISECONDS = 50;

export default {
  async fetch(request, env, execution) {
    const organization = env.ORGANIZATION.get(env.ORGANIZATION.idFromName('organization'));
    const response = await organization.fetch(request);
    return response.headers.has(LOST_HEADER) ? lose(response, execution) : response;
  },
} satisfies ExportedHandler<Env>;

/**
 * An answer that never arrives. A Worker cannot cut its connection, so this is the nearest thing: a response that breaks
 * off after its first byte, so that reading it fails for the caller whatever client that is. (A response that fails
 * before its first byte would be turned into a well-formed 500 by the development server in front of it.)
 */
async function lose(response: Response, execution: ExecutionContext): Promise<Response> {
  await response.body?.cancel();
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const breakOff = async () => {
    await writer.write(new TextEncoder().encode('{'));
    await new Promise((resolve) => setTimeout(resolve, BREAK_MILLISECONDS));
    await writer.abort('answer lost on purpose');
  };
  execution.waitUntil(breakOff().catch(() => undefined)); // The caller may have gone already.
  return new Response(readable, { status: 200, headers: { 'content-type': 'application/json' } });
}
