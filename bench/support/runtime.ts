// One Worker to be measured, in a workerd of its own under Miniflare, with the bindings of wrangler.toml. What stands
// around it is the same for the product and for a bare Worker, and costs as little as possible.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
// Comes with wrangler and at its version: the bench runs the runtime that develops and tests the product.
import {
  convertV4MiniflareOptions,
  Log,
  LogLevel,
  Miniflare,
  type V4WorkerOptions,
  type V4WorkerOptionsShape,
} from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { root } from './bundle.ts';

const BATCH_MESSAGES_MAX = 100;

export interface Subject {
  readonly name: 'product' | 'bare';
  readonly script: string;
  readonly bindings: Readonly<Record<string, string>>;
  /** The key set that the token issuer publishes. */
  readonly jwks: string;
}

export interface Running {
  readonly url: URL;
  readonly database: Awaited<ReturnType<Miniflare['getD1Database']>>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function start(subject: Subject): Promise<Running> {
  // Its declared type has lost the names of its fields.
  const workerOptions: V4WorkerOptionsShape = unstable_getMiniflareWorkerOptions(
    join(root, 'wrangler.toml'),
  ).workerOptions;
  // The emulated asset router stands in front of the Worker; deployed, with `run_worker_first`, it does not.
  const { assets: _assets, queueConsumers = {}, ratelimits = {}, ...bound } = workerOptions;
  const { compatibilityDate = '', compatibilityFlags = [] } = bound;
  const aside = (name: string, contents: string, more: V4WorkerOptionsShape = {}): V4WorkerOptions => ({
    name,
    compatibilityDate,
    compatibilityFlags,
    modules: [{ type: 'ESModule', path: `${name}.js`, contents }],
    ...more,
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.ERROR),
      // The log lines of every request are written and read, as a deployed Worker's are; only faults are of interest.
      handleStructuredLogs: ({ level, message }) => {
        if (level === 'error') console.error(message);
      },
      workers: [
        {
          ...bound,
          name: subject.name,
          bindings: { ...bound.bindings, ...subject.bindings },
          cronTriggers: [],
          // Every request that leaves a Worker ends at the issuer: a bench reaches no network.
          outboundService: 'issuer',
          serviceBindings: { ASSETS: 'nothing' },
          modules: [
            { type: 'ESModule', path: 'entry.js', contents: withoutRateLimits(Object.keys(ratelimits)) },
            { type: 'ESModule', path: 'worker.js', contents: subject.script },
          ],
        },
        aside('issuer', 'export default { fetch: (_, env) => new Response(env.JWKS) }', {
          bindings: { JWKS: subject.jwks },
        }),
        aside('nothing', 'export default { fetch: () => new Response(null, { status: 404 }) }'),
        // Takes every message off the queues and does nothing with it, in large batches: what the product does with a
        // message later is another promise, and would be measured here as slowness of the door.
        aside('drain', 'export default { queue() {} }', {
          queueConsumers: Object.fromEntries(
            Object.keys(queueConsumers).map((queue) => [
              queue,
              { maxBatchSize: BATCH_MESSAGES_MAX, maxBatchTimeout: 1 },
            ]),
          ),
        }),
      ],
    }),
  );
  const url = await miniflare.ready;
  return {
    url,
    database: await miniflare.getD1Database('DB', subject.name),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}

/**
 * Deployed, a rate limit is a counter in the memory of the machine. Miniflare makes it a Durable Object with a SQLite
 * write per request, which costs more than half as much as the whole rest of the webhook door. The bench answers it in
 * place; the limit would have to be raised out of reach anyway, and the bundle itself stays as it is deployed.
 */
const withoutRateLimits = (names: readonly string[]): string => `
  import worker from './worker.js';
  const unlimited = { limit: async () => ({ success: true }) };
  const limits = Object.fromEntries(${JSON.stringify(names)}.map((name) => [name, unlimited]));
  let bindings;
  export default {
    fetch: (request, env, execution) => worker.fetch(request, (bindings ??= { ...env, ...limits }), execution),
  };`;

/** As `wrangler d1 migrations apply` does, file by file. */
export async function migrate({ database }: Running): Promise<void> {
  const folder = join(root, 'migrations');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  for (const file of files) {
    const statements = (await readFile(join(folder, file), 'utf8')).split('--> statement-breakpoint');
    await database.batch(statements.map((statement) => database.prepare(statement.trim())));
  }
}
