// Schedules by their desk: what is refused, shown, edited, skipped, and what pauses by itself.
import { beforeEach, describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { NATIVE, openWorld, USDC, type World } from '../support/world.ts';

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
});

const NOT_NAMED = 'asset_not_in_mandate';
const cron = (expression: string, timeZone = 'UTC') => ({ kind: 'cron', expression, timeZone });
const THREE = { kind: 'trade_funding', amount: { units: '3000000' } };
const make = (more: object) => world.schedule(mandate.id, '3000000', { runsMax: undefined, ...more });
const asked = (more: object) =>
  world.post('operator-1', '/v1/schedules', { mandateId: mandate.id, asset: USDC, ...THREE, ...more });
const patch = (id: string, body: object) => world.request('operator-1', 'PATCH', `/v1/schedules/${id}`, body);
const read = async (id: string): Promise<Json> => (await world.get('operator-1', `/v1/schedules/${id}`)).body;
const ordersOf = async (id: string): Promise<Json[]> =>
  (await world.get('operator-1', `/v1/orders?scheduleId=${id}`)).body.items;
const reach = async (instant: string) => world.advance((Date.parse(instant) - Date.parse(world.at)) / 1000 + 1);
const entriesOf = async (id: string): Promise<string[]> =>
  (await world.rows('SELECT kind FROM journal WHERE subject_id = ? ORDER BY version', id)).map(({ kind }) => kind);

describe('a schedule is refused', () => {
  it.each([
    ['that can never fire', { recurrence: cron('0 9 31 2 *') }, 'There is no such day.'],
    ['that fires more often than every minute', { recurrence: cron('*/30 * * * * *') }, 'once a minute at most'],
    ['in an unknown zone', { recurrence: cron('0 9 * * *', 'Mars/Olympus') }, 'The time zone is not known'],
    ['that ends before its first slot', { recurrence: cron('0 9 1 1 *'), endAt: '2031-03-04T00:00:00Z' }, 'no slot'],
  ])('%s', async (_, more, reason) => {
    const answer = await asked(more);
    expect(answer).toMatchObject({ status: 422, body: { code: 'schedule_never_fires' } });
    expect(answer.body.reason).toContain(reason);
    expect(await world.rows('SELECT id FROM schedules')).toEqual([]);
  });

  it.each([
    ['with neither a recurrence nor a trigger', {}],
    ['every zero hours', { recurrence: { kind: 'hours', every: 0 } }],
    ['every half day', { recurrence: { kind: 'days', every: 0.5 } }],
    ['that bears eleven failures', { recurrence: cron('0 9 * * *'), failuresMax: 11 }],
  ])('%s', async (_, more) => {
    expect(await asked(more)).toMatchObject({ status: 400, body: { code: 'input_invalid' } });
  });

  const hourly = { recurrence: cron('0 * * * *') };
  const sweep = { kind: 'sweep', amount: undefined, floor: '4000000' };
  it.each([
    ['of no kind', { kind: undefined }, 'kind'],
    ['of withdrawals, which are the client’s', { kind: 'withdrawal' }, 'kind'],
    ['of trade funding without an amount', { amount: undefined }, 'amount'],
    ['of units and a share at once', { amount: { units: '1', shareBasisPoints: 1 } }, 'amount'],
    ['of a share of nothing', { amount: { shareBasisPoints: 0 } }, 'amount.shareBasisPoints'],
    ['of more than all', { amount: { shareBasisPoints: 10_001 } }, 'amount.shareBasisPoints'],
    ['of trade funding with a floor', { floor: '1' }, 'floor'],
    ['of a sweep without a floor', { ...sweep, floor: undefined }, 'floor'],
    ['of a sweep with an amount', { ...sweep, amount: { units: '1' } }, 'amount'],
  ])('%s, naming the field', async (_, more, field) => {
    const { status, body } = await asked({ ...hourly, ...more });
    expect([status, body.fields.map((one: Json) => one.field)]).toEqual([400, [field]]);
  });

  it.each([
    ['of an amount that is none', { amount: { units: '1.5' } }, 'amount_invalid'],
    ['of a floor that is none', { ...sweep, floor: '-1' }, 'amount_invalid'],
    ['of more than an order may move', { amount: { units: '5000001' } }, 'order_limit_exceeded'],
    ['of a share of what the mandate does not name', { asset: NATIVE, amount: { shareBasisPoints: 1 } }, NOT_NAMED],
    ['that sweeps what the mandate does not name', { ...sweep, asset: NATIVE }, NOT_NAMED],
  ])('%s', async (_, more, code) => {
    expect(await asked({ ...hourly, ...more })).toMatchObject({ status: 422, body: { code } });
  });
});

describe('a schedule shows', () => {
  it('its next five due instants in the zone it names, and no more than it has runs', async () => {
    const daily = await make({ recurrence: cron('30 10 * * *', 'Europe/Zurich') });
    expect(daily.nextSlots).toEqual([3, 4, 5, 6, 7].map((day) => `2031-03-0${day}T09:30:00.000Z`));
    expect(daily.nextSlot).toBe(daily.nextSlots[0]);
    const twice = await make({ recurrence: { kind: 'hours', every: 6 }, runsMax: 2 });
    expect(twice.nextSlots).toEqual([twice.nextSlot, addSeconds(twice.nextSlot, 6 * 3_600)]);
  });
});

describe('skip-next', () => {
  it('takes one slot out, says so by an order, and the one after it runs', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *') });
    const skipped = await world.must('operator-1', `/v1/schedules/${schedule.id}/skip-next`);
    expect(skipped.nextSlot).toBe(schedule.nextSlots[1]);
    await reach(schedule.nextSlots[0]);
    await world.tick();
    expect(await ordersOf(schedule.id)).toMatchObject([
      { status: 'skipped', slot: schedule.nextSlot, reason: 'skipped by the desk' },
    ]);
    await reach(schedule.nextSlots[1]);
    await world.tick();
    expect((await ordersOf(schedule.id)).map(({ status }) => status)).toEqual(['released', 'skipped']);
    expect(await read(schedule.id)).toMatchObject({ runs: 1 });
  });

  it('stays skipped after a pause and after an edit, and costs no run', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *'), runsMax: 2 });
    const [first, second, third] = [...schedule.nextSlots, addSeconds(schedule.nextSlots[1], 3_600)];
    await world.must('operator-1', `/v1/schedules/${schedule.id}/skip-next`);
    await world.must('operator-1', `/v1/schedules/${schedule.id}/pause`);
    const resumed = await world.must('operator-1', `/v1/schedules/${schedule.id}/resume`);
    expect(resumed).toMatchObject({ nextSlot: second, nextSlots: [second, third] });
    // The same hours in other words.
    const { body } = await patch(schedule.id, { version: resumed.version, recurrence: cron('0 0-23 * * *') });
    expect(body).toMatchObject({ nextSlot: second, nextSlots: [second, third] });
    for (const slot of [first, second, third]) {
      await reach(slot);
      await world.tick();
    }
    expect((await ordersOf(schedule.id)).map(({ slot, status }) => [slot, status])).toEqual([
      [third, 'released'],
      [second, 'released'],
      [first, 'skipped'],
    ]);
    expect(await read(schedule.id)).toMatchObject({ status: 'ended', runs: 2 });
  });

  it('of the last slot ends the schedule', async () => {
    const first = await make({
      recurrence: { kind: 'days', every: 1 },
      startAt: '2031-03-04T00:00:00Z',
      endAt: '2031-03-04T12:00:00Z',
    });
    expect(await world.must('operator-1', `/v1/schedules/${first.id}/skip-next`)).toMatchObject({
      status: 'ended',
      reason: 'no further slot',
      nextSlots: [],
    });
  });

  it('is the desk’s, and needs an active schedule', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *') });
    expect((await world.post('client-1', `/v1/schedules/${schedule.id}/skip-next`)).status).toBe(403);
    await world.must('operator-1', `/v1/schedules/${schedule.id}/pause`);
    expect(await world.post('operator-1', `/v1/schedules/${schedule.id}/skip-next`)).toMatchObject({
      status: 409,
      body: { code: 'wrong_status' },
    });
  });
});

describe('an edit', () => {
  it('leaves a released order what it had, and reaches the next', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *') });
    await reach(schedule.nextSlots[0]);
    await world.tick();
    const { version } = await read(schedule.id);
    expect(await patch(schedule.id, { version, amount: { units: '1000000' } })).toMatchObject({
      status: 200,
      body: { version: version + 1, amount: { units: '1000000' }, nextSlot: schedule.nextSlots[1] },
    });
    await reach(schedule.nextSlots[1]);
    await world.tick();
    expect((await ordersOf(schedule.id)).map(({ amount }) => amount.units)).toEqual(['1000000', '3000000']);
    expect(await entriesOf(schedule.id)).toEqual([
      'schedule.active',
      'schedule.advanced',
      'schedule.edited',
      'schedule.advanced',
    ]);
  });

  it('of a version that is not in force is refused and changes nothing', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *') });
    expect((await patch(schedule.id, { version: 1, catchUp: 'skip' })).status).toBe(200);
    expect(await patch(schedule.id, { version: 1, amount: { units: '1' } })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict' },
    });
    expect(await read(schedule.id)).toMatchObject({ version: 2, catchUp: 'skip', amount: { units: '3000000' } });
  });

  it('moves the next slot with the recurrence, and lifts an end by null', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *'), endAt: '2031-03-03T12:00:00Z' });
    const { body } = await patch(schedule.id, { version: 1, recurrence: cron('15 11 * * *'), endAt: null });
    expect(body).toMatchObject({ endAt: null, nextSlot: '2031-03-03T11:15:00.000Z' });
  });

  it.each([
    ['above the mandate’s limit', { amount: { units: '5000001' } }, 'order_limit_exceeded'],
    ['to a floor of trade funding', { floor: '1' }, 'amount_invalid'],
    ['that can never fire', { recurrence: cron('0 9 30 2 *') }, 'schedule_never_fires'],
    ['to an end before any slot', { endAt: '2031-03-03T09:00:30Z' }, 'schedule_never_fires'],
  ])('%s is refused', async (_, terms, code) => {
    const schedule = await make({ recurrence: cron('0 * * * *') });
    expect(await patch(schedule.id, { version: 1, ...terms })).toMatchObject({ status: 422, body: { code } });
    expect(await read(schedule.id)).toMatchObject({ version: 1 });
  });
});

describe('an amount that is found when the order runs', () => {
  /** The wallet holds ten. */
  beforeEach(() => world.fund(account, '10000000', USDC.split('/')[1]));
  const hourly = { recurrence: cron('0 * * * *') };
  const share = { amount: { shareBasisPoints: 2_500 } };
  const sweep = { kind: 'sweep', amount: undefined, floor: '6000000' };
  const runNext = async ({ id }: Json) => {
    await reach((await read(id)).nextSlot);
    await world.settle();
  };

  it('is a share of what is available then, and frozen', async () => {
    const schedule = await make({ ...hourly, ...share });
    expect(schedule).toMatchObject({ kind: 'trade_funding', asset: USDC, amount: null, shareBasisPoints: 2_500 });
    await runNext(schedule);
    await runNext(schedule);
    const [second, first] = await ordersOf(schedule.id);
    expect(first).toMatchObject({ status: 'executed', amount: { units: '2500000' }, shareBasisPoints: 2_500 });
    expect(second).toMatchObject({ status: 'executed', amount: { units: '1875000' }, shareBasisPoints: 2_500 });
  });

  it('is all above the floor of a sweep; with no more than that it is skipped, and that is no failure', async () => {
    const schedule = await make({ ...hourly, ...sweep, failuresMax: 1 });
    expect(schedule).toMatchObject({ kind: 'sweep', amount: null, shareBasisPoints: null, floor: '6000000' });
    await runNext(schedule);
    expect(await ordersOf(schedule.id)).toMatchObject([
      { status: 'executed', kind: 'sweep', amount: { units: '4000000' }, floor: '6000000' },
    ]);
    await runNext(schedule);
    const [idle] = await ordersOf(schedule.id);
    expect(idle).toMatchObject({ status: 'skipped', rule: 'nothing_available', amount: null });
    expect(idle.reason).toContain('"floor":"6000000"');
    await world.fund(account, '1000000', USDC.split('/')[1]);
    await runNext(schedule);
    expect((await ordersOf(schedule.id)).map(({ status }) => status)).toEqual(['executed', 'skipped', 'executed']);
    expect(await read(schedule.id)).toMatchObject({ status: 'active', runs: 3 });
  });

  it('is blocked above the limit of the mandate, and that counts as a failure', async () => {
    const above = await make({ ...hourly, ...sweep, floor: '0', failuresMax: 1 });
    await runNext(above);
    expect(await ordersOf(above.id)).toMatchObject([{ status: 'blocked', rule: 'order_limit_exceeded', amount: null }]);
    await runNext(above);
    expect(await read(above.id)).toMatchObject({ status: 'paused' });
  });

  it('is released in bulk for each schedule as it asks', async () => {
    const made = [await make(hourly), await make({ ...hourly, ...share }), await make({ ...hourly, ...sweep })];
    await reach(made[0].nextSlot);
    await world.tick();
    const released = await Promise.all(made.map(({ id }) => world.order(id)));
    expect(released.map(({ status, kind, amount }) => [status, kind, amount?.units ?? null])).toEqual([
      ['released', 'trade_funding', '3000000'],
      ['released', 'trade_funding', null],
      ['released', 'sweep', null],
    ]);
    expect(released.map(({ shareBasisPoints, floor }) => [shareBasisPoints, floor])).toEqual([
      [null, null],
      [2_500, null],
      [null, '6000000'],
    ]);
  });

  it('is edited for later orders only, and within its kind', async () => {
    const [shared, swept] = [await make({ ...hourly, ...share }), await make({ ...hourly, ...sweep })];
    await reach(shared.nextSlot);
    await world.tick();
    const edited = async (id: string, terms: object) => patch(id, { version: (await read(id)).version, ...terms });
    expect(await edited(shared.id, { amount: { shareBasisPoints: 5_000 } })).toMatchObject({
      status: 200,
      body: { amount: null, shareBasisPoints: 5_000 },
    });
    expect((await edited(swept.id, { floor: '0' })).body).toMatchObject({ amount: null, floor: '0' });
    await reach((await read(shared.id)).nextSlot);
    await world.tick();
    expect((await ordersOf(shared.id)).map(({ shareBasisPoints }) => shareBasisPoints)).toEqual([5_000, 2_500]);
    expect((await ordersOf(swept.id)).map(({ floor }) => floor)).toEqual(['0', '6000000']);
    expect((await edited(shared.id, { amount: { units: '7' } })).body).toMatchObject({
      amount: { units: '7' },
      shareBasisPoints: null,
    });
    const refused = await edited(swept.id, { amount: { units: '7' } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'amount_invalid' } });
    expect(refused.body.reason).toContain('A sweep has a floor, and no amount');
  });
});

describe('failures in a row', () => {
  /** The wallet holds no USDC and no daily limit is left after two: each order ends badly. */
  const runOnce = async (id: string) => {
    await reach((await read(id)).nextSlot);
    await world.tick();
    await world.rows(
      'UPDATE orders SET status = \'blocked\', version = version + 1, facts = \'{"rule":"daily_limit_exceeded","reason":"x"}\' WHERE status = \'released\'',
    );
  };

  it('pause the schedule with an incident, and nothing runs until a person resumes it', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *'), failuresMax: 2 });
    await runOnce(schedule.id);
    await runOnce(schedule.id);
    expect(await read(schedule.id)).toMatchObject({ status: 'active', runs: 2 });
    await reach((await read(schedule.id)).nextSlot);
    await world.tick();
    const paused = await read(schedule.id);
    expect(paused).toMatchObject({ status: 'paused', runs: 2, nextSlots: [] });
    expect(paused.reason).toContain('2 orders in a row');
    expect(await ordersOf(schedule.id)).toHaveLength(2);
    const { items } = (await world.get('admin-1', '/v1/incidents')).body;
    expect(items).toMatchObject([{ kind: 'schedule_paused', about: schedule.id, status: 'open' }]);

    // Resumed, the old failures are forgiven: it takes two new ones.
    await world.advance(60);
    await world.must('operator-1', `/v1/schedules/${schedule.id}/resume`);
    await runOnce(schedule.id);
    await reach((await read(schedule.id)).nextSlot);
    await world.tick();
    expect(await read(schedule.id)).toMatchObject({ status: 'active', runs: 4, reason: null });
  });

  it('count also behind more orders than are looked at, of which nobody knows yet what becomes', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *'), failuresMax: 2 });
    for (let run = 0; run < 12; run += 1) {
      await reach((await read(schedule.id)).nextSlot);
      await world.tick();
      const canceled = 'UPDATE orders SET status = \'canceled\', version = version + 1, facts = \'{"reason":"x"}\'';
      await world.rows(
        `${canceled} WHERE status = 'released' AND id NOT IN (SELECT id FROM orders ORDER BY id LIMIT 2)`,
      );
    }
    const refused = '{"rule":"daily_limit_exceeded","reason":"x"}';
    await world.rows(
      `UPDATE orders SET status = 'blocked', version = version + 1, facts = '${refused}' WHERE status = 'released'`,
    );
    await reach((await read(schedule.id)).nextSlot);
    await world.tick();
    expect(await read(schedule.id)).toMatchObject({ status: 'paused', runs: 12 });
  });

  it('are made by a share of an empty wallet too: somebody has to look', async () => {
    const share = { amount: { shareBasisPoints: 10_000 } };
    const { id, nextSlots } = await make({ recurrence: cron('0 * * * *'), ...share, failuresMax: 1 });
    await reach(nextSlots[0]);
    await world.settle();
    expect(await ordersOf(id)).toMatchObject([{ status: 'blocked', rule: 'nothing_available' }]);
    await reach(nextSlots[1]);
    await world.tick();
    expect(await read(id)).toMatchObject({ status: 'paused' });
  });

  it('are none when a halt stopped the orders', async () => {
    const schedule = await make({ recurrence: cron('0 * * * *'), failuresMax: 1 });
    await reach(schedule.nextSlot);
    await world.tick();
    await world.rows(
      'UPDATE orders SET status = \'blocked\', version = version + 1, facts = \'{"rule":"halted","reason":"x"}\' WHERE status = \'released\'',
    );
    await reach(schedule.nextSlots[1]);
    await world.tick();
    expect(await read(schedule.id)).toMatchObject({ status: 'active', runs: 2 });
  });
});
