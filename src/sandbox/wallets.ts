/** Owns wallets: their creation with a real key, their tags, and the reads of what they hold. */
import * as z from 'zod';
import { addressOf } from './addresses.ts';
import { authorize } from './auth.ts';
import { listBalances } from './chain.ts';
import type { Key, Wallet } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { emit } from './events.ts';
import { type Answer, type ApiCall, choice, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import type { Curve } from './key-material.ts';
import { makeKey, requireActiveKey, walletsOf } from './keys.ts';
import { assetInfo, familyOf, locatorOf, networks, usdQuote, usdValue } from './networks.ts';
import { walletOfLabel } from './wallet-labels.ts';
import { iso, newId, type World } from './world.ts';

const Tags = z
  .array(z.string().regex(/^[a-zA-Z0-9_.:/+-]{1,100}$/, 'not a tag'))
  .min(1)
  .max(10);
const TagsBody = z.strictObject({ tags: Tags });
const label = z.string().max(100);

export const CreateWallet = z.strictObject({
  network: z.string().refine((name) => Object.hasOwn(networks, name), 'unknown network'),
  name: label.optional(),
  externalId: label.optional(),
  tags: Tags.or(z.array(z.never()).max(0)).optional(),
  signingKey: z
    .strictObject({
      id: z.string().optional(),
      scheme: z.enum(['DH', 'ECDSA', 'EdDSA', 'Schnorr']).optional(),
      curve: z.enum(['ed25519', 'secp256k1', 'stark']).optional(),
    })
    .optional(),
});
const UpdateWallet = z.strictObject({ name: label.nullish(), externalId: label.nullish() });

export const walletRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: '/wallets', operation: 'Wallets:Create', serve: createWallet },
  { method: 'GET', path: '/wallets', operation: 'Wallets:Read', serve: listWallets },
  { method: 'GET', path: '/wallets/:walletId', operation: 'Wallets:Read', serve: getWallet },
  { method: 'PUT', path: '/wallets/:walletId', operation: 'Wallets:Update', serve: updateWallet },
  { method: 'PUT', path: '/wallets/:walletId/tags', operation: 'Wallets:Tags:Add', serve: tagWallet },
  { method: 'DELETE', path: '/wallets/:walletId/tags', operation: 'Wallets:Tags:Remove', serve: untagWallet },
  { method: 'GET', path: '/wallets/:walletId/assets', operation: 'Wallets:Read', serve: getAssets },
  { method: 'GET', path: '/wallets/:walletId/nfts', operation: 'Wallets:Read', serve: getNfts },
  { method: 'GET', path: '/wallets/:walletId/history', operation: 'Wallets:Read', serve: getHistory },
];

export function requireWallet(world: World, id: string): Wallet {
  const wallet = world.store.find('wallets', id);
  if (!wallet) throw new Refused(404, 'Wallet not found.', { walletId: id, orgId: world.organization.orgId });
  return wallet;
}

/** Dfns answers 422 where the target is archived. */
export function requireActiveWallet(world: World, id: string): Wallet {
  const wallet = requireWallet(world, id);
  if (wallet.status !== 'Active') throw new Refused(422, `Wallet is ${wallet.status}.`, { walletId: id });
  return wallet;
}

/** Dfns types `address` as optional; with the setting it is indeed absent for a while. */
function view(world: World, { address, ...wallet }: Wallet): Omit<Wallet, 'address'> & { address?: string } {
  const readyAt = Date.parse(wallet.dateCreated) + world.settings.walletAddressDelayMilliseconds;
  return world.now < readyAt ? wallet : { ...wallet, address };
}

function createWallet(world: World, { caller, text }: ApiCall): Answer {
  const body = parse(CreateWallet, readJson(text), 'body');
  if (body.tags) authorize(caller, 'Wallets:Tags:Add');
  if (body.signingKey?.id !== undefined) authorize(caller, 'Keys:Reuse');
  const labelled = walletOfLabel(world, body.externalId);
  return ok(view(world, labelled ?? makeWallet(world, body)));
}

export type WalletWish = z.infer<typeof CreateWallet>;

export function makeWallet(world: World, body: WalletWish): Wallet {
  const { id: keyId, publicKey } = keyFor(world, body);
  const address = addressOf(body.network, publicKey);
  const wallet: Wallet = {
    id: newId('wa'),
    network: body.network,
    address,
    signingKey: { ...curveOf(body.network), id: keyId, publicKey },
    status: 'Active',
    dateCreated: iso(world.now),
    ...(body.name !== undefined && { name: body.name }),
    custodial: true,
    ...(body.externalId !== undefined && { externalId: body.externalId }),
    tags: [...new Set(body.tags ?? [])],
  };
  const seq = world.store.insert('wallets', wallet.id, wallet, { network: wallet.network, address });
  world.store.sql.exec('INSERT INTO key_wallets VALUES (?, ?)', keyId, seq);
  emit(world, 'wallet.created', { wallet: view(world, wallet) });
  return wallet;
}

const curveOf = (network: string): Curve =>
  familyOf(network) === 'Solana' ? { scheme: 'EdDSA', curve: 'ed25519' } : { scheme: 'ECDSA', curve: 'secp256k1' };

/** A key of its own, or one that exists: then its curve must be the network's, and it has no wallet there yet. */
function keyFor(world: World, { network, signingKey }: WalletWish): Key {
  const { scheme, curve } = curveOf(network);
  const { id, ...wanted } = signingKey ?? {};
  const key = id === undefined ? undefined : requireActiveKey(world, id);
  for (const { scheme: given = scheme, curve: on = curve } of [wanted, ...(key ? [key] : [])]) {
    if (given === scheme && on === curve) continue;
    throw new Refused(
      400,
      `Invalid body: signingKey: ${network} wallets have ${scheme} keys on ${curve} in this sandbox`,
    );
  }
  if (key && walletsOf(world, key.id).some((wallet) => wallet.network === network && wallet.status === 'Active')) {
    throw new Refused(409, `Key already has a wallet on ${network}.`, { keyId: key.id });
  }
  return key ?? makeKey(world, curveOf(network));
}

function listWallets(world: World, call: ApiCall): Answer {
  return pageAnswer(world.store.page('wallets', {}, pageRequest(call)), (wallet) => view(world, wallet));
}

function getWallet(world: World, call: ApiCall): Answer {
  return ok(view(world, requireWallet(world, param(call, 'walletId'))));
}

function updateWallet(world: World, call: ApiCall): Answer {
  const { name: oldName, externalId: oldExternalId, ...wallet } = requireWallet(world, param(call, 'walletId'));
  const body = parse(UpdateWallet, readJson(call.text), 'body');
  const name = body.name === undefined ? oldName : body.name;
  const externalId = body.externalId === undefined ? oldExternalId : body.externalId;
  const updated: Wallet = { ...wallet, ...(name != null && { name }), ...(externalId != null && { externalId }) };
  world.store.save('wallets', updated.id, updated);
  return ok(view(world, updated));
}

function tagWallet(world: World, call: ApiCall): Answer {
  return changeTags(world, call, (present, given) => [...new Set([...present, ...given])]);
}

function untagWallet(world: World, call: ApiCall): Answer {
  return changeTags(world, call, (present, given) => present.filter((tag) => !given.includes(tag)));
}

/** Tags are a set: adding a present tag or removing an absent one changes nothing, and then there is no event. */
function changeTags(world: World, call: ApiCall, change: (present: string[], given: string[]) => string[]): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const tags = change(wallet.tags, parse(TagsBody, readJson(call.text), 'body').tags);
  const tagsAdded = tags.filter((tag) => !wallet.tags.includes(tag));
  const tagsRemoved = wallet.tags.filter((tag) => !tags.includes(tag));
  if (tagsAdded.length + tagsRemoved.length === 0 && world.settings.unchangedTags === 'refuse') {
    throw new Refused(409, 'The wallet has these tags already, or none of them.', { walletId: wallet.id });
  }
  if (tagsAdded.length + tagsRemoved.length > 0) {
    const updated = { ...wallet, tags };
    world.store.save('wallets', wallet.id, updated);
    emit(world, 'wallet.tags.modified', { wallet: view(world, updated), tagsAdded, tagsRemoved });
  }
  return ok({});
}

function getAssets(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const withPrices = choice(call, 'netWorth', ['true', 'false']) === 'true';
  const held = listBalances(world, wallet.id);
  const worth = held.reduce(
    (sum, { asset, units }) => sum + (usdValue(world.settings, wallet.network, asset, units) ?? 0),
    0,
  );
  const assets = held.map(({ asset, units }) => {
    const quote = usdQuote(world.settings, wallet.network, asset);
    return {
      ...locatorOf(asset),
      ...assetInfo(wallet.network, asset),
      balance: units,
      ...(withPrices && quote !== undefined && { quotes: { USD: quote } }),
    };
  });
  return ok({ walletId: wallet.id, network: wallet.network, assets, ...(withPrices && { netWorth: { USD: worth } }) });
}

/** Nothing mints NFTs here. */
function getNfts(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  return ok({ walletId: wallet.id, network: wallet.network, nfts: [] });
}

function getHistory(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const filters = {
    wallet_id: wallet.id,
    direction: choice(call, 'direction', ['In', 'Out']),
    kind: call.url.searchParams.get('kind') ?? undefined,
    contract: call.url.searchParams.get('contract')?.toLowerCase(),
  };
  const page = world.store.page('history', filters, pageRequest(call));
  return pageAnswer(page, (item) => item, { walletId: wallet.id, network: wallet.network });
}
