// A database that was set back: no money moves in it before it was told so, and what custody did meanwhile is found again.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { control, openWorld, type World } from '../support/world.ts';

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
  });

  it('holds an order that was prepared, and does not end it when it is late', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.tick();
    await world.drainOnce();
    expect((await world.order(schedule.id)).status).toBe('released');
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
    const { mandate } = await world.readyToTrade();
    deploy('another');
    const order = {
      kind: 'trade_funding',
      mandateId: mandate.id,
      asset: mandate.limits[0].asset,
      amount: { units: '1' },
    };
    const refused = await world.post('operator-1', '/v1/orders', order);
    expect(refused).toMatchObject({ status: 503, body: { code: 'epoch_differs' } });
    const preview = await world.post('operator-1', '/v1/orders/preview', order);
    expect(preview.body).toMatchObject({ outcome: 'waits', rule: 'epoch_differs' });
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
