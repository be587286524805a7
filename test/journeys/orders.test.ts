// Orders that people place: the desk under a mandate, clients to their own addresses. Amounts, times, waiting, canceling.
import { beforeEach, describe, expect, it } from 'vitest';
import { externalIdOf } from '../../src/app/external-id.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { letAPersonDecideTransfers } from '../support/custody.ts';
import { control } from '../support/outside.ts';
import { EXCHANGE, NATIVE, openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

/** Kept back for the fee of a transfer on the test network. */
const FEE_RESERVE = 5_000_000_000_000_000n;
const COIN = 1_000_000_000_000_000_000n;

let world: World;
let account: Json;
let destination: Json;
let mandate: Json;
beforeEach(async () => {
  world = await openWorld();
  account = await world.openAccount();
  await world.fund(account, COIN.toString());
  await world.fund(account, '10000000', USDC.split('/')[1]);
  destination = await world.approved('client-1');
  mandate = await world.grant('client-1', destination.id, [
    { asset: USDC, perOrder: '9000000', perDay: '12000000' },
    { asset: NATIVE, perOrder: (2n * COIN).toString(), perDay: (2n * COIN).toString() },
  ]);
});

const funding = (more: object = {}) => ({
  kind: 'trade_funding',
  mandateId: mandate.id,
  asset: USDC,
  amount: { units: '3000000' },
  ...more,
});
const withdrawal = (more: object = {}) => ({
  kind: 'withdrawal',
  destinationId: destination.id,
  asset: USDC,
  amount: { units: '3000000' },
  ...more,
});
const place = (as: string, wish: object) => world.post(as, '/v1/orders', wish);
const order = async (id: string): Promise<Json> => (await world.get('operator-1', `/v1/orders/${id}`)).body;

async function ran(as: string, wish: object): Promise<Json> {
  const { id } = await world.must(as, '/v1/orders', wish);
  await world.settle();
  return order(id);
}
const sent = async (): Promise<Json[]> =>
  (await world.custodyTransfers(account)).map(({ requestBody }: Json) => requestBody);

describe('an order', () => {
  it('of the desk moves a fixed amount to the venue of its mandate', async () => {
    expect(await ran('operator-1', funding())).toMatchObject({
      status: 'executed',
      kind: 'trade_funding',
      mandateId: mandate.id,
      scheduleId: null,
      amount: { units: '3000000', formatted: '3 USDC' },
    });
    expect(await sent()).toMatchObject([{ kind: 'Erc20', to: EXCHANGE, amount: '3000000' }]);
  });

  it('of a client goes to its own approved destination without a mandate', async () => {
    const done = await ran('client-1', withdrawal({ asset: NATIVE, amount: { units: '1000' } }));
    expect(done).toMatchObject({ status: 'executed', kind: 'withdrawal', mandateId: null });
    expect(await sent()).toMatchObject([{ kind: 'Native', to: EXCHANGE, amount: '1000' }]);
    const days = await world.rows('SELECT id FROM limit_days');
    expect(days.map(({ id }: Json) => id)).toEqual([expect.stringContaining(`limit:${account.id}:`)]);
  });

  it('is refused to the other side: no withdrawal by the desk, no trade funding by a client', async () => {
    expect(await place('operator-1', withdrawal())).toMatchObject({ status: 403, body: { allowed: ['client'] } });
    expect(await place('client-1', funding())).toMatchObject({ status: 403, body: { allowed: ['operator'] } });
    expect(await place('auditor-1', funding())).toMatchObject({ status: 403 });
    expect(await place('client-2', withdrawal())).toMatchObject({ status: 404 });
  });

  it('has the same external id for the same caller and key, and is made once', async () => {
    const headers = { 'idempotency-key': 'the-wish' };
    const first = await world.request('operator-1', 'POST', '/v1/orders', funding(), headers);
    const again = await world.request('operator-1', 'POST', '/v1/orders', funding(), headers);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    // The answer is forgotten after a day; the wish is not.
    await world.rows('DELETE FROM idempotency');
    expect(await world.request('operator-1', 'POST', '/v1/orders', funding(), headers)).toMatchObject({
      status: 409,
      body: { code: 'order_exists', orderId: first.body.id },
    });
    await world.settle();
    const [made, ...others] = await world.custodyTransfers(account);
    expect(others).toEqual([]);
    const [{ actor }] = await world.rows(
      'SELECT actor FROM journal WHERE subject_id = ? AND version = 1',
      first.body.id,
    );
    expect(made.externalId).toBe(await externalIdOf(`${actor}|POST|/v1/orders|the-wish`));
  });
});

describe('an amount', () => {
  const wrong = [
    ['0', 'above zero'],
    ['00', 'above zero'],
    ['-5', 'sign'],
    ['+5', 'sign'],
    ['1e6', 'exponent'],
    [' 5', 'blanks'],
    ['5\n', 'blanks'],
    ['05', 'leading zeros'],
    ['1.5', 'whole base units'],
    ['1,000', 'whole base units'],
    ['', 'decimal digits'],
    ['０', 'decimal digits'],
    [(2n ** 256n).toString(), 'at most'],
    ['9'.repeat(100), 'at most'],
  ] as const;

  it('that is no plain number of base units is refused with the reason', async () => {
    for (const [units, reason] of wrong) {
      const { status, body } = await place('operator-1', funding({ amount: { units } }));
      expect({ units, status, code: body.code, reason: body.reason }).toEqual({
        units,
        status: 422,
        code: 'amount_invalid',
        reason: expect.stringContaining(reason),
      });
    }
  });

  it('in the limits of a mandate is refused in the same way, with the limit that it is', async () => {
    const grant = (perOrder: string, perDay: string) =>
      world.post('client-1', '/v1/accounts/me/mandates', {
        venue: 'Kraken',
        destinationId: destination.id,
        limits: [{ asset: USDC, perOrder, perDay }],
        validUntil: addSeconds(world.at, 86_400),
      });
    for (const [units, reason] of wrong) {
      const { status, body } = await grant(units, '5');
      expect({ units, status, code: body.code, reason: body.reason }).toEqual({
        units,
        status: 422,
        code: 'amount_invalid',
        reason: expect.stringMatching(`^perOrder of ${USDC} .*${reason}`),
      });
    }
    const reason = `perDay of ${USDC} has no exponent.`;
    expect((await grant('5', '1e6')).body).toMatchObject({ code: 'amount_invalid', reason });
    expect((await grant('5', '5')).status).toBe(201);
  });

  it('that is a number, or a share outside of 1 to 10000, is not as documented', async () => {
    for (const amount of [
      { units: 5 },
      { shareBasisPoints: 0 },
      { shareBasisPoints: 10_001 },
      { shareBasisPoints: 0.5 },
      {},
    ])
      expect(await place('operator-1', funding({ amount })), JSON.stringify(amount)).toMatchObject({ status: 400 });
  });

  it('as a share is taken of what is available when it runs, rounded down, and then frozen', async () => {
    const placed = await world.must('operator-1', '/v1/orders', funding({ amount: { shareBasisPoints: 3_333 } }));
    expect(placed).toMatchObject({ amount: null, shareBasisPoints: 3_333 });
    await world.settle();
    expect(await order(placed.id)).toMatchObject({ status: 'executed', amount: { units: '3333000' } });
  });

  it('of the coin leaves the fee reserve in the wallet', async () => {
    const done = await ran('operator-1', funding({ asset: NATIVE, amount: { shareBasisPoints: 10_000 } }));
    expect(done).toMatchObject({ status: 'executed', amount: { units: (COIN - FEE_RESERVE).toString() } });
  });

  it('of a sweep is all above the floor, and nothing when there is no more than that', async () => {
    const sweep = { kind: 'sweep', mandateId: mandate.id, asset: USDC, floor: '4000000' };
    expect(await ran('operator-1', sweep)).toMatchObject({ status: 'executed', amount: { units: '6000000' } });
    const empty = await ran('operator-1', sweep);
    expect(empty).toMatchObject({ status: 'blocked', rule: 'nothing_available', amount: null });
    expect(empty.reason).toContain('"floor":"4000000"');
  });

  it('beyond what is available is blocked with the numbers; custody is not asked', async () => {
    const done = await ran('client-1', withdrawal({ amount: { units: '10000001' } }));
    expect(done).toMatchObject({ status: 'blocked', rule: 'balance_too_low' });
    expect(done.reason).toContain('"available":"10000000"');
    expect(await sent()).toEqual([]);
  });

  it('of the coin must leave its fee, and a token needs the coin', async () => {
    const all = await ran('client-1', withdrawal({ asset: NATIVE, amount: { units: COIN.toString() } }));
    expect(all).toMatchObject({ status: 'blocked', rule: 'balance_too_low' });
    const units = (COIN - FEE_RESERVE).toString();
    expect(await ran('client-1', withdrawal({ asset: NATIVE, amount: { units } }))).toMatchObject({
      status: 'executed',
    });
    const token = await ran('client-1', withdrawal({ amount: { units: '1' } }));
    expect(token).toMatchObject({ status: 'blocked', rule: 'no_fee_coin' });
    expect(token.reason).toContain(`"needed":"${FEE_RESERVE}"`);
  });
});

describe('limits', () => {
  it('of the mandate are named with what was used and asked', async () => {
    expect(await place('operator-1', funding({ amount: { units: '9000001' } }))).toMatchObject({
      status: 422,
      body: { code: 'order_limit_exceeded', limit: '9000000', requested: '9000001' },
    });
    await ran('operator-1', funding({ amount: { units: '5000000' } }));
    expect(await place('operator-1', funding({ amount: { units: '7000001' } }))).toMatchObject({
      status: 422,
      body: { code: 'daily_limit_exceeded', limit: '12000000', used: '5000000', requested: '7000001' },
    });
  });

  it('of a mandate do not bind a withdrawal, those of the account do', async () => {
    await world.must('client-1', '/v1/accounts/me/limits', { dailyLimits: [{ asset: USDC, units: '9500000' }] });
    await world.settle();
    expect(await ran('client-1', withdrawal({ amount: { units: '9400000' } }))).toMatchObject({ status: 'executed' });
    expect(await place('client-1', withdrawal({ amount: { units: '100001' } }))).toMatchObject({
      status: 422,
      body: { code: 'account_limit_exceeded', limit: '9500000', used: '9400000', requested: '100001' },
    });
  });

  it('of a share are judged when it runs', async () => {
    const done = await ran('operator-1', funding({ amount: { shareBasisPoints: 10_000 } }));
    expect(done).toMatchObject({ status: 'blocked', rule: 'order_limit_exceeded' });
    expect(done.reason).toContain('"requested":"10000000"');
  });
});

describe('time', () => {
  it('an order for later waits, and runs when it is due', async () => {
    const dueAt = addSeconds(world.at, 7_200);
    const placed = await world.must('operator-1', '/v1/orders', funding({ dueAt }));
    expect(placed).toMatchObject({ status: 'scheduled', notAfter: addSeconds(dueAt, 3_600) });
    await world.settle();
    expect(await order(placed.id)).toMatchObject({ status: 'scheduled' });
    await world.advance(7_200);
    await world.settle();
    expect(await order(placed.id)).toMatchObject({ status: 'executed' });
  });

  it('one whose time passed while nothing ran is skipped', async () => {
    const placed = await world.must('operator-1', '/v1/orders', funding({ dueAt: addSeconds(world.at, 60) }));
    await world.advance(60 + 3_601);
    await world.settle();
    expect(await order(placed.id)).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('could not start'),
    });
    expect(await sent()).toEqual([]);
  });

  it('refuses times that cannot be', async () => {
    const wrong = [
      { dueAt: addSeconds(world.at, -1) },
      { dueAt: addSeconds(world.at, 367 * 86_400) },
      { notAfter: world.at },
      { dueAt: addSeconds(world.at, 60), notAfter: addSeconds(world.at, 60) },
      { notAfter: addSeconds(world.at, 8 * 86_400) },
    ];
    for (const when of wrong)
      expect(await place('operator-1', funding(when)), JSON.stringify(when)).toMatchObject({
        status: 422,
        body: { code: 'period_invalid' },
      });
    expect(await place('operator-1', funding({ dueAt: addSeconds(world.at, 31 * 86_400) }))).toMatchObject({
      status: 409,
      body: { code: 'mandate_not_valid_now' },
    });
  });
});

describe('waiting', () => {
  it('a share waits until nothing of its wallet is under way', async () => {
    const fixed = await world.must('client-1', '/v1/orders', withdrawal({ amount: { units: '4000000' } }));
    await world.drainOnce();
    expect((await order(fixed.id)).transferId).not.toBeNull();
    const share = await world.must('operator-1', '/v1/orders', funding({ amount: { shareBasisPoints: 5_000 } }));
    await world.drainOnce();
    expect(await order(share.id)).toMatchObject({ status: 'released', amount: null });
    await world.waitFor(async () => (await order(share.id)).status === 'executed');
    expect(await order(share.id)).toMatchObject({ amount: { units: '3000000' } });
  });

  /** No check of the fence is young enough to rely on, and custody cannot be read for another. */
  async function unknownFence(): Promise<void> {
    await control('POST', '/faults', { method: 'GET', path: '/wallets/*', kind: 'status', status: 503 });
    await control('POST', '/faults', { method: 'GET', path: '/v2/policies/*', kind: 'status', status: 503 });
    await world.advance(86_401);
  }

  it('leaves the queue after a minute, and is looked at by cron for as long as it may start', async () => {
    await letAPersonDecideTransfers();
    const fixed = await world.must('client-1', '/v1/orders', withdrawal());
    await world.settle();
    const half = { amount: { shareBasisPoints: 5_000 }, notAfter: addSeconds(world.at, 6 * 86_400) };
    const share = await world.must('client-1', '/v1/orders', withdrawal(half));
    for (let seconds = 0; seconds < 300; seconds += 30) {
      await world.tick();
      await world.drainOnce();
      await world.advance(30);
    }
    expect(await order(share.id)).toMatchObject({ status: 'released', transferId: null });
    expect(await world.rows('SELECT id FROM outbox')).toEqual([]);
    expect(await order(fixed.id)).toMatchObject({ status: 'executing' });
    const { items } = (await world.get('compliance-1', '/v1/approvals')).body;
    await world.decide(items[0].approvalId ?? items[0].id, 'Approved');
    await world.waitFor(async () => (await order(share.id)).status === 'executing');
  });

  it('a fence nobody knows about holds an order back, and it goes when it is proven', async () => {
    await unknownFence();
    const placed = await world.must('client-1', '/v1/orders', withdrawal());
    await world.drainOnce();
    expect(await order(placed.id)).toMatchObject({ status: 'released', transferId: null });
    await control('DELETE', '/faults');
    await world.tick('*/15 * * * *');
    await world.waitFor(async () => (await order(placed.id)).status !== 'released');
    await world.settle();
    expect(await order(placed.id)).toMatchObject({ status: 'executed' });
  });

  it('a fence that is found unknown between the look and the hand-over holds it back too', async () => {
    let isFound = false;
    const found = (result: string) => world.rows('UPDATE fences SET version = version + 1, result = ?', result);
    world.perturb('listBalances', (call) => async (walletId) => {
      const balances = await call(walletId);
      if (!isFound) await found('unknown');
      isFound = true;
      return balances;
    });
    const placed = await world.must('client-1', '/v1/orders', withdrawal());
    await world.drainOnce();
    expect(isFound).toBe(true);
    expect(await order(placed.id)).toMatchObject({ status: 'released' });
    await found('intact');
    await world.waitFor(async () => (await order(placed.id)).status !== 'released');
    await world.settle();
    expect(await order(placed.id)).toMatchObject({ status: 'executed' });
  });

  it('the hand-over waits for it too, and past its time the order is skipped', async () => {
    const placed = await world.must(
      'client-1',
      '/v1/orders',
      withdrawal({ notAfter: addSeconds(world.at, 2 * 86_400) }),
    );
    await world.holdMoney();
    await world.drainOnce();
    expect((await order(placed.id)).transferId).not.toBeNull();
    await world.freeMoney();
    await unknownFence();
    await world.tick();
    await world.drainOnce();
    expect(await order(placed.id)).toMatchObject({ status: 'released' });
    expect(await world.custodyTransfers(account).catch(() => [])).toEqual([]);
    await world.advance(86_400);
    await world.tick();
    await world.drainOnce();
    expect(await order(placed.id)).toMatchObject({ status: 'skipped' });
  });
});

describe('canceling', () => {
  it('is possible until the hand-over, and takes the prepared transfer along', async () => {
    const later = await world.must('operator-1', '/v1/orders', funding({ dueAt: addSeconds(world.at, 600) }));
    expect(await world.must('operator-1', `/v1/orders/${later.id}/cancel`)).toMatchObject({ status: 'canceled' });
    const due = await world.must('client-1', '/v1/orders', withdrawal());
    await world.holdMoney();
    await world.drainOnce();
    const { transferId } = await order(due.id);
    expect(await world.must('client-1', `/v1/orders/${due.id}/cancel`)).toMatchObject({ status: 'canceled' });
    expect((await world.get('operator-1', `/v1/transfers/${transferId}`)).body).toMatchObject({ status: 'canceled' });
    await world.freeMoney();
    await world.advance(700);
    await world.settle();
    expect(await sent()).toEqual([]);
  });

  it('is too late once it was handed over, and not for another’s or the desk’s order', async () => {
    const done = await ran('operator-1', funding());
    expect(await world.post('operator-1', `/v1/orders/${done.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'wrong_status', found: 'executed' },
    });
    const later = await world.must('operator-1', '/v1/orders', funding({ dueAt: addSeconds(world.at, 600) }));
    expect(await world.post('client-1', `/v1/orders/${later.id}/cancel`)).toMatchObject({ status: 403 });
    expect(await world.post('client-2', `/v1/orders/${later.id}/cancel`)).toMatchObject({ status: 404 });
  });

  it('happens to what waits under a mandate when that is revoked', async () => {
    const later = await world.must('operator-1', '/v1/orders', funding({ dueAt: addSeconds(world.at, 600) }));
    const due = await world.must('operator-1', '/v1/orders', funding({ amount: { units: '1' } }));
    await world.holdMoney();
    await world.drainOnce();
    const { transferId } = await order(due.id);
    const own = await world.must('client-1', '/v1/orders', withdrawal({ dueAt: addSeconds(world.at, 600) }));
    const schedule = await world.schedule(mandate.id, '1');
    const paused = await world.schedule(mandate.id, '1');
    await world.must('operator-1', `/v1/schedules/${paused.id}/pause`);
    await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
    // All of it in the commit of the revocation: nothing has run since.
    for (const { id } of [later, due])
      expect(await order(id)).toMatchObject({ status: 'canceled', reason: 'The mandate was revoked.' });
    expect((await world.get('operator-1', `/v1/transfers/${transferId}`)).body).toMatchObject({ status: 'canceled' });
    for (const { id } of [schedule, paused])
      expect((await world.get('operator-1', `/v1/schedules/${id}`)).body).toMatchObject({ status: 'ended' });
    expect(await order(own.id)).toMatchObject({ status: 'scheduled' });
    const version = async (id: string) =>
      (await world.rows('SELECT kind, version FROM journal WHERE subject_id = ? ORDER BY version', id)).at(-1);
    expect([await version(due.id), await version(schedule.id)]).toEqual([
      { kind: 'order.canceled', version: 3 },
      { kind: 'schedule.ended', version: 2 },
    ]);
  });

  /** As many orders as rows, for days to come. */
  const orderMany = (count: number) =>
    world.rows(
      `INSERT INTO orders (id, version, status, facts, created_at, account_id, mandate_id, destination_id, kind, asset, units,
       due_at, not_after, origin) WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})
       SELECT 'ord_' || printf('%026d', n), 0, 'scheduled', '{}', ?1, ?2, ?3, ?4, 'trade_funding', '${USDC}', '1000', ?5, ?5,
       'wish ' || n FROM n`,
      ...[world.at, account.id, mandate.id, destination.id, addSeconds(world.at, 86_400)],
    );
  const open = () => world.rows("SELECT id FROM orders WHERE status IN ('scheduled', 'released')");

  const everyMinute = () => ({
    ...{ kind: 'trade_funding', mandateId: mandate.id, asset: USDC, amount: { units: '1' } },
    recurrence: { kind: 'cron', expression: '* * * * *', timeZone: 'UTC' },
  });

  /** Something else happens between the reading of whoever writes this and its commit. */
  const beforeBatch = (statement: string, act: () => Promise<void>) => {
    const racing = new Proxy(world.app.database, {
      get(target, name, receiver) {
        if (name !== 'batch') return Reflect.get(target, name, receiver);
        return async (statements: Parameters<typeof target.batch>[0]) => {
          const isIt = (one: object) => 'toSQL' in one && String(Object(one).toSQL().sql).startsWith(statement);
          if (statements.some(isIt)) await act();
          return target.batch(statements);
        };
      },
    });
    Object.assign(world.app, { database: racing });
  };

  it('goes on slice by slice under a revoked mandate with more orders than fit into one commit', async () => {
    await orderMany(1_600);
    await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
    expect(await open()).toHaveLength(1_100);
    // One of the next slice was just handed over: it has gone, and those behind it have not.
    const gone = `ord_${'700'.padStart(26, '0')}`;
    await world.rows(
      `UPDATE orders SET version = version + 1, transfer_id = 'xfr_${'1'.repeat(26)}' WHERE id = ?`,
      gone,
    );
    await world.settle({ ticks: false });
    expect(await open()).toEqual([{ id: gone }]);
    const entries = await world.rows("SELECT id FROM journal WHERE kind = 'order.canceled'");
    expect(entries).toHaveLength(1_599);
  });

  it.each([
    [
      'order',
      'orders',
      'mandate_not_active',
      () => world.post('operator-1', '/v1/orders', funding({ dueAt: addSeconds(world.at, 600) })),
    ],
    ['schedule', 'schedules', 'wrong_status', () => world.post('operator-1', '/v1/schedules', everyMinute())],
  ])('leaves no %s that was asked for before and written after it', async (_name, table, code, ask) => {
    let isRevoked = false;
    beforeBatch(`insert into "${table}"`, async () => {
      if (isRevoked) return;
      isRevoked = true;
      await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
      await world.settle({ ticks: false });
    });
    expect(await ask()).toMatchObject({ status: 409, body: { code, found: 'revoked' } });
    expect(isRevoked).toBe(true);
    expect(await world.rows(`SELECT id FROM ${table}`)).toEqual([]);
  });

  it('does not fail a revocation, however fast its orders move meanwhile', async () => {
    await orderMany(50);
    let moved = 0;
    beforeBatch('update "mandates"', async () => {
      if (moved === 50) return;
      moved += 1;
      const { status } = await world.post('operator-1', `/v1/orders/ord_${String(moved).padStart(26, '0')}/cancel`);
      expect(status).toBe(200);
    });
    const answer = await world.post('client-1', `/v1/mandates/${mandate.id}/revoke`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect(moved).toBeGreaterThan(3);
    await world.settle({ ticks: false });
    expect(await open()).toEqual([]);
  });
});

describe('the list', () => {
  it('is filtered by account, status, kind and schedule, page by page', async () => {
    const made = await ran('operator-1', funding());
    const taken = await ran('client-1', withdrawal({ amount: { units: '1' } }));
    const later = await world.must('operator-1', '/v1/orders', funding({ dueAt: addSeconds(world.at, 600) }));
    const ids = async (as: string, query: string): Promise<string[]> =>
      (await world.get(as, `/v1/orders${query}`)).body.items.map(({ id }: Json) => id);
    expect(await ids('operator-1', '')).toEqual([later.id, taken.id, made.id]);
    expect(await ids('operator-1', '?status=scheduled')).toEqual([later.id]);
    expect(await ids('operator-1', '?kind=withdrawal')).toEqual([taken.id]);
    expect(await ids('operator-1', `?accountId=${account.id}&status=executed`)).toEqual([taken.id, made.id]);
    expect(await ids('client-1', '?kind=trade_funding&limit=1')).toEqual([later.id]);
    const { nextCursor } = (await world.get('client-1', '/v1/orders?kind=trade_funding&limit=1')).body;
    expect(await ids('client-1', `?kind=trade_funding&limit=1&cursor=${nextCursor}`)).toEqual([made.id]);
    expect(await ids('client-2', '')).toEqual([]);
    expect((await world.get('client-2', `/v1/orders?accountId=${account.id}`)).status).toBe(404);
    expect((await world.get('operator-1', '/v1/orders?status=unheard_of')).status).toBe(400);
  });
});
