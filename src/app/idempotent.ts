// Idempotency-Key: the same key and request replays the first answer, another request under it is refused.
// After the IETF draft (draft-ietf-httpapi-idempotency-key-header-07): missing 400, another payload 422.
import { createMiddleware } from 'hono/factory';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { nameOf } from '../domain/actor.ts';
import { sha256 } from '../domain/digest.ts';
import { problem } from '../kit/problem.ts';
import { type Answer, findAnswer, isUnanswered, keepAnswer } from '../store/idempotency.ts';
import type { App } from './app.ts';
import type { Variables } from './routes.ts';

const KEY_SHAPE = /^[\x21-\x7e]{1,200}$/;

export const idempotent = createMiddleware<{ Bindings: App; Variables: Variables }>(async (c, next) => {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return problem(c, { code: 'idempotency_key_missing' });
  if (!KEY_SHAPE.test(key)) return problem(c, { code: 'idempotency_key_invalid' });
  const actor = nameOf(c.var.actor);
  const { pathname, search } = new URL(c.req.url);
  const fingerprint = await sha256([c.req.method, pathname, search, await c.req.text()].join('\n'));

  // Safe as a cast: the status is one that a route answered with.
  const replay = (answer: Answer) =>
    answer.fingerprint === fingerprint
      ? c.body(answer.body, answer.status as ContentfulStatusCode, {
          'content-type': 'application/json',
          'idempotency-replayed': 'true',
        })
      : problem(c, { code: 'idempotency_key_reused' });

  c.set('keep', (status, body) => [
    keepAnswer({ actor, key, fingerprint, status, body: JSON.stringify(body), createdAt: c.env.clock.now() }),
  ]);
  c.set('unanswered', isUnanswered(actor, key));
  await next();
  // A repeat is judged before it is recognized: its effect is refused by the row of the first, and its answer found here.
  const given = c.res.ok ? undefined : await findAnswer(c.env.database, actor, key);
  if (given !== undefined) c.res = replay(given);
  return undefined;
});
