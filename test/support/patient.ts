// The steps of a journey where custody may take its time: each waits for its own end, over minutes where it must.
import { expect } from 'vitest';
import { USDC, type World } from './world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

export const slow = {
  transferExecutingMilliseconds: 300_000,
  transferBroadcastedMilliseconds: 900_000,
  transferConfirmedMilliseconds: 1_800_000,
};
export const instant = {
  transferExecutingMilliseconds: 0,
  transferBroadcastedMilliseconds: 0,
  transferConfirmedMilliseconds: 0,
};

const CHECKSUMMED = '0x52908400098527886E0F7030069857D2E4169EE7';

export async function openAccount(world: World): Promise<Json> {
  await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
  const view = async () => (await world.get('client-1', '/v1/accounts/me')).body;
  await world.waitFor(async () => (await view()).status !== 'opening');
  expect(await view()).toMatchObject({ status: 'active' });
  return view();
}

export async function inReview(world: World, address: string): Promise<Json> {
  const { id } = await world.ask('client-1', address);
  await world.waitFor(async () => (await world.destination('client-1', id)).status !== 'requested');
  return world.destination('client-1', id);
}

export async function approve(world: World, { id, review }: Json): Promise<Json> {
  await world.decide(review.approvalId, 'Approved');
  await world.waitFor(async () => (await world.destination('client-1', id)).status !== 'in_review');
  return world.destination('client-1', id);
}

/** An account with money, an approved destination, and a slot that is due. */
export async function readyToTrade(world: World): Promise<Json> {
  const account = await openAccount(world);
  await world.fund(account, '1000000000000000000');
  await world.fund(account, '10000000', USDC.split('/')[1]);
  const destination = await approve(world, await inReview(world, CHECKSUMMED));
  expect(destination).toMatchObject({ status: 'approved' });
  const mandate = await world.grant('client-1', destination.id);
  const schedule = await world.schedule(mandate.id, '3000000');
  await world.advance((Date.parse(schedule.nextSlot) - Date.parse(world.at)) / 1000 + 1);
  return { account, destination, mandate, schedule };
}

export const ends = ['executed', 'rejected', 'failed', 'blocked', 'skipped'];
export async function trade(world: World, schedule: Json): Promise<Json> {
  await world.tick();
  await world.waitFor(async () => ends.includes((await world.order(schedule.id))?.status));
  return world.order(schedule.id);
}
