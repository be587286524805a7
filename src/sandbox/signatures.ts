/** Owns the endpoints of signatures, asked of a wallet or of its key, and the moment at which one is made. */
import { UNREADABLE } from './effects.ts';
import type { Signature } from './entities.ts';
import { parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { requireActiveKey, requireKey, walletsOf } from './keys.ts';
import { viewRequest } from './request-types.ts';
import { changed, findRepeat, fingerprintOf, repeated, requireRequest, submit } from './requests.ts';
import { type Signable, signableOf } from './signable.ts';
import { SignatureBody } from './signature-schemas.ts';
import { judgeKey, judgeWallet } from './signing.ts';
import { requireActiveWallet, requireWallet } from './wallets.ts';
import { iso, newId, requesterOf, type World } from './world.ts';

const OF_WALLET = '/wallets/:walletId/signatures';
const OF_KEY = '/keys/:keyId/signatures';
const CREATE = 'Keys:Signatures:Create';
const READ = 'Keys:Signatures:Read';

export const signatureRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: OF_WALLET, operation: CREATE, serve: signWithWallet },
  { method: 'GET', path: OF_WALLET, operation: READ, serve: listOfWallet },
  { method: 'GET', path: `${OF_WALLET}/:signatureId`, operation: READ, serve: getOfWallet },
  { method: 'POST', path: OF_KEY, operation: CREATE, serve: signWithKey },
  { method: 'GET', path: OF_KEY, operation: READ, serve: listOfKey },
  { method: 'GET', path: `${OF_KEY}/:signatureId`, operation: READ, serve: getOfKey },
];

function signWithWallet(world: World, call: ApiCall): Answer {
  const wallet = requireActiveWallet(world, param(call, 'walletId'));
  const judgement = () => judgeWallet(world, wallet, UNREADABLE);
  return ask(world, call, { keyId: wallet.signingKey.id, walletId: wallet.id, network: wallet.network }, judgement);
}

function signWithKey(world: World, call: ApiCall): Answer {
  const key = requireActiveKey(world, param(call, 'keyId'));
  return ask(world, call, { keyId: key.id }, () => judgeKey(world, walletsOf(world, key.id), UNREADABLE));
}

type Place = Pick<Signature, 'keyId' | 'walletId' | 'network'>;

function ask(world: World, call: ApiCall, place: Place, judge: () => ReturnType<typeof judgeKey>): Answer {
  const body = parse(SignatureBody, readJson(call.text), 'body');
  const network = place.network ?? body.network;
  if (body.network !== undefined && body.network !== network) {
    throw new Refused(400, `Invalid body: network: the wallet is on ${network}`);
  }
  signableOf(world, { ...place, ...(network !== undefined && { network }), requestBody: body });
  const fingerprint = fingerprintOf(world, place.walletId ?? place.keyId, body, call.text);
  const earlier = findRepeat(world, 'signatures', body.externalId, fingerprint);
  if (earlier) return repeated(world, earlier);

  const request: Signature = {
    id: newId('sig'),
    ...place,
    ...(network !== undefined && { network }),
    requester: requesterOf(call.caller),
    requestBody: body,
    status: 'Pending',
    dateRequested: iso(world.now),
    ...(body.externalId !== undefined && { externalId: body.externalId }),
  };
  const submitted = { table: 'signatures', request, judgement: judge(), fingerprint, caller: call.caller } as const;
  return submit(world, submitted, (accepted) => begin(world, accepted));
}

/** Dfns signs while the caller waits, unless the setting says that it takes a while. */
function begin(world: World, request: Signature): Signature {
  const { signatureSignedMilliseconds } = world.settings;
  if (signatureSignedMilliseconds === 0) return sign(world, request);
  world.store.schedule(world.now + signatureSignedMilliseconds, 'signature.sign', request.id);
  return request;
}

export function signDue(world: World, id: string): void {
  const request = world.store.find('signatures', id);
  if (request?.status === 'Pending') sign(world, request);
}

/** What was active when it was asked may be archived by now. */
export function sign(world: World, request: Signature): Signature {
  const { status } = requireKey(world, request.keyId);
  if (status !== 'Active') {
    return changed(world, 'signatures', request, { status: 'Failed', reason: `Key is ${status}.` }, 'failed');
  }
  const { signature, signedData }: Signable = signableOf(world, request);
  const signed = { status: 'Signed', signature: signature(), dateSigned: iso(world.now) } as const;
  const data = signedData?.(signed.signature);
  return changed(
    world,
    'signatures',
    request,
    { ...signed, ...(data !== undefined && { signedData: data }) },
    'signed',
  );
}

function getOfWallet(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  return ok(viewRequest(requireRequest(world, 'signatures', wallet, param(call, 'signatureId'))));
}

function listOfWallet(world: World, call: ApiCall): Answer {
  const wallet = requireWallet(world, param(call, 'walletId'));
  const page = world.store.page('signatures', { wallet_id: wallet.id }, pageRequest(call));
  return pageAnswer(page, viewRequest, { keyId: wallet.signingKey.id });
}

function getOfKey(world: World, call: ApiCall): Answer {
  const key = requireKey(world, param(call, 'keyId'));
  const signatureId = param(call, 'signatureId');
  const found = world.store.find('signatures', signatureId);
  if (found?.keyId !== key.id) throw new Refused(404, 'Signature not found.', { keyId: key.id, signatureId });
  return ok(viewRequest(found));
}

/** With what its wallets signed, since it is the same key that signed it. */
function listOfKey(world: World, call: ApiCall): Answer {
  const key = requireKey(world, param(call, 'keyId'));
  const page = world.store.page('signatures', { key_id: key.id }, pageRequest(call));
  return pageAnswer(page, viewRequest, { keyId: key.id });
}
