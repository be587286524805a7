/** Owns fee sponsors: wallets that pay the network fee of other wallets' transfers, and the record of what they paid. */
import * as z from 'zod';
import { authorize } from './auth.ts';
import { balanceOf, feeOf, payFee } from './chain.ts';
import type { FeeSponsor, SponsoredFee, Transfer, Wallet } from './entities.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { type Answer, type ApiCall, ok, pageAnswer, pageRequest, param, type Route } from './http.ts';
import { assetOf, familyOf, NATIVE } from './networks.ts';
import { judgeWallet } from './signing.ts';
import { requireActiveWallet, requireWallet } from './wallets.ts';
import { iso, newId, type World } from './world.ts';

export const CreateSponsor = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  walletId: z.string(),
  allowEndUser: z.boolean().optional(),
});

const ALL = '/fee-sponsors';
const ONE = `${ALL}/:feeSponsorId`;
export const feeSponsorRoutes: readonly Route<ApiCall>[] = [
  { method: 'POST', path: ALL, operation: 'FeeSponsors:Create', serve: createSponsor },
  { method: 'GET', path: ALL, operation: 'FeeSponsors:Read', serve: listSponsors },
  { method: 'GET', path: ONE, operation: 'FeeSponsors:Read', serve: (world, call) => ok(sponsorOf(world, call)) },
  { method: 'PUT', path: `${ONE}/activate`, operation: 'FeeSponsors:Update', serve: become('Active') },
  { method: 'PUT', path: `${ONE}/deactivate`, operation: 'FeeSponsors:Update', serve: become('Deactivated') },
  { method: 'DELETE', path: ONE, operation: 'FeeSponsors:Delete', serve: become('Archived') },
  { method: 'GET', path: `${ONE}/fees`, operation: 'FeeSponsors:Read', serve: listFees },
];

const CANNOT = 'Fee sponsors are not supported on';

function createSponsor(world: World, { text }: ApiCall): Answer {
  const { name, walletId, allowEndUser } = parse(CreateSponsor, readJson(text), 'body');
  const { network } = requireActiveWallet(world, walletId);
  if (familyOf(network) === 'Bitcoin') throw new Refused(400, `${CANNOT} ${network}.`, { walletId, network });
  const sponsor: FeeSponsor = {
    id: newId('fs'),
    ...(name !== undefined && { name }),
    walletId,
    network,
    status: 'Active',
    dateCreated: iso(world.now),
    ...(allowEndUser !== undefined && { allowEndUser }),
  };
  world.store.insert('fee_sponsors', sponsor.id, sponsor);
  return ok(sponsor);
}

function requireSponsor({ store }: World, feeSponsorId: string): FeeSponsor {
  const sponsor = store.find('fee_sponsors', feeSponsorId);
  if (!sponsor) throw new Refused(404, 'Fee sponsor not found.', { feeSponsorId });
  return sponsor;
}

const sponsorOf = (world: World, call: ApiCall) => requireSponsor(world, param(call, 'feeSponsorId'));

function listSponsors(world: World, call: ApiCall): Answer {
  return pageAnswer(world.store.page('fee_sponsors', {}, pageRequest(call)), (sponsor) => sponsor);
}

function become(status: FeeSponsor['status']) {
  return (world: World, call: ApiCall): Answer => {
    const sponsor = sponsorOf(world, call);
    parse(Empty, readJson(call.text), 'body');
    if (sponsor.status === 'Archived') throw new Refused(422, 'Fee sponsor is Archived.', { feeSponsorId: sponsor.id });
    const changed = { ...sponsor, status };
    world.store.save('fee_sponsors', sponsor.id, changed);
    return ok(changed);
  };
}

/** What was paid; a fee that is only set aside so far is not listed. */
function listFees(world: World, call: ApiCall): Answer {
  const { id } = sponsorOf(world, call);
  const page = world.store.page('sponsored_fees', { sponsor_id: id, is_open: 0 }, pageRequest(call));
  return pageAnswer(page, (fee) => fee);
}

/** Asked when a transfer names a sponsor: may the caller use it, and can it pay on this network at all. */
export function checkSponsor(
  world: World,
  caller: ApiCall['caller'],
  { network }: Wallet,
  id: string | undefined,
): void {
  if (id === undefined) return;
  authorize(caller, 'FeeSponsors:Use');
  const sponsor = requireSponsor(world, id);
  const details = { feeSponsorId: id, network };
  if (sponsor.status !== 'Active') throw new Refused(422, `Fee sponsor is ${sponsor.status}.`, details);
  if (sponsor.network !== network) throw new Refused(400, `Fee sponsor is on ${sponsor.network}.`, details);
}

const NOTHING_READABLE = { recipients: undefined, usd: undefined, moved: undefined };

/** Why the sponsor cannot pay now. Dfns: a policy that blocks the signing of its wallet fails what it sponsors. */
export function sponsorProblem(world: World, transfer: Transfer, feeSponsorId: string): string | undefined {
  const wallet = requireWallet(world, requireSponsor(world, feeSponsorId).walletId);
  if (wallet.status !== 'Active') return `The wallet of the fee sponsor is ${wallet.status}`;
  if (judgeWallet(world, wallet, NOTHING_READABLE).verdict === 'blocked')
    return 'The fee sponsor is blocked by a policy';
  const needed = openFeesOf(world, wallet.id) + feeOf(transfer.network, assetOf(transfer.requestBody));
  const held = balanceOf(world, wallet.id, NATIVE);
  if (held >= needed) return undefined;
  return `Insufficient funds: the fee sponsor holds ${held} of ${needed} units needed of ${NATIVE}`;
}

/** In minimum units of the native coin: what a wallet has set aside for the transfers of others. */
export function openFeesOf({ store }: World, walletId: string): bigint {
  const open = store.select('sponsored_fees', 'WHERE wallet_id = ? AND is_open = 1', walletId);
  return open.reduce((sum, { fee }) => sum + BigInt(fee ?? 0), 0n);
}

/** The transfer is on its way, so its fee is as good as spent. */
export function setFeeAside(world: World, transfer: Transfer, feeSponsorId: string): void {
  const { walletId } = requireSponsor(world, feeSponsorId);
  const fee = feeOf(transfer.network, assetOf(transfer.requestBody)).toString();
  const { id: requestId, walletId: sponsoreeId, dateRequested } = transfer;
  const row: SponsoredFee = { feeSponsorId, sponsoreeId, requestId, fee, dateRequested, dateConfirmed: '' };
  world.store.insert('sponsored_fees', requestId, row, { sponsor_id: feeSponsorId, wallet_id: walletId, is_open: 1 });
}

export function paySponsoredFee(world: World, transfer: Transfer, feeSponsorId: string): void {
  const row = world.store.find('sponsored_fees', transfer.id);
  if (!row) throw new Error(`no fee was set aside for ${transfer.id}`);
  payFee(world, requireWallet(world, requireSponsor(world, feeSponsorId).walletId), BigInt(row.fee ?? 0));
  world.store.save('sponsored_fees', transfer.id, { ...row, dateConfirmed: iso(world.now) }, { is_open: 0 });
}

/** Another transaction took its place: nothing is owed for one that never reached the chain. */
export const releaseFee = ({ store }: World, requestId: string) => store.remove('sponsored_fees', requestId);
