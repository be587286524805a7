// A server of plain Node as a process of its own, with its files in an empty folder on disk.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './bundle.ts';

export interface NodeServer {
  readonly url: URL;
  [Symbol.asyncDispose](): Promise<void>;
}

/** It gets the path of a database and the arguments, and prints its port; it ends when its input does. */
export async function startNodeServer(script: string, ...args: string[]): Promise<NodeServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fiducia-bench-node-'));
  const child: ChildProcess = spawn(process.execPath, [join(root, script), join(folder, 'events.sqlite'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout ?? child, 'data');
  return {
    url: new URL(`http://127.0.0.1:${String(port).trim()}`),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.stdin?.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
