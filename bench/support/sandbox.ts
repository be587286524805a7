// The sandbox in a workerd of its own, with its state in an empty folder on disk; and one client that signs for itself.
import { sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { root } from './bundle.ts';
import { send } from './load.ts';

/** Something promised in plain figures, without a bare Worker beside it. */
export interface Reading {
  readonly promise: string;
  readonly measured: string;
  readonly limit: string;
  readonly isKept: boolean;
}

export interface Sandbox {
  readonly url: URL;
  /** From the start of the runtime to the first answer. */
  readonly startMilliseconds: number;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startSandbox(script: string): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'fiducia-bench-sandbox-'));
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'src/sandbox/wrangler.toml'));
  const { assets: _page, ...bound } = workerOptions;
  const startedAt = performance.now();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.ERROR),
      durableObjectsPersist: folder,
      workers: [{ ...bound, name: 'sandbox', modules: [{ type: 'ESModule', path: 'index.js', contents: script }] }],
    }),
  );
  const url = await miniflare.ready;
  await send(url, { method: 'GET', path: '/_sandbox/organization', headers: {} });
  return {
    url,
    startMilliseconds: performance.now() - startedAt,
    async [Symbol.asyncDispose]() {
      await miniflare.dispose();
      await rm(folder, { recursive: true });
    },
  };
}

export async function control<T>(url: URL, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
  const answer = await send(url, { method, path: `/_sandbox${path}`, headers: {}, ...text(body) });
  return JSON.parse(answer);
}

const text = (body: unknown) => (body === undefined ? {} : { body: JSON.stringify(body) });

interface Access {
  readonly authToken: string;
  readonly credentialId: string;
  readonly privateKey: string;
}

export interface Client {
  read(path: string): Promise<string>;
  /** Three requests: the challenge, its signature, and the mutation itself. */
  mutate(path: string, body: unknown, agent: Agent): Promise<string>;
}

export async function clientOf(url: URL, name: string): Promise<Client> {
  const { users } = await control<{ users: Record<string, Access> }>(url, 'GET', '/organization');
  const access = users[name];
  if (access === undefined) throw new Error(`the sandbox has no ${name}`);
  const { authToken, credentialId: credId, privateKey } = access;
  const authorization = `Bearer ${authToken}`;
  return {
    read: (path) => send(url, { method: 'GET', path, headers: { authorization } }),
    async mutate(path, body, agent) {
      const post = (at: string, content: string, more: Record<string, string> = {}) =>
        send(url, { method: 'POST', path: at, headers: { authorization, ...more }, body: content }, agent);
      const content = JSON.stringify(body);
      const wanted = { userActionPayload: content, userActionHttpMethod: 'POST', userActionHttpPath: path };
      const { challenge, challengeIdentifier } = JSON.parse(await post('/auth/action/init', JSON.stringify(wanted)));
      const clientData = Buffer.from(JSON.stringify({ type: 'key.get', challenge }));
      const credentialAssertion = {
        credId,
        clientData: clientData.toString('base64url'),
        signature: sign(null, clientData, privateKey).toString('base64url'),
      };
      const signed = { challengeIdentifier, firstFactor: { kind: 'Key', credentialAssertion } };
      const { userAction } = JSON.parse(await post('/auth/action', JSON.stringify(signed)));
      return post(path, content, { 'x-dfns-useraction': userAction });
    },
  };
}
