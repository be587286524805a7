import { beforeEach, describe, expect, it } from 'vitest';
import { deriveOrganization } from '../../src/sandbox/derive.ts';
import {
  account,
  advance,
  control,
  ETHER,
  EXCHANGE,
  type Json,
  openWallet,
  organization,
  raw,
  reset,
  SANDBOX,
  STRANGER,
  sdk,
  settings,
  USDC,
  whitelist,
} from './support.ts';

beforeEach(reset);

const send = async (walletId: string, amount: string, externalId: string) =>
  (await sdk('maker')).wallets.transferAsset({
    walletId,
    body: { kind: 'Native', to: EXCHANGE, amount, externalId },
  });
describe('the organisation', () => {
  it('is told with everything a Dfns client needs', async () => {
    const { orgId, apiUrl, serviceAccounts, users } = await organization();
    expect(orgId).toMatch(/^or-/);
    expect(apiUrl).toBe(SANDBOX);
    expect(Object.keys(serviceAccounts)).toEqual(['setup', 'maker', 'checker']);
    expect(Object.keys(users)).toEqual(expect.arrayContaining(['compliance-1', 'compliance-2', 'compliance-3']));
    for (const access of [...Object.values(serviceAccounts), ...Object.values(users)]) {
      expect(access.userId).toMatch(/^us-/);
      expect(access.authToken.split('.')).toHaveLength(3);
      expect(access.privateKey).toContain('BEGIN PRIVATE KEY');
    }
  });

  it('is a function of its seed', () => {
    expect(deriveOrganization('one')).toEqual(deriveOrganization('one'));
    expect(deriveOrganization('one').orgId).not.toBe(deriveOrganization('two').orgId);
  });
});

describe('a reset', () => {
  it('keeps the organisation and removes the rest', async () => {
    const before = await organization();
    const {
      wallet: { id },
    } = await openWallet();
    const setup = await sdk('setup');
    await setup.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    await setup.webhooks.createWebhook({ body: { url: 'http://receiver.test', events: ['*'] } });
    await control('POST', `/wallets/${id}/fund`, { kind: 'Native', amount: ETHER });
    await settings({ strictAddressCase: true });
    await control('POST', '/faults', { method: '*', path: '/wallets', kind: 'status' });
    await control('PUT', '/webhooks/mode', { mode: 'hold' });
    await advance(3600);
    await reset();

    expect(await organization()).toEqual(before);
    const admin = await sdk('admin-1');
    expect((await admin.wallets.listWallets()).items).toEqual([]);
    expect((await admin.policies.listPolicies()).items).toEqual([]);
    expect((await admin.webhooks.listWebhooks()).items).toEqual([]);
    expect(await control('GET', '/faults')).toEqual({ items: [] });
    expect(await control('GET', '/deliveries')).toEqual({ items: [] });
    expect(await control('GET', '/settings')).toMatchObject({ strictAddressCase: false, rateLimitPerMinute: null });
    expect(await control('GET', '/webhooks/mode')).toEqual({ mode: 'deliver' });
    const { now } = await control<{ now: string }>('GET', '/time');
    expect(Math.abs(Date.parse(now) - Date.now())).toBeLessThan(5000);
  });
});

describe('the clock', () => {
  it('runs with the real one and is moved forward', async () => {
    const { now } = await advance(86_400);
    expect(Math.abs(Date.parse(now) - Date.now() - 86_400_000)).toBeLessThan(5000);
  });

  it.each([{ seconds: -1 }, { seconds: '5' }, {}, { seconds: 5, minutes: 1 }, { seconds: 1e12 }])(
    'is not moved by %j',
    async (body) => {
      await expect(control('POST', '/time/advance', body)).rejects.toThrow('400');
    },
  );

  it('gives each thing that becomes due its own instant', async () => {
    const {
      wallet: { id: walletId },
    } = await openWallet();
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount: ETHER });
    const { id: transferId, dateRequested } = await send(walletId, '5', 'one');
    await advance(86_400);
    const done = await (await sdk('maker')).wallets.getTransfer({ walletId, transferId });
    expect(Date.parse(done.dateBroadcasted ?? '') - Date.parse(dateRequested)).toBe(600);
    expect(Date.parse(done.dateConfirmed ?? '') - Date.parse(dateRequested)).toBe(1000);
  });
});

describe('the settings', () => {
  it('change only what is named', async () => {
    await settings({ secondPendingChange: 'queue' });
    expect(await settings({ testnetQuotes: false })).toMatchObject({
      secondPendingChange: 'queue',
      testnetQuotes: false,
    });
  });

  it.each([{ colour: 'red' }, { testnetQuotes: 'no' }, { rateLimitPerMinute: 0 }, [], 'x'])(
    'refuse %j',
    async (change) => {
      await expect(control('PUT', '/settings', change)).rejects.toThrow('400');
    },
  );

  it('decide whether test networks have prices', async () => {
    const {
      wallet: { id: walletId },
    } = await openWallet();
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount: ETHER });
    const worth = async () => {
      const maker = await sdk('maker');
      return (await maker.wallets.getWalletAssets({ walletId, query: { netWorth: 'true' } })).netWorth;
    };
    expect(await worth()).toEqual({ USD: 2500 });
    await settings({ testnetQuotes: false });
    expect(await worth()).toEqual({ USD: 0 });
  });
});

describe('a deposit', () => {
  it('is refused without a wallet, an amount or a contract', async () => {
    const {
      wallet: { id },
    } = await openWallet();
    await expect(control('POST', '/wallets/wa-none/fund', { kind: 'Native', amount: '1' })).rejects.toThrow('404');
    for (const body of [
      { kind: 'Native', amount: '0' },
      { kind: 'Native', amount: '-1' },
      { kind: 'Erc20', amount: '1' },
      { kind: 'Native', amount: '1', contract: USDC },
      { kind: 'Native', amount: '1', from: 'me' },
      null,
    ]) {
      await expect(control('POST', `/wallets/${id}/fund`, body)).rejects.toThrow('400');
    }
  });

  it('is seen in the history under every filter, page by page', async () => {
    const {
      wallet: { id: walletId },
    } = await openWallet();
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount: '1', from: STRANGER });
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Erc20', contract: USDC, amount: '2' });
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Erc20', contract: STRANGER, amount: '3' });
    const maker = await sdk('maker');
    const values = async (query: Json) =>
      (await maker.wallets.getWalletHistory({ walletId, query })).items.map((item) =>
        'value' in item ? item.value : '',
      );
    expect(await values({})).toEqual(['3', '2', '1']);
    expect(await values({ kind: 'NativeTransfer' })).toEqual(['1']);
    expect(await values({ contract: USDC.toUpperCase().replace('0X', '0x') })).toEqual(['2']);
    expect(await values({ direction: 'Out' })).toEqual([]);
    const first = await maker.wallets.getWalletHistory({ walletId, query: { limit: 2 } });
    expect(await values({ limit: 2, paginationToken: first.nextPageToken })).toEqual(['1']);
  });
});

describe('whatever is sent', () => {
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '1e999',
    '{"a":'.repeat(2000),
    '{"__proto__":{"kind":"Native"}}',
    '\u0000',
  ];
  const paths = [
    ['POST', '/auth/action/init'],
    ['POST', '/auth/action'],
    ['POST', '/wallets'],
    ['PUT', '/v2/policies/%E0%A4%A'],
    ['DELETE', '/wallets/%00/tags'],
    ['GET', '/wallets?limit=-1'],
    ['GET', '/wallets?limit=1e9'],
    ['GET', '/wallets?paginationToken=%F0%9F%92%A9'],
    ['GET', '/v2/policy-approvals?status=x'],
    ['POST', '/_sandbox/faults'],
    ['POST', '/_sandbox/time/advance'],
    ['POST', '/_sandbox/approvals/x/decide'],
    ['POST', '/_sandbox/deliveries/x/send'],
    ['PUT', '/_sandbox/webhooks/mode'],
    ['POST', '/_sandbox/identity/token'],
    ['PATCH', '/_sandbox/reset'],
    ['GET', '/_sandbox'],
    ['GET', '/_sandbox/nothing'],
  ] as const;

  it.each(paths)('%s %s gets a 4xx in its shape', async (method, path) => {
    const { authToken: token } = await account('admin-1');
    for (const text of method === 'GET' ? [''] : bodies) {
      const { status, body } = await raw(method, path, { token, text });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(body.error).toBeDefined();
    }
  });

  it('is refused when it is too large', async () => {
    const { authToken: token } = await account('maker');
    const text = JSON.stringify({ network: 'x'.repeat(1_000_001) });
    expect((await raw('POST', '/wallets', { token, text })).status).toBe(413);
  });
});
