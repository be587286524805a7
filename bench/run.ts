// npm run bench: builds the product as it is deployed, measures each promise beside a bare Worker, prints one table.
// It ends by itself, and badly when anything was answered wrongly. How to read it: docs/performance.md.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { accountRead } from './account-read.ts';
import { activity } from './activity.ts';
import { holdings } from './holdings.ts';
import { journalExport } from './journal-export.ts';
import { payoutPreflight } from './payout-preflight.ts';
import { release } from './release.ts';
import { sandboxMutations } from './sandbox-mutations.ts';
import { sandboxPages } from './sandbox-pages.ts';
import { sandboxStart } from './sandbox-start.ts';
import { bundleProduct, bundleSandbox, root } from './support/bundle.ts';
import type { Bench, Comparison, Measured } from './support/compare.ts';
import { type Reading, startSandbox } from './support/sandbox.ts';
import { webhookAcknowledge } from './webhook-acknowledge.ts';

const benches: readonly Bench[] = [webhookAcknowledge, accountRead];
const GZIP_KILOBYTES_MAX = 400;

const figures = ({ requestsPerSecond, p50Milliseconds }: Measured) => [
  requestsPerSecond.toFixed(0),
  `${p50Milliseconds.toFixed(2)} ms`,
];

const row = (promise: string, { product, bare, ratio, ratioMin, ratioMax }: Comparison) => [
  promise,
  ...figures(product),
  ...figures(bare),
  ratio.toFixed(2),
  `${ratioMin.toFixed(2)} - ${ratioMax.toFixed(2)}`,
];

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0))
      .join('  ');
  return rows.map(line).join('\n');
}

async function readSandbox(): Promise<Reading[]> {
  const script = await bundleSandbox();
  const start = await sandboxStart(script);
  await using sandbox = await startSandbox(script);
  // In this order: the mutations then meet the rows that the pages needed.
  return [start, await sandboxPages(sandbox), await sandboxMutations(sandbox)];
}

/** In a process of its own: it replaces what a process finds around it, time first of all. */
function readSimulated(name: 'pipeline' | 'payouts' | 'backlog'): Reading[] {
  const { status, stdout } = spawnSync(process.execPath, [`bench/${name}.ts`], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`bench/${name}.ts ended badly`);
  return JSON.parse(stdout);
}

const { script, kilobytes, gzipKilobytes } = await bundleProduct();
const { version: workerd } = createRequire(import.meta.url)('workerd/package.json');
console.log(
  `machine  ${availableParallelism()} cores, ${cpus()[0]?.model}; node ${process.version}; workerd ${workerd}`,
);
console.log(
  `bundle   ${kilobytes.toFixed(0)} KB, ${gzipKilobytes.toFixed(0)} KB gzip (limit ${GZIP_KILOBYTES_MAX} KB gzip)\n`,
);
const rows = [['promise', 'product/s', 'product p50', 'bare/s', 'bare p50', 'ratio', 'of five pairs']];
// `npm run bench -- webhook` measures the promises of that name alone.
const wanted = process.argv[2];
const chosen = benches.filter(({ promise }) => wanted === undefined || promise.includes(wanted));
if (chosen.length === 0) throw new Error(`no promise is named ${wanted}`);
for (const bench of chosen) {
  const comparison = await bench.measure(script);
  rows.push(row(bench.promise, comparison));
  if (comparison.beside !== undefined) rows.push(row(comparison.beside.name, comparison.beside));
}
console.log(table(rows));
if (wanted !== undefined) process.exit();
const readings = [
  ...(await release(script)),
  ...readSimulated('pipeline'),
  ...readSimulated('payouts'),
  ...readSimulated('backlog'),
  ...(await activity(script)),
  ...(await holdings(script)),
  ...(await journalExport(script)),
  ...(await payoutPreflight(script)),
  ...(await readSandbox()),
];
const kept = (isKept: boolean) => (isKept ? 'yes' : 'NO');
const lines = readings.map(({ promise, limit, isKept, measured }) => [promise, limit, kept(isKept), measured]);
console.log(`\n${table([['promise', 'limit', 'kept', 'measured'], ...lines])}`);
