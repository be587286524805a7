/** Owns keys as Dfns shows them: made, listed, named, archived. Their cryptography is in key-material.ts. */
import * as z from 'zod';
import type { Key, Wallet } from './entities.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { emit } from './events.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { type Curve, publicKeyOf } from './key-material.ts';
import { iso, newId, type World } from './world.ts';

const CURVES: readonly Curve[] = [
  { scheme: 'ECDSA', curve: 'secp256k1' },
  { scheme: 'EdDSA', curve: 'ed25519' },
];
const name = z.string().min(1).max(100);
const CreateKey = z.strictObject({
  scheme: z.enum(['DH', 'ECDSA', 'EdDSA', 'Schnorr']),
  curve: z.enum(['ed25519', 'secp256k1', 'stark']),
  name: name.optional(),
});
const UpdateKey = z.strictObject({ name });

export const keyRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/keys', operation: 'Keys:Create', serve: createKey },
  { method: 'GET', path: '/keys', operation: 'Keys:Read', serve: listKeys },
  { method: 'GET', path: '/keys/:keyId', operation: 'Keys:Read', serve: getKey },
  { method: 'PUT', path: '/keys/:keyId', operation: 'Keys:Update', serve: updateKey },
  { method: 'DELETE', path: '/keys/:keyId', operation: 'Keys:Delete', serve: deleteKey },
];

export function requireKey(world: World, id: string): Key {
  const key = world.store.find('keys', id);
  if (!key) throw new Refused(404, 'Key not found.', { keyId: id, orgId: world.organization.orgId });
  return key;
}

/** Dfns answers 422 where the target is archived. */
export function requireActiveKey(world: World, id: string): Key {
  const key = requireKey(world, id);
  if (key.status !== 'Active') throw new Refused(422, `Key is ${key.status}.`, { keyId: id });
  return key;
}

export function walletsOf(world: World, keyId: string): Wallet[] {
  const where = 'WHERE seq IN (SELECT wallet_seq FROM key_wallets WHERE key_id = ?) ORDER BY seq';
  return world.store.select('wallets', where, keyId);
}

export function makeKey(world: World, curve: Curve, label?: string): Key {
  const id = newId('key');
  const key: Key = {
    id,
    ...curve,
    publicKey: publicKeyOf(world, { id, ...curve }),
    ...(label !== undefined && { name: label }),
    status: 'Active',
    custodial: true,
    dateCreated: iso(world.now),
  };
  world.store.insert('keys', id, key);
  return key;
}

function createKey(world: World, { text }: ApiCall): Answer {
  const body = parse(CreateKey, readJson(text), 'body');
  const curve = CURVES.find(({ scheme, curve: known }) => scheme === body.scheme && known === body.curve);
  if (!curve) throw new Refused(400, `Invalid body: curve: no ${body.scheme} keys on ${body.curve} in this sandbox`);
  const key = makeKey(world, curve, body.name);
  emit(world, 'key.created', { key });
  return ok(key);
}

function listKeys(world: World, call: ApiCall): Answer {
  return pageAnswer(world.store.page('keys', {}, pageRequest(call)), (key) => key);
}

/** Where the key is kept is made up: there is one store, and a key has its own id in it. */
function getKey(world: World, call: ApiCall): Answer {
  const key = requireKey(world, param(call, 'keyId'));
  const wallets = walletsOf(world, key.id).map(({ id, network }) => ({ id, network }));
  return ok({ ...key, wallets, store: { id: 'ks-sandbox', kind: 'Mpc', keyId: key.id } });
}

function updateKey(world: World, call: ApiCall): Answer {
  const key = requireActiveKey(world, param(call, 'keyId'));
  const updated = { ...key, ...parse(UpdateKey, readJson(call.text), 'body') };
  world.store.save('keys', key.id, updated);
  return ok(updated);
}

/** A deleted key is kept as archived, and so are its wallets, which nobody can sign for any more. */
function deleteKey(world: World, call: ApiCall): Answer {
  parse(Empty, readJson(call.text), 'body');
  const key = requireActiveKey(world, param(call, 'keyId'));
  const wallets = walletsOf(world, key.id).filter(({ status }) => status === 'Active');
  if (wallets.length > 0 && world.settings.deletedKeyWallets === 'refuse') {
    throw new Refused(422, 'Key has active wallets.', { walletIds: wallets.map(({ id }) => id) });
  }
  const end = { status: 'Archived', dateDeleted: iso(world.now) } as const;
  for (const wallet of wallets) world.store.save('wallets', wallet.id, { ...wallet, ...end });
  const archived: Key = { ...key, ...end };
  world.store.save('keys', key.id, archived);
  emit(world, 'key.deleted', { key: archived });
  return ok(archived);
}
