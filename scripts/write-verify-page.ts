// Puts the page at /verify together: the same verifier that the command runs, bundled for the browser, with its page and
// styles, as texts that the Worker serves.
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const FOLDER = 'src/doors/verify';

/** Writes and returns the text of files.ts. */
export async function writeVerifyPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${FOLDER}/page.js`],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error('nothing was built for the page');
  const texts = {
    html: readFileSync(`${FOLDER}/page.html`, 'utf8'),
    css: readFileSync(`${FOLDER}/page.css`, 'utf8'),
    script: script.text,
  };
  const constants = Object.entries(texts).map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};\n`);
  const written = `// Written by scripts/write-verify-page.ts from the files beside it: npm run check writes it anew.\n${constants.join('')}`;
  writeFileSync(`${FOLDER}/files.ts`, written);
  return written;
}
