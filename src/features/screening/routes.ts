// HTTP of sanctions lists: announce, fill, put in force, read. `npm run screening` is its client.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { idPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { listScreeningLists } from '../../store/screening.ts';
import { ScreeningEntriesRequest, ScreeningListRequest, ScreeningListView, viewScreeningList } from './schemas.ts';
import { announceList, putInForce, receiveEntries } from './service.ts';

const loaders = authorize('admin');

const postList = createRoute({
  method: 'post',
  path: '/screening-lists',
  summary: 'Announce a sanctions list',
  description: 'Nothing is held against it before all of it was received and it was put in force.',
  middleware: [loaders, idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(ScreeningListRequest) } },
  responses: { 201: { description: 'In loading.', ...json(ScreeningListView) }, ...problems },
});

const postEntries = createRoute({
  method: 'post',
  path: '/screening-lists/{id}/addresses',
  summary: 'Add addresses to a list in loading',
  middleware: [loaders, idempotent] as const,
  request: { query: NoQuery, params: idPath('scl'), body: { required: true, ...json(ScreeningEntriesRequest) } },
  responses: { 200: { description: 'Received.', ...json(ScreeningListView) }, ...problems },
});

const postActivate = createRoute({
  method: 'post',
  path: '/screening-lists/{id}/activate',
  summary: 'Put a list in force, in place of the one before',
  description: 'Refused unless every announced address is there and the hash is that of the content.',
  middleware: [loaders, idempotent] as const,
  request: { query: NoQuery, params: idPath('scl') },
  responses: { 200: { description: 'In force.', ...json(ScreeningListView) }, ...problems },
});

const getLists = createRoute({
  method: 'get',
  path: '/screening-lists',
  summary: 'List sanctions lists, newest first',
  middleware: [authorize('admin', 'compliance', 'operator', 'auditor')] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(ScreeningListView)) }, ...problems },
});

export const screeningRoutes = routes()
  .openapi(postList, async (c) => {
    const announced = await announceList(c.env, by(c), c.req.valid('json'), (list) =>
      c.var.keep(201, viewScreeningList(list)),
    );
    return announced.ok ? c.json(viewScreeningList(announced.value), 201) : problem(c, announced.refusal);
  })
  .openapi(postEntries, async (c) => {
    const { id } = c.req.valid('param');
    const received = await receiveEntries(c.env, by(c), id, c.req.valid('json'), (list) =>
      c.var.keep(200, viewScreeningList(list)),
    );
    return received.ok ? c.json(viewScreeningList(received.value), 200) : problem(c, received.refusal);
  })
  .openapi(postActivate, async (c) => {
    const activated = await putInForce(c.env, by(c), c.req.valid('param').id, (list) =>
      c.var.keep(200, viewScreeningList(list)),
    );
    return activated.ok ? c.json(viewScreeningList(activated.value), 200) : problem(c, activated.refusal);
  })
  .openapi(getLists, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const lists = await listScreeningLists(c.env.database, { before: cursor, limit: limit + 1 });
    return c.json(toPage(lists, limit, viewScreeningList), 200);
  });
