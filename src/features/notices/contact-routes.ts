// HTTP of notices for a client: where it is written to, and what it does not want to be told.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { accountIn, by, routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, json, NoQuery, problems } from '../../kit/schemas.ts';
import { findAccount } from '../../store/accounts.ts';
import { databaseFor } from '../../store/database.ts';
import { askForContact, confirm, readContacts, removeContacts } from './contacts.ts';
import { readPreferences, setPreferences } from './preferences.ts';
import {
  CodeRequest,
  ContactRequest,
  ContactView,
  PreferencesRequest,
  PreferencesView,
  viewContacts,
  viewPreferences,
} from './schemas.ts';

const path = { query: NoQuery, params: AccountPath };

const postContact = createRoute({
  method: 'post',
  path: '/accounts/{id}/contact',
  summary: 'Ask for notices by e-mail',
  description:
    'A code is mailed to the address; nothing else goes there before it came back. Three times a day at most.',
  middleware: [authorize('client'), idempotent] as const,
  request: { ...path, body: { required: true, ...json(ContactRequest) } },
  responses: { 202: { description: 'A code is on its way.', ...json(ContactView) }, ...problems },
});

const postConfirm = createRoute({
  method: 'post',
  path: '/accounts/{id}/contact/confirm',
  summary: 'Confirm the address with the code that was mailed',
  middleware: [authorize('client'), idempotent] as const,
  request: { ...path, body: { required: true, ...json(CodeRequest) } },
  responses: { 200: { description: 'Confirmed.', ...json(ContactView) }, ...problems },
});

const getContact = createRoute({
  method: 'get',
  path: '/accounts/{id}/contact',
  summary: 'Read where notices are mailed to',
  middleware: [authorize('client')] as const,
  request: path,
  responses: { 200: { description: 'The contact.', ...json(ContactView) }, ...problems },
});

const deleteContact = createRoute({
  method: 'delete',
  path: '/accounts/{id}/contact',
  summary: 'End notices by e-mail and forget the address',
  middleware: [authorize('client'), idempotent] as const,
  request: path,
  responses: { 200: { description: 'Forgotten.', ...json(ContactView) }, ...problems },
});

const getPreferences = createRoute({
  method: 'get',
  path: '/accounts/{id}/notice-preferences',
  summary: 'Read what is not mailed',
  request: path,
  responses: { 200: { description: 'The preferences.', ...json(PreferencesView) }, ...problems },
});

const putPreferences = createRoute({
  method: 'put',
  path: '/accounts/{id}/notice-preferences',
  summary: 'Choose what is not mailed',
  middleware: [authorize('client')] as const,
  request: { ...path, body: { required: true, ...json(PreferencesRequest) } },
  responses: { 200: { description: 'As wanted.', ...json(PreferencesView) }, ...problems },
});

export const contactRoutes = routes()
  .openapi(postContact, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    // A client that never asked for an account has none to be told of.
    if ((await findAccount(databaseFor(c.env, accountId), scope, accountId)) === undefined)
      return problem(c, { code: 'not_found' });
    const asked = await askForContact(c.env, by(c), accountId, c.req.valid('json').email, (contacts) =>
      c.var.keep(202, viewContacts(contacts)),
    );
    return asked.ok ? c.json(viewContacts(asked.value), 202) : problem(c, asked.refusal);
  })
  .openapi(postConfirm, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const confirmed = await confirm(c.env, by(c), found.value.accountId, c.req.valid('json').code, (contacts) =>
      c.var.keep(200, viewContacts(contacts)),
    );
    return confirmed.ok ? c.json(viewContacts(confirmed.value), 200) : problem(c, confirmed.refusal);
  })
  .openapi(getContact, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    return c.json(viewContacts(await readContacts(c.env, found.value.accountId)), 200);
  })
  .openapi(deleteContact, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const removed = await removeContacts(c.env, by(c), found.value.accountId, (contacts) =>
      c.var.keep(200, viewContacts(contacts)),
    );
    return removed.ok ? c.json(viewContacts([]), 200) : problem(c, removed.refusal);
  })
  .openapi(getPreferences, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    return c.json(viewPreferences(await readPreferences(c.env, found.value.accountId)), 200);
  })
  .openapi(putPreferences, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    if ((await findAccount(databaseFor(c.env, accountId), scope, accountId)) === undefined)
      return problem(c, { code: 'not_found' });
    const set = await setPreferences(c.env, by(c), { holder: accountId, accountId }, c.req.valid('json').muted);
    return set.ok ? c.json(viewPreferences(set.value), 200) : problem(c, set.refusal);
  });
