// The checker: a Worker of its own with a key of its own. Three doors, nothing else. docs/checker.md says what it does.
import { openChecker } from './checker.ts';
import { runJobs } from './cron.ts';
import { http } from './http.ts';
import { consume } from './queue.ts';
import type { Bindings } from './settings.ts';

export default {
  fetch: (request, env, execution) => http.fetch(request, openChecker(env), execution),
  queue: (batch, env) => consume(batch, openChecker(env)),
  scheduled: (tick, env) => runJobs(tick, openChecker(env)),
} satisfies ExportedHandler<Bindings>;
