// What happens when two things happen at once, late or twice: stops after a first attempt, overtaken readings, broken syncs.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { control, sdk } from '../support/outside.ts';
import { EXCHANGE, openWorld, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };
const restrictions = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
const reserved = async (): Promise<string[]> =>
  (await world.rows("SELECT reserved FROM limit_days WHERE id LIKE 'limit:mnd%'")).map((row) => row.reserved);
const transferOf = async (schedule: Json): Promise<Json> =>
  (await world.get('operator-1', `/v1/transfers/${(await world.order(schedule.id)).transferId}`)).body;

/** Something is committed by somebody else at the moment of the first batch that fits. */
function atBatch(fits: RegExp, act: () => Promise<unknown>): void {
  let isDone = false;
  const { database } = world.app;
  const racing = new Proxy(database, {
    get(target, name, receiver) {
      if (name !== 'batch') return Reflect.get(target, name, receiver);
      return async (statements: Parameters<Database['batch']>[0]) => {
        const text = statements.map((statement: object) =>
          'toSQL' in statement && typeof statement.toSQL === 'function' ? statement.toSQL().sql : '',
        );
        if (!isDone && fits.test(text.join(' '))) {
          isDone = true;
          await act();
        }
        return target.batch(statements);
      };
    },
  });
  Object.assign(world.app, { database: racing });
}

describe('a stop after a first attempt', () => {
  const stops: [string, (ready: Json) => Promise<unknown>][] = [
    ['a halt', () => world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Stop.' })],
    ['a revoked mandate', ({ mandate }) => world.must('client-1', `/v1/mandates/${mandate.id}/revoke`)],
    ['a removed destination', ({ destination }) => world.must('client-1', `/v1/destinations/${destination.id}/remove`)],
    ['the end of its hour', () => world.advance(3 * 3600)],
  ];

  it.each(stops)('by %s, when custody is known not to have it, ends it without another call', async (_, stop) => {
    const ready = await world.readyToTrade();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 401, times: 1 });
    await world.tick();
    await world.settle({ ticks: false });
    await stop(ready);
    await world.advance(400);
    await world.settle();
    expect(await world.custodyTransfers(ready.account)).toHaveLength(0);
    expect(await transferOf(ready.schedule)).toMatchObject({ status: 'failed', custodyId: null });
    expect((await world.order(ready.schedule.id)).status).toBe('failed');
    expect(await reserved()).toEqual(['0']);
  });

  it.each(stops)('by %s, when the answer was lost, is looked up and adopted, never sent again', async (_, stop) => {
    const ready = await world.readyToTrade();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 502, afterEffect: true, times: 1 });
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    await stop(ready);
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 500 });
    await world.advance(400);
    await world.settle({ webhooks: false });
    await world.advance(100);
    await world.settle({ webhooks: false });
    expect(await world.custodyTransfers(ready.account)).toHaveLength(1);
    expect((await world.order(ready.schedule.id)).status).toBe('executed');
    expect((await transferOf(ready.schedule)).attempts).toBe(1);
  });

  it('when the answer was lost and custody shows nothing is left to a person', async () => {
    const { schedule, account } = await world.readyToTrade();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 502, times: 1 });
    await world.tick();
    await world.settle({ ticks: false });
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Stop.' });
    await world.advance(400);
    await world.settle();
    expect(await transferOf(schedule)).toMatchObject({ status: 'needs_review' });
    expect(await world.custodyTransfers(account)).toHaveLength(0);
    expect(await reserved()).toEqual(['3000000']);
  });
});

describe('a schedule', () => {
  it('whose rule is to catch up runs hours late, once, and starts', async () => {
    const { account, mandate } = await world.readyToTrade();
    const [first] = (await world.get('operator-1', '/v1/schedules')).body.items;
    await world.must('operator-1', `/v1/schedules/${first.id}/end`);
    const schedule = await world.schedule(mandate.id, '1000000', {
      catchUp: 'latest',
      catchUpHoursMax: 24,
      runsMax: 1,
    });
    await world.advance(3 * 3600);
    for (let minute = 0; minute < 5; minute += 1) await world.tick(); // a fire takes fifty slots
    await world.settle();
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    const { items } = (await world.get('operator-1', `/v1/orders?scheduleId=${schedule.id}&limit=200`)).body;
    expect(items.filter(({ status }: Json) => status === 'executed')).toHaveLength(1);
    expect(
      items.filter(({ status }: Json) => status !== 'executed').every(({ status }: Json) => status === 'skipped'),
    ).toBe(true);
  });

  it('under a halt skips its slot when that is its rule, without using up a run', async () => {
    const { account, mandate } = await world.readyToTrade();
    const schedule = await world.schedule(mandate.id, '1000000', { catchUp: 'skip', runsMax: 1 });
    const halt = await world.must('operator-1', '/v1/halts', {
      level: 'mandate',
      mandateId: mandate.id,
      reason: 'A pause.',
    });
    await world.advance(61);
    await world.tick();
    expect((await world.get('operator-1', `/v1/schedules/${schedule.id}`)).body).toMatchObject({
      status: 'active',
      runs: 0,
    });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'skipped', reason: 'halted: A pause.' });
    await world.must('operator-2', `/v1/halts/${halt.id}/lift`, { reason: 'Over.' });
    await world.advance(61);
    await world.tick();
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect((await world.custodyTransfers(account)).length).toBeGreaterThan(0);
  });
});

describe('a fence', () => {
  it('that broke again cannot be freed by the intact check in between', async () => {
    const account = await world.openAccount();
    const admin = await sdk('admin-1');
    const tags = { walletId: account.wallets[0].custodyId, body: { tags: [account.tag] } };
    await admin.wallets.untagWallet(tags);
    await world.settle();
    await admin.wallets.tagWallet(tags);
    await world.settle();
    await admin.wallets.untagWallet(tags);
    await world.settle();
    const [halt] = (await restrictions()).halts;
    const lift = () => world.post('operator-1', `/v1/halts/${halt.id}/lift`, { reason: 'It was intact once.' });
    expect(await lift()).toMatchObject({ status: 409, body: { code: 'halt_needs_intact_fence' } });
    await admin.wallets.tagWallet(tags);
    await world.settle();
    expect((await lift()).status).toBe(200);
  });

  it('is not called intact by a reading that a newer one overtook', async () => {
    const account = await world.openAccount();
    const admin = await sdk('admin-1');
    await world.settle();
    let isFirst = true;
    world.perturb('findWallet', (call) => async (id) => {
      const wallet = await call(id);
      if (!isFirst) return wallet;
      isFirst = false;
      // While this reading is on its way, the tag goes and another check sees it.
      await admin.wallets.untagWallet({ walletId: account.wallets[0].custodyId, body: { tags: [account.tag] } });
      const waiting = world.queued;
      world.queued = [];
      await world.deliverWebhooks();
      await world.drainOnce();
      await world.drainOnce();
      world.queued = [...waiting, ...world.queued];
      return wallet;
    });
    const overtaken = { v: 1, id: null, type: 'fence.check', accountId: account.id };
    await world.carryOut({ queue: 'fiducia-events', body: overtaken, attempts: 1 });
    await world.settle({ webhooks: false });
    expect((await restrictions()).fence.result).toBe('broken');
  });

  it('is not broken by a list that lags behind the policy itself', async () => {
    await world.openAccount();
    const stale = await world.app.custody.listPolicies();
    await world.approved('client-1');
    world.perturb('listPolicies', () => async () => stale);
    await world.tick('*/15 * * * *', '2031-03-04T09:00:00.000Z');
    await world.settle();
    expect(await restrictions()).toMatchObject({ fence: { result: 'intact' }, halts: [] });
  });

  it('is broken by limits that somebody raised', async () => {
    const account = await world.openAccount();
    const setup = await sdk('setup');
    const { items } = await setup.policies.listPolicies({ query: { status: 'Active' } });
    const limits = items.find(({ name }) => name === 'Fiducia limits standard: number of transfers');
    const body = {
      name: limits?.name ?? '',
      activityKind: 'Wallets:Sign' as const,
      rule: { kind: 'TransactionCountVelocity' as const, configuration: { limit: 1_000_000, timeframe: 1440 } },
      action: { kind: 'Block' as const },
      filters: { walletTags: { hasAll: ['limits:standard'] } },
    };
    const pending = await setup.policies
      .updatePolicy({ policyId: limits?.id ?? '', body })
      .catch((fault) => fault.context);
    const check = { v: 1, id: null, type: 'fence.check', accountId: account.id };
    // What all accounts share is read again after half a minute, or at once on an event.
    await world.advance(31);
    await world.carryOut({ queue: 'fiducia-events', body: check, attempts: 1 });
    expect((await restrictions()).fence).toMatchObject({
      result: 'degraded',
      findings: [expect.stringContaining('waits for approval')],
    });
    await world.decide(pending.approvalId, 'Approved');
    await world.advance(31);
    await world.carryOut({ queue: 'fiducia-events', body: check, attempts: 1 });
    expect((await restrictions()).fence).toMatchObject({
      result: 'broken',
      findings: [expect.stringContaining('limits')],
    });
  });
});

describe('a mandate', () => {
  it('granted while its destination is being approved comes into force', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const { review } = await world.destination('client-1', id);
    atBatch(/insert into "mandates"/, async () => {
      await world.decide(review.approvalId, 'Approved');
      await world.settle();
    });
    const mandate = await world.grant('client-1', id);
    await world.settle();
    expect((await world.get('client-1', `/v1/mandates/${mandate.id}`)).body.status).toBe('active');
  });

  it('is rejected when the destination it waits for is withdrawn', async () => {
    await world.openAccount();
    await world.ask('client-1', EXCHANGE);
    const second = await world.ask('client-1', '0x8617e340b3d01fa5f11f306f4090fd50e238070d');
    const mandate = await world.grant('client-1', second.id);
    await world.must('client-1', `/v1/destinations/${second.id}/withdraw`);
    await world.tick();
    expect((await world.get('client-1', `/v1/mandates/${mandate.id}`)).body.status).toBe('rejected');
  });

  it('is revoked at any moment, also while its order is being prepared', async () => {
    const { mandate, account } = await world.readyToTrade();
    await world.holdMoney();
    await world.tick();
    atBatch(/update "mandates"/, () => world.drainOnce());
    const answer = await world.post('client-1', `/v1/mandates/${mandate.id}/revoke`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'revoked' } });
    await world.freeMoney();
    await world.settle();
    expect(await world.custodyTransfers(account)).toHaveLength(0);
  });
});

describe('an opening', () => {
  it('that failed for a passing reason is taken up again when the client asks again', async () => {
    const setup = await sdk('setup');
    const { items } = await setup.policies.listPolicies({ query: { status: 'Active' } });
    const guard = items.find(({ activityKind }) => activityKind === 'Permissions:Assign');
    const pending = await setup.policies.archivePolicy({ policyId: guard?.id ?? '' }).catch((fault) => fault.context);
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    await world.settle();
    expect((await world.get('client-1', '/v1/accounts/me')).body.status).toBe('failed');
    await world.decide(pending.approvalId, 'Denied', 'The guard stays.');
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    await world.settle();
    expect((await world.get('client-1', '/v1/accounts/me')).body.status).toBe('active');
  });
});

describe('the books', () => {
  const movement = (n: number, over: object = {}) => ({
    walletId: 'wa',
    direction: 'in' as const,
    transactionHash: `0x${n.toString(16).padStart(64, '0')}`,
    position: '0',
    contract: undefined,
    isVerified: true,
    from: EXCHANGE,
    to: EXCHANGE,
    units: 1n,
    feeUnits: 0n,
    at: new Date(Date.parse(world.at) - n * 1000).toISOString(),
    ...over,
  });
  const sync = async (account: Json) => {
    const body = { v: 1, id: null, type: 'wallet.sync', walletId: account.wallets[0].id };
    await world.carryOut({ queue: 'fiducia-events', body, attempts: 5 });
  };
  const booked = async (): Promise<number> => (await world.rows('SELECT count(*) AS n FROM movements'))[0].n;

  it('hold everything after a sync that broke off in the middle', async () => {
    const account = await world.openAccount();
    const all = Array.from({ length: 350 }, (_, index) => movement(index));
    let reads = 0;
    world.perturb('listMovements', () => async (_, after) => {
      reads += 1;
      if (reads === 3) throw new Error('the connection broke');
      const from = Number(after ?? 0);
      return { items: all.slice(from, from + 100), next: from + 100 < all.length ? String(from + 100) : undefined };
    });
    for (let turn = 0; turn < 3; turn += 1) await sync(account);
    expect(await booked()).toBe(350);
  });

  it('take two equal payments of one transaction for two, and its fee once', async () => {
    const account = await world.openAccount();
    const out = { direction: 'out' as const, feeUnits: 21n, position: 'a>b:1' };
    const items = [movement(1, out), movement(1, out), movement(2)];
    world.perturb('listMovements', () => async () => ({ items, next: undefined }));
    await sync(account);
    await sync(account);
    expect(await booked()).toBe(3);
    const rows = await world.rows("SELECT fee_units FROM movements WHERE direction = 'out'");
    expect(rows.map((row) => row.fee_units).sort()).toEqual(['0', '21']);
  });
});

describe('a message', () => {
  it('that cannot be carried out for a while waits in D1 and does not multiply', async () => {
    await control('POST', '/faults', { method: 'GET', path: '/v2/policies', kind: 'status', status: 503 });
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    for (let minute = 0; minute < 60; minute += 1) {
      await world.advance(60);
      await world.tick();
      await world.drainOnce();
      await world.drainOnce();
    }
    expect(world.queued.length).toBeLessThan(5);
    expect(await world.rows('SELECT postponed FROM outbox')).toHaveLength(1);
    await control('DELETE', '/faults');
    await world.advance(900);
    await world.settle();
    expect((await world.get('client-1', '/v1/accounts/me')).body.status).toBe('active');
  });
});

describe('an event', () => {
  it('lost behind a page of events that came is found', { timeout: 240_000 }, async () => {
    const account = await world.openAccount();
    await world.fund(account, '7');
    const [lost] = (await world.held()).map(({ id }) => id);
    for (let deposit = 0; deposit < 110; deposit += 1) await world.fund(account, '1');
    for (const delivery of await world.held()) if (delivery.id !== lost) await world.deliver(delivery);
    while (world.queued.length > 0) await world.drainOnce();
    const count = async () =>
      (await world.rows("SELECT count(*) AS n FROM inbox WHERE kind = 'wallet.blockchainevent.detected'"))[0].n;
    expect(await count()).toBe(110);
    await world.tick('*/15 * * * *');
    await world.drainOnce();
    expect(await count()).toBe(111);
  });
});
