// The product: three doors, nothing else. The checker's Worker is given a fourth way in, which only answers questions.
import { openApp } from './app/app.ts';
import { runJobs } from './doors/cron.ts';
import { http } from './doors/http.ts';
import { consume } from './doors/queue.ts';
import type { Bindings } from './env.ts';

export { CheckerFacts } from './features/checker-facts/entrypoint.ts';

export default {
  fetch: (request, env, execution) => http.fetch(request, openApp(env), execution),
  queue: (batch, env) => consume(batch, openApp(env)),
  scheduled: (tick, env) => runJobs(tick, openApp(env)), // tick.scheduledTime names the slot, never the clock
} satisfies ExportedHandler<Bindings>;
