import type { DfnsApiClient } from '@dfns/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  advance,
  control,
  ETHER,
  failure,
  fund,
  openWallet,
  reset,
  sdk,
  settings,
  USDC,
  whitelist,
} from './support.ts';

beforeEach(reset);

const keys = { publicApiKey: 'public', privateApiKey: 'private' };
const connection = { readConfiguration: keys, writeConfiguration: keys };
const connect = (client: DfnsApiClient, kind: 'Kraken' | 'Binance' | 'CoinbasePrime' = 'Kraken') =>
  client.exchanges.createExchange({ body: { kind, name: 'venue', ...connection } });

type Address = { network: string; address: string };
const addressAt = async (exchangeId: string, network = 'EthereumSepolia') => {
  const path = `/exchanges/${exchangeId}/accounts/spot/deposit-addresses`;
  const { items } = await control<{ items: Address[] }>('GET', path);
  return items.find((item) => item.network === network)?.address ?? '';
};

async function openVenue() {
  const admin = await sdk('admin-1');
  const { id: exchangeId } = await connect(admin);
  const { wallet } = await openWallet();
  await fund(wallet.id, `${ETHER}0`);
  const at = { exchangeId, accountId: 'spot' };
  const assets = async () => (await admin.exchanges.listAccountAssets(at)).items;
  return { admin, exchangeId, wallet, at, assets, address: await addressAt(exchangeId) };
}

describe('an exchange', () => {
  it('is connected by a person, read, listed and deleted', async () => {
    const admin = await sdk('admin-1');
    for (const kind of ['Kraken', 'Binance', 'CoinbasePrime'] as const) {
      const exchange = await connect(admin, kind);
      expect(exchange).toEqual({
        ...{ id: expect.stringMatching(/^ex-/), name: 'venue', kind },
        dateCreated: expect.any(String),
      });
      expect(await admin.exchanges.getExchange({ exchangeId: exchange.id })).toEqual(exchange);
      const { items } = await admin.exchanges.listAccounts({ exchangeId: exchange.id });
      expect(items[0]).toMatchObject({ id: 'spot', exchangeId: exchange.id });
    }
    const { items } = await admin.exchanges.listExchanges();
    expect(items.map(({ kind }) => kind)).toEqual(['CoinbasePrime', 'Binance', 'Kraken']);
    const exchangeId = items[0]?.id ?? '';
    expect(await admin.exchanges.deleteExchange({ exchangeId })).toEqual({ deleted: true });
    expect((await failure(admin.exchanges.getExchange({ exchangeId }))).httpStatus).toBe(404);
  });

  it('is not connected by an account without the operation', async () => {
    expect((await failure(connect(await sdk('maker')))).httpStatus).toBe(403);
  });

  it('names the networks to which an asset can be withdrawn', async () => {
    const { admin, at } = await openVenue();
    const networks = await admin.exchanges.listAssetWithdrawalNetworks({ ...at, asset: 'USDC' });
    expect(networks).toContainEqual({ kind: 'Erc20', contract: USDC, network: 'EthereumSepolia', decimals: 6 });
    expect(await admin.exchanges.listAssetWithdrawalNetworks({ ...at, asset: 'NOPE' })).toEqual([]);
  });
});

describe('a deposit', () => {
  it('is an ordinary transfer to the address of the account, credited once it is confirmed', async () => {
    const { admin, at, wallet, address, assets } = await openVenue();
    const body = { kind: 'Native', walletId: wallet.id, amount: `${ETHER.slice(0, -1)}5`, externalId: 'd-1' } as const;
    const deposit = await admin.exchanges.createDeposit({ ...at, body });
    expect(deposit).toMatchObject({ ...at, kind: 'Deposit', walletId: wallet.id, requestBody: body });
    expect(deposit).not.toHaveProperty('status');
    expect(await assets()).toEqual([]);

    await advance(10);
    const transferId = deposit.transferId ?? '';
    const transfer = await admin.wallets.getTransfer({ walletId: wallet.id, transferId });
    expect(transfer).toMatchObject({ status: 'Confirmed', requestBody: { to: address, externalId: 'd-1' } });
    expect(await assets()).toEqual([{ symbol: 'ETH', balance: '1.000000000000000005' }]);
    expect(await assets()).toHaveLength(1);
    expect(await admin.exchanges.createDeposit({ ...at, body })).toEqual(deposit);
  });

  it('may be a plain transfer to the address as well, credited once', async () => {
    const { admin, wallet, address, assets } = await openVenue();
    const other = await openWallet();
    for (const to of [address, other.wallet.address ?? '']) {
      await admin.wallets.transferAsset({ walletId: wallet.id, body: { kind: 'Native', to, amount: ETHER } });
      await advance(30);
    }
    expect(await assets()).toEqual([{ symbol: 'ETH', balance: '1' }]);
  });

  it('is stopped by a list without the address of the exchange, and passes one with it', async () => {
    const { admin, at, wallet, address } = await openVenue();
    const setup = await sdk('setup');
    const policy = await setup.policies.createPolicy({ body: whitelist([]) });
    const body = { kind: 'Native', walletId: wallet.id, amount: '1' } as const;
    const statusOf = async () => {
      const { transferId = '' } = await admin.exchanges.createDeposit({ ...at, body });
      return (await admin.wallets.getTransfer({ walletId: wallet.id, transferId })).status;
    };
    expect(await statusOf()).toBe('Rejected');
    await setup.policies.updatePolicy({ policyId: policy.id, body: whitelist([address]) });
    expect(await statusOf()).toBe('Pending');
  });

  it('is refused with a recipient, of an unknown wallet, account or kind, leaving nothing', async () => {
    const { admin, at, wallet } = await openVenue();
    const body = { kind: 'Native', walletId: wallet.id, amount: '1' } as const;
    const status = async (change: object, place = at) =>
      (await failure(admin.exchanges.createDeposit({ ...place, body: { ...body, ...change } }))).httpStatus;
    expect(await status({ to: wallet.address })).toBe(400);
    expect(await status({ kind: 'Erc721', contract: USDC, tokenId: '1', amount: undefined })).toBe(400);
    expect(await status({ amount: 'many' })).toBe(400);
    expect(await status({ walletId: 'wa-none' })).toBe(404);
    expect(await status({}, { ...at, accountId: 'margin' })).toBe(404);
    expect((await admin.wallets.listTransfers({ walletId: wallet.id })).items).toEqual([]);
  });
});

describe('a withdrawal', () => {
  it('takes from the account and arrives at the wallet', async () => {
    const { admin, at, wallet, exchangeId, address, assets } = await openVenue();
    await control('POST', `/exchanges/${exchangeId}/accounts/spot/credit`, { symbol: 'USDC', amount: '12.5' });
    const body = { kind: 'Erc20', contract: USDC, walletId: wallet.id, amount: '2500000' } as const;
    const withdrawal = await admin.exchanges.createWithdrawal({ ...at, body });
    expect(withdrawal).toMatchObject({ kind: 'Withdrawal', exchangeReference: expect.any(String) });
    expect(withdrawal).not.toHaveProperty('transferId');
    expect(await assets()).toEqual([{ symbol: 'USDC', balance: '10' }]);

    await advance(10);
    const { items } = await admin.wallets.getWalletHistory({ walletId: wallet.id, query: { kind: 'Erc20Transfer' } });
    expect(items).toMatchObject([{ direction: 'In', from: address, value: '2500000', contract: USDC }]);
  });

  it('is refused above what the account holds, to the last unit', async () => {
    const { admin, at, wallet, exchangeId, assets } = await openVenue();
    await control('POST', `/exchanges/${exchangeId}/accounts/spot/credit`, { symbol: 'ETH', amount: '1' });
    const withdraw = (amount: string) =>
      admin.exchanges.createWithdrawal({ ...at, body: { kind: 'Native', walletId: wallet.id, amount } });
    expect((await failure(withdraw(`${ETHER.slice(0, -1)}1`))).httpStatus).toBe(412);
    await withdraw(ETHER);
    expect(await assets()).toEqual([{ symbol: 'ETH', balance: '0' }]);
  });
});

describe('connecting an exchange as a service account', () => {
  it('is refused, or allowed by the setting', async () => {
    const setup = await sdk('setup');
    const admin = await sdk('admin-1');
    const { items } = await admin.permissions.listPermissions();
    const permissionId = items.find(({ name }) => name === 'admin')?.id ?? '';
    const { userId } = (await control<{ serviceAccounts: { setup: { userId: string } } }>('GET', '/organization'))
      .serviceAccounts.setup;
    await admin.permissions.createAssignment({ permissionId, body: { identityId: userId } });
    expect((await failure(connect(setup))).httpStatus).toBe(403);
    await settings({ serviceAccountsCreateExchanges: true });
    expect((await connect(setup)).kind).toBe('Kraken');
  });
});
