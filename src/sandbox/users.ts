/** Owns the people of the organisation as the API shows them. They are derived from the seed; the API adds none. */
import { requireAccount, viewAccount } from './directory.ts';
import type { StoredAccount } from './directory-types.ts';
import { Empty, parse, readJson } from './errors.ts';
import { type Answer, type ApiCall, choice, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import type { World } from './world.ts';

const ONE = '/auth/users/:userId';
export const userRoutes: readonly Route<ApiCall>[] = [
  { method: 'GET', path: '/auth/users', operation: 'Auth:Users:Read', serve: listUsers },
  {
    method: 'GET',
    path: ONE,
    operation: 'Auth:Users:Read',
    serve: (world, call) => ok(view(world, userOf(world, call))),
  },
  { method: 'PUT', path: `${ONE}/activate`, operation: 'Auth:Users:Activate', serve: setActive(true) },
  { method: 'PUT', path: `${ONE}/deactivate`, operation: 'Auth:Users:Deactivate', serve: setActive(false) },
];

const userOf = (world: World, call: ApiCall) => requireAccount(world, param(call, 'userId'), 'User');
const view = (world: World, account: StoredAccount) => ({ ...viewAccount(world, account), isSSORequired: false });

/** People only: service accounts have a list of their own. Everybody here is an employee of the customer. */
function listUsers(world: World, call: ApiCall): Answer {
  const request = pageRequest(call);
  if (choice(call, 'kind', ['CustomerEmployee', 'EndUser']) === 'EndUser') return ok({ items: [] });
  return pageAnswer(world.store.page('accounts', { is_service: 0, archived: 0 }, request), (user) => view(world, user));
}

function setActive(isActive: boolean) {
  return (world: World, call: ApiCall): Answer => {
    const user = userOf(world, call);
    parse(Empty, readJson(call.text), 'body');
    const changed = { ...user, isActive };
    world.store.save('accounts', user.userId, changed);
    return ok(view(world, changed));
  };
}
