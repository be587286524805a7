// The lane toward custody through the real doors: its pace, what custody says of it, and the breaker that delays.
import { beforeEach, describe, expect, it } from 'vitest';
import { control } from '../support/outside.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const statuses = async (): Promise<string[]> =>
  (await world.rows('SELECT status FROM transfers ORDER BY id')).map(({ status }) => status);
const incidents = async (): Promise<string[]> =>
  (await world.get('admin-1', '/v1/incidents')).body.items.map(({ kind }: Json) => kind);
const faultsLeft = async (): Promise<number> => (await control('GET', '/faults')).items[0]?.times ?? 0;
const attempts = async (): Promise<number> =>
  (await world.rows("SELECT sum(facts ->> 'attempts') AS made FROM transfers"))[0].made;

/** Due slots of two clients, prepared: two wallets, so neither waits for the other. */
async function twoWallets(): Promise<Json[]> {
  const ready: Json[] = [];
  for (const [client, address] of [
    ['client-1', EXCHANGE],
    ['client-2', OTHER_EXCHANGE],
  ] as const) {
    const account = await world.openAccount(client);
    await world.fund(account, '1000000000000000000');
    await world.fund(account, '10000000', USDC.split('/')[1]);
    const mandate = await world.grant(client, (await world.approved(client, address)).id);
    ready.push({ account, mandate });
  }
  for (const { mandate } of ready) await world.schedule(mandate.id, '1000000');
  await world.advance(61);
  await world.holdMoney();
  await world.tick();
  await world.drainOnce();
  expect(await statuses()).toEqual(['prepared', 'prepared']);
  await world.freeMoney();
  await world.tick();
  return ready;
}

describe('the lane toward custody', () => {
  it('of a slow organisation still carries everything, without one call too many', async () => {
    world = await openWorld({ settings: { DFNS_CALLS_PER_MINUTE: '100' } });
    await control('PUT', '/settings', { rateLimitPerMinute: 100 });
    const { account, schedule } = await world.readyToTrade();
    await world.waitFor(async () => (await world.order(schedule.id))?.status === 'executed');
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    // A call too many would be a fault of the read, or a transfer that waits.
    expect(world.logged.filter(({ event }) => event === 'queue.fault')).toEqual([]);
    expect(await world.rows("SELECT id FROM journal WHERE kind = 'transfer.waits'")).toEqual([]);
  });

  it('holds back everything for as long as custody says', async () => {
    await twoWallets();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 429, retryAfter: 300, times: 1 });
    await world.settle({ webhooks: false, ticks: false });
    // The first was told to wait; the second was not even tried, and none of its attempts is spent.
    expect((await statuses()).sort()).toEqual(['prepared', 'submitting']);
    expect(await attempts()).toBe(1);
    await world.advance(120);
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    expect((await statuses()).sort()).toEqual(['prepared', 'submitting']);
    expect(await attempts()).toBe(1);
    await world.advance(200);
    await world.waitFor(async () => (await statuses()).every((one) => one === 'confirmed'));
  });

  it.each([401, 403])('stops at the first %i and lets one go first afterwards', async (status) => {
    await twoWallets();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status, times: 10 });
    await world.settle({ webhooks: false, ticks: false });
    expect(await attempts()).toBe(1);
    expect(await incidents()).toContain('custody_barred');
    await world.advance(61);
    await world.settle({ webhooks: false });
    expect(await attempts()).toBe(2); // the one that went first, and nobody after it
    await control('DELETE', '/faults');
    await world.waitFor(async () => (await statuses()).every((one) => one === 'confirmed'));
  });

  it('stops when custody is silent again and again, and fails nothing', async () => {
    const ready = await twoWallets();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 503, times: 1000 });
    await world.waitFor(async () => (await incidents()).includes('custody_silent'), { minutes: 20 });
    const before = await attempts();
    await world.tick();
    await world.settle({ ticks: false });
    expect(await attempts()).toBe(before);
    expect(await faultsLeft()).toBeGreaterThan(0);
    await control('DELETE', '/faults');
    await world.waitFor(async () => (await statuses()).every((one) => one === 'confirmed'));
    for (const { account } of ready) expect(await world.custodyTransfers(account)).toHaveLength(1);
  });
});
