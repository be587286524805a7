// Builds what is measured: the product exactly as it is deployed, and the bare Workers with the same minification.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export const root = fileURLToPath(import.meta.resolve('../../'));
const BYTES_PER_KILOBYTE = 1024;

export interface ProductBundle {
  readonly script: string;
  readonly kilobytes: number;
  readonly gzipKilobytes: number;
}

/** `wrangler deploy --dry-run`: with the alias and the minification of wrangler.toml, and without an account. */
export async function bundleProduct(): Promise<ProductBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'fiducia-bench-'));
  try {
    const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
    await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--env=', '--outdir', folder], {
      cwd: root,
      env: {
        ...process.env,
        CI: '1',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
      },
    });
    // The PDF library lies beside it, in a folder; nothing measured here loads it.
    const modules = (await readdir(folder)).filter((file) => file.endsWith('.js'));
    const [module] = modules;
    if (module === undefined || modules.length > 1) {
      throw new Error(`the bench expects a bundle of one module, not of: ${modules.join(', ')}`);
    }
    const bytes = await readFile(join(folder, module));
    return {
      // Without its source map, whose file does not outlive this function.
      script: bytes.toString().replace(/^\/\/# sourceMappingURL=.*$/m, ''),
      kilobytes: bytes.byteLength / BYTES_PER_KILOBYTE,
      gzipKilobytes: gzipSync(bytes).byteLength / BYTES_PER_KILOBYTE,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const bundleBare = (entry: string): Promise<string> => bundleWorker(join('bench/bare', entry));
export const bundleSandbox = (): Promise<string> => bundleWorker('src/sandbox/worker.ts');

async function bundleWorker(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`nothing was built from ${entry}`);
  return file.text;
}
