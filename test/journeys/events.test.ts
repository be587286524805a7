// Webhook events in every order, doubled and lost: what they cause in the end is the same, and what none of them told is
// fetched. `EVENT_CASES=10000` makes the long run.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { consume } from '../../src/doors/queue.ts';
import { control } from '../support/outside.ts';
import type { Queued } from '../support/stage.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: rows and views are examined by the tests
type Json = any;
const CASES = Number(env.EVENT_CASES);
const BATCH = 20;
const MONITOR = '*/15 * * * *';

/** All that is on the queues now, in batches as the platform makes them. */
async function drainInBatches(world: World): Promise<number> {
  const queued = world.queued.splice(0);
  const queues = Map.groupBy(queued, ({ queue }) => queue);
  for (const [queue, messages] of queues) {
    for (let from = 0; from < messages.length; from += BATCH) {
      await consume(batchOf(world, queue, messages.slice(from, from + BATCH)), world.app);
    }
  }
  return queued.length;
}

/** The members that a consumer calls; what it wants again comes again. */
function batchOf(world: World, queue: Queued['queue'], messages: readonly Queued[]): MessageBatch<unknown> {
  const asked = messages.map((message) => ({
    ...message,
    id: crypto.randomUUID(),
    timestamp: new Date(world.at),
    ack: () => {},
    retry: () => void world.queued.push({ ...message, attempts: message.attempts + 1 }),
  }));
  return { queue, messages: asked } as unknown as MessageBatch<unknown>;
}

const today = async (world: World) => (await world.get('admin-1', '/v1/event-health')).body.days[0];

describe('the events of a transfer', () => {
  it('in every order, each one lost and each one doubled, end in the same state', { timeout: 300_000 }, async () => {
    const world = await openWorld();
    const account = await world.openAccount();
    await world.fund(account, '1000000000000000000');
    await world.fund(account, '10000000', USDC.split('/')[1]);
    const destination = await world.approved('client-1');
    const mandate = await world.grant('client-1', destination.id);
    await world.settle();
    let cases: readonly (readonly number[])[] | undefined;
    const ends: Json[] = [];
    for (let index = 0; index < (cases?.length ?? 1); index += 1) {
      const schedule = await world.schedule(mandate.id, '1000');
      await world.advance((Date.parse(schedule.nextSlot) - Date.parse(world.at)) / 1000 + 1);
      await world.tick();
      await world.settle({ webhooks: false, ticks: false });
      const held = (await world.held()).filter(({ body }) => JSON.parse(body).kind.startsWith('wallet.transfer.'));
      // Only this transfer's: what was lost on purpose before stays lost.
      const [{ custody_id: custodyId }] = await world.rows('SELECT custody_id FROM transfers ORDER BY id DESC LIMIT 1');
      const events = held.filter(({ body }) => JSON.parse(body).data.transferRequest.id === custodyId);
      cases ??= casesOf(events.length);
      for (const place of cases[index] ?? []) {
        await world.deliver(events[place]);
        await world.drainOnce();
      }
      await world.settle({ webhooks: false, ticks: false });
      await world.tick(MONITOR);
      await world.settle({ webhooks: false, ticks: false });
      ends.push(await endOf(world, schedule.id));
    }
    expect(cases?.length).toBe(6 + 6 + 36);
    expect(new Set(ends.map((end) => JSON.stringify(end)))).toHaveLength(1);
    expect(ends[0]).toMatchObject({ order: 'executed', transfer: 'confirmed', movements: 1 });
    expect((await today(world)).outOfOrder).toBeGreaterThan(10);
  });
});

/** Every order of n events; of all but one of them; and of all with one of them twice. */
function casesOf(count: number): number[][] {
  const all = Array.from({ length: count }, (_, place) => place);
  const losing = all.map((lost) => all.filter((place) => place !== lost));
  const doubling = all.map((doubled) => [...all, doubled]);
  const orders = [all, ...losing, ...doubling].flatMap(ordersOf);
  return [...new Map(orders.map((order) => [order.join(), order])).values()];
}
const ordersOf = (places: readonly number[]): number[][] =>
  places.length === 0
    ? [[]]
    : places.flatMap((first, index) => ordersOf(places.toSpliced(index, 1)).map((rest) => [first, ...rest]));

/** What a transfer has left behind, without ids and times. */
async function endOf(world: World, scheduleId: string): Promise<Json> {
  const [order] = await world.rows('SELECT * FROM orders WHERE schedule_id = ?', scheduleId);
  const [transfer] = await world.rows('SELECT * FROM transfers WHERE order_id = ?', order.id);
  const movements = await world.rows(
    'SELECT units FROM movements WHERE transaction_hash = ?',
    transfer.transaction_hash,
  );
  const entries = await world.rows('SELECT kind FROM journal WHERE subject_id = ? ORDER BY version', order.id);
  return {
    order: order.status,
    transfer: transfer.status,
    units: transfer.units,
    movements: movements.length,
    entries: entries.map(({ kind }) => kind),
  };
}

describe('an event that says more than custody shows', () => {
  it('moves nothing: what is true is read there', async () => {
    const world = await openWorld();
    const { schedule } = await world.readyToTrade();
    await world.tick();
    await world.drainOnce();
    await world.drainOnce();
    const [transfer] = await world.rows('SELECT * FROM transfers');
    expect(transfer.status).toBe('submitted');
    const seen = { id: transfer.custody_id, externalId: transfer.external_id, status: 'Confirmed', txHash: '0x1' };
    const event = { id: 'whe-lie', kind: 'wallet.transfer.confirmed', data: { transferRequest: seen } };
    const body = { v: 1, id: null, type: 'webhook.received', body: JSON.stringify(event), receivedAt: world.at };
    await world.carryOut({ queue: 'fiducia-events', body, attempts: 1 });
    await world.drainOnce();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executing' });
    expect((await world.rows('SELECT status FROM transfers'))[0].status).not.toBe('confirmed');
  });
});

/** A day of one client, with webhooks or without any. */
async function liveOneDay(webhooks: boolean): Promise<World> {
  const world = await openWorld();
  await control('PUT', '/webhooks/mode', { mode: webhooks ? 'hold' : 'drop' });
  const settle = () => world.settle({ webhooks });
  await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
  await settle();
  const { body: account } = await world.get('client-1', '/v1/accounts/me');
  await world.fund(account, '1000000000000000000');
  await world.fund(account, '10000000', USDC.split('/')[1]);
  const { id } = await world.ask('client-1', '0x52908400098527886e0f7030069857d2e4169ee7');
  await settle();
  await world.decide((await world.destination('client-1', id)).review.approvalId, 'Approved');
  const isApproved = async () => (await world.destination('client-1', id)).status === 'approved';
  for (let minute = 0; minute < 60 && !(await isApproved()); minute += 1) {
    await world.advance(60);
    await settle();
  }
  const mandate = await world.grant('client-1', id);
  const schedule = await world.schedule(mandate.id, '1000000', {
    recurrence: { kind: 'cron', expression: '0 */6 * * *', timeZone: 'UTC' },
    runsMax: 3,
  });
  await world.advance((Date.parse(schedule.nextSlot) - Date.parse(world.at)) / 1000 + 1);
  for (let hour = 0; hour < 24; hour += 1) {
    await settle();
    if (hour % 5 === 0) await world.fund(account, String(1_000 + hour), USDC.split('/')[1]);
    await world.advance(3600);
  }
  return world;
}

/** Each record as it stands, and each line of the activity but for readings of the fence, without ids and times. */
async function standingOf(world: World): Promise<Json> {
  const kindOf = ({ kind, text }: Json) => `${kind} ${text}`;
  const { items } = (await world.get('client-1', '/v1/accounts/me/activity?limit=200')).body;
  const rows = async (sql: string) => (await world.rows(sql)).map((row) => JSON.stringify(row));
  return {
    accounts: await rows('SELECT status FROM accounts'),
    destinations: await rows('SELECT status, address FROM destinations'),
    orders: await rows('SELECT status, asset, units FROM orders ORDER BY due_at'),
    transfers: await rows('SELECT status, asset, units FROM transfers ORDER BY id'),
    limits: await rows('SELECT day, asset, reserved FROM limit_days ORDER BY day, asset'),
    journal: await journalOf(world),
    movements: await rows('SELECT direction, asset, units, fee_units FROM movements ORDER BY at, direction, units'),
    activity: items
      .filter(({ kind }: Json) => kind !== 'fence.checked')
      .map(kindOf)
      .sort(),
  };
}

/** What no two runs have in common: what was drawn anew, and what our own clock or custody's said. */
const DRAWN: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'instant'],
  [/\b([a-z]{3})_[0-9A-Z]{26}\b/g, '$1'],
  [/\b([a-z]{2,3})-[a-z0-9]{5,6}-[a-z0-9]{5,6}-[a-z0-9]{10,}\b/g, '$1'],
  [/\bf1-[a-z0-9]{20,}\b/g, 'external id'],
  [/\b(0x)?[0-9a-f]{64}\b/g, 'hash'],
];

/**
 * The history of each record of the account: its entries in their order, word for word but for what is drawn anew. Left out is
 * each reading of a fence that found what the one before had found: its protections are read once for each event and a number
 * of times a day, so how often nothing was new depends on when the events came.
 */
async function journalOf(world: World): Promise<string[]> {
  const entries = await world.rows(
    'SELECT subject_id, kind, actor_role, data FROM journal WHERE account_id IS NOT NULL ORDER BY subject_id, version',
  );
  const [wallet] = await world.rows('SELECT address FROM wallets');
  const words = (text: string) =>
    DRAWN.reduce((said, [found, put]) => said.replaceAll(found, put), text.replaceAll(wallet.address, 'our wallet'));
  const isNews = ({ kind, data }: Json) =>
    kind !== 'fence.checked' || Object.keys(JSON.parse(data).after).some((name) => name !== 'checkedAt');
  const histories = Map.groupBy(entries.filter(isNews), ({ subject_id: subject }) => subject);
  return [...histories.values()]
    .map((history) => history.map((one: Json) => words(`${one.kind} ${one.actor_role} ${one.data}`)).join('\n'))
    .sort();
}

describe('a day without any webhook', () => {
  it('is, after the monitor has run, the same as one with all of them', { timeout: 300_000 }, async () => {
    const undisturbed = await liveOneDay(true);
    await undisturbed.tick(MONITOR);
    await undisturbed.settle();
    const wanted = await standingOf(undisturbed);
    expect((await today(undisturbed)).backfilled).toBe(0);

    const world = await liveOneDay(false);
    const before = await standingOf(world);
    expect(before.movements).not.toEqual(wanted.movements);
    await world.tick(MONITOR);
    await world.settle({ webhooks: false });

    expect(await standingOf(world)).toEqual(wanted);
    expect(wanted.journal.join('\n').split('\n').length).toBeGreaterThan(30);
    expect(wanted.movements.length).toBeGreaterThan(8);
    const health = (await world.get('admin-1', '/v1/event-health')).body;
    expect(health.monitor.found).toBeGreaterThan(10);
    const [{ received, backfilled, duplicates }] = health.days;
    expect({ received, found: health.monitor.found }).toEqual({ received: 0, found: backfilled + duplicates });
    const { items } = (await world.get('admin-1', '/v1/incidents')).body;
    expect(items.map(({ kind }: Json) => kind)).toContain('webhooks_missing');
  });
});

/** The sandbox lists its last thousand deliveries. */
const DEPOSITS_PER_LIST = 500;
/** They are of one instant; those of the next come later, so that custody's list is seen to go back in time. */
const DEPOSITS_AT_ONCE = 20;

/** Each is delivered once, some of them twice, and a tenth never. */
async function deliverDeposits(world: World, account: Json, random: () => number) {
  const seen = new Set<string>();
  let [kept, delivered] = [0, 0];
  for (let made = 0; made < CASES; ) {
    const end = Math.min(CASES, made + DEPOSITS_PER_LIST);
    for (; made < end; made += DEPOSITS_AT_ONCE) {
      const deposits = { kind: 'Native', amount: '1', times: Math.min(DEPOSITS_AT_ONCE, end - made) };
      await control('POST', `/wallets/${account.wallets[0].custodyId}/fund`, deposits);
    }
    for (const delivery of await world.held()) {
      if (seen.has(delivery.id) || !JSON.parse(delivery.body).kind.includes('blockchainevent')) continue;
      seen.add(delivery.id);
      if (random() < 0.1) continue;
      kept += 1;
      for (let copies = random() < 0.3 ? 2 : 1; copies > 0; copies -= 1) {
        expect((await world.deliver(delivery)).status).toBe(200);
        delivered += 1;
      }
    }
  }
  expect(seen.size).toBe(CASES);
  return { kept, delivered };
}

/** The same numbers in each run. */
function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe(`${CASES} events doubled, reordered, delayed, and some lost altogether`, () => {
  it('are each applied once after the monitor, by few trips to D1 and few calls to custody', {
    timeout: 3_600_000,
  }, async () => {
    const world = await openWorld();
    // The door's rate is of the real minute, in which more of them come here than custody would send.
    world.restart({ bindings: { ...world.bindings, DOOR_RATE: { limit: async () => ({ success: true }) } } });
    const account = await world.openAccount();
    await world.settle();
    const random = drawing(20_310_303);
    const start = await today(world);
    const { kept, delivered } = await deliverDeposits(world, account, random);
    let calls = 0;
    world.perturb('listMovements', (call) => (...args) => {
      calls += 1;
      return call(...args);
    });
    // What the queue holds is shuffled as a whole; of custody's own the door would find the oldest stale by now.
    const received = world.queued
      .splice(0)
      .map((one) => ({ one, at: random() }))
      .sort((left, right) => left.at - right.at)
      .map(({ one }) => one);
    expect(received).toHaveLength(delivered);
    let trips = 0;
    for (let from = 0; from < received.length; from += BATCH) {
      const before = world.trips.length;
      await consume(batchOf(world, 'fiducia-events', received.slice(from, from + BATCH)), world.app);
      trips = Math.max(trips, world.trips.length - before);
    }
    // Two reads and one commit for all of a batch, and the one that relays what it woke.
    expect(trips).toBe(4);
    while ((await drainInBatches(world)) > 0);
    const end = await today(world);
    expect(end.received - start.received).toBe(delivered);
    expect(end.duplicates - start.duplicates).toBe(delivered - kept);
    await world.tick(MONITOR);
    while ((await drainInBatches(world)) > 0);

    expect((await world.rows("SELECT count(*) AS n FROM movements WHERE direction = 'in'"))[0].n).toBe(CASES);
    const facts =
      "SELECT count(*) AS n, sum(outcome = 'applied') AS applied FROM inbox WHERE kind LIKE '%blockchainevent%'";
    expect(await world.rows(facts)).toEqual([{ n: CASES, applied: CASES }]);
    expect((await today(world)).backfilled).toBe(CASES - kept);
    // Twenty deposits of one wallet are one reading of it; each reading is a few pages.
    const batches = Math.ceil(delivered / BATCH) + Math.ceil((CASES - kept) / BATCH);
    console.log(`${delivered} deliveries: ${batches} batches, ${calls} calls to custody`);
    expect(calls).toBeLessThanOrEqual(batches * 6);
  });
});
