import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  advance,
  control,
  deliveries,
  EXCHANGE,
  eventOf,
  failure,
  fund,
  hold,
  openWallet,
  organization,
  raw,
  reset,
  sdk,
  settings,
  USDC,
  userAction,
} from './support.ts';

beforeEach(reset);

describe('a wallet', () => {
  it('has a real address and is the same when read', async () => {
    const { maker, wallet } = await openWallet();
    expect(wallet).toMatchObject({ network: 'EthereumSepolia', status: 'Active', custodial: true, tags: ['client:1'] });
    expect(wallet.id).toMatch(/^wa-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{14,16}$/);
    expect(wallet.address).toMatch(/^0x[0-9a-f]{40}$/);
    expect(wallet.signingKey).toMatchObject({ scheme: 'ECDSA', curve: 'secp256k1' });
    expect(wallet.signingKey.publicKey).toMatch(/^0[23][0-9a-f]{64}$/);
    expect(await maker.wallets.getWallet({ walletId: wallet.id })).toEqual(wallet);
  });

  it('is made twice by the same external id, which is only a label', async () => {
    const maker = await sdk('maker');
    const body = { network: 'EthereumSepolia', externalId: 'mine' } as const;
    const [one, two] = [await maker.wallets.createWallet({ body }), await maker.wallets.createWallet({ body })];
    expect(one.id).not.toBe(two.id);
    expect(one.address).not.toBe(two.address);
  });

  it.each([
    ['an unknown network', { network: 'Atlantis' }, 'network'],
    ['an unknown field', { network: 'EthereumSepolia', keyId: 'key-1' }, 'keyId'],
    ['too many tags', { network: 'EthereumSepolia', tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }, 'tags'],
    ['a tag with a space', { network: 'EthereumSepolia', tags: ['a b'] }, 'tags'],
    ['a name that is no text', { network: 'EthereumSepolia', name: 1 }, 'name'],
    ['no network', {}, 'network'],
    ['a list', [], 'expected object'],
  ])('is refused with %s', async (_case, body, field) => {
    const text = JSON.stringify(body);
    const { authToken: token } = await account('maker');
    const action = await userAction('maker', { method: 'POST', path: '/wallets', text });
    const answer = await raw('POST', '/wallets', { token, text, headers: { 'x-dfns-useraction': action } });
    expect(answer.status).toBe(400);
    expect(answer.body.error?.message).toContain(field);
  });

  it('takes and loses tags as a set, and tells only of real changes', async () => {
    await hold();
    const { maker, wallet } = await openWallet(['a']);
    await maker.wallets.tagWallet({ walletId: wallet.id, body: { tags: ['a', 'b'] } });
    await maker.wallets.tagWallet({ walletId: wallet.id, body: { tags: ['b'] } });
    const admin = await sdk('admin-1');
    await admin.wallets.untagWallet({ walletId: wallet.id, body: { tags: ['a', 'c'] } });
    expect((await maker.wallets.getWallet({ walletId: wallet.id })).tags).toEqual(['b']);
    const changes = (await deliveries()).map(eventOf).filter(({ kind }) => kind === 'wallet.tags.modified');
    expect(changes.map(({ data }) => [data.tagsAdded, data.tagsRemoved])).toEqual([
      [['b'], []],
      [[], ['a']],
    ]);
  });

  it('is listed newest first, page by page', async () => {
    const maker = await sdk('maker');
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift((await openWallet()).wallet.id);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const query = { limit: 2, ...(token && { paginationToken: token }) };
      const page = await maker.wallets.listWallets({ query });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      token = page.nextPageToken;
    } while (token);
    expect(seen).toEqual(made);
    const foreign = btoa('transfers:1').replaceAll('=', '');
    expect((await failure(maker.wallets.listWallets({ query: { paginationToken: foreign } }))).httpStatus).toBe(400);
  });

  it('gets its address late where the setting says so', async () => {
    await settings({ walletAddressDelayMilliseconds: 60_000 });
    const { maker, wallet } = await openWallet();
    expect(wallet.address).toBeUndefined();
    await advance(61);
    expect((await maker.wallets.getWallet({ walletId: wallet.id })).address).toMatch(/^0x/);
  });
});

describe('the history of all wallets', () => {
  const listed = async (query: Record<string, string | number>) => {
    const auditor = await sdk('auditor-1');
    const history = await auditor.wallets.listOrgWalletHistory({
      query: { startTime: '2026-01-01', endTime: '2200-01-01', ...query },
    });
    if (typeof history === 'string') throw new Error('expected JSON');
    return history;
  };

  it('is flat and newest first, page by page, between two instants', async () => {
    const wallets = [(await openWallet()).wallet, (await openWallet()).wallet];
    const { now } = await advance(60);
    const made: string[] = [];
    for (const amount of ['1', '2', '3', '4', '5']) {
      const { id } = wallets[Number(amount) % 2] ?? { id: '' };
      const token = { kind: 'Erc20', contract: USDC, amount };
      await control('POST', `/wallets/${id}/fund`, amount === '3' ? { kind: 'Native', amount } : token);
      made.unshift(`${id} ${amount}`);
      await advance(60);
    }
    const seen: string[] = [];
    let paginationToken: string | undefined;
    do {
      const page = await listed({ limit: 2, ...(paginationToken && { paginationToken }) });
      seen.push(...page.items.map(({ walletId, amount }) => `${walletId} ${amount}`));
      paginationToken = page.nextPageToken;
    } while (paginationToken);
    expect(seen).toEqual(made);
    const minutes = (count: number) => new Date(Date.parse(now) + count * 60_000 - 1).toISOString();
    const some = await listed({ startTime: minutes(1), endTime: minutes(3) });
    expect(some.items.map(({ amount }) => amount)).toEqual(['3', '2']);
    expect(some.orgId).toBe((await organization()).orgId);
    const [native, token] = some.items;
    expect(native).toEqual({
      ...{ timestamp: expect.any(String), walletId: wallets[1]?.id, network: 'EthereumSepolia', direction: 'In' },
      ...{ amount: '3', txHash: expect.any(String), from: expect.any(String), to: wallets[1]?.address },
      ...{ symbol: 'ETH', decimals: '18' },
    });
    expect(token).toMatchObject({ asset: USDC, symbol: 'USDC', decimals: '6' });
  });

  it('shows what was paid for a departure', async () => {
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    await maker.wallets.transferAsset({ walletId: wallet.id, body: { kind: 'Native', to: EXCHANGE, amount: '9' } });
    await advance(2);
    const [out] = (await listed({})).items;
    expect(out).toMatchObject({ direction: 'Out', to: EXCHANGE, amount: '9', feeSymbol: 'ETH', feeDecimals: '18' });
    expect(BigInt(out?.fee ?? 0)).toBeGreaterThan(0n);
  });

  it.each([{ startTime: '' }, { startTime: 'yesterday' }, { startTime: '2026-03-02', endTime: '2026-03-01' }])(
    'is refused for %j',
    async (query) => {
      expect((await failure(listed(query))).httpStatus).toBe(400);
    },
  );
});
