// Limits of an account: lowering binds at once, raising needs the client, an officer who is another, and for a template the
// tags at custody. The account's own sum of a day binds at the hand-over.
import { beforeEach, describe, expect, it } from 'vitest';
import { sdk } from '../support/outside.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;
const PATH = '/v1/accounts/me/limits';
const daily = (units: string) => ({ dailyLimits: [{ asset: USDC, units }] });
const limits = async () => (await world.get('client-1', PATH)).body;
const lower = (wish: object) => world.must('client-1', PATH, wish);
const act = (as: string, id: string, verb: string, body?: object) =>
  world.post(as, `/v1/limits-changes/${id}/${verb}`, body);
const changeOf = (answer: Json) => answer.changes[0];

describe('lowering a daily limit', () => {
  it('binds with the request, for a first limit, a lower one and a lower one beside a raise', async () => {
    await world.openAccount();
    expect(await limits()).toMatchObject({ template: 'standard', dailyLimits: [], changes: [] });
    expect(await lower(daily('5000000'))).toMatchObject({
      dailyLimits: [{ asset: USDC, units: '5000000', formatted: '5 USDC', usedToday: '0' }],
      changes: [],
    });
    expect(await lower(daily('4000000'))).toMatchObject({ dailyLimits: [{ units: '4000000' }], changes: [] });
    const other = 'EthereumSepolia/native';
    const mixed = await lower({
      dailyLimits: [
        { asset: USDC, units: '9000000' },
        { asset: other, units: '1' },
      ],
    });
    expect(mixed.dailyLimits).toMatchObject([
      { asset: USDC, units: '4000000' },
      { asset: other, units: '1' },
    ]);
    expect(mixed.changes).toMatchObject([
      {
        status: 'confirmed',
        direction: 'raise',
        waitsFor: 'officer',
        dailyLimits: [{ asset: USDC, units: '9000000' }],
      },
    ]);
  });

  it('is refused to the desk, and by name when it is nothing, unknown, twice or too large', async () => {
    const { id } = await world.openAccount();
    const asDesk = (wish: object) => world.post('operator-1', `/v1/accounts/${id}/limits`, wish);
    expect(await asDesk(daily('5'))).toMatchObject({ status: 403, body: { code: 'limits_lowering_not_allowed' } });
    expect((await world.post('auditor-1', `/v1/accounts/${id}/limits`, daily('5'))).status).toBe(403);
    const asked = (wish: object) => world.post('client-1', PATH, wish);
    expect(await asked({})).toMatchObject({ status: 409, body: { code: 'limits_unchanged' } });
    expect(await asked({ template: 'standard' })).toMatchObject({ status: 409, body: { code: 'limits_unchanged' } });
    const unknown = { dailyLimits: [{ asset: 'Ethereum/0x1', units: '1' }] };
    expect(await asked(unknown)).toMatchObject({ status: 422, body: { code: 'asset_unknown', asset: 'Ethereum/0x1' } });
    const twice = { dailyLimits: [...daily('1').dailyLimits, ...daily('2').dailyLimits] };
    expect(await asked(twice)).toMatchObject({ status: 422, body: { code: 'amount_invalid' } });
    expect(await asked(daily('9'.repeat(78)))).toMatchObject({ status: 422, body: { code: 'amount_invalid' } });
    expect(await asked({ template: 'huge' })).toMatchObject({ status: 400 });
    expect(await asked({ ...daily('1'), note: 'x' })).toMatchObject({ status: 400 });
    expect((await limits()).dailyLimits).toEqual([]);
  });

  it('ends a raise of the same asset that waited, and leaves one of another asset', async () => {
    await world.openAccount();
    await lower(daily('5000000'));
    const raise = changeOf(await lower(daily('9000000')));
    const lowered = await lower(daily('3000000'));
    expect(lowered).toMatchObject({ dailyLimits: [{ units: '3000000' }], changes: [] });
    expect((await limits()).changes).toMatchObject([{ id: raise.id, status: 'rejected', waitsFor: null }]);
    expect(await act('compliance-1', raise.id, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'wrong_status' },
    });
  });
});

describe('raising a daily limit', () => {
  beforeEach(async () => {
    await world.openAccount();
    await lower(daily('5000000'));
  });

  it('asked for by the client binds when an officer approves', async () => {
    const asked = await lower(daily('9000000'));
    expect(asked.dailyLimits).toMatchObject([{ units: '5000000' }]);
    const { id } = changeOf(asked);
    expect((await act('operator-1', id, 'approve')).status).toBe(403);
    expect(await act('compliance-1', id, 'approve')).toMatchObject({ status: 200, body: { status: 'applied' } });
    expect(await limits()).toMatchObject({ dailyLimits: [{ units: '9000000' }], changes: [{ status: 'applied' }] });
  });

  it('or taking it away, proposed by the desk or an officer, needs the client and another officer', async () => {
    const { id: accountId } = (await world.get('client-1', '/v1/accounts/me')).body;
    const path = `/v1/accounts/${accountId}/limits`;
    const proposed = changeOf(await world.must('compliance-1', path, { dailyLimits: [] }));
    expect(proposed).toMatchObject({
      status: 'proposed',
      waitsFor: 'client',
      dailyLimits: [{ asset: USDC, units: null }],
    });
    expect((await act('compliance-1', proposed.id, 'approve')).body.code).toBe('wrong_status');
    expect(await act('client-1', proposed.id, 'confirm')).toMatchObject({ status: 200, body: { waitsFor: 'officer' } });
    expect(await act('compliance-1', proposed.id, 'approve')).toMatchObject({
      status: 403,
      body: { code: 'limits_change_needs_another_person' },
    });
    expect((await limits()).dailyLimits).toMatchObject([{ units: '5000000' }]);
    expect((await act('compliance-1', proposed.id, 'reject', { reason: 'x' })).status).toBe(403);
  });

  it('is withdrawn before the client confirms, rejected with a reason, or expires', async () => {
    const { id: accountId } = (await world.get('client-1', '/v1/accounts/me')).body;
    const propose = async () =>
      changeOf(await world.must('operator-1', `/v1/accounts/${accountId}/limits`, daily('9000000')));
    const first = await propose();
    expect((await act('operator-1', first.id, 'withdraw')).body.status).toBe('withdrawn');
    expect((await act('client-1', first.id, 'confirm')).body).toMatchObject({
      code: 'wrong_status',
      found: 'withdrawn',
    });
    const second = await propose();
    await act('client-1', second.id, 'confirm');
    expect((await act('operator-1', second.id, 'withdraw')).status).toBe(409);
    expect((await act('compliance-1', second.id, 'reject', { reason: 'Too much.' })).body).toMatchObject({
      status: 'rejected',
      reason: 'Too much.',
    });
    const third = await propose();
    await world.advance(13 * 86_400);
    await world.tick();
    expect((await limits()).changes[0]).toMatchObject({ id: third.id, status: 'proposed' });
    await world.advance(86_400);
    await world.tick();
    expect((await limits()).changes[0]).toMatchObject({ id: third.id, status: 'expired' });
    expect((await limits()).dailyLimits).toMatchObject([{ units: '5000000' }]);
  });

  it('waits alone: a second one is refused with the first one’s id', async () => {
    const { id } = changeOf(await lower(daily('9000000')));
    expect(await world.post('client-1', PATH, daily('8000000'))).toMatchObject({
      status: 409,
      body: { code: 'limits_change_open', changeId: id },
    });
  });

  it('asked for ten times at once is one', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.post('client-1', PATH, daily('9000000'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(9).fill(409)]);
    expect((await limits()).changes).toHaveLength(1);
  });

  it('of another client is not found, whatever is asked', async () => {
    const { id } = changeOf(await lower(daily('9000000')));
    await world.openAccount('client-2');
    for (const verb of ['confirm', 'withdraw']) expect((await act('client-2', id, verb)).status).toBe(404);
  });
});

describe('the template', () => {
  const wallet = async (): Promise<string> =>
    (await world.get('client-1', '/v1/accounts/me')).body.wallets[0].custodyId;
  const tags = async () => (await world.app.custody.findWallet(await wallet()))?.tags.slice(1);
  const untag = async (tag: string) =>
    (await sdk('admin-1')).wallets.untagWallet({ walletId: await wallet(), body: { tags: [tag] } });
  const fence = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body.fence.result;
  const changed = async () => (await limits()).changes[0];

  it('lowered binds at once; the lower tag is added and the fence stands all the while', async () => {
    const { id } = await world.openAccount();
    const lowered = await lower({ template: 'small' });
    expect(lowered).toMatchObject({ template: 'small', changes: [{ direction: 'lower', waitsFor: 'custody' }] });
    const waiting = world.queued;
    world.queued = [
      { queue: 'fiducia-events', body: { v: 1, id: null, type: 'fence.check', accountId: id }, attempts: 1 },
    ];
    await world.drainOnce();
    expect(await fence()).toBe('intact');
    world.queued = waiting;
    await world.settle();
    expect(await tags()).toEqual(['limits:standard', 'limits:small']);
    expect(await changed()).toMatchObject({ status: 'applied' });
    expect(await fence()).toBe('intact');
    expect((await act('compliance-1', changeOf(lowered).id, 'reject', { reason: 'x' })).status).toBe(409);
  });

  it('lowered is applied though the answer of custody was lost', async () => {
    await world.openAccount();
    let lost = true;
    world.perturb('addTags', (add) => async (...asked) => {
      const answer = await add(...asked);
      if (!lost) return answer;
      lost = false;
      return { kind: 'unknown', reason: 'no answer' };
    });
    await lower({ template: 'small' });
    await world.settle();
    expect(await tags()).toEqual(['limits:standard', 'limits:small']);
    expect(await changed()).toMatchObject({ status: 'applied' });
  });

  it('is not changed to one that custody does not keep: a tag alone holds nothing in', async () => {
    await world.openAccount();
    const setup = await sdk('setup');
    const { items } = await setup.policies.listPolicies({ query: { status: 'Active' } });
    const small = items.find(({ name }) => name.startsWith('Fiducia limits small'));
    const { approvalId } = await setup.policies
      .archivePolicy({ policyId: small?.id ?? '' })
      .catch((fault) => fault.context);
    await world.decide(approvalId, 'Approved');
    expect(await world.post('client-1', PATH, { template: 'small' })).toMatchObject({
      status: 503,
      body: { code: 'limits_template_unsound', template: 'small' },
    });
    expect(await limits()).toMatchObject({ template: 'standard', changes: [] });
    expect(await fence()).toBe('intact');
  });

  it('lowered is not taken back by an officer while custody has not followed', async () => {
    await world.openAccount();
    const { id } = changeOf(await lower({ template: 'small' }));
    expect((await act('compliance-1', id, 'reject', { reason: 'x' })).body.code).toBe('limits_lowering_stands');
  });

  it('raised is in force when custody shows it: the higher tag there, the lower one taken off by a person', async () => {
    await world.openAccount();
    await lower({ template: 'small' });
    await world.settle();
    await untag('limits:standard');
    await world.settle();
    expect(await fence()).toBe('intact');
    const { id } = changeOf(await lower({ template: 'standard' }));
    await world.settle();
    expect(await tags()).toEqual(['limits:small']);
    expect(await act('compliance-1', id, 'approve')).toMatchObject({ status: 200, body: { waitsFor: 'custody' } });
    await world.settle();
    expect(await tags()).toEqual(['limits:small', 'limits:standard']);
    expect(await limits()).toMatchObject({
      template: 'small',
      changes: [{ status: 'confirmed', waitsFor: 'custody' }, {}],
    });
    expect(await fence()).toBe('intact');
    await untag('limits:small');
    await world.settle();
    expect(await limits()).toMatchObject({ template: 'standard', changes: [{ status: 'applied' }, {}] });
    expect(await fence()).toBe('intact');
  });

  it('raised without a webhook is found by the sweep', async () => {
    await world.openAccount();
    await lower({ template: 'small' });
    await world.settle();
    const { id } = changeOf(await lower({ template: 'standard' }));
    await act('compliance-1', id, 'approve');
    await world.settle();
    await untag('limits:small');
    await world.advance(3_601);
    await world.settle({ webhooks: false });
    expect((await limits()).template).toBe('standard');
  });

  it('raised at custody before an officer approved here breaks the fence', async () => {
    await world.openAccount();
    await lower({ template: 'small' });
    await world.settle();
    await lower({ template: 'standard' });
    await untag('limits:small');
    await world.settle();
    expect(await fence()).toBe('broken');
    expect((await limits()).template).toBe('small');
  });

  it('is that of a wallet added later, also while it is being changed', async () => {
    await world.openAccount();
    await lower({ template: 'small' });
    await world.must('client-1', '/v1/accounts/me/wallets', { network: 'BaseSepolia' });
    await world.advance(3_601);
    await world.settle();
    await world.advance(3_601);
    await world.settle();
    const { wallets } = (await world.get('client-1', '/v1/accounts/me')).body;
    expect(wallets).toMatchObject([{ status: 'active' }, { status: 'active' }]);
    for (const { custodyId } of wallets)
      expect((await world.app.custody.findWallet(custodyId))?.tags).toContain('limits:small');
    expect(await changed()).toMatchObject({ status: 'applied' });
    expect(await fence()).toBe('intact');
  });
});

describe('the day of an account', () => {
  const reserved = () => world.rows("SELECT id, reserved FROM limit_days WHERE id LIKE 'limit:acc%'");

  it('stops at the hand-over what the mandate would let go, with the numbers', async () => {
    const { schedule } = await world.readyToTrade();
    await lower(daily('2999999'));
    await world.tick();
    await world.settle();
    const order = await world.order(schedule.id);
    expect(order).toMatchObject({ status: 'blocked' });
    expect(JSON.stringify(order)).toContain('account_limit_exceeded');
    expect(await reserved()).toEqual([]);
  });

  it('counts what has left before a limit was set, over all mandates', async () => {
    const { destination, schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle();
    expect((await world.order(schedule.id)).status).toBe('executed');
    expect(await lower(daily('5000000'))).toMatchObject({ dailyLimits: [{ usedToday: '3000000' }] });
    const second = await world.grant('client-1', destination.id);
    const { id, nextSlot } = await world.schedule(second.id, '3000000');
    await world.advance((Date.parse(nextSlot) - Date.parse(world.at)) / 1000 + 1);
    await world.tick();
    await world.settle();
    expect((await world.order(id)).status).toBe('blocked');
    expect(await reserved()).toMatchObject([{ reserved: '3000000' }]);
  });

  it('is free again when the transfer is proven without effect', async () => {
    const { schedule } = await world.readyToTrade();
    await lower(daily('3000000'));
    world.perturb('transfer', () => async () => ({ kind: 'refused', status: 400, message: 'no' }));
    await world.tick();
    await world.settle();
    expect((await world.order(schedule.id)).status).toBe('failed');
    expect(await reserved()).toMatchObject([{ reserved: '0' }]);
  });

  it('lowered between the look and the commit of the hand-over is judged again', async () => {
    const { schedule } = await world.readyToTrade();
    const { database } = world.app;
    let isLowered = false;
    const lowering = new Proxy(database, {
      get(target, name, receiver) {
        if (name !== 'batch') return Reflect.get(target, name, receiver);
        return async (statements: Parameters<typeof target.batch>[0]) => {
          const text = JSON.stringify(statements.map((statement) => (statement as Json).toSQL?.().params ?? []));
          if (!isLowered && text.includes('limit.reserved')) {
            isLowered = true;
            await lower(daily('1'));
          }
          return target.batch(statements);
        };
      },
    });
    Object.assign(world.app, { database: lowering });
    await world.tick();
    await world.settle();
    expect(isLowered).toBe(true);
    expect((await world.order(schedule.id)).status).toBe('blocked');
    expect(await world.rows('SELECT * FROM limit_days')).toEqual([]);
  });
});
