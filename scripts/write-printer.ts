// Bundles the PDF library and its font into one module, which Wrangler uploads beside the Worker and the tests load too.
// Wrangler runs this before each build (wrangler.toml, [build]).
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(import.meta.resolve('..'));

export async function writePrinter(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/printer/library.ts'],
    outfile: 'src/printer/library.mjs',
    bundle: true,
    minify: true,
    legalComments: 'inline',
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.ttf': 'binary' },
    // A colour profile is named relative to the module when it is loaded, and a module of a Worker has no address.
    define: { 'import.meta.url': '"file:///library.mjs"' },
    logLevel: 'error',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writePrinter();
