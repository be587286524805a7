// Every point at which an order can die between its due slot and its confirmation: one transfer, booked once.
import { describe, expect, it } from 'vitest';
import { underOtherNames, type Way, walkCrashes } from '../support/crash.ts';
import { EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const MINUTES_MAX = 30;

let world: World;
let account: Json;
let mandate: Json;

/** Custody lets a hundred transfers a day out of a wallet of the standard template. */
const RUNS_PER_WORLD = 90;
let runs = 0;

/** One world for many runs, and a schedule with one slot for each. */
async function nextSlot(run: number): Promise<{ world: World; of: Json }> {
  runs += 1;
  if (run === 1 || runs > RUNS_PER_WORLD) {
    runs = 1;
    world = await openWorld();
    account = await world.openAccount();
    await world.fund(account, '1000000000000000000');
    await world.fund(account, '900000000', USDC.split('/')[1]);
    const { id } = await world.approved('client-1', EXCHANGE);
    mandate = await world.grant('client-1', id, [{ asset: USDC, perOrder: '5000000', perDay: '900000000' }]);
  }
  const schedule = await world.schedule(mandate.id, String(1_000_000 + run));
  await world.advance((Date.parse(schedule.nextSlot) - Date.parse(world.at)) / 1000 + 1);
  return { world, of: schedule };
}

/** The cron fires, and what follows is carried out until custody has confirmed it. */
async function carryThrough(): Promise<void> {
  await world.tick();
  for (let round = 0; round < 3; round += 1) await world.drainOnce();
  await world.advance(61);
  await world.tick();
  await world.drainOnce();
}

const isOver = async (schedule: Json): Promise<boolean> =>
  !['released', 'executing'].includes((await world.order(schedule.id))?.status ?? 'released');

async function verify(_: World, schedule: Json): Promise<void> {
  // Without webhooks, which would find a transfer before any repeat of it.
  for (let minute = 0; minute < MINUTES_MAX && !(await isOver(schedule)); minute += 1) {
    await world.advance(60);
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
  }
  const { items } = (await world.get('operator-1', `/v1/orders?scheduleId=${schedule.id}`)).body;
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ status: 'executed' });
  const { units } = schedule.amount ?? schedule;
  const made = await world.custodyTransfers(account);
  expect(made.filter(({ requestBody }) => requestBody.amount === units)).toHaveLength(1);
  const transfers = await world.rows('SELECT status FROM transfers WHERE order_id = ?', items[0].id);
  expect(transfers).toEqual([{ status: 'confirmed' }]);
  const [sum] = await world.rows(
    "SELECT (SELECT sum(units) FROM transfers) AS sent, (SELECT sum(reserved) FROM limit_days WHERE id LIKE 'limit:mnd%') AS reserved",
  );
  expect(sum.reserved).toBe(sum.sent);
}

const way: Way<Json> = { prepare: nextSlot, act: carryThrough, verify };

describe('an order', () => {
  it('that dies at any call to D1, custody or a queue moves its money once', { timeout: 600_000 }, async () => {
    const { points, broken } = await walkCrashes(way);
    expect(broken).toEqual([]);
    expect(points.length).toBeGreaterThan(30);
    expect(points).toContain('custody.transfer, before');
    expect(points).toContain('custody.transfer, after');
  });

  it('whose repeats were sent under another external id would be seen to pay twice', { timeout: 120_000 }, async () => {
    const { broken } = await walkCrashes({
      ...way,
      only: (point) => point.startsWith('custody.transfer,'),
      stride: 1,
      custody: underOtherNames(),
    });
    // The wallet is held by what nobody can follow any more, so what comes after it waits in vain.
    expect(broken[0]?.point).toBe('2 custody.transfer, after');
  });
});
