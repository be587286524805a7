/** Owns service accounts: their creation with a token that is shown once, and their life until they are archived. */
import * as z from 'zod';
import { authorize } from './auth.ts';
import type { Account } from './derive.ts';
import {
  insertAccount,
  insertAssignment,
  insertCredential,
  requireAccount,
  viewAccount,
  viewAssignmentsOf,
} from './directory.ts';
import type { AccessToken, StoredAccount } from './directory-types.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, choice, ok, param, type Route } from './http.ts';
import { assign, requirePermission } from './permissions.ts';
import { isAcceptedKey } from './signature.ts';
import { directionOf } from './store.ts';
import { DAY_SECONDS, DAYS_MAX, signToken, viewToken } from './tokens.ts';
import { iso, newId, type World } from './world.ts';

export const Name = z.string().min(1).max(100);
export const ExternalId = z.string().min(1).max(100);
export const PublicKey = z
  .string()
  .max(10_000)
  .refine(isAcceptedKey, 'must be the PEM of an Ed25519, P-256, secp256k1 or RSA public key of at least 2048 bits');
const CreateServiceAccount = z.strictObject({
  name: Name,
  publicKey: PublicKey,
  permissionId: z.string().optional(),
  externalId: ExternalId.optional(),
  daysValid: z.int().min(1).max(DAYS_MAX).default(DAYS_MAX),
});
const UpdateServiceAccount = z.strictObject({ name: Name.optional(), externalId: ExternalId.optional() });
const Deactivate = z.strictObject({ force: z.boolean().optional() });

const ALL = '/auth/service-accounts';
const ONE = `${ALL}/:serviceAccountId`;
export const serviceAccountRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: ALL, operation: 'Auth:ServiceAccounts:Create', serve: createServiceAccount },
  { method: 'GET', path: ALL, operation: 'Auth:ServiceAccounts:Read', serve: listServiceAccounts },
  { method: 'GET', path: ONE, operation: 'Auth:ServiceAccounts:Read', serve: getServiceAccount },
  { method: 'PUT', path: ONE, operation: 'Auth:ServiceAccounts:Update', serve: updateServiceAccount },
  { method: 'PUT', path: `${ONE}/activate`, operation: 'Auth:ServiceAccounts:Activate', serve: activate },
  { method: 'PUT', path: `${ONE}/deactivate`, operation: 'Auth:ServiceAccounts:Deactivate', serve: deactivate },
  { method: 'DELETE', path: ONE, operation: 'Auth:ServiceAccounts:Delete', serve: archive },
];

const accountOf = (world: World, call: ApiCall) =>
  requireAccount(world, param(call, 'serviceAccountId'), 'Service account');

function createServiceAccount(world: World, { caller, text }: ApiCall): Answer {
  const body = parse(CreateServiceAccount, readJson(text), 'body');
  // Otherwise whoever may create accounts could give one of them everything.
  if (body.permissionId !== undefined) authorize(caller, 'Permissions:Assign');
  const { name, publicKey, externalId } = body;
  const userId = newId('us');
  const stored = { userId, username: name, name, isServiceAccount: true, isActive: true };
  insertAccount(world.store, { ...stored, ...(externalId !== undefined && { externalId }) });
  const common = { userId, name, publicKey, isActive: true, dateCreated: iso(world.now) };
  const [credentialUuid, tokenId] = [newId('cr'), newId('to')];
  const credentialId = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  insertCredential(world.store, { ...common, kind: 'Key', credentialId, credentialUuid, origin: '' });
  const token: AccessToken = { ...common, tokenId, kind: 'ServiceAccount', credId: credentialId };
  world.store.insert('tokens', tokenId, token, { user_id: userId });
  const blocked = grantFirst(world, caller, userId, body.permissionId);
  if (blocked) throw new Refused(403, 'The activity is blocked by a policy.');
  const accessToken = signToken(world, token, body.daysValid * DAY_SECONDS);
  return ok(view(world, accountById(world, userId), accessToken));
}

/** Older documentation let a new account inherit what its creator may do. True where a policy forbids the grant. */
function grantFirst(world: World, caller: Account, userId: string, permissionId: string | undefined): boolean {
  if (permissionId !== undefined) {
    return assign(world, caller, requirePermission(world, permissionId), userId).status === 403;
  }
  if (world.settings.newServiceAccount === 'inherits') {
    const dates = { dateCreated: iso(world.now), dateUpdated: iso(world.now) };
    for (const held of viewAssignmentsOf(world.store, caller.userId)) {
      const ids = { id: newId('as'), permissionId: held.permissionId, identityId: userId };
      insertAssignment(world.store, { ...ids, isImmutable: false, ...dates }, true);
    }
  }
  return false;
}

const accountById = (world: World, userId: string) => requireAccount(world, userId, 'Service account');

/** Dfns shows the text of the token once, when the account is created. */
function view(world: World, account: StoredAccount, accessToken?: string) {
  const tokens = world.store.select('tokens', 'WHERE user_id = ? ORDER BY seq', account.userId);
  return {
    userInfo: viewAccount(world, account),
    accessTokens: tokens.map((token) => ({
      ...viewToken(world, { ...token, isActive: token.isActive && account.isActive }),
      ...(accessToken !== undefined && { accessToken }),
    })),
  };
}

/** The SDK knows no pages here, so there are none. */
function listServiceAccounts(world: World, { listOrder }: ApiCall): Answer {
  const ordered = `ORDER BY seq ${directionOf(listOrder)}`;
  const accounts = world.store.select('accounts', `WHERE is_service = 1 AND archived = 0 ${ordered}`);
  return ok({ items: accounts.map((account) => view(world, account)) });
}

function getServiceAccount(world: World, call: ApiCall): Answer {
  return ok(view(world, accountOf(world, call)));
}

function updateServiceAccount(world: World, call: ApiCall): Answer {
  const account = accountOf(world, call);
  const { name = account.name, externalId = account.externalId } = parse(
    UpdateServiceAccount,
    readJson(call.text),
    'body',
  );
  return save(world, { ...account, name, ...(externalId !== undefined && { externalId }) });
}

function activate(world: World, call: ApiCall): Answer {
  const account = accountOf(world, call);
  parse(Empty, readJson(call.text), 'body');
  return save(world, { ...account, isActive: true });
}

function deactivate(world: World, call: ApiCall): Answer {
  const account = accountOf(world, call);
  const { force } = parse(Deactivate, readJson(call.text), 'body');
  if (!force) refuseApprover(world, account);
  return save(world, { ...account, isActive: false });
}

function archive(world: World, call: ApiCall): Answer {
  const account = accountOf(world, call);
  parse(Empty, readJson(call.text), 'body');
  if (choice(call, 'force', ['true', 'false']) !== 'true') refuseApprover(world, account);
  const archived = { ...account, isActive: false };
  world.store.save('accounts', account.userId, archived, { archived: 1 });
  return ok(view(world, archived));
}

function save(world: World, account: StoredAccount): Answer {
  world.store.save('accounts', account.userId, account);
  return ok(view(world, account));
}

/** Without its approver a policy could never be satisfied, so Dfns wants to be told that this is meant. */
function refuseApprover({ store, settings }: World, { userId }: StoredAccount): void {
  const policies = store.select('policies', `WHERE status = 'Active'`);
  const approvedBy = policies.filter(
    ({ action }) =>
      action.kind === 'RequestApproval' &&
      action.approvalGroups.some(({ approvers }) => approvers.userId?.in.includes(userId)),
  );
  if (approvedBy.length === 0) return;
  const details = { policyIds: approvedBy.map(({ id }) => id) };
  throw new Refused(settings.approverInUseStatus, 'Service account is an approver of a policy.', details);
}
