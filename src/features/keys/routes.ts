// HTTP of the read-only keys of an account.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { accountIn, by, routes } from '../../app/routes.ts';
import { type AccountKey, reports } from '../../domain/account-key.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, Instant, id, json, NoQuery, problems, shown, Timestamp } from '../../kit/schemas.ts';
import { listAccountKeys } from '../../store/account-keys.ts';
import { findAccount } from '../../store/accounts.ts';
import { databaseFor } from '../../store/database.ts';
import { mintKey, revokeKey } from './service.ts';

const LABEL_CHARACTERS_MAX = 80;
/** Revoked and expired ones too; older ones are in the journal. */
const LISTED_MAX = 100;

const KeyRequest = z
  .strictObject({
    label: shown(LABEL_CHARACTERS_MAX),
    reports: z.array(z.enum(reports)).min(1).max(reports.length),
    expiresAt: Timestamp.openapi({ description: 'A year from now at the latest.' }),
  })
  .openapi('AccountKeyRequest');

const KeyView = z
  .object({
    id: z.string(),
    status: z.string(),
    label: z.string(),
    reports: z.array(z.enum(reports)),
    createdAt: Instant,
    expiresAt: Instant,
    revokedAt: Instant.nullable(),
  })
  .openapi('AccountKey');

const MintedView = KeyView.extend({
  key: z.string().nullable().openapi({
    description: 'The bearer token, shown this once. Null where the request is repeated: it is not kept anywhere.',
  }),
}).openapi('MintedAccountKey');

const view = (key: AccountKey): z.infer<typeof KeyView> => ({
  id: key.id,
  status: key.status,
  label: key.label,
  reports: [...key.reports],
  createdAt: key.createdAt,
  expiresAt: key.expiresAt,
  revokedAt: key.status === 'revoked' ? key.revokedAt : null,
});

const postKey = createRoute({
  method: 'post',
  path: '/accounts/{id}/keys',
  summary: 'Make a read-only key for an accountant',
  middleware: [authorize('client'), idempotent] as const,
  request: { query: NoQuery, params: AccountPath, body: { required: true, ...json(KeyRequest) } },
  responses: { 201: { description: 'The key, this once.', ...json(MintedView) }, ...problems },
});

const getKeys = createRoute({
  method: 'get',
  path: '/accounts/{id}/keys',
  summary: 'The read-only keys of the account, newest first',
  middleware: [authorize('client', 'compliance', 'auditor')] as const,
  request: { query: NoQuery, params: AccountPath },
  responses: { 200: { description: 'The keys.', ...json(z.object({ items: z.array(KeyView) })) }, ...problems },
});

const deleteKey = createRoute({
  method: 'delete',
  path: '/accounts/{id}/keys/{keyId}',
  summary: 'Revoke a read-only key',
  middleware: [authorize('client', 'compliance')] as const,
  request: {
    query: NoQuery,
    params: AccountPath.extend({ keyId: id('key').openapi({ param: { name: 'keyId', in: 'path' } }) }),
  },
  responses: { 200: { description: 'Revoked.', ...json(KeyView) }, ...problems },
});

export const keyRoutes = routes()
  .openapi(postKey, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    // The answer that is kept for a repeat does not hold the key: it would lie in the database in plain.
    const keep = (key: AccountKey) => c.var.keep(201, { ...view(key), key: null });
    const minted = await mintKey(c.env, by(c), found.value, c.req.valid('json'), keep);
    if (!minted.ok) return problem(c, minted.refusal);
    return c.json({ ...view(minted.value.record), key: minted.value.key }, 201, { 'cache-control': 'no-store' });
  })
  .openapi(getKeys, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    const database = databaseFor(c.env, accountId);
    if ((await findAccount(database, scope, accountId)) === undefined) return problem(c, { code: 'not_found' });
    return c.json({ items: (await listAccountKeys(database, accountId, LISTED_MAX)).map(view) }, 200);
  })
  .openapi(deleteKey, async (c) => {
    const { id: account, keyId } = c.req.valid('param');
    const found = await accountIn(c, account);
    if (!found.ok) return problem(c, found.refusal);
    const { accountId, scope } = found.value;
    const revoked = await revokeKey(c.env, by(c), scope, { accountId, id: keyId });
    return revoked.ok ? c.json(view(revoked.value), 200) : problem(c, revoked.refusal);
  });
