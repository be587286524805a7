// Writes docs/openapi.json from the routes of the product itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles the door as the Worker is bundled, asks it for its document, writes and returns the text. */
export async function writeOpenApi(): Promise<string> {
  const folder = mkdtempSync(join('node_modules', '.fiducia-openapi-'));
  try {
    const outfile = join(folder, 'openapi.mjs');
    await build({
      entryPoints: ['src/doors/openapi.ts'],
      bundle: true,
      outfile,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      external: ['@dfns/sdk', '@dfns/sdk-keysigner'],
      logLevel: 'error',
    });
    const { openApiDocument }: typeof import('../src/doors/openapi.ts') = await import(pathToFileURL(outfile).href);
    const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
    writeFileSync('docs/openapi.json', text);
    return text;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
