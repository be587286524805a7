// HTTP of schedules: make, list, read, edit, pause, resume, skip the next slot, end.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes, scopeOf } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { id, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listSchedules } from '../../store/schedules.ts';
import { ScheduleEditRequest, ScheduleRequest, ScheduleView, viewSchedule } from './schemas.ts';
import { editSchedule, makeSchedule, readSchedule, type ScheduleStep, skipNextSlot, stepSchedule } from './service.ts';

const SchedulePath = z.object({ id: id('sch').openapi({ param: { name: 'id', in: 'path' } }) });

const postSchedule = createRoute({
  method: 'post',
  path: '/schedules',
  summary: 'Make a schedule under a mandate',
  description:
    'Its orders fund trades by a fixed amount or a share, or sweep; what is not fixed is found when each runs. A withdrawal is the client’s own order, with `dueAt` for later.',
  middleware: [authorize('operator'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(ScheduleRequest) } },
  responses: { 201: { description: 'Made.', ...json(ScheduleView) }, ...problems },
});

const getSchedules = createRoute({
  method: 'get',
  path: '/schedules',
  summary: 'List schedules, newest first',
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(ScheduleView)) }, ...problems },
});

const getSchedule = createRoute({
  method: 'get',
  path: '/schedules/{id}',
  summary: 'Read a schedule',
  request: { query: NoQuery, params: SchedulePath },
  responses: { 200: { description: 'The schedule.', ...json(ScheduleView) }, ...problems },
});

const postStep = <Step extends ScheduleStep>(step: Step, summary: string) =>
  createRoute({
    method: 'post',
    path: `/schedules/{id}/${step}` as const,
    summary,
    middleware: [authorize('operator'), idempotent] as const,
    request: { query: NoQuery, params: SchedulePath },
    responses: { 200: { description: 'Done.', ...json(ScheduleView) }, ...problems },
  });
const postPause = postStep('pause', 'Pause a schedule');
const postResume = postStep('resume', 'Resume a schedule; slots that passed are not made up for');
const postEnd = postStep('end', 'End a schedule');

const postSkipNext = createRoute({
  method: 'post',
  path: '/schedules/{id}/skip-next',
  summary: 'Skip the next slot; the one after it is next',
  middleware: [authorize('operator'), idempotent] as const,
  request: { query: NoQuery, params: SchedulePath },
  responses: { 200: { description: 'Done.', ...json(ScheduleView) }, ...problems },
});

const patchSchedule = createRoute({
  method: 'patch',
  path: '/schedules/{id}',
  summary: 'Edit a schedule; an order that was released keeps what it had',
  middleware: [authorize('operator'), idempotent] as const,
  request: { query: NoQuery, params: SchedulePath, body: { required: true, ...json(ScheduleEditRequest) } },
  responses: { 200: { description: 'Edited.', ...json(ScheduleView) }, ...problems },
});

export const scheduleRoutes = routes()
  .openapi(postSchedule, async (c) => {
    const made = await makeSchedule(c.env, by(c), c.req.valid('json'), (schedule) =>
      c.var.keep(201, viewSchedule(schedule)),
    );
    return made.ok ? c.json(viewSchedule(made.value), 201) : problem(c, made.refusal);
  })
  .openapi(getSchedules, async (c) => {
    const scope = await scopeOf(c);
    const { limit, cursor } = c.req.valid('query');
    const filter = { accountId: scope === 'staff' ? undefined : scope.accountId };
    return c.json(
      toPage(await listSchedules(c.env.database, filter, { before: cursor, limit: limit + 1 }), limit, viewSchedule),
      200,
    );
  })
  .openapi(getSchedule, async (c) => {
    const scope = await scopeOf(c);
    const read = await readSchedule(c.env, scope, c.req.valid('param').id);
    return read.ok ? c.json(viewSchedule(read.value), 200) : problem(c, read.refusal);
  })
  .openapi(postPause, async (c) => {
    const paused = await stepSchedule(c.env, by(c), c.req.valid('param').id, 'pause', (schedule) =>
      c.var.keep(200, viewSchedule(schedule)),
    );
    return paused.ok ? c.json(viewSchedule(paused.value), 200) : problem(c, paused.refusal);
  })
  .openapi(postResume, async (c) => {
    const resumed = await stepSchedule(c.env, by(c), c.req.valid('param').id, 'resume', (schedule) =>
      c.var.keep(200, viewSchedule(schedule)),
    );
    return resumed.ok ? c.json(viewSchedule(resumed.value), 200) : problem(c, resumed.refusal);
  })
  .openapi(postEnd, async (c) => {
    const ended = await stepSchedule(c.env, by(c), c.req.valid('param').id, 'end', (schedule) =>
      c.var.keep(200, viewSchedule(schedule)),
    );
    return ended.ok ? c.json(viewSchedule(ended.value), 200) : problem(c, ended.refusal);
  })
  .openapi(postSkipNext, async (c) => {
    const skipped = await skipNextSlot(c.env, by(c), c.req.valid('param').id, (schedule) =>
      c.var.keep(200, viewSchedule(schedule)),
    );
    return skipped.ok ? c.json(viewSchedule(skipped.value), 200) : problem(c, skipped.refusal);
  })
  .openapi(patchSchedule, async (c) => {
    const edited = await editSchedule(c.env, by(c), c.req.valid('param').id, c.req.valid('json'), (schedule) =>
      c.var.keep(200, viewSchedule(schedule)),
    );
    return edited.ok ? c.json(viewSchedule(edited.value), 200) : problem(c, edited.refusal);
  });
