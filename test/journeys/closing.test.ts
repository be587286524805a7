// Closing an account: refused by name while anything is in it or under way, and watched afterwards.
import { beforeEach, describe, expect, it } from 'vitest';
import { EXCHANGE, NATIVE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const close = (as = 'client-1', id = 'me') => world.post(as, `/v1/accounts/${id}/close`);
const account = async () => (await world.get('client-1', '/v1/accounts/me')).body;
const reasonsOf = async () => {
  const { status, body } = await close();
  expect([status, body.code]).toEqual([409, 'account_in_use']);
  return body.reasons;
};

describe('an account', () => {
  it('that is empty and at rest is closed: no address is shown any more, custody keeps it fenced', async () => {
    const { id, tag, wallets } = await world.openAccount();
    expect(await close()).toMatchObject({
      status: 200,
      body: { id, status: 'closed', wallets: [{ status: 'archived', address: null, custodyId: null }] },
    });
    expect(await account()).toMatchObject({ status: 'closed', wallets: [{ status: 'archived', address: null }] });
    const kept = await world.app.custody.findWallet(wallets[0].custodyId);
    expect(kept).toMatchObject({ isActive: true, tags: [tag, 'limits:standard'] });
    expect(await close()).toMatchObject({ status: 409, body: { code: 'account_not_active', found: 'closed' } });
  });

  it('is closed by its client or by an officer, not by the desk or another client', async () => {
    const { id } = await world.openAccount();
    expect((await close('operator-1', id)).status).toBe(403);
    expect((await close('client-2', id)).status).toBe(404);
    expect((await close('compliance-1', id)).status).toBe(200);
  });

  it('that holds a coin or a token is not closed, and each is named', async () => {
    const opened = await world.openAccount();
    await world.fund(opened, '7');
    await world.fund(opened, '10', USDC.split('/')[1]);
    const id = opened.wallets[0].id;
    expect(await reasonsOf()).toEqual([
      { reason: 'balance', id, asset: NATIVE, units: '7' },
      { reason: 'balance', id, asset: USDC, units: '10' },
    ]);
    expect((await account()).status).toBe('active');
  });

  it('that holds a token nobody listed is not closed either', async () => {
    const opened = await world.openAccount();
    await world.fund(opened, '1', `0x${'ab'.repeat(20)}`);
    expect(await reasonsOf()).toMatchObject([{ reason: 'balance', asset: `EthereumSepolia/0x${'ab'.repeat(20)}` }]);
  });

  it('with open work is not closed, and each piece is named', async () => {
    await world.openAccount();
    const asked = await world.ask('client-1', EXCHANGE);
    expect((await reasonsOf()).map(({ reason }: { reason: string }) => reason)).toEqual(['policy_change']);
    await world.settle();
    await world.decide((await world.destination('client-1', asked.id)).review.approvalId, 'Approved');
    await world.settle();
    const mandate = await world.grant('client-1', asked.id);
    const schedule = await world.schedule(mandate.id, '3000000');
    await world.must('client-1', '/v1/accounts/me/wallets', { network: 'BaseSepolia' });
    await world.must('client-1', '/v1/accounts/me/limits', { template: 'small' });
    expect(await reasonsOf()).toEqual([
      { reason: 'mandate', id: mandate.id },
      { reason: 'schedule', id: schedule.id },
      { reason: 'limits_change', id: expect.stringMatching(/^lim_/) },
      { reason: 'wallet', id: expect.stringMatching(/^wal_/) },
    ]);
  });

  it('with an order under way is not closed, though the mandate was revoked', async () => {
    const { account: opened, mandate, schedule } = await world.readyToTrade();
    world.perturb('transfer', () => async () => ({ kind: 'unknown', reason: 'no answer' }));
    await world.tick();
    for (let round = 0; round < 4; round += 1) await world.drainOnce();
    await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
    const order = await world.order(schedule.id);
    expect(await reasonsOf()).toMatchObject([
      { reason: 'order', id: order.id },
      { reason: 'transfer', id: order.transferId },
      { reason: 'balance', id: opened.wallets[0].id },
      { reason: 'balance' },
    ]);
  });

  it('is not closed when work begins between the look and the commit', async () => {
    await world.openAccount();
    let isAsked = false;
    world.perturb('listBalances', (list) => async (id) => {
      if (!isAsked) await world.ask('client-1', EXCHANGE);
      isAsked = true;
      return list(id);
    });
    const { status, body } = await close();
    expect([status, body.reasons?.[0].reason]).toEqual([409, 'policy_change']);
    expect((await account()).status).toBe('active');
  });

  it('that is closed begins nothing: no destination, wallet, limit or mandate', async () => {
    await world.openAccount();
    const destination = await world.approved('client-1');
    await close();
    const wish = { network: 'EthereumSepolia', address: OTHER_EXCHANGE, label: 'x', kind: 'exchange' };
    const grant = {
      venue: 'Kraken',
      destinationId: destination.id,
      limits: [{ asset: USDC, perOrder: '1', perDay: '1' }],
      validUntil: '2039-01-01T00:00:00Z',
    };
    for (const [path, body] of [
      ['destinations', wish],
      ['mandates', grant],
      ['wallets', { network: 'BaseSepolia' }],
      ['limits', { template: 'small' }],
    ] as const)
      expect((await world.post('client-1', `/v1/accounts/me/${path}`, body)).body, path).toMatchObject({
        code: 'account_not_active',
        found: 'closed',
      });
  });

  it('that is closed is not checked any more, and money that comes to it is reported', async () => {
    const opened = await world.openAccount();
    await close();
    const checks = async () => (await world.rows("SELECT count(*) AS n FROM journal WHERE kind LIKE 'fence.%'"))[0].n;
    const before = await checks();
    await world.advance(7 * 3600);
    await world.tick('*/15 * * * *');
    await world.settle();
    expect(await checks()).toBe(before);
    await world.fund(opened, '5');
    await world.fund(opened, '6', USDC.split('/')[1]);
    await world.settle();
    const { body } = await world.get('compliance-1', '/v1/incidents');
    expect(body.items).toMatchObject([
      { kind: 'deposit_after_close', about: opened.wallets[0].id, accountId: opened.id, status: 'open' },
    ]);
    expect(await world.rows("SELECT units FROM movements WHERE direction = 'in' ORDER BY units")).toHaveLength(2);
  });
});
