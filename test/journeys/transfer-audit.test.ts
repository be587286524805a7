// What people are told of transfers: those that take too long, and those at custody that nobody asked for here.
import { beforeEach, describe, expect, it } from 'vitest';
import { control, sdk } from '../support/outside.ts';
import { EXCHANGE, openWorld, type World } from '../support/world.ts';

const QUARTER = '*/15 * * * *';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const incidentsOf = async (kind: string): Promise<Json[]> =>
  (await world.get('admin-1', '/v1/incidents')).body.items.filter((incident: Json) => incident.kind === kind);
const transferId = async (): Promise<string> => (await world.get('operator-1', '/v1/transfers')).body.items[0].id;

describe('a transfer that takes too long', () => {
  it('is told of once, also after somebody has acknowledged it', async () => {
    await world.readyToTrade();
    await control('POST', '/faults', {
      method: 'POST',
      path: '/wallets/*/transfers',
      kind: 'status',
      status: 500,
      times: 1000,
    });
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_slow')).toEqual([]);
    await world.advance(1801);
    await world.tick(QUARTER);
    const [told, ...more] = await incidentsOf('transfer_slow');
    expect(told).toMatchObject({ about: await transferId(), status: 'open' });
    expect(more).toEqual([]);
    await world.must('admin-1', `/v1/incidents/${told.id}/acknowledge`);
    await world.advance(900);
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_slow')).toHaveLength(1);
  });

  it('that a person resolved is told of again only when it is slow in a later status', async () => {
    await world.readyToTrade();
    await control('PUT', '/settings', {
      transferBroadcastedMilliseconds: 3_600_000,
      transferConfirmedMilliseconds: 86_400_000,
    });
    await world.tick();
    await world.settle();
    await world.advance(1801);
    await world.tick(QUARTER);
    const [told] = await incidentsOf('transfer_slow');
    await world.must('admin-1', `/v1/incidents/${told.id}/acknowledge`);
    await world.must('admin-1', `/v1/incidents/${told.id}/resolve`, { note: 'Asked Dfns.' });
    await world.advance(900);
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_slow')).toHaveLength(1);
    await world.advance(900);
    await world.settle();
    await world.advance(7201);
    await world.tick(QUARTER);
    expect((await incidentsOf('transfer_slow')).map(({ status }) => status).sort()).toEqual(['open', 'resolved']);
  });

  it('is so by the time in its status, not by its age', async () => {
    await world.readyToTrade();
    const HOUR = 3600;
    await control('PUT', '/settings', {
      transferBroadcastedMilliseconds: 25 * 60_000,
      transferConfirmedMilliseconds: 86_400_000,
    });
    await world.tick();
    await world.settle();
    // Almost half an hour at custody before it was sent: that much less than two hours are left only by its age.
    await world.advance(25 * 60);
    await world.settle();
    await world.advance(2 * HOUR - 600);
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_slow')).toEqual([]);
    await world.advance(900);
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_slow')).toMatchObject([{ about: await transferId() }]);
  });
});

describe('a transfer at custody that is not known here', () => {
  it('is told of once, and ours never', async () => {
    const { account } = await world.readyToTrade();
    await world.tick();
    await world.settle();
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_unknown')).toEqual([]);
    const stranger = await (await sdk('maker')).wallets.transferAsset({
      walletId: account.wallets[0].custodyId,
      body: { kind: 'Native', to: EXCHANGE, amount: '1' },
    });
    await world.tick(QUARTER);
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_unknown')).toMatchObject([{ about: stranger.id, accountId: account.id }]);
  });

  it('is found also behind a wallet that cannot be read', async () => {
    const first = await world.openAccount();
    const second = await world.openAccount('client-2');
    const [ahead, behind] = [first, second].sort((one, other) => (one.wallets[0].id < other.wallets[0].id ? -1 : 1));
    await control('POST', '/faults', {
      ...{ method: 'GET', path: `/wallets/${ahead.wallets[0].custodyId}/transfers` },
      ...{ kind: 'status', status: 403, times: 1000 },
    });
    await world.fund(behind, '1000000000000000000');
    const stranger = await (await sdk('maker')).wallets.transferAsset({
      walletId: behind.wallets[0].custodyId,
      body: { kind: 'Native', to: EXCHANGE, amount: '1' },
    });
    for (let run = 0; run < 3; run += 1) await world.tick(QUARTER);
    expect(await incidentsOf('transfer_unknown')).toMatchObject([{ about: stranger.id }]);
    expect(world.logged).toContainEqual({
      event: 'cron.fault',
      fields: expect.objectContaining({ job: 'lookForUnknownTransfers' }),
    });
  });

  it('is found also when custody wanted to be asked later: the wallet keeps its turn', async () => {
    const { wallets } = await world.openAccount();
    await world.fund({ wallets }, '1000000000000000000');
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const stranger = await (await sdk('maker')).wallets.transferAsset({ walletId: wallets[0].custodyId, body });
    const later = { kind: 'status', status: 429, retryAfter: 60, times: 1 };
    await control('POST', '/faults', { method: 'GET', path: '/wallets/*/transfers', ...later });
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_unknown')).toEqual([]);
    await world.advance(61);
    await world.tick(QUARTER);
    expect(await incidentsOf('transfer_unknown')).toMatchObject([{ about: stranger.id }]);
  });

  it('is found in every wallet, a slice at a time', async () => {
    const account = await world.openAccount();
    const maker = await sdk('maker');
    const { custodyId: walletId } = account.wallets[0];
    for (let made = 1; made <= 3; made += 1) {
      await maker.wallets.transferAsset({ walletId, body: { kind: 'Native', to: EXCHANGE, amount: String(made) } });
    }
    let calls = 0;
    world.perturb('pageOfTransfers', (call) => async (wallet, after) => {
      calls += 1;
      // Custody may hold many pages: each run reads only so many, and the next one goes on.
      const page = await call(wallet, undefined);
      const at = Number(after ?? '0');
      return { items: page.items.slice(at % 3, (at % 3) + 1), next: at < 40 ? String(at + 1) : undefined };
    });
    await world.tick(QUARTER);
    expect(calls).toBe(20);
    await world.tick(QUARTER);
    await world.tick(QUARTER);
    expect(calls).toBe(41);
    expect(await incidentsOf('transfer_unknown')).toHaveLength(3);
  });
});
