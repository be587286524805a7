// What the commands that verify files share: two files from the command line, and words that end the process.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

export const KEYS_FILE = 'fiducia-attestation-keys.json';

/** Exit code 2: it could not be asked so. */
function giveUp(reason: string): never {
  console.error(reason);
  process.exit(2);
}

export interface Files {
  readonly text: string;
  readonly keysText: string;
  readonly keysPath: string;
}

/** FILE and, unless `--keys` names another, the keys that lie beside it. */
export function readFiles(usage: string): Files {
  const { file, keys } = readArguments(usage);
  return { text: read(file, usage), keysText: read(keys, usage), keysPath: keys };
}

function readArguments(usage: string): { file: string; keys: string } {
  try {
    const { values, positionals } = parseArgs({ options: { keys: { type: 'string' } }, allowPositionals: true });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) return giveUp(usage);
    return { file, keys: values.keys ?? join(dirname(file), KEYS_FILE) };
  } catch {
    // An option that is not known: the same answer as to a missing file.
    return giveUp(usage);
  }
}

function read(path: string, usage: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return giveUp(`${path} cannot be read.\n\n${usage}`);
  }
}

export const bullets = (lines: readonly string[]): string => lines.map((line) => `  - ${line}`).join('\n');

/** Exit code 1: it was asked, and the answer is no. */
export function refuse(problem: string): never {
  console.log(`REFUSED: do not rely on this.\n${problem}`);
  process.exit(1);
}
