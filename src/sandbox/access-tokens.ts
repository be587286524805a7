/**
 * Owns personal access tokens: further bearer tokens of whoever calls, each with a key of its own. Dfns asks an
 * operation for their creation only; everything else is about the caller's own tokens.
 */
import * as z from 'zod';
import { insertAssignment, insertCredential } from './directory.ts';
import type { AccessToken } from './directory-types.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, param, type Route } from './http.ts';
import { requirePermission } from './permissions.ts';
import { ExternalId, Name, PublicKey } from './service-accounts.ts';
import { DAY_SECONDS, DAYS_MAX, signToken, viewToken } from './tokens.ts';
import { iso, newId, type World } from './world.ts';

const CreateToken = z
  .strictObject({
    name: Name,
    publicKey: PublicKey,
    permissionId: z.string().optional(),
    externalId: ExternalId.optional(),
    daysValid: z.int().min(1).max(DAYS_MAX).optional(),
    secondsValid: z
      .int()
      .min(1)
      .max(DAYS_MAX * DAY_SECONDS)
      .optional(),
  })
  .refine(({ daysValid, secondsValid }) => daysValid === undefined || secondsValid === undefined, {
    message: 'daysValid and secondsValid exclude each other',
  });
const UpdateToken = z.strictObject({ name: Name.optional(), externalId: ExternalId.optional() });

const ALL = '/auth/pats';
const ONE = `${ALL}/:tokenId`;
export const accessTokenRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: ALL, operation: 'Auth:Pats:Create', serve: createToken },
  { method: 'GET', path: ALL, serve: listTokens },
  { method: 'GET', path: ONE, serve: (world, call) => ok(viewToken(world, tokenOf(world, call))) },
  { method: 'PUT', path: ONE, serve: updateToken },
  { method: 'PUT', path: `${ONE}/activate`, serve: setActive(true) },
  { method: 'PUT', path: `${ONE}/deactivate`, serve: setActive(false) },
  { method: 'DELETE', path: ONE, serve: archiveToken },
];

/** The external id is a label that Dfns takes and shows nowhere, so it is not kept. */
function createToken(world: World, { caller, text }: ApiCall): Answer {
  const body = parse(CreateToken, readJson(text), 'body');
  const { store } = world;
  const permission = body.permissionId === undefined ? undefined : requirePermission(world, body.permissionId);
  if (permission?.isArchived) throw new Refused(422, 'Permission is archived.', { permissionId: permission.id });
  const [tokenId, credentialUuid] = [newId('to'), newId('cr')];
  const credId = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const at = iso(world.now);
  const { userId } = caller;
  const common = { userId, name: body.name, publicKey: body.publicKey, isActive: true, dateCreated: at };
  insertCredential(store, { ...common, kind: 'Key', credentialId: credId, credentialUuid, origin: '' });
  const token: AccessToken = { ...common, tokenId, kind: 'Pat', credId, ...(permission && { isRestricted: true }) };
  store.insert('tokens', tokenId, token, { user_id: userId });
  if (permission) {
    // Nobody gains by it: the token may do nothing that its account may not, so no policy is asked.
    const ids = { id: newId('as'), permissionId: permission.id, identityId: tokenId };
    insertAssignment(store, { ...ids, isImmutable: false, dateCreated: at, dateUpdated: at }, true);
  }
  const seconds = body.secondsValid ?? (body.daysValid ?? DAYS_MAX) * DAY_SECONDS;
  return ok({ ...viewToken(world, token), accessToken: signToken(world, token, seconds) });
}

/** The tokens of service accounts are not personal, and those of others are not found. */
function tokenOf(world: World, call: ApiCall): AccessToken {
  const tokenId = param(call, 'tokenId');
  const token = world.store.find('tokens', tokenId);
  if (token?.userId !== call.caller.userId || token.kind !== 'Pat') {
    throw new Refused(404, 'Personal access token not found.', { tokenId });
  }
  return token;
}

/** The SDK knows no pages here, so there are none. */
function listTokens(world: World, { caller }: ApiCall): Answer {
  const tokens = world.store.select('tokens', 'WHERE user_id = ? ORDER BY seq DESC', caller.userId);
  return ok({ items: tokens.filter(({ kind }) => kind === 'Pat').map((token) => viewToken(world, token)) });
}

function updateToken(world: World, call: ApiCall): Answer {
  const token = tokenOf(world, call);
  const { name = token.name } = parse(UpdateToken, readJson(call.text), 'body');
  return save(world, { ...token, name });
}

function setActive(isActive: boolean) {
  return (world: World, call: ApiCall): Answer => {
    const token = tokenOf(world, call);
    parse(Empty, readJson(call.text), 'body');
    return save(world, { ...token, isActive });
  };
}

function save(world: World, token: AccessToken): Answer {
  world.store.save('tokens', token.tokenId, token);
  return ok(viewToken(world, token));
}

/** Its key goes with it; otherwise the key could go on signing beside another token of the same account. */
function archiveToken(world: World, call: ApiCall): Answer {
  const token = tokenOf(world, call);
  parse(Empty, readJson(call.text), 'body');
  const archived = viewToken(world, { ...token, isActive: false });
  const { store } = world;
  store.remove('tokens', token.tokenId);
  for (const { id } of store.select('assignments', 'WHERE identity_id = ?', token.tokenId))
    store.remove('assignments', id);
  const [credential] = store.select('credentials', 'WHERE credential_id = ?', token.credId);
  if (credential) store.save('credentials', credential.credentialUuid, { ...credential, isActive: false });
  return ok(archived);
}
