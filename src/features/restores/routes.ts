// HTTP of the epoch: how the database stands, and the first epoch of a new one.
import { createRoute, z } from '@hono/zod-openapi';
import { judgeDatabase } from '../../app/epoch.ts';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import type { Epoch } from '../../domain/epoch.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { Instant, json, NoQuery, problems, Timestamp } from '../../kit/schemas.ts';
import { findEpoch } from '../../store/epochs.ts';
import { begin } from './begin.ts';
import { initialise } from './initialise.ts';

const EPOCH_CHARACTERS_MAX = 100;
const EpochText = z.string().regex(new RegExp(`^[\\w-]{1,${EPOCH_CHARACTERS_MAX}}$`), 'letters, digits, - and _');

const EpochView = z
  .object({
    status: z.enum(['none', 'restoring', 'sound']),
    moneyMoves: z
      .boolean()
      .openapi({ description: 'Whether the epoch is the deployed one and no restore is under way.' }),
    startedAt: Instant.nullable(),
    restoredTo: Instant.nullable(),
    readFrom: Instant.nullable().openapi({
      description:
        'From here on, less a day, custody is read: earlier than the restore point after a restore that was never ended.',
    }),
    lastEntry: z.object({ id: z.string(), hash: z.string() }).nullable(),
  })
  .openapi('Epoch');

const view = (epoch: Epoch | undefined, moneyMoves: boolean): z.infer<typeof EpochView> => ({
  status: epoch?.status ?? 'none',
  moneyMoves,
  ...(epoch?.status === 'restoring'
    ? {
        ...{ startedAt: epoch.startedAt, restoredTo: epoch.restoredTo, readFrom: epoch.readFrom },
        lastEntry: epoch.lastEntry,
      }
    : { startedAt: null, restoredTo: null, readFrom: null, lastEntry: null }),
});

const getEpoch = createRoute({
  method: 'get',
  path: '/epoch',
  summary: 'Read whether the database is the one that the deployment stands for',
  middleware: [authorize('admin', 'compliance', 'operator', 'auditor')] as const,
  request: { query: NoQuery },
  responses: { 200: { description: 'As it stands.', ...json(EpochView) }, ...problems },
});

const postEpoch = createRoute({
  method: 'post',
  path: '/epoch',
  summary: 'Give a new database its first epoch, the deployed one',
  middleware: [authorize('admin'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(z.strictObject({ epoch: EpochText })) } },
  responses: { 201: { description: 'Money may move.', ...json(EpochView) }, ...problems },
});

const postRestore = createRoute({
  method: 'post',
  path: '/restores',
  summary: 'Begin a restore: halt all, give the database its new epoch, and read custody',
  middleware: [authorize('admin'), idempotent] as const,
  request: {
    query: NoQuery,
    body: { required: true, ...json(z.strictObject({ epoch: EpochText, restoredTo: Timestamp })) },
  },
  responses: {
    202: { description: 'Custody is being read; `GET /epoch` tells when it was.', ...json(EpochView) },
    ...problems,
  },
});

export const restoreRoutes = routes()
  .openapi(getEpoch, async (c) => c.json(view(await findEpoch(c.env.database), (await judgeDatabase(c.env)).ok), 200))
  .openapi(postEpoch, async (c) => {
    const { epoch } = c.req.valid('json');
    const first = await initialise(c.env, by(c), epoch, (made) => c.var.keep(201, view(made, true)));
    return first.ok ? c.json(view(first.value, true), 201) : problem(c, first.refusal);
  })
  .openapi(postRestore, async (c) => {
    const begun = await begin(c.env, by(c), c.req.valid('json'), (epoch) => c.var.keep(202, view(epoch, false)));
    return begun.ok ? c.json(view(begun.value, false), 202) : problem(c, begun.refusal);
  });
