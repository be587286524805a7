// HTTP of halts: set, list, lift.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes, scopeOf } from '../../app/routes.ts';
import { type Halt, haltKinds } from '../../domain/halt.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { Instant, id, idPath, json, NoQuery, PageQuery, pageOf, problems, shown, toPage } from '../../kit/schemas.ts';
import { listHalts } from '../../store/halts.ts';
import { liftHalt, setHalt } from './service.ts';

const REASON_CHARACTERS_MAX = 500;
const Reason = shown(REASON_CHARACTERS_MAX);

const HaltRequest = z
  .discriminatedUnion('level', [
    z.strictObject({ level: z.literal('all'), reason: Reason }),
    z.strictObject({ level: z.literal('account'), accountId: z.union([z.literal('me'), id('acc')]), reason: Reason }),
    z.strictObject({ level: z.literal('mandate'), mandateId: id('mnd'), reason: Reason }),
  ])
  .openapi('HaltRequest');

const HaltView = z
  .object({
    id: z.string(),
    status: z.string(),
    level: z.string(),
    kind: z.enum(haltKinds),
    accountId: z.string().nullable(),
    mandateId: z.string().nullable(),
    reason: z.string(),
    createdAt: Instant,
    liftedAt: Instant.nullable(),
    liftReason: z.string().nullable(),
  })
  .openapi('Halt');

const viewHalt = (halt: Halt): z.infer<typeof HaltView> => ({
  id: halt.id,
  status: halt.status,
  level: halt.level,
  kind: halt.kind,
  accountId: halt.accountId,
  mandateId: halt.mandateId,
  reason: halt.reason,
  createdAt: halt.createdAt,
  liftedAt: halt.status === 'lifted' ? halt.liftedAt : null,
  liftReason: halt.status === 'lifted' ? halt.liftReason : null,
});

const makers = authorize('client', 'operator', 'compliance', 'admin');

const postHalt = createRoute({
  method: 'post',
  path: '/halts',
  summary: 'Stop new money of all, of an account or of a mandate',
  middleware: [makers, idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(HaltRequest) } },
  responses: { 201: { description: 'In force.', ...json(HaltView) }, ...problems },
});

const getHalts = createRoute({
  method: 'get',
  path: '/halts',
  summary: 'List halts, newest first',
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(HaltView)) }, ...problems },
});

const postLift = createRoute({
  method: 'post',
  path: '/halts/{id}/lift',
  summary: 'Lift a halt, as another person of equal or higher role',
  middleware: [makers, idempotent] as const,
  request: {
    query: NoQuery,
    params: idPath('hlt'),
    body: { required: true, ...json(z.strictObject({ reason: Reason })) },
  },
  responses: { 200: { description: 'Lifted.', ...json(HaltView) }, ...problems },
});

export const haltRoutes = routes()
  .openapi(postHalt, async (c) => {
    const scope = await scopeOf(c);
    const set = await setHalt(c.env, by(c), scope, c.req.valid('json'), (halt) => c.var.keep(201, viewHalt(halt)));
    return set.ok ? c.json(viewHalt(set.value), 201) : problem(c, set.refusal);
  })
  .openapi(getHalts, async (c) => {
    const scope = await scopeOf(c);
    const { limit, cursor } = c.req.valid('query');
    return c.json(
      toPage(await listHalts(c.env.database, scope, { before: cursor, limit: limit + 1 }), limit, viewHalt),
      200,
    );
  })
  .openapi(postLift, async (c) => {
    const scope = await scopeOf(c);
    const { reason } = c.req.valid('json');
    const lifted = await liftHalt(c.env, by(c), scope, c.req.valid('param').id, reason, (halt) =>
      c.var.keep(200, viewHalt(halt)),
    );
    return lifted.ok ? c.json(viewHalt(lifted.value), 200) : problem(c, lifted.refusal);
  });
