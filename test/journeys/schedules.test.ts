// Schedules by their desk: what is refused, shown, edited, skipped, and what pauses by itself.
import { beforeEach, describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

let world: World;
let mandate: Json;
beforeEach(async () => {
  world = await openWorld();
  const account = await world.openAccount('client-1');
  await world.fund(account, '1000000000000000000');
  const destination = await world.approved('client-1');
  mandate = await world.grant('client-1', destination.id);
});

const cron = (expression: string, timeZone = 'UTC') => ({ kind: 'cron', expression, timeZone });
const make = (more: object) => world.schedule(mandate.id, '3000000', { runsMax: undefined, ...more });
const asked = (more: object) =>
  world.post('operator-1', '/v1/schedules', { mandateId: mandate.id, asset: USDC, units: '3000000', ...more });
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
    expect(await patch(schedule.id, { version, units: '1000000' })).toMatchObject({
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
    expect(await patch(schedule.id, { version: 1, units: '1' })).toMatchObject({
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
    ['above the mandate’s limit', { units: '5000001' }, 'order_limit_exceeded'],
    ['that can never fire', { recurrence: cron('0 9 30 2 *') }, 'schedule_never_fires'],
    ['to an end before any slot', { endAt: '2031-03-03T09:00:30Z' }, 'schedule_never_fires'],
  ])('%s is refused', async (_, terms, code) => {
    const schedule = await make({ recurrence: cron('0 * * * *') });
    expect(await patch(schedule.id, { version: 1, ...terms })).toMatchObject({ status: 422, body: { code } });
    expect(await read(schedule.id)).toMatchObject({ version: 1 });
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
