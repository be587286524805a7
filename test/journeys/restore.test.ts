// A database that was set back: no money moves in it before it was told so, and what custody did meanwhile is found again.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { control } from '../support/outside.ts';
import { putBack, takeSnapshot } from '../support/rollback.ts';
import { NATIVE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

const QUARTER = '*/15 * * * *';
let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

/** The same database under a deployment that names another epoch. */
const deploy = (RESTORE_EPOCH: string): void => world.restart({ bindings: { ...world.bindings, RESTORE_EPOCH } });
const sent = async (account: Json): Promise<Json[]> => {
  const { custodyId } = account.wallets[0];
  const page = await world.app.custody.pageOfTransfers(custodyId, undefined);
  return [...page.items];
};
const ready = async (): Promise<Json> =>
  (await world.request(undefined, 'GET', '/readyz')).body.checks.find(({ name }: Json) => name === 'restore epoch');
const incidents = async (kind: string): Promise<Json[]> =>
  (await world.get('admin-1', '/v1/incidents')).body.items.filter((one: Json) => one.kind === kind);
const minutes = async (count: number): Promise<void> => {
  for (let minute = 0; minute < count; minute += 1) {
    await world.tick();
    await world.drainOnce();
    await world.advance(60);
  }
};

const HOUR = 3600;
const funding = (mandateId: string) => ({
  kind: 'trade_funding',
  mandateId,
  asset: USDC,
  amount: { units: '1' },
});

describe('a database of another epoch than the deployed one', () => {
  it('lets no due slot go, ends none, and goes on when the epoch is right again', async () => {
    const { account, schedule } = await world.readyToTrade();
    deploy('another');
    await minutes(3);
    expect(await world.order(schedule.id)).toBeUndefined();
    expect(await ready()).toMatchObject({ ok: false });
    expect(await incidents('epoch_differs')).toMatchObject([{ about: 'database', status: 'open' }]);
    deploy(world.bindings.RESTORE_EPOCH);
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await sent(account)).toHaveLength(1);
    expect(await ready()).toMatchObject({ ok: true });
    await world.tick(QUARTER);
    expect(await incidents('epoch_differs')).toMatchObject([{ status: 'resolved' }]);
  });

  it('holds an order that was prepared, and does not end it when it is late', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.holdMoney();
    await world.tick();
    await world.drainOnce();
    expect(await world.rows('SELECT status FROM transfers')).toEqual([{ status: 'prepared' }]);
    await world.freeMoney();
    deploy('another');
    await minutes(3);
    await world.advance(7200);
    await minutes(3);
    expect((await world.order(schedule.id)).status).toBe('released');
    expect(await sent(account)).toEqual([]);
  });

  it('does not skip an order that is late before anything of it was prepared', async () => {
    const { schedule } = await world.readyToTrade();
    await world.tick();
    deploy('another');
    await world.advance(7200);
    await minutes(3);
    expect((await world.order(schedule.id)).status).toBe('released');
  });

  it('sends nothing again that got no answer, and does not give it up', async () => {
    const { account, schedule } = await world.readyToTrade();
    await control('POST', '/faults', {
      method: 'POST',
      path: '/wallets/*/transfers',
      kind: 'status',
      status: 500,
      times: 1,
    });
    await world.tick();
    await world.drainOnce();
    await world.drainOnce();
    expect((await world.order(schedule.id)).status).toBe('executing');
    deploy('another');
    await minutes(5);
    await world.advance(7200);
    await minutes(5);
    expect(await world.rows('SELECT status FROM transfers')).toEqual([{ status: 'submitting' }]);
    expect(await sent(account)).toEqual([]);
  });

  it('is refused in the very batch that hands over', async () => {
    const { account, schedule } = await world.readyToTrade();
    // Judged by the right epoch, and another one is written before the batch.
    let isDone = false;
    const batch = env.DB.batch.bind(env.DB);
    const DB = new Proxy(world.bindings.DB, {
      get(of, name) {
        const member: unknown = Reflect.get(of, name);
        if (name !== 'batch') return typeof member === 'function' ? member.bind(of) : member;
        return async (statements: D1PreparedStatement[]) => {
          const [transfer] = await world.rows("SELECT status FROM transfers WHERE status = 'prepared'");
          if (transfer !== undefined && !isDone) {
            isDone = true;
            await batch([env.DB.prepare("UPDATE epochs SET epoch = 'another', version = version + 1")]);
          }
          return of.batch(statements);
        };
      },
    });
    world.restart({ bindings: { ...world.bindings, DB } });
    await minutes(4);
    expect(isDone).toBe(true);
    expect(await sent(account)).toEqual([]);
    expect(await world.order(schedule.id)).toMatchObject({ status: 'released' });
  });

  it('refuses new orders and what would end one', async () => {
    const { mandate, schedule } = await world.readyToTrade();
    const order = funding(mandate.id);
    const later = await world.must('operator-1', '/v1/orders', { ...order, dueAt: addSeconds(world.at, HOUR) });
    deploy('another');
    for (const path of [`/v1/orders/${later.id}/cancel`, `/v1/schedules/${schedule.id}/skip-next`])
      expect(await world.post('operator-1', path)).toMatchObject({ status: 503, body: { code: 'epoch_differs' } });
    const refused = await world.post('operator-1', '/v1/orders', order);
    expect(refused).toMatchObject({ status: 503, body: { code: 'epoch_differs' } });
    const preview = await world.post('operator-1', '/v1/orders/preview', order);
    expect(preview.body).toMatchObject({ outcome: 'waits', rule: 'epoch_differs' });
  });

  it('lets a client revoke its mandate, and leaves what stands under it until the epoch is right again', async () => {
    const { account, mandate, schedule } = await world.readyToTrade();
    const wish = { ...funding(mandate.id), dueAt: addSeconds(world.at, HOUR) };
    const { id } = await world.must('operator-1', '/v1/orders', wish);
    deploy('another');
    const revoked = await world.post('client-1', `/v1/mandates/${mandate.id}/revoke`);
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } });
    const statuses = async () => [
      (await world.get('operator-1', `/v1/orders/${id}`)).body.status,
      (await world.get('operator-1', `/v1/schedules/${schedule.id}`)).body.status,
    ];
    await minutes(5);
    expect(await statuses()).toEqual(['scheduled', 'active']);
    deploy(world.bindings.RESTORE_EPOCH);
    await minutes(10);
    expect(await statuses()).toEqual(['canceled', 'ended']);
    expect(await sent(account)).toEqual([]);
  });
});

describe('the first epoch', () => {
  it('is given to a database in which nothing happened, and only once', async () => {
    const again = await world.post('admin-1', '/v1/epoch', { epoch: '1' });
    expect(again).toMatchObject({ status: 409, body: { code: 'epoch_exists' } });
  });

  it('is not the one that somebody says, but the deployed one', async () => {
    deploy('another');
    const other = await world.post('admin-1', '/v1/epoch', { epoch: '1' });
    expect(other).toMatchObject({ status: 409, body: { code: 'epoch_not_deployed' } });
  });

  it('is not given where accounts are, or custody holds wallets of clients, and no money moves without one', async () => {
    const { account, schedule } = await world.readyToTrade();
    await env.DB.batch([env.DB.prepare('DROP TRIGGER epochs_no_delete'), env.DB.prepare('DELETE FROM epochs')]);
    await minutes(3);
    expect(await sent(account)).toEqual([]);
    expect(await world.order(schedule.id)).toBeUndefined();
    const refused = await world.post('admin-1', '/v1/epoch', { epoch: '1' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'database_not_fresh' } });
    await env.DB.batch([env.DB.prepare('DROP TRIGGER accounts_no_delete'), env.DB.prepare('DELETE FROM accounts')]);
    const still = await world.post('admin-1', '/v1/epoch', { epoch: '1' });
    expect(still).toMatchObject({ status: 409, body: { code: 'database_not_fresh' } });
  });
});

const restore = (restoredTo: string, epoch = 'epoch-2') => world.post('admin-1', '/v1/restores', { epoch, restoredTo });
const epoch = async (): Promise<Json> => (await world.get('admin-1', '/v1/epoch')).body;
const reservedOf = async (): Promise<Json> =>
  Object.fromEntries(
    (await world.rows('SELECT id, reserved FROM limit_days')).map(({ id, reserved }: Json) => [
      `${id.split(':')[1].slice(0, 3)} ${id.split(':')[2]}`,
      reserved,
    ]),
  );

/** A client's own transfer of the coin, always the same wish. */
const withdraw = (destinationId: string, units: string, key: string) =>
  world.request(
    'client-1',
    'POST',
    '/v1/orders',
    { kind: 'withdrawal', destinationId, asset: NATIVE, amount: { units } },
    { 'idempotency-key': key },
  );

/** Which events were applied. */
const seen = async (): Promise<string[]> =>
  (await world.rows('SELECT key FROM inbox ORDER BY key')).map(({ key }: Json) => key);

interface Drill {
  readonly account: Json;
  readonly destination: Json;
  readonly schedule: Json;
  readonly restoredTo: string;
  readonly sentBefore: readonly Json[];
  readonly lost: Json;
  readonly preparedId: string;
  readonly seenBefore: readonly string[];
}

/** An hour goes on after the snapshot, and then the database is as it was; custody is not. */
async function loseAnHour(): Promise<Drill> {
  const { account, destination, schedule } = await world.readyToTrade();
  const prepared = await withdraw(destination.id, '1000', 'prepared-before');
  expect(prepared).toMatchObject({ status: 202 });
  await world.holdMoney();
  await world.drainOnce();
  expect(await world.rows('SELECT status FROM transfers')).toEqual([{ status: 'prepared' }]);
  await world.freeMoney();
  const snapshot = await takeSnapshot();
  const restoredTo = world.at;
  await world.settle();
  expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
  expect(await withdraw(destination.id, '2000', 'the-wish')).toMatchObject({ status: 202 });
  await world.settle();
  await world.approved('client-1', OTHER_EXCHANGE);
  await world.fund(account, '5000000', USDC.split('/')[1]);
  const lost = await world.openAccount('client-2');
  await world.settle();
  await world.advance(HOUR);
  const sentBefore = await sent(account);
  expect(sentBefore.map(({ status }) => status)).toEqual(['confirmed', 'confirmed', 'confirmed']);
  const seenBefore = await seen();
  deploy('epoch-2');
  await putBack(snapshot);
  expect((await seen()).length).toBeLessThan(seenBefore.length);
  world.queued = [];
  return { account, destination, schedule, restoredTo, sentBefore, lost, seenBefore, preparedId: prepared.body.id };
}

describe('an hour that was lost', () => {
  it('moves no money before the restore, pays nothing twice, and is found again', async () => {
    const { account, destination, schedule, restoredTo, sentBefore, lost, preparedId, seenBefore } = await loseAnHour();
    await minutes(3);
    expect(await world.rows('SELECT status FROM transfers')).toEqual([{ status: 'prepared' }]);

    expect(await restore(restoredTo)).toMatchObject({ status: 202, body: { status: 'restoring', moneyMoves: false } });
    await world.settle();
    expect(await epoch()).toMatchObject({ status: 'sound', moneyMoves: true });
    await world.advance(61);
    await world.settle();

    expect(await sent(account)).toEqual(sentBefore);
    const prepared = await world.get('operator-1', `/v1/orders/${preparedId}`);
    expect(prepared.body).toMatchObject({ status: 'executed' });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    // Also before its client comes again, what custody moved counts.
    const reserved = { [`acc ${NATIVE}`]: '3000', [`acc ${USDC}`]: '3000000', [`mnd ${USDC}`]: '3000000' };
    expect(await reservedOf()).toEqual(reserved);
    await world.tick(QUARTER);
    await world.settle();
    expect(await incidents('transfer_unknown')).toMatchObject([{ status: 'open' }]);
    const again = await withdraw(destination.id, '2000', 'the-wish');
    expect(again).toMatchObject({ status: 202 });
    await world.settle();
    const adopted = await world.get('operator-1', `/v1/orders/${again.body.id}`);
    expect(adopted.body).toMatchObject({ status: 'executed' });
    expect(await sent(account)).toEqual(sentBefore);
    expect(await reservedOf()).toEqual(reserved);

    await world.tick(QUARTER);
    expect(await incidents('transfer_unknown')).toMatchObject([{ status: 'resolved' }]);

    // Hints of the lost hour make no event look applied.
    expect(await seen()).toEqual(expect.arrayContaining([...seenBefore]));

    const told = await incidents('lost_at_custody');
    expect(told.map(({ about }) => about)).toContain(lost.wallets[0].custodyId);
    expect(told).toHaveLength(2);
    const { items: halts } = (await world.get('admin-1', '/v1/halts')).body;
    // The address that an officer approved in the lost hour is on custody's list and not on ours.
    expect(halts).toContainEqual(expect.objectContaining({ level: 'account', kind: 'fence', status: 'active' }));
    const received = await world.rows("SELECT units FROM movements WHERE direction = 'in' AND units = '5000000'");
    expect(received).toHaveLength(1);

    const all = halts.find(({ level }: Json) => level === 'all');
    const own = await world.post('admin-1', `/v1/halts/${all.id}/lift`, { reason: 'Looks right.' });
    expect(own).toMatchObject({ status: 403, body: { code: 'halt_needs_another_person' } });
    const other = await world.post('compliance-1', `/v1/halts/${all.id}/lift`, { reason: 'Compared with custody.' });
    expect(other).toMatchObject({ status: 200 });
    await world.settle();
    expect(await sent(account)).toEqual(sentBefore);
  });

  it('is found for a share that recurs: its order gets what custody moved, whatever is available by now', async () => {
    const { account, mandate, schedule } = await world.readyToTrade();
    await world.must('operator-1', `/v1/schedules/${schedule.id}/end`);
    const shared = await world.schedule(mandate.id, '', { amount: { shareBasisPoints: 2_500 } });
    await world.advance(61);
    const snapshot = await takeSnapshot();
    const restoredTo = world.at;
    await world.settle();
    await world.fund(account, '5000000', USDC.split('/')[1]);
    await world.advance(HOUR);
    const sentBefore = await sent(account);
    expect(sentBefore).toMatchObject([{ status: 'confirmed' }]);
    deploy('epoch-2');
    await putBack(snapshot);
    world.queued = [];
    expect(await world.order(shared.id)).toBeUndefined();
    expect(await restore(restoredTo)).toMatchObject({ status: 202 });
    await world.settle();
    await world.advance(61);
    await world.settle();
    expect(await world.order(shared.id)).toMatchObject({
      status: 'executed',
      amount: { units: '2500000' },
      shareBasisPoints: 2_500,
    });
    expect(await sent(account)).toEqual(sentBefore);
  });

  it('is found also when custody falls silent, the process ends and the restore is asked for again', async () => {
    const { account, schedule, restoredTo, sentBefore } = await loseAnHour();
    let silent = 2;
    world.perturb('pageOfTransfers', (call) => (wallet, after) => {
      silent -= 1;
      if (silent >= 0) throw new Error('no answer');
      return call(wallet, after);
    });
    expect(await restore(restoredTo)).toMatchObject({ status: 202 });
    await world.drainOnce();
    await world.drainOnce();
    expect(await epoch()).toMatchObject({ status: 'restoring', moneyMoves: false });
    // The process ends with what its queues held; another one goes on from D1.
    world.queued = [];
    deploy('epoch-2');
    expect(await restore(restoredTo)).toMatchObject({ status: 202, body: { status: 'restoring' } });
    await world.advance(HOUR);
    await world.settle();
    expect(await epoch()).toMatchObject({ status: 'sound' });
    await world.advance(61);
    await world.settle();
    expect(await restore(restoredTo)).toMatchObject({ status: 409, body: { code: 'epoch_exists' } });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await sent(account)).toEqual(sentBefore);
    expect(await world.rows("SELECT id FROM halts WHERE level = 'all'")).toHaveLength(1);
  });

  const signs = async () => {
    await world.tick('*/5 * * * *');
    await world.settle({ ticks: false, webhooks: false });
  };

  it.each(['begun', 'ended'])(
    'is found also when the database is set back again before its restore was %s',
    async (what) => {
      await signs();
      const { schedule, restoredTo, sentBefore, account } = await loseAnHour();
      if (what === 'ended') {
        world.perturb('pageOfTransfers', () => () => Promise.reject(new Error('no answer')));
        expect(await restore(restoredTo)).toMatchObject({ status: 202 });
        await world.drainOnce();
        world.queued = [];
      }
      await world.advance(60 * HOUR);
      await signs();
      const again = await takeSnapshot();
      const told = world.at;
      deploy('epoch-3');
      await putBack(again);
      world.queued = [];
      expect(await restore(told, 'epoch-3')).toMatchObject({ status: 202, body: { restoredTo: told } });
      await world.settle();
      await world.tick(QUARTER);
      expect(await epoch()).toMatchObject({ status: 'sound' });
      expect(await incidents('transfer_unknown')).toMatchObject([{ status: 'open' }]);
      await world.advance(61);
      await world.settle();
      expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
      expect(await sent(account)).toEqual(sentBefore);
    },
  );

  it('may be gone back to after the restore went too far: what that had signed is no fork either', async () => {
    await world.openAccount();
    const early = await takeSnapshot();
    await world.openAccount('client-2');
    await signs();
    const late = await takeSnapshot();
    for (const [name, snapshot] of [
      ['epoch-2', early],
      ['epoch-3', late],
    ] as const) {
      deploy(name);
      await putBack(snapshot);
      world.queued = [];
      expect(await restore(world.at, name)).toMatchObject({ status: 202 });
      await world.settle();
      await signs();
    }
    const verified = async () => (await world.get('auditor-1', '/v1/journal/verify')).body;
    expect(await verified()).toMatchObject({ ...{ result: 'sound', broken: null }, checkpoints: { from: 1, to: 2 } });
    // Without a word of it in the journal it is one.
    await putBack(late);
    expect((await verified()).broken).toMatchObject({ what: 'checkpoint_forked', checkpoint: 1 });
  });

  it('is signed for only after the journal tells of it: the checkpoint that was left behind is no fork', async () => {
    const signed = () => world.rows('SELECT sequence, epoch FROM checkpoints ORDER BY sequence');
    await world.openAccount();
    const snapshot = await takeSnapshot();
    const restoredTo = world.at;
    await world.openAccount('client-2');
    await signs();
    expect(await signed()).toHaveLength(1);
    deploy('epoch-2');
    await putBack(snapshot);
    world.queued = [];
    await signs();
    expect(await signed()).toEqual([]);
    expect(await restore(restoredTo)).toMatchObject({ status: 202 });
    await world.settle();
    await signs();
    expect(await signed()).toEqual([{ sequence: 1, epoch: 'epoch-2' }]);
    expect((await world.get('auditor-1', '/v1/journal/verify')).body).toMatchObject({
      ...{ result: 'sound', broken: null },
      notes: [expect.stringContaining('left behind by a restore')],
    });
  });

  it('is found also where one was being sent and another of its wallet waited behind it', async () => {
    const { account, destination } = await world.readyToTrade();
    await world.settle();
    await control('POST', '/faults', {
      method: 'POST',
      path: '/wallets/*/transfers',
      kind: 'status',
      status: 500,
      times: 1,
    });
    await withdraw(destination.id, '1000', 'one');
    await world.drainOnce();
    await withdraw(destination.id, '2000', 'two');
    await world.drainOnce();
    const statuses = () => world.rows('SELECT status FROM transfers ORDER BY id');
    expect(await statuses()).toEqual([{ status: 'confirmed' }, { status: 'submitting' }, { status: 'prepared' }]);
    const [snapshot, restoredTo] = [await takeSnapshot(), world.at];
    await world.advance(120);
    await world.settle();
    const sentBefore = await sent(account);
    expect(sentBefore.map(({ status }) => status)).toEqual(['confirmed', 'confirmed', 'confirmed']);
    deploy('epoch-2');
    await putBack(snapshot);
    world.queued = [];
    expect(await restore(restoredTo)).toMatchObject({ status: 202 });
    await world.settle();
    await world.advance(61);
    await world.settle();
    expect(await epoch()).toMatchObject({ status: 'sound' });
    expect(new Set((await statuses()).map(({ status }) => status))).toEqual(new Set(['confirmed']));
    expect(await sent(account)).toEqual(sentBefore);
  });

  /** What happens in the lost time, then the restore to its end; the halt of all still stands. */
  async function loseTime(account: Json, happens: () => Promise<void>): Promise<Json[]> {
    const [snapshot, restoredTo] = [await takeSnapshot(), world.at];
    await happens();
    const sentBefore = await sent(account);
    deploy('epoch-2');
    await putBack(snapshot);
    world.queued = [];
    expect(await restore(restoredTo)).toMatchObject({ status: 202 });
    await world.settle();
    await world.advance(61);
    await world.settle();
    expect(await epoch()).toMatchObject({ status: 'sound' });
    return sentBefore;
  }

  it('does not skip an order for a time that passed in it and that custody has carried out', async () => {
    const { account, destination } = await world.readyToTrade();
    await world.settle();
    const dueAt = addSeconds(world.at, 600);
    const asked = {
      kind: 'withdrawal',
      destinationId: destination.id,
      asset: NATIVE,
      amount: { units: '2000' },
      dueAt,
    };
    const { body: order } = await world.post('client-1', '/v1/orders', asked);
    const sentBefore = await loseTime(account, async () => {
      await world.advance(601);
      await world.settle();
      await world.advance(2 * HOUR);
    });
    expect(sentBefore).toHaveLength(2);
    expect((await world.get('client-1', `/v1/orders/${order.id}`)).body).toMatchObject({ status: 'executed' });
    expect(await sent(account)).toEqual(sentBefore);
  });

  it('does not skip the slot that the database was set back to', async () => {
    const { account, mandate } = await world.readyToTrade();
    await world.settle();
    const schedule = await world.schedule(mandate.id, '1000');
    await world.advance((Date.parse(schedule.nextSlot) - Date.parse(world.at)) / 1000);
    expect(schedule.nextSlot).toBe(world.at);
    const sentBefore = await loseTime(account, async () => {
      await world.settle();
      expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
      await world.advance(2 * HOUR);
    });
    expect(sentBefore).toHaveLength(2);
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await sent(account)).toEqual(sentBefore);
  });

  it.each([
    ['deposit', { kind: 'deposit_received', minUnits: '1' }],
    ['balance', { kind: 'balance_above', floorUnits: '8000000' }],
  ])('gives what a %s made its order again, though all is halted', async (_, trigger) => {
    const { account, mandate } = await world.readyToTrade();
    await world.settle();
    const bounds = { asset: USDC, cooldownMinutes: 60, perDayMax: 3 };
    const asked = {
      mandateId: mandate.id,
      asset: USDC,
      kind: 'trade_funding',
      amount: { units: '4500000' },
      trigger: { ...trigger, ...bounds },
    };
    const { body: schedule } = await world.post('operator-1', '/v1/schedules', asked);
    let sentAt = '';
    const sentBefore = await loseTime(account, async () => {
      await world.fund(account, '5000000', USDC.split('/')[1]);
      await world.settle();
      expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
      [{ requestedAt: sentAt }] = await sent(account);
      await world.advance(HOUR);
    });
    const items = (await world.get('operator-1', `/v1/orders?scheduleId=${schedule.id}`)).body.items;
    expect(items).toMatchObject([{ status: 'executed', amount: { units: '4500000' } }]);
    const { body: after } = await world.get('operator-1', `/v1/schedules/${schedule.id}`);
    expect(after).toMatchObject({ status: 'active', runs: 1 });
    // The cool-down is of when it fired, not of when its window began.
    expect(Math.abs(Date.parse(after.lastFiredAt) - Date.parse(sentAt))).toBeLessThan(60_000);
    expect(await sent(account)).toEqual(sentBefore);
  });

  it('counts what custody moved for each mandate that may have let it out, until its wish says which', async () => {
    const { account, mandate, destination } = await world.readyToTrade();
    await world.settle();
    const other = await world.grant('client-1', destination.id);
    const order = (key: string, units: string) => {
      const asked = { kind: 'trade_funding', mandateId: mandate.id, asset: USDC, amount: { units } };
      return world.request('operator-1', 'POST', '/v1/orders', asked, { 'idempotency-key': key });
    };
    const usedOf = async ({ id }: Json): Promise<string | undefined> =>
      (await world.rows(`SELECT reserved FROM limit_days WHERE id LIKE 'limit:${id}:%'`))[0]?.reserved;
    const sentBefore = await loseTime(account, async () => {
      expect(await order('the-wish', '4000000')).toMatchObject({ status: 202 });
      await world.settle();
    });
    expect([await usedOf(mandate), await usedOf(other)]).toEqual(['7000000', '4000000']);
    const halts = (await world.get('admin-1', '/v1/halts')).body.items;
    const all = halts.find(({ level, status }: Json) => level === 'all' && status === 'active');
    await world.post('compliance-1', `/v1/halts/${all.id}/lift`, { reason: 'Compared with custody.' });
    expect(await order('another', '2000000')).toMatchObject({ status: 422, body: { code: 'daily_limit_exceeded' } });
    expect(await order('the-wish', '4000000')).toMatchObject({ status: 202 });
    await world.settle();
    expect([await usedOf(mandate), await usedOf(other)]).toEqual(['7000000', '0']);
    expect(await sent(account)).toEqual(sentBefore);
  });

  it('keeps what custody did from being canceled, by a cancel and by a revocation', async () => {
    const { account, mandate, schedule } = await world.readyToTrade();
    const dueAt = addSeconds(world.at, HOUR);
    const wish = { ...funding(mandate.id), dueAt, notAfter: addSeconds(dueAt, 48 * HOUR) };
    const done = await world.must('operator-1', '/v1/orders', wish);
    const never = await world.must('operator-1', '/v1/orders', { ...wish, dueAt: addSeconds(world.at, 24 * HOUR) });
    const [snapshot, restoredTo] = [await takeSnapshot(), world.at];
    await world.settle();
    await world.advance(HOUR);
    await world.settle();
    const sentBefore = await sent(account);
    expect(sentBefore.map(({ status }) => status)).toEqual(['confirmed', 'confirmed']);
    deploy('epoch-2');
    await putBack(snapshot);
    world.queued = [];
    expect(await restore(restoredTo)).toMatchObject({ status: 202 });
    await world.settle({ ticks: false });
    expect(await epoch()).toMatchObject({ status: 'sound' });

    const statusOf = async (id: string) => (await world.get('operator-1', `/v1/orders/${id}`)).body.status;
    const canceled = await world.post('operator-1', `/v1/orders/${done.id}/cancel`);
    expect(canceled).toMatchObject({ status: 409, body: { code: 'order_recovered' } });
    await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
    await world.settle({ ticks: false });
    expect(await statusOf(never.id)).toBe('canceled');
    expect(await statusOf(done.id)).toBe('scheduled');
    expect(await world.order(schedule.id)).toMatchObject({ status: 'released' });
    await world.settle();
    expect(await statusOf(done.id)).toBe('executed');
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await sent(account)).toEqual(sentBefore);
  });

  it('is restored only under an epoch that is deployed, and by an administrator', async () => {
    const { restoredTo } = await loseAnHour();
    expect(await restore(restoredTo, 'epoch-3')).toMatchObject({ status: 409, body: { code: 'epoch_not_deployed' } });
    const operator = await world.post('operator-1', '/v1/restores', { epoch: 'epoch-2', restoredTo });
    expect(operator).toMatchObject({ status: 403 });
    expect(await restore('2032-01-01T00:00:00.000Z')).toMatchObject({ status: 422, body: { code: 'period_invalid' } });
  });
});
