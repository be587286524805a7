// Files with secrets of the set-up: git-ignored, readable by their owner only, and in the form that `wrangler secret bulk`
// takes. Nothing of them is shown on a terminal unless somebody asks for it.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const FOLDER = '.wrangler/secrets';
const OWNER_ONLY = 0o600;

export const pathOf = (name: string): string => `${FOLDER}/${name}.json`;

export function keepSecrets(name: string, secrets: object): string {
  const path = pathOf(name);
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: OWNER_ONLY });
  // The mode above counts only for a file that was not there.
  chmodSync(path, OWNER_ONLY);
  return path;
}

/** Undefined when it was never kept; a file that is there and cannot be read is a fault. */
export function findSecrets<T>(name: string): T | undefined {
  try {
    // Written by `keepSecrets` above, under the same name and so of the same type.
    return JSON.parse(readFileSync(pathOf(name), 'utf8')) as T;
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined;
    throw fault;
  }
}

export const forgetSecrets = (name: string): void => rmSync(pathOf(name), { force: true });
