/** The sandbox as `npm run sandbox` starts it: a process of its own, on a free port, with a state that is thrown away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface SandboxProcess {
  readonly url: string;
  /** Of this sandbox alone; deleted with it. */
  readonly folder: string;
  readonly control: <T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) => Promise<T>;
  readonly stop: () => Promise<void>;
}

export async function startSandbox(): Promise<SandboxProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'dfns-sandbox-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { ...process.env, SANDBOX_PORT: String(port), SANDBOX_STATE: join(folder, 'state') };
  const child = spawn(process.execPath, ['scripts/sandbox.ts'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Also when the run ends without its hooks.
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  const stop = async () => {
    process.off('exit', end);
    if (child.exitCode === null && child.signalCode === null) {
      end();
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await isUp(child);
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { url, folder, control: (method, path, body) => control(url, method, path, body), stop };
}

function isUp(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes('Ctrl-C stops it.')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}: ${said}`)));
  });
}

/** The answer is what docs/sandbox.md says of each control. */
async function control<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await fetch(`${url}/_sandbox${path}`, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.close();
  await once(server, 'close');
  return address.port;
}
