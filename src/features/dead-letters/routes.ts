// HTTP of dead letters: what could not be carried out, and sending it again.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { type DeadLetter, type deadLetterMachine, isOfMoney } from '../../domain/dead-letter.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { Instant, idPath, json, NoQuery, PageQuery, pageOf, problems, shown, toPage } from '../../kit/schemas.ts';
import { listDeadLetters } from '../../store/dead-letters.ts';
import { replayDeadLetter } from './service.ts';

const REASON_CHARACTERS_MAX = 500;
const statuses = z.enum(['waiting', 'replayed']) satisfies z.ZodType<keyof typeof deadLetterMachine>;

const DeadLetterView = z
  .object({
    id: z.string(),
    status: statuses,
    queue: z.string(),
    type: z.string(),
    cause: z.string(),
    receivedAt: Instant,
    needsTwo: z
      .boolean()
      .openapi({ description: 'It may move money: one person proposes its replay, another one does it.' }),
    proposedBy: z.string().nullable(),
    replayedAt: Instant.nullable(),
    replayedBy: z.string().nullable(),
  })
  .openapi('DeadLetter');

/** Without the message itself, which may hold what custody says of people's money. */
const viewDeadLetter = (letter: DeadLetter): z.infer<typeof DeadLetterView> => ({
  id: letter.id,
  status: letter.status,
  queue: letter.queue,
  type: letter.type,
  cause: letter.cause,
  receivedAt: letter.receivedAt,
  needsTwo: isOfMoney(letter),
  proposedBy: letter.proposal?.by ?? null,
  replayedAt: letter.status === 'replayed' ? letter.replayedAt : null,
  replayedBy: letter.status === 'replayed' ? letter.replayedBy : null,
});

const getDeadLetters = createRoute({
  method: 'get',
  path: '/dead-letters',
  summary: 'List messages that could not be carried out, newest first',
  middleware: [authorize('admin', 'compliance', 'auditor')] as const,
  request: { query: PageQuery.extend({ status: statuses.optional() }) },
  responses: { 200: { description: 'A page.', ...json(pageOf(DeadLetterView)) }, ...problems },
});

const postReplay = createRoute({
  method: 'post',
  path: '/dead-letters/{id}/replay',
  summary: 'Send a dead letter again; one of money takes a second person',
  middleware: [authorize('admin', 'compliance'), idempotent] as const,
  request: {
    query: NoQuery,
    params: idPath('dlt'),
    body: { required: true, ...json(z.strictObject({ reason: shown(REASON_CHARACTERS_MAX) })) },
  },
  responses: {
    200: { description: 'Sent again.', ...json(DeadLetterView) },
    202: { description: 'Proposed: another person has to ask for the same.', ...json(DeadLetterView) },
    ...problems,
  },
});

export const deadLetterRoutes = routes()
  .openapi(getDeadLetters, async (c) => {
    const { limit, cursor, status } = c.req.valid('query');
    const letters = await listDeadLetters(c.env.database, { status, before: cursor, limit: limit + 1 });
    return c.json(toPage(letters, limit, viewDeadLetter), 200);
  })
  .openapi(postReplay, async (c) => {
    const { reason } = c.req.valid('json');
    const statusOf = (letter: DeadLetter) => (letter.status === 'replayed' ? 200 : 202);
    const replayed = await replayDeadLetter(c.env, by(c), c.req.valid('param').id, reason, (letter) =>
      c.var.keep(statusOf(letter), viewDeadLetter(letter)),
    );
    if (!replayed.ok) return problem(c, replayed.refusal);
    return c.json(viewDeadLetter(replayed.value), statusOf(replayed.value));
  });
