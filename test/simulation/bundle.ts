// Builds product and sandbox as they are into one script that can be run afresh for each episode, so that nothing kept in a
// module outlives it. A protection is removed here, in the text of the bundle: production code has no seam for it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { build, type Plugin } from 'esbuild';

export const root = fileURLToPath(import.meta.resolve('../../'));

export type Code = typeof import('./entry.ts');
/** A process that has just started: its modules are its own. */
export type Start = () => Code;

export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** The text to replace stands there exactly once: an edit that has become stale fails here, and removes nothing silently. */
export function edited(text: string, { file, find, put }: Edit): string {
  const found = text.split(find).length - 1;
  if (found !== 1) throw new Error(`${file}: the text to replace stands there ${found} times: ${find}`);
  return text.replace(find, () => put);
}

const editing = (edits: readonly Edit[]): Plugin => ({
  name: 'edit',
  setup({ onLoad, onEnd }) {
    const seen = new Set<string>();
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const file = relative(root, path);
      const here = edits.filter((edit) => edit.file === file);
      if (here.length === 0) return undefined;
      seen.add(file);
      return { contents: here.reduce(edited, await readFile(path, 'utf8')), loader: 'ts' };
    });
    onEnd(() => {
      const missing = edits.filter(({ file }) => !seen.has(file));
      return { errors: missing.map(({ file }) => ({ text: `${file} is not part of the bundle` })) };
    });
  },
});

export async function bundle(edits: readonly Edit[] = []): Promise<Start> {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/simulation/entry.ts`],
    bundle: true,
    write: false,
    format: 'cjs',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    external: ['node:*'],
    alias: {
      'cross-fetch': `${root}src/dfns/fetch.ts`,
      'cloudflare:workers': `${root}test/simulation/platform/workers.ts`,
    },
    plugins: [editing(edits)],
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('nothing was built');
  const script = new Script(`(module, exports, require) => {${file.text}\n}`, { filename: 'simulated.js' });
  const require = createRequire(import.meta.url);
  return () => {
    const module = { exports: {} };
    (script.runInThisContext() as (...of: unknown[]) => void)(module, module.exports, require);
    return asCode(module.exports);
  };
}

// The script is the bundle of entry.ts, whose exports these are.
const asCode = (exports: object) => exports as Code;
