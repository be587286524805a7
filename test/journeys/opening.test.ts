// Opening an account: what must stand before it is active, and what a crash at any await leaves behind.
import { beforeEach, describe, expect, it } from 'vitest';
import { loseAnswer } from '../support/custody.ts';
import { sdk } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const ask = () => world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
const account = async () => (await world.get('client-1', '/v1/accounts/me')).body;

/** What custody holds for the account: every list and wallet of its tag. */
async function atCustody(): Promise<{ lists: number; wallets: number }> {
  const { tag } = await account();
  const maker = await sdk('maker');
  const { items: policies } = await maker.policies.listPolicies({ query: { status: 'Active' } });
  const { items: wallets } = await maker.wallets.listWallets({});
  return {
    lists: policies.filter(({ filters }) => JSON.stringify(filters ?? {}).includes(tag)).length,
    wallets: wallets.filter(({ tags }) => tags.includes(tag)).length,
  };
}

/** Opens through restarts: time passes, crons fire, until the account is settled. */
async function carryOn(): Promise<void> {
  for (let round = 0; round < 8 && (await account()).status === 'opening'; round += 1) {
    await world.advance(100);
    await world.tick();
    await world.drainOnce();
  }
}

describe('an account', () => {
  it('shows no deposit address before its fence was read back', async () => {
    const asked = await ask();
    expect(asked).toMatchObject({
      status: 'opening',
      wallets: [{ status: 'creating', address: null, custodyId: null }],
    });
    await world.settle();
    const opened = await account();
    expect(opened).toMatchObject({
      status: 'active',
      wallets: [{ status: 'active', address: expect.stringMatching(/^0x/) }],
    });
    const wallet = await (await sdk('maker')).wallets.getWallet({ walletId: opened.wallets[0].custodyId });
    expect(wallet.tags).toEqual(expect.arrayContaining([opened.tag, 'limits:standard']));
    expect(await atCustody()).toEqual({ lists: 1, wallets: 1 });
  });

  it('is refused while nothing at custody guards changes of lists', async () => {
    const setup = await sdk('setup');
    const { items } = await setup.policies.listPolicies({ query: { status: 'Active' } });
    const guard = items.find(({ activityKind }) => activityKind === 'Policies:Modify');
    const { approvalId } = await setup.policies
      .archivePolicy({ policyId: guard?.id ?? '' })
      .catch((fault) => fault.context);
    await world.decide(approvalId, 'Approved');
    await ask();
    await world.settle();
    expect(await account()).toMatchObject({ status: 'failed', reason: expect.stringContaining('Policies:Modify') });
    expect(await atCustody()).toEqual({ lists: 0, wallets: 0 });
  });

  it.each([
    ['the list', { method: 'POST', path: '/v2/policies' }],
    ['the wallet', { method: 'POST', path: '/wallets' }],
  ])('has one list and one wallet when the answer to %s was lost after the effect', async (_, call) => {
    await loseAnswer(call);
    await ask();
    await carryOn();
    expect((await account()).status).toBe('active');
    expect(await atCustody()).toEqual({ lists: 1, wallets: 1 });
  });

  it('has one list and one wallet when ten deliveries of its message run at once', async () => {
    await ask();
    const messages = world.queued;
    world.queued = [];
    await Promise.all(
      Array.from({ length: 10 }, () => messages)
        .flat()
        .map((message) => world.carryOut(message)),
    );
    await carryOn();
    expect((await account()).status).toBe('active');
    expect(await atCustody()).toEqual({ lists: 1, wallets: 1 });
  });

  it('has one list and one wallet when the process dies at any write', async () => {
    // Every D1 batch of the saga is a point at which it may die: before the commit, or right after it.
    for (const moment of ['before', 'after'] as const) {
      for (let crash = 1; crash <= 7; crash += 1) {
        world = await openWorld();
        await ask();
        await dieAtWrite(crash, moment);
        await carryOn();
        expect((await account()).status, `write ${crash}, ${moment}`).toBe('active');
        expect(await atCustody(), `write ${crash}, ${moment}`).toEqual({ lists: 1, wallets: 1 });
      }
    }
  }, 120_000);
});

/** Runs what is queued with a database that throws at its nth batch, as a process that ends there would. */
async function dieAtWrite(nth: number, moment: 'before' | 'after'): Promise<void> {
  const { database } = world.app;
  let writes = 0;
  const dying = new Proxy(database, {
    get(target, name, receiver) {
      if (name !== 'batch') return Reflect.get(target, name, receiver);
      return async (statements: Parameters<typeof target.batch>[0]) => {
        writes += 1;
        if (writes > nth || (writes === nth && moment === 'before')) throw new Error('the process ended');
        const results = await target.batch(statements);
        if (writes === nth) throw new Error('the process ended');
        return results;
      };
    },
  });
  Object.assign(world.app, { database: dying });
  await world.drainOnce();
  world.queued = []; // what was in flight is gone with the process
  Object.assign(world.app, { database });
}
