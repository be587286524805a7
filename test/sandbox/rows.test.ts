/** How many rows of its tables the sandbox reads: exact counts, which must not depend on how much there is. */
import { beforeEach, describe, expect, it } from 'vitest';
import { account, advance, approvalBy, control, EXCHANGE, hold, raw, reset, sdk, USDC, userIds } from './support.ts';

beforeEach(reset);

type Statistics = { rowsRead: number; rowsWritten: number };
const read = async () => (await control<Statistics>('GET', '/statistics')).rowsRead;

/** What one request reads, without what two looks at the statistics read themselves. */
async function rowsReadBy(path: string): Promise<{ rows: number; items: number }> {
  const { authToken: token } = await account('admin-1');
  const [first, second] = [await read(), await read()];
  const { status, body } = await raw('GET', path, { token });
  const third = await read();
  expect(status, path).toBe(200);
  return { rows: third - second - (second - first), items: Array.isArray(body.items) ? body.items.length : 0 };
}

async function measure(paths: readonly string[]) {
  const found: Record<string, { rows: number; items: number }> = {};
  for (const path of paths) found[path] = await rowsReadBy(path);
  return found;
}

/** So many at once, as the controls bound it. */
const makeWallets = (times: number) =>
  control<{ walletIds: string[] }>('POST', '/wallets/bulk', { network: 'EthereumSepolia', tags: ['many'], times });
const deposit = (walletId: string, times: number) =>
  control('POST', `/wallets/${walletId}/fund`, { kind: 'Erc20', contract: USDC, amount: '1', times });

describe('the rows that a page costs', () => {
  it('are the same for 200 and for 2,000 wallets, keys, deposits and webhook events', async () => {
    await hold();
    const [webhook] = (await (await sdk('admin-1')).webhooks.listWebhooks()).items;
    const { walletIds } = await makeWallets(200);
    const [walletId = ''] = walletIds;
    await deposit(walletId, 200);
    const events = `/webhooks/${webhook?.id}/events`;
    const times = 'startTime=2026-01-01&endTime=2200-01-01';
    const paths = [
      ...['/wallets?limit=5', '/keys?limit=5', `/wallets/all/history?${times}&limit=5`],
      ...['', '&direction=In', '&kind=Erc20Transfer', `&contract=${USDC}`].map(
        (filter) => `/wallets/${walletId}/history?limit=5${filter}`,
      ),
      ...['', '&direction=Out', '&direction=In&kind=NativeTransfer', `&kind=NativeTransfer&contract=${USDC}`].map(
        (filter) => `/wallets/${walletIds[1]}/history?limit=5${filter}`,
      ),
      `/wallets/${walletId}/history?limit=5&direction=Out`,
      `/wallets/${walletId}/history?limit=5&direction=In&kind=NativeTransfer`,
      `/wallets/${walletId}/history?limit=5&kind=NativeTransfer&contract=${USDC}`,
      ...['', '&kind=wallet.created', '&deliveryFailed=true', '&deliveryFailed=false&kind=key.deleted'].map(
        (filter) => `${events}?limit=5${filter}`,
      ),
    ];
    const few = await measure(paths);
    expect(few['/wallets?limit=5']?.items).toBe(5);
    expect(few[`/wallets/${walletId}/history?limit=5`]?.items).toBe(5);
    expect(few[`${events}?limit=5`]?.items).toBe(5);
    await makeWallets(1000);
    await makeWallets(800);
    await deposit(walletId, 1000);
    await deposit(walletId, 800);
    expect(await measure(paths)).toEqual(few);
  });

  it('are the same for 20 and for 200 transfers, transactions, approvals and policies', {
    timeout: 120_000,
  }, async () => {
    const admin = await sdk('admin-1');
    const { walletIds } = await makeWallets(1);
    const [walletId = ''] = walletIds;
    const [officer = ''] = await userIds('compliance-1');
    const action = approvalBy([officer]);
    const rule = { kind: 'AlwaysTrigger' } as const;
    await admin.policies.createPolicy({ body: { name: 'all', activityKind: 'Wallets:Sign', rule, action } });
    const { userId: initiator } = await account('admin-1');
    const transfer = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const transaction = { kind: 'Evm', to: EXCHANGE, value: '1' } as const;
    const policy = { name: 'roles', activityKind: 'Permissions:Assign' as const, rule, action };
    const grow = async (count: number) => {
      for (let done = 0; done < count; done += 1) {
        await admin.wallets.transferAsset({ walletId, body: transfer });
        await admin.wallets.broadcastTransaction({ walletId, body: transaction });
        await admin.policies.createPolicy({ body: policy });
      }
    };
    const paths = [
      ...[`/wallets/${walletId}/transfers?limit=5`, `/wallets/${walletId}/transactions?limit=5`],
      ...['/v2/policies?limit=5', '/v2/policies?limit=5&status=Active', '/v2/policies?limit=5&status=Archived'],
      ...['', '&status=Pending', '&status=Approved', `&initiatorId=${initiator}&status=Denied`].map(
        (filter) => `/v2/policy-approvals?limit=5${filter}`,
      ),
      ...['', '&status=Pending', '&status=Approved', '&initiatorId=us-none', '&status=Denied&initiatorId=us-none'].map(
        (filter) => `/v2/policy-approvals?limit=5&approverId=${officer}${filter}`,
      ),
    ];
    await grow(20);
    await advance(5);
    const few = await measure(paths);
    expect(few[`/wallets/${walletId}/transfers?limit=5`]?.items).toBe(5);
    expect(few[`/v2/policy-approvals?limit=5&approverId=${officer}&status=Pending`]?.items).toBe(5);
    await grow(180);
    await advance(5);
    expect(await measure(paths)).toEqual(few);
  });
});

describe('many at once', () => {
  it('are wallets as the API makes them', async () => {
    const { walletIds } = await makeWallets(3);
    const admin = await sdk('admin-1');
    const { items } = await admin.wallets.listWallets();
    expect(items.map(({ id }) => id)).toEqual(walletIds.toReversed());
    expect(new Set(items.map(({ address }) => address)).size).toBe(3);
    expect(items[0]).toMatchObject({ network: 'EthereumSepolia', tags: ['many'], status: 'Active' });
    await deposit(items[0]?.id ?? '', 4);
    const { items: history } = await admin.wallets.getWalletHistory({ walletId: items[0]?.id ?? '' });
    expect(new Set(history.map(({ txHash }) => txHash)).size).toBe(4);
    const { assets } = await admin.wallets.getWalletAssets({ walletId: items[0]?.id ?? '' });
    expect(assets.find(({ kind }) => kind === 'Erc20')?.balance).toBe('4');
  });

  it('are bounded', async () => {
    await expect(makeWallets(1001)).rejects.toThrow('400');
    await expect(makeWallets(0)).rejects.toThrow('400');
  });
});
