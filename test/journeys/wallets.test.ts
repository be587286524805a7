// Further wallets of an account, on the networks that this deployment opens; and what is proven to be there twice.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApp } from '../../src/app/app.ts';
import { control, sdk } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const ask = (network: string, as = 'client-1') => world.post(as, '/v1/accounts/me/wallets', { network });
const account = async () => (await world.get('client-1', '/v1/accounts/me')).body;
const walletOn = async (network: string) =>
  (await account()).wallets.find((wallet: { network: string }) => wallet.network === network);
const incidents = async (kind: string) => world.rows('SELECT about, detail FROM incidents WHERE kind = ?', kind);

describe('a further wallet', () => {
  it('shows its address only after the fence was read back with it inside', async () => {
    const { tag } = await world.openAccount();
    expect(await ask('BaseSepolia')).toMatchObject({
      status: 202,
      body: { network: 'BaseSepolia', status: 'creating', address: null, custodyId: null },
    });
    expect(await walletOn('BaseSepolia')).toMatchObject({ status: 'creating', address: null });
    await world.settle();
    const wallet = await walletOn('BaseSepolia');
    expect(wallet).toMatchObject({ status: 'active', address: expect.stringMatching(/^0x/) });
    const made = await (await sdk('maker')).wallets.getWallet({ walletId: wallet.custodyId });
    expect(made.tags).toEqual([tag, 'limits:standard']);
    expect(await world.rows('SELECT key_id AS key FROM wallets WHERE id = ?', wallet.id)).toEqual([
      { key: made.signingKey.id },
    ]);
    expect((await world.get('client-1', '/v1/accounts/me/restrictions')).body.fence.result).toBe('intact');
  });

  it('is asked for by the client or the desk, once for a network, for an account of its own', async () => {
    const { id } = await world.openAccount();
    expect((await ask('BaseSepolia', 'auditor-1')).status).toBe(403);
    expect((await ask('BaseSepolia', 'client-2')).status).toBe(404);
    expect((await world.post('operator-1', `/v1/accounts/${id}/wallets`, { network: 'BaseSepolia' })).status).toBe(202);
    expect(await ask('BaseSepolia')).toMatchObject({
      status: 409,
      body: { code: 'network_held', network: 'BaseSepolia' },
    });
    expect(await ask('EthereumSepolia')).toMatchObject({ status: 409, body: { code: 'network_held' } });
  });

  it('asked for ten times at once is one', async () => {
    await world.openAccount();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('BaseSepolia')));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(9).fill(409)]);
    await world.settle();
    const { items } = await (await sdk('maker')).wallets.listWallets({});
    expect(items.filter(({ network }) => network === 'BaseSepolia')).toHaveLength(1);
  });

  it('waits for an account that is active', async () => {
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    expect(await ask('BaseSepolia')).toMatchObject({
      status: 409,
      body: { code: 'account_not_active', found: 'opening' },
    });
  });

  it('that custody refuses fails with its words, and may be asked for again', async () => {
    await world.openAccount();
    await control('POST', '/faults', { method: 'POST', path: '/wallets', kind: 'status', status: 400, times: 1 });
    await ask('BaseSepolia');
    await world.settle();
    const failed = await walletOn('BaseSepolia');
    expect(failed).toMatchObject({ status: 'failed', address: null, reason: expect.stringContaining('refused') });
    expect(await incidents('wallet_failed')).toMatchObject([{ about: failed.id }]);
    expect((await account()).status).toBe('active');
    expect(await ask('BaseSepolia')).toMatchObject({ status: 202, body: { id: failed.id, status: 'creating' } });
    await world.settle();
    expect(await walletOn('BaseSepolia')).toMatchObject({ status: 'active', reason: null });
  });

  it('that failed after an answer was lost is looked for before it is asked for again', async () => {
    await world.openAccount();
    const lost = { method: 'POST', path: '/wallets', kind: 'status', status: 502, afterEffect: true, times: 1 };
    await control('POST', '/faults', lost);
    await ask('BaseSepolia');
    await world.drainOnce();
    const [list, find] = [world.app.custody.listPolicies, world.app.custody.findPolicy];
    world.perturb('listPolicies', () => async () => []);
    world.perturb('findPolicy', () => async () => undefined);
    const page = world.app.custody.pageOfPolicies;
    world.perturb('pageOfPolicies', () => async () => ({ items: [], next: undefined }));
    await world.drainOnce();
    expect(await walletOn('BaseSepolia')).toMatchObject({ status: 'failed' });
    world.perturb('listPolicies', () => list);
    world.perturb('findPolicy', () => find);
    world.perturb('pageOfPolicies', () => page);
    expect((await ask('BaseSepolia')).status).toBe(202);
    await world.advance(100);
    await world.settle();
    const { items } = await (await sdk('maker')).wallets.listWallets({});
    expect(items.filter(({ network }) => network === 'BaseSepolia')).toHaveLength(1);
    expect((await walletOn('BaseSepolia')).status).toBe('active');
  });

  it('is not shown while the fence does not stand', async () => {
    const { wallets, tag } = await world.openAccount();
    await (await sdk('admin-1')).wallets.untagWallet({ walletId: wallets[0].custodyId, body: { tags: [tag] } });
    await ask('BaseSepolia');
    await world.settle();
    expect(await walletOn('BaseSepolia')).toMatchObject({
      status: 'failed',
      address: null,
      reason: expect.stringContaining('lost the tag'),
    });
  });
});

describe('a network', () => {
  it('that this deployment does not open is refused by name', async () => {
    const refused = { status: 422, body: { code: 'network_not_offered', network: 'Base' } };
    expect(await world.post('client-1', '/v1/accounts', { networks: ['EthereumSepolia', 'Base'] })).toMatchObject(
      refused,
    );
    await world.openAccount();
    const { body } = await ask('Base');
    expect(body).toMatchObject(refused.body);
    expect(body.offered).toContain('BaseSepolia');
    expect((await ask('Bitcoin')).status).toBe(400);
  });

  it.each(['', 'EthereumSepolia,Base', 'Bitcoin', 'ethereumsepolia', 'EthereumSepolia,'])(
    'setting of %j is refused by its name',
    async (NETWORKS) => {
      const { settings } = openApp({ ...env, NETWORKS });
      expect(settings).toMatchObject({ ok: false, refusal: { settings: ['NETWORKS'] } });
    },
  );

  it.each(['Ethereum', 'Ethereum,Base', 'EthereumSepolia,BaseSepolia'])('setting of %j is accepted', (NETWORKS) => {
    const { settings } = openApp({ ...env, NETWORKS });
    expect(settings).toMatchObject({ ok: true, value: { networks: NETWORKS.split(',') } });
  });
});

describe('what is proven to be twice at custody', () => {
  it('is reported each with its ids: the first is used, the others are to be archived', async () => {
    const isDone = new Set<string>();
    /** The first call of its kind has its effect twice, and both answers are lost. */
    const twice = async <T>(what: string, create: () => Promise<T>) => {
      if (isDone.has(what)) return create();
      isDone.add(what);
      await create();
      await create();
      return { kind: 'unknown', reason: 'the answers were lost' } as const;
    };
    world.perturb('createApprovedList', (create) => (list) => twice('list', () => create(list)));
    world.perturb('createWallet', (create) => (wallet) => twice(wallet.network, () => create(wallet)));
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia', 'BaseSepolia'] });
    for (let round = 0; round < 4; round += 1) {
      await world.drainOnce();
      await world.advance(100);
      await world.tick();
    }
    await world.settle();
    const maker = await sdk('maker');
    const { items: policies } = await maker.policies.listPolicies({ query: { status: 'Active' } });
    const { items: wallets } = await maker.wallets.listWallets({});
    const lists = policies.filter(({ rule }) => rule.kind === 'TransactionRecipientWhitelist');
    const pairs = [
      lists,
      ...['BaseSepolia', 'EthereumSepolia'].map((network) => wallets.filter((wallet) => wallet.network === network)),
    ].map((made) => made.map(({ id }) => id).sort());
    expect(pairs.map(({ length }) => length)).toEqual([2, 2, 2]);
    const opened = await account();
    const [row] = await world.rows('SELECT policy_id AS id FROM accounts');
    const used = [row.id, ...opened.wallets.map(({ custodyId }: { custodyId: string }) => custodyId)];
    expect(opened.status).toBe('active');
    expect(used).toEqual(pairs.map(([first]) => first));
    const reports = await incidents('duplicate_at_custody');
    for (const [first] of pairs)
      expect(reports.find(({ about }) => about === first)?.detail).toMatch(`${first} is used; to be archived`);
    expect(reports).toHaveLength(3);
    expect(reports.every(({ detail }) => pairs.some(([, second]) => detail.endsWith(`: ${second}.`)))).toBe(true);
  });
});
