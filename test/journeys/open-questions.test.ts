// What the documents of custody leave open: the journeys that a reading is about, under both.
import { describe, expect, it } from 'vitest';
import { loseAnswer } from '../support/custody.ts';
import { control, sdk } from '../support/outside.ts';
import { approve, ends, inReview, instant, openAccount, readyToTrade, slow, trade } from '../support/patient.ts';
import { EXCHANGE, NATIVE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

let world: World;
/** They hold once the organisation is set up; readings.test.ts sets it up under each. */
const open = async (readings: object) => {
  world = await openWorld();
  await control('PUT', '/settings', readings);
};
const incidents = async (): Promise<string[]> =>
  (await world.get('admin-1', '/v1/incidents')).body.items.map(({ kind }: Json) => kind);
const reserved = async (): Promise<string[]> =>
  (await world.rows("SELECT reserved FROM limit_days WHERE id LIKE 'limit:mnd%'")).map((row) => row.reserved);
const transferOf = async (schedule: Json): Promise<Json> =>
  (await world.get('operator-1', `/v1/transfers/${(await world.order(schedule.id)).transferId}`)).body;
const restrictions = async (): Promise<Json> => (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
const listed = async (): Promise<string[]> =>
  (await restrictions()).custodyList.addresses.map((address: string) => address.toLowerCase()).sort();
const userId = async (name: string): Promise<string> => {
  const { users, serviceAccounts } = await control('GET', '/organization');
  return (users[name] ?? serviceAccounts[name]).userId;
};

/** A policy of custody on every transfer. */
async function guardTransfers(action: object, rule: object = { kind: 'AlwaysTrigger' }): Promise<void> {
  const body = { name: 'On every transfer', activityKind: 'Wallets:Sign', rule, action };
  // Built from parts that the tests vary; the sandbox refuses what is no policy.
  await (await sdk('setup')).policies.createPolicy({ body: body as unknown as PolicyBody });
}
type PolicyBody = Parameters<Awaited<ReturnType<typeof sdk>>['policies']['createPolicy']>[0]['body'];
const approvalBy = async (name: string, more: object = {}) => ({
  kind: 'RequestApproval',
  approvalGroups: [{ quorum: 1, approvers: { userId: { in: [await userId(name)] } }, ...more }],
});

describe('an account', () => {
  it('shows no deposit address before custody names it', async () => {
    await open({ walletAddressDelayMilliseconds: 600_000 });
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    const view = async () => (await world.get('client-1', '/v1/accounts/me')).body;
    for (let minute = 0; minute < 8; minute += 1) {
      await world.tick();
      await world.settle({ ticks: false });
      expect(await view()).toMatchObject({ status: 'opening', wallets: [{ address: null }] });
      await world.advance(60);
    }
    await world.waitFor(async () => (await view()).status === 'active');
    expect((await view()).wallets[0].address).toMatch(/^0x/);
    expect((await (await sdk('maker')).wallets.listWallets({})).items).toHaveLength(1);
  });

  it.each(['second', 'first', 'refuse'])(
    'has one wallet when the answer was lost and custody makes of a repeat: %s',
    async (repeatedWallet) => {
      await open({ repeatedWallet });
      const lost = { method: 'POST', path: '/wallets', kind: 'status', status: 502, afterEffect: true, times: 1 };
      await control('POST', '/faults', lost);
      await openAccount(world);
      expect((await (await sdk('maker')).wallets.listWallets({})).items).toHaveLength(1);
    },
  );
});

describe('a change of an approved list', () => {
  it.each(['Rejected', 'Failed'])(
    'that an officer denied, and custody calls %s, ends with the reason',
    async (reading) => {
      await open({ deniedChange: reading });
      await openAccount(world);
      const { id, review } = await inReview(world, EXCHANGE);
      await world.decide(review.approvalId, 'Denied', 'Not an exchange we know.');
      await world.waitFor(async () => (await world.destination('client-1', id)).status !== 'in_review');
      expect(await world.destination('client-1', id)).toMatchObject({
        status: 'rejected',
        reason: 'Not an exchange we know.',
      });
      expect(await restrictions()).toMatchObject({ fence: { result: 'intact' }, custodyList: { addresses: [] } });
    },
  );

  it.each(['Expired', 'Denied'])('that nobody decided, and custody calls %s, has expired', async (expiredApproval) => {
    await open({ expiredApproval, deniedChange: 'Failed' });
    await openAccount(world);
    const { id } = await inReview(world, EXCHANGE);
    await world.advance(86_400 + 60);
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({
      status: 'expired',
      reason: 'Nobody decided in time.',
    });
    expect(await restrictions()).toMatchObject({ fence: { result: 'intact' }, custodyList: { addresses: [] } });
  });

  it.each(['refuse', 'queue'])('asked for with another one is not lost where custody would %s', async (reading) => {
    await open({ secondPendingChange: reading });
    await openAccount(world);
    const asked = await Promise.all([EXCHANGE, OTHER_EXCHANGE].map((address) => world.ask('client-1', address)));
    const views = () => Promise.all(asked.map(({ id }) => world.destination('client-1', id)));
    await world.settle();
    for (let turn = 0; turn < 2; turn += 1) {
      const waiting = (await views()).filter(({ status }) => status === 'in_review');
      expect(waiting).toHaveLength(1);
      await approve(world, waiting[0]);
    }
    expect((await views()).map(({ status }) => status)).toEqual(['approved', 'approved']);
    expect(await listed()).toEqual([EXCHANGE, OTHER_EXCHANGE].sort());
  });

  /** Somebody at custody asks for another change between our look and our wish. */
  async function overtaken(): Promise<{ id: string; foreign: string }> {
    await openAccount(world);
    const { policyId } = (await restrictions()).custodyList;
    const setup = await sdk('setup');
    let foreign = '';
    world.perturb('replaceApprovedList', (call) => async (list) => {
      if (foreign === '') {
        const { name, filters } = await setup.policies.getPolicy({ policyId });
        const rule = { kind: 'TransactionRecipientWhitelist', configuration: { addresses: [OTHER_EXCHANGE] } };
        const body = { name, activityKind: 'Wallets:Sign', rule, action: { kind: 'Block' }, filters };
        // As above: a policy put together from parts, which the sandbox judges.
        foreign = await setup.policies
          .updatePolicy({ policyId, body: body as unknown as PolicyBody })
          .catch((fault) => fault.context.approvalId);
      }
      return call(list);
    });
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    return { id, foreign };
  }

  it.each([409, 412, 422])(
    'that another one overtook, which custody says with %i, goes on after it',
    async (status) => {
      await open({ secondPendingChangeStatus: status });
      const { id, foreign } = await overtaken();
      expect(await incidents()).toContain('change_conflict');
      expect((await world.destination('client-1', id)).status).toBe('requested');
      await world.decide(foreign, 'Denied', 'Nobody asked for this.');
      await world.waitFor(async () => (await world.destination('client-1', id)).status === 'in_review');
      expect(await approve(world, await world.destination('client-1', id))).toMatchObject({ status: 'approved' });
      expect(await listed()).toEqual([EXCHANGE]);
    },
  );

  it('that another one overtook, which custody queues, is applied and the foreign one is reported', async () => {
    await open({ secondPendingChange: 'queue' });
    const { id, foreign } = await overtaken();
    await world.decide(foreign, 'Denied', 'Nobody asked for this.');
    await world.settle();
    expect(await approve(world, await world.destination('client-1', id))).toMatchObject({ status: 'approved' });
    expect(await listed()).toEqual([EXCHANGE]);
  });

  it('that makes the list longer than custody bears ends, and the list stays', async () => {
    await open({ whitelistAddressesMax: 1 });
    await openAccount(world);
    await approve(world, await inReview(world, EXCHANGE));
    const second = await inReview(world, OTHER_EXCHANGE);
    expect(second).toMatchObject({ status: 'refused', reason: expect.stringContaining('at most 1') });
    expect(await listed()).toEqual([EXCHANGE]);
  });
});

describe('a transfer', () => {
  const lose = () => loseAnswer({ method: 'POST', path: '/wallets/*/transfers' });

  it.each(['values', 'text'])('whose answer was lost is made once where same body means same %s', async (reading) => {
    await open({ externalIdComparison: reading });
    const { account, schedule } = await readyToTrade(world);
    await lose();
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    await world.advance(120);
    await world.settle({ webhooks: false });
    await world.advance(120);
    await world.settle({ webhooks: false });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect((await transferOf(schedule)).attempts).toBe(2);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('that is built for long stays under way, and nothing is sent again', async () => {
    await open(slow);
    const { account, schedule } = await readyToTrade(world);
    await world.tick();
    await world.settle();
    expect((await transferOf(schedule)).status).toBe('submitted');
    await world.advance(600);
    await world.settle();
    expect((await transferOf(schedule)).status).toBe('submitted');
    await world.advance(600);
    await world.settle();
    expect((await transferOf(schedule)).status).toBe('broadcast');
    await world.waitFor(async () => (await world.order(schedule.id)).status === 'executed');
    expect((await transferOf(schedule)).attempts).toBe(1);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('that is confirmed before any webhook comes is confirmed once, in whatever order they then come', async () => {
    await open(instant);
    const { account, schedule } = await readyToTrade(world);
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    for (const delivery of (await world.held()).reverse()) expect((await world.deliver(delivery)).status).toBe(200);
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    const entries = await world.rows("SELECT id FROM journal WHERE kind = 'transfer.confirmed'");
    expect(entries).toHaveLength(1);
  });

  it('is carried on by the vote of a service account, where the organisation lets it vote', async () => {
    await open({ serviceAccountVotes: true });
    const { schedule } = await readyToTrade(world);
    await guardTransfers(await approvalBy('checker', { serviceAccountsCanApprove: true }));
    await world.tick();
    await world.settle();
    const { status, approvalId } = await transferOf(schedule);
    expect(status).toBe('awaiting_approval');
    await (await sdk('checker')).policies.createApprovalDecision({ approvalId, body: { value: 'Approved' } });
    await world.waitFor(async () => (await world.order(schedule.id)).status === 'executed');
  });

  it.each([
    [{ expiredApproval: 'Expired' }, 'rejected', '0'],
    [{ expiredApproval: 'Denied', pendingTransferStatus: 202 }, 'rejected', '0'],
    // What custody calls failed is not proven to have had no effect: the limit stays reserved.
    [{ expiredRequest: 'Failed' }, 'failed', '3000000'],
  ])('that nobody decided ends under %j as %s', async (settings, status, limit) => {
    await open(settings);
    const { schedule } = await readyToTrade(world);
    await guardTransfers({ ...(await approvalBy('compliance-1')), autoRejectTimeout: 10 });
    await world.tick();
    await world.waitFor(async () => ends.includes((await world.order(schedule.id)).status));
    expect(await world.order(schedule.id)).toMatchObject({ status });
    expect(await reserved()).toEqual([limit]);
  });

  it.each([
    [true, 'executed'],
    [false, 'rejected'],
  ])('under a limit in dollars, with prices on test networks %s, is %s', async (testnetQuotes, status) => {
    await open({ testnetQuotes });
    const { schedule } = await readyToTrade(world);
    const configuration = { limit: 1000, currency: 'USD' };
    await guardTransfers({ kind: 'Block' }, { kind: 'TransactionAmountLimit', configuration });
    expect(await trade(world, schedule)).toMatchObject({ status });
    expect(await reserved()).toEqual([status === 'executed' ? '3000000' : '0']);
  });

  it.each([
    [true, 'rejected'],
    [false, 'executed'],
  ])('that is one more than a count allows, itself counted %s, is %s', async (velocityCountsCurrent, status) => {
    await open({ velocityCountsCurrent });
    const { account, schedule } = await readyToTrade(world);
    const configuration = { limit: 1, timeframe: 60 };
    await guardTransfers({ kind: 'Block' }, { kind: 'TransactionCountVelocity', configuration });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    await (await sdk('maker')).wallets.transferAsset({ walletId: account.wallets[0].custodyId, body });
    expect(await trade(world, schedule)).toMatchObject({ status });
  });
});

describe('an event', () => {
  const applied = async (): Promise<number> =>
    (await world.rows("SELECT count(*) AS n FROM inbox WHERE kind = 'wallet.tags.modified'"))[0].n;

  it.each(['previous', 'original'])('that is tried again, naming the %s attempt, is one fact', async (retryOf) => {
    await open({ retryOf });
    const account = await openAccount(world);
    await control('PUT', '/webhooks/mode', { mode: 'drop' });
    const [walletId, body] = [account.wallets[0].custodyId, { tags: [account.tag] }];
    await (await sdk('admin-1')).wallets.untagWallet({ walletId, body });
    await world.advance(61); // the second attempt fails too
    await control('PUT', '/webhooks/mode', { mode: 'hold' });
    await world.advance(12 * 60);
    const [third] = await world.held();
    expect(JSON.parse(third.body)).toMatchObject({ deliveryAttempt: 3 });
    // It came, but custody takes it for lost: the same attempt again, and then the next one.
    for (let copy = 0; copy < 2; copy += 1) await world.deliver(third);
    await control('POST', `/deliveries/${third.id}/send`, {});
    await world.settle({ ticks: false });
    await world.advance(120 * 60);
    const [fourth] = await world.held();
    expect(JSON.parse(fourth.body)).toMatchObject({ deliveryAttempt: 4 });
    await world.deliver(fourth);
    await world.settle({ ticks: false });
    expect(await applied()).toBe(1);
    expect((await restrictions()).fence.result).toBe('broken');
    // A second untagging is a fact of its own.
    await (await sdk('admin-1')).wallets.tagWallet({ walletId, body });
    await world.settle({ ticks: false });
    expect(await applied()).toBe(2);
  });

  it.each([true, false])('that never came is found, with the details that the types lack: %s', async (reading) => {
    await open({ webhookEventDetails: reading });
    const account = await openAccount(world);
    await control('PUT', '/webhooks/mode', { mode: 'drop' });
    await world.fund(account, '7');
    await world.tick('*/15 * * * *');
    await world.settle({ ticks: false });
    const { body } = await world.get('client-1', '/v1/accounts/me/balances');
    expect(body.wallets[0].balances).toContainEqual(expect.objectContaining({ asset: NATIVE, units: '7' }));
    expect(await world.rows("SELECT units FROM movements WHERE direction = 'in'")).toEqual([{ units: '7' }]);
  });

  it.each(['newest', 'oldest'])(
    'that never came is found behind pages of old ones, the %s first',
    async (listOrder) => {
      await open({ listOrder });
      const account = await openAccount(world);
      for (let deposit = 0; deposit < 110; deposit += 1) await world.fund(account, '1');
      // All of them came, long ago: that is noted, and nothing else of it matters here.
      const seen = JSON.stringify((await world.held()).map(({ eventId }) => eventId));
      await world.rows("INSERT INTO deliveries SELECT value, value, '2031-03-03' FROM json_each(?)", seen);
      await world.advance(8 * 3600);
      await world.fund(account, '7');
      await world.tick('*/15 * * * *');
      await world.settle({ ticks: false, webhooks: false });
      const found = await world.rows("SELECT event_id FROM inbox WHERE kind = 'wallet.blockchainevent.detected'");
      expect(found).toHaveLength(1);
    },
  );
});

describe('the books', () => {
  it.each(['newest', 'oldest'])('hold a deposit behind pages of known ones, the %s first', async (listOrder) => {
    await open({ listOrder });
    const account = await openAccount(world);
    const sync = { v: 1, id: null, type: 'wallet.sync', walletId: account.wallets[0].id };
    const carry = () => world.carryOut({ queue: 'fiducia-events', body: sync, attempts: 5 });
    for (let deposit = 0; deposit < 210; deposit += 1) await world.fund(account, '1');
    await carry();
    await world.advance(60);
    await world.fund(account, '7');
    await carry();
    expect(await world.rows("SELECT units FROM movements WHERE units = '7'")).toHaveLength(1);
    expect((await world.rows('SELECT count(*) AS n FROM movements'))[0].n).toBe(211);
  });
});

describe('a credential', () => {
  it('that may not sign is reported, and what waits for it goes on once it may', async () => {
    await open({});
    const setup = await sdk('setup');
    const role = { name: 'signs', operations: ['Auth:Action:Sign' as const] };
    const { id: permissionId } = await setup.permissions.createPermission({ body: role });
    await control('PUT', '/settings', { signingNeedsOperation: true });
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    await world.tick();
    await world.settle({ ticks: false });
    const status = async () => (await world.get('client-1', '/v1/accounts/me')).body.status;
    expect(await status()).toBe('opening');
    expect(await incidents()).toContain('custody_barred');

    await control('PUT', '/settings', { signingNeedsOperation: false });
    const body = { identityId: await userId('maker') };
    const pending = await setup.permissions.createAssignment({ permissionId, body }).catch((fault) => fault.context);
    await world.decide(pending.approvalId, 'Approved');
    await control('PUT', '/settings', { signingNeedsOperation: true });
    await world.waitFor(async () => (await status()) === 'active');
  });

  it.each([{ userActionSeconds: 0 }, { userActionTokenSeconds: 0 }])(
    'whose user actions are over at once, by %j, makes nothing and loses nothing',
    async (settings) => {
      await open({});
      const { account, schedule } = await readyToTrade(world);
      await control('PUT', '/settings', settings);
      await world.tick();
      await world.settle({ ticks: false });
      expect(await transferOf(schedule)).toMatchObject({ status: 'submitting', custodyId: null });
      expect(await incidents()).toContain('custody_barred');
      await control('PUT', '/settings', { userActionSeconds: 900, userActionTokenSeconds: null });
      await world.waitFor(async () => (await world.order(schedule.id)).status === 'executed');
      expect(await world.custodyTransfers(account)).toHaveLength(1);
    },
  );
});
