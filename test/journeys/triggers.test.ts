// Orders that a deposit or a balance makes: each firing once, within its cool-down and its maximum of a day.
import { beforeEach, describe, expect, it } from 'vitest';
import { depositsBooked } from '../../src/kit/messages.ts';
import { control } from '../support/outside.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

let world: World;
let account: Json;
let mandate: Json;
beforeEach(async () => {
  world = await openWorld();
  account = await world.openAccount('client-1');
  await world.fund(account, '1000000000000000000');
  const destination = await world.approved('client-1');
  mandate = await world.grant('client-1', destination.id);
  await world.settle();
});

const bounds = { asset: USDC, cooldownMinutes: 10, perDayMax: 3 };
const asked = (trigger: object, more: object = {}) =>
  world.post('operator-1', '/v1/schedules', {
    kind: 'trade_funding',
    mandateId: mandate.id,
    asset: USDC,
    amount: { units: '1000000' },
    trigger,
    ...more,
  });
async function make(trigger: object, more: object = {}): Promise<Json> {
  const { status, body } = await asked({ ...bounds, ...trigger }, more);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}
const onDeposit = (more: object = {}, wish: object = {}) =>
  make({ kind: 'deposit_received', minUnits: '2000000', ...more }, wish);
const aboveFloor = (more: object = {}, wish: object = {}) =>
  make({ kind: 'balance_above', floorUnits: '5000000', ...more }, wish);

const deposit = async (units: string) => {
  await world.fund(account, units, USDC.split('/')[1]);
  await world.settle();
};
const ordersOf = async ({ id }: Json): Promise<Json[]> =>
  (await world.get('operator-1', `/v1/orders?scheduleId=${id}`)).body.items;
const statusesOf = async (schedule: Json): Promise<string[]> =>
  (await ordersOf(schedule)).map(({ status }) => status).reverse();

/** Each deposit there is, told of once more. */
async function everythingTold() {
  const received = await world.rows("SELECT wallet_id, transaction_hash FROM movements WHERE direction = 'in'");
  const told = depositsBooked({
    accountId: account.id,
    walletId: received[0].wallet_id,
    hashes: received.map((row) => row.transaction_hash),
  });
  return { queue: 'fiducia-events', body: told(null), attempts: 1 } as const;
}

describe('a deposit', () => {
  it('of at least the least makes one order that is carried out; a smaller one makes none', async () => {
    const schedule = await onDeposit();
    expect(schedule).toMatchObject({
      recurrence: null,
      nextSlot: null,
      nextSlots: [],
      trigger: { minUnits: '2000000' },
    });
    await deposit('1999999');
    expect(await ordersOf(schedule)).toEqual([]);
    await deposit('2000000');
    expect(await ordersOf(schedule)).toMatchObject([
      { status: 'executed', kind: 'trade_funding', amount: { units: '1000000' } },
    ]);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect((await world.get('operator-1', `/v1/schedules/${schedule.id}`)).body).toMatchObject({
      runs: 1,
      status: 'active',
    });
  });

  it('of another asset makes none', async () => {
    const schedule = await onDeposit();
    await world.fund(account, '5000000');
    await world.settle();
    expect(await ordersOf(schedule)).toEqual([]);
  });

  it('that is told of many times, and two at once, fires once', async () => {
    const schedule = await onDeposit();
    await deposit('2000000');
    const queued = await everythingTold();
    await Promise.all([world.carryOut(queued), world.carryOut(queued), world.carryOut(queued)]);
    await world.advance(3_600);
    await world.carryOut(queued);
    await world.settle();
    expect(await statusesOf(schedule)).toEqual(['executed']);
  });

  it('two at once in one telling fire one order within the cool-down, and the other is skipped with its reason', async () => {
    const schedule = await onDeposit();
    await world.fund(account, '2000000', USDC.split('/')[1]);
    await deposit('3000000');
    expect((await statusesOf(schedule)).sort()).toEqual(['executed', 'skipped']);
    const skipped = (await ordersOf(schedule)).find(({ status }) => status === 'skipped');
    expect(skipped.reason).toContain('in the cool-down until');
    await world.advance(601);
    await deposit('2000000');
    expect((await statusesOf(schedule)).sort()).toEqual(['executed', 'executed', 'skipped']);
  });

  it('above the maximum of a UTC day is skipped, and the next day fires again', async () => {
    const schedule = await onDeposit({ cooldownMinutes: 1, perDayMax: 1 });
    await deposit('2000000');
    await world.advance(120);
    await deposit('2000000');
    expect(await statusesOf(schedule)).toEqual(['executed', 'skipped']);
    expect((await ordersOf(schedule))[0].reason).toContain('the maximum is 1');
    await world.advance(15 * 3_600);
    await world.prove();
    await world.tick('*/15 * * * *');
    await deposit('2000000');
    expect((await statusesOf(schedule)).length).toBe(3);
    expect((await ordersOf(schedule))[0].status).not.toBe('skipped');
  });

  it('under a halt is skipped with the reason of the halt', async () => {
    const schedule = await onDeposit();
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'I want to look first.' });
    await deposit('2000000');
    expect(await ordersOf(schedule)).toMatchObject([{ status: 'skipped', reason: 'halted: I want to look first.' }]);
  });

  it('whose orders failed in a row pauses the schedule before it makes another', async () => {
    // The wallet holds less than the order asks for: each is blocked by the rule.
    const schedule = await make(
      { kind: 'deposit_received', minUnits: '1000', cooldownMinutes: 1 },
      { amount: { units: '5000000' }, failuresMax: 2 },
    );
    for (let time = 0; time < 3; time += 1) {
      await deposit('1000');
      await world.advance(120);
    }
    expect(await statusesOf(schedule)).toEqual(['blocked', 'blocked']);
    const { body } = await world.get('operator-1', `/v1/schedules/${schedule.id}`);
    expect(body).toMatchObject({ status: 'paused' });
    expect(body.reason).toContain('2 orders in a row');
  });

  it('from before the schedule fires nothing, and a paused one hears of none', async () => {
    await deposit('2000000');
    await world.advance(60);
    const schedule = await onDeposit();
    await world.carryOut(await everythingTold());
    expect(await ordersOf(schedule)).toEqual([]);
    await world.must('operator-1', `/v1/schedules/${schedule.id}/pause`);
    await deposit('2000000');
    expect(await ordersOf(schedule)).toEqual([]);
    await world.must('operator-1', `/v1/schedules/${schedule.id}/resume`);
    await deposit('2000000');
    expect(await statusesOf(schedule)).toEqual(['executed']);
  });

  it('fires as often as there are runs, and then the schedule has ended', async () => {
    const schedule = await make({ kind: 'deposit_received', minUnits: '1' }, { runsMax: 1 });
    await deposit('2000000');
    expect((await world.get('operator-1', `/v1/schedules/${schedule.id}`)).body).toMatchObject({
      status: 'ended',
      reason: 'all runs made',
    });
  });
});

describe('a balance above the floor', () => {
  it('makes one order for each cool-down, however often cron looks, and none at the floor itself', async () => {
    const schedule = await aboveFloor();
    await deposit('5000000');
    await world.tick();
    expect(await ordersOf(schedule)).toEqual([]);
    await deposit('2000000');
    await Promise.all([world.tick(), world.tick()]);
    await world.settle();
    expect(await statusesOf(schedule)).toEqual(['executed']);
    await world.advance(11 * 60);
    await world.settle();
    // Seven less one is above still; six less one is not.
    expect(await statusesOf(schedule)).toEqual(['executed', 'executed']);
    await world.advance(11 * 60);
    await world.settle();
    expect(await statusesOf(schedule)).toEqual(['executed', 'executed']);
  });

  it('asks custody nothing while the cool-down holds', async () => {
    await aboveFloor();
    await deposit('9000000');
    await world.tick();
    await world.settle();
    await control('POST', '/faults', {
      method: 'GET',
      path: '/wallets/*/assets',
      kind: 'status',
      status: 500,
      times: 1,
    });
    await world.advance(60);
    await world.tick();
    expect((await control('GET', '/faults')).items).toHaveLength(1);
  });

  it('makes its order also behind a wallet that cannot be read', async () => {
    const other = await world.openAccount('client-2');
    await world.fund(other, '1000000000000000000');
    const granted = await world.grant('client-2', (await world.approved('client-2')).id);
    const ours = await aboveFloor();
    const theirs = await aboveFloor({}, { mandateId: granted.id });
    for (const each of [account, other]) await world.fund(each, '9000000', USDC.split('/')[1]);
    await control('POST', '/faults', { method: 'GET', path: '/wallets/*/assets', kind: 'status', status: 403 });
    await world.tick();
    const unread = world.logged.filter(({ event }) => event === 'schedules.floor_unread');
    expect(unread.map(({ fields }) => fields?.scheduleId).sort()).toEqual([ours.id, theirs.id].sort());
    await control('DELETE', '/faults');
    await world.advance(60);
    await world.tick();
    for (const schedule of [ours, theirs]) expect(await ordersOf(schedule)).toHaveLength(1);
  });

  it('is looked at by nobody in a minute in which custody wants to be asked later', async () => {
    await aboveFloor();
    await aboveFloor();
    const later = { kind: 'status', status: 429, retryAfter: 60, times: 9 };
    await control('POST', '/faults', { method: 'GET', path: '/wallets/*/assets', ...later });
    await world.tick();
    expect((await control('GET', '/faults')).items).toMatchObject([{ times: 8 }]);
    expect(world.logged.map(({ event }) => event)).not.toContain('schedules.floor_unread');
  });

  it('ends with its end', async () => {
    const schedule = await make({ kind: 'balance_above', floorUnits: '0' }, { endAt: '2031-03-03T23:00:00Z' });
    await world.advance(15 * 3_600);
    await world.tick();
    expect((await world.get('operator-1', `/v1/schedules/${schedule.id}`)).body).toMatchObject({ status: 'ended' });
    expect(await ordersOf(schedule)).toEqual([]);
  });
});

describe('what a trigger lets out', () => {
  const sweep = { kind: 'sweep', amount: undefined, floor: '4000000' };

  it('may be a sweep: a balance above its floor goes, down to the floor of the sweep', async () => {
    const schedule = await aboveFloor({}, sweep);
    await deposit('5000000');
    expect(await ordersOf(schedule)).toEqual([]);
    await deposit('1');
    expect(await ordersOf(schedule)).toMatchObject([
      { status: 'executed', kind: 'sweep', floor: '4000000', amount: { units: '1000001' } },
    ]);
    await world.advance(601);
    await world.settle();
    expect(await statusesOf(schedule)).toEqual(['executed']);
  });

  it('may be a share of what is there with the deposit', async () => {
    const schedule = await onDeposit({}, { amount: { shareBasisPoints: 5_000 } });
    await deposit('3000001');
    expect(await ordersOf(schedule)).toMatchObject([{ status: 'executed', amount: { units: '1500000' } }]);
  });
});

describe('a schedule with a trigger', () => {
  it.each([
    ['of an unknown asset', { ...bounds, asset: 'EthereumSepolia/0x00', kind: 'balance_above', floorUnits: '1' }, 422],
    ['of an unknown kind', { ...bounds, kind: 'full_moon' }, 400],
    ['without a cool-down', { ...bounds, cooldownMinutes: 0, kind: 'balance_above', floorUnits: '1' }, 400],
    ['for deposits of nothing', { ...bounds, kind: 'deposit_received', minUnits: '0' }, 400],
  ])('%s is refused', async (_, trigger, status) => {
    expect((await asked(trigger)).status).toBe(status);
  });

  it('has no next slot to skip, and becomes no recurrence by an edit', async () => {
    const { id } = await onDeposit();
    expect(await world.post('operator-1', `/v1/schedules/${id}/skip-next`)).toMatchObject({
      status: 409,
      body: { code: 'schedule_without_slots' },
    });
    const recurrence = { kind: 'days', every: 1 };
    expect((await world.request('operator-1', 'PATCH', `/v1/schedules/${id}`, { version: 1, recurrence })).status).toBe(
      422,
    );
    const trigger = { ...bounds, kind: 'deposit_received', minUnits: '7' };
    expect(await world.request('operator-1', 'PATCH', `/v1/schedules/${id}`, { version: 1, trigger })).toMatchObject({
      status: 200,
      body: { trigger: { minUnits: '7' } },
    });
  });
});
