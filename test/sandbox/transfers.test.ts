import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  account,
  advance,
  control,
  deliveries,
  ETHER,
  EXCHANGE,
  eventOf,
  failure,
  fund,
  hold,
  type Json,
  kinds,
  openWallet,
  raw,
  reset,
  sdk,
  settings,
  USDC,
  userAction,
} from './support.ts';

beforeEach(reset);

const nested = (depth: number): Json => (depth === 0 ? {} : { inner: nested(depth - 1) });

describe('a transfer', () => {
  it('goes from request to confirmation in about a second, and moves the money', async () => {
    await hold();
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Erc20', contract: USDC, amount: '5000000' });
    const body = { kind: 'Erc20', contract: USDC, to: EXCHANGE, amount: '2000000', externalId: 'one' } as const;
    const asked = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    expect(asked).toMatchObject({ status: 'Pending', requestBody: body, externalId: 'one', walletId: wallet.id });
    expect(asked.metadata.asset).toMatchObject({ symbol: 'USDC', decimals: 6, verified: true });

    const read = () => maker.wallets.getTransfer({ walletId: wallet.id, transferId: asked.id });
    const seen = [];
    for (const seconds of [0.35, 0.3, 0.5]) {
      await advance(seconds);
      seen.push((await read()).status);
    }
    expect(seen).toEqual(['Executing', 'Broadcasted', 'Confirmed']);
    const done = await read();
    expect(done.txHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(BigInt(done.fee ?? 0)).toBeGreaterThan(0n);
    expect(Date.parse(done.dateConfirmed ?? '')).toBeGreaterThan(Date.parse(done.dateBroadcasted ?? ''));

    const { assets } = await maker.wallets.getWalletAssets({ walletId: wallet.id });
    expect(assets).toMatchObject([
      { kind: 'Native', balance: (BigInt(ETHER) - BigInt(done.fee ?? 0)).toString() },
      { kind: 'Erc20', contract: USDC, balance: '3000000', decimals: 6 },
    ]);
    const history = await maker.wallets.getWalletHistory({ walletId: wallet.id, query: { direction: 'Out' } });
    expect(history.items).toMatchObject([
      { kind: 'Erc20Transfer', txHash: done.txHash, value: '2000000', fee: done.fee, to: EXCHANGE, contract: USDC },
    ]);
    expect((await kinds()).filter((kind) => String(kind).startsWith('wallet.transfer.'))).toEqual([
      'wallet.transfer.requested',
      'wallet.transfer.broadcasted',
      'wallet.transfer.confirmed',
    ]);
  });

  it('goes on by itself, each step at its own instant', async () => {
    await settings({
      transferExecutingMilliseconds: 10,
      transferBroadcastedMilliseconds: 20,
      transferConfirmedMilliseconds: 30,
    });
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    const body = { kind: 'Native', to: EXCHANGE, amount: '5' } as const;
    const { id: transferId, dateRequested } = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    const done = await vi.waitFor(async () => {
      const transfer = await maker.wallets.getTransfer({ walletId: wallet.id, transferId });
      expect(transfer.status).toBe('Confirmed');
      return transfer;
    });
    const since = (date = '') => Date.parse(date) - Date.parse(dateRequested);
    expect([since(done.dateBroadcasted), since(done.dateConfirmed)]).toEqual([20, 30]);
  });

  it('is seen with everything that was due before the look', async () => {
    const none = { transferExecutingMilliseconds: 0, transferBroadcastedMilliseconds: 0 };
    await settings({ ...none, transferConfirmedMilliseconds: 0 });
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    const body = { kind: 'Native', to: EXCHANGE, amount: '5' } as const;
    const { id: transferId } = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    expect((await maker.wallets.getTransfer({ walletId: wallet.id, transferId })).status).toBe('Confirmed');
  });

  it('fails without a hash when the wallet cannot pay for it', async () => {
    const { maker, wallet } = await openWallet();
    await fund(wallet.id, '1000');
    const body = { kind: 'Native', to: EXCHANGE, amount: '1000' } as const; // Nothing is left for the fee.
    const { id } = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await advance(2);
    const failed = await maker.wallets.getTransfer({ walletId: wallet.id, transferId: id });
    expect(failed).toMatchObject({ status: 'Failed', reason: expect.stringContaining('Insufficient funds') });
    expect(failed.txHash).toBeUndefined();
    const { assets } = await maker.wallets.getWalletAssets({ walletId: wallet.id });
    expect(assets).toMatchObject([{ balance: '1000' }]);
  });

  it('cannot spend what another one has on its way', async () => {
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    const body = { kind: 'Native', to: EXCHANGE, amount: '600000000000000000' } as const;
    const ids = [];
    for (let count = 0; count < 2; count += 1) {
      ids.push((await maker.wallets.transferAsset({ walletId: wallet.id, body })).id);
    }
    await advance(2);
    const { items } = await maker.wallets.listTransfers({ walletId: wallet.id });
    expect(items.map(({ id, status }) => [id, status])).toEqual([
      [ids[1], 'Failed'],
      [ids[0], 'Confirmed'],
    ]);
  });

  it('arrives at another wallet of the organisation as a deposit', async () => {
    await hold();
    const { maker, wallet } = await openWallet();
    const other = (await openWallet()).wallet;
    await fund(wallet.id);
    const body = { kind: 'Native', to: (other.address ?? '').toUpperCase().replace('0X', '0x'), amount: '7' } as const;
    await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await advance(2);
    const { items } = await maker.wallets.getWalletHistory({ walletId: other.id });
    expect(items).toMatchObject([{ direction: 'In', kind: 'NativeTransfer', value: '7', from: wallet.address }]);
    const detected = (await deliveries()).map(eventOf).filter(({ kind }) => kind === 'wallet.blockchainevent.detected');
    expect(detected.map(({ data }) => data.blockchainEvent?.walletId)).toEqual([wallet.id, other.id]);
    expect(detected[1]?.data.blockchainEvent).toEqual(items[0]);
  });

  it.each([
    ['a field of another kind', { kind: 'Native', to: EXCHANGE, amount: '1', contract: USDC }, 'contract'],
    ['a network', { kind: 'Native', to: EXCHANGE, amount: '1', network: 'EthereumSepolia' }, 'network'],
    ['an amount with a point', { kind: 'Native', to: EXCHANGE, amount: '1.5' }, 'amount'],
    ['an amount that is a number', { kind: 'Native', to: EXCHANGE, amount: 1 }, 'amount'],
    ['no address', { kind: 'Native', amount: '1' }, 'to'],
    ['an address of another kind', { kind: 'Native', to: 'bc1qxyz', amount: '1' }, 'to'],
    ['a long external id', { kind: 'Native', to: EXCHANGE, amount: '1', externalId: 'x'.repeat(51) }, 'externalId'],
    ['a body too deep', { kind: 'Native', to: EXCHANGE, amount: '1', travelRule: nested(100) }, 'nested'],
    ['an unknown kind', { kind: 'Gold', to: EXCHANGE, amount: '1' }, 'kind'],
  ])('is refused with %s, and leaves nothing', async (_case, body, field) => {
    const { maker, wallet } = await openWallet();
    const path = `/wallets/${wallet.id}/transfers`;
    const text = JSON.stringify(body);
    const { authToken: token } = await account('maker');
    const action = await userAction('maker', { method: 'POST', path, text });
    const answer = await raw('POST', path, { token, text, headers: { 'x-dfns-useraction': action } });
    expect(answer.status).toBe(400);
    expect(answer.body.error?.message).toContain(field);
    expect((await maker.wallets.listTransfers({ walletId: wallet.id })).items).toEqual([]);
  });

  it('is refused from a wallet that does not exist', async () => {
    const maker = await sdk('maker');
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const fault = await failure(maker.wallets.transferAsset({ walletId: 'wa-none', body }));
    expect(fault).toMatchObject({ httpStatus: 404 });
  });
});

describe('the external id of a transfer', () => {
  const body = { kind: 'Native', to: EXCHANGE, amount: '5', externalId: 'one' } as const;

  it('gives the first transfer again, in its present state', async () => {
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    const first = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await advance(2);
    const again = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    expect(again).toMatchObject({ id: first.id, status: 'Confirmed' });
    expect((await maker.wallets.listTransfers({ walletId: wallet.id })).items).toHaveLength(1);
    const reordered = { externalId: 'one', amount: '5', to: EXCHANGE, kind: 'Native' } as const;
    expect((await maker.wallets.transferAsset({ walletId: wallet.id, body: reordered })).id).toBe(first.id);
  });

  it('conflicts with another body or another wallet, for ever', async () => {
    const { maker, wallet } = await openWallet();
    const other = (await openWallet()).wallet;
    const first = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await advance(2);
    for (const call of [
      maker.wallets.transferAsset({ walletId: wallet.id, body: { ...body, amount: '6' } }),
      maker.wallets.transferAsset({ walletId: other.id, body }),
    ]) {
      const fault = await failure(call);
      expect(fault.httpStatus).toBe(409);
      expect(fault.context.body.error).toMatchObject({
        message: 'Conflicting transfer with same externalId',
        details: { duplicate: { id: first.id, externalId: 'one' } },
      });
    }
  });

  it('compares the text of the body where the setting says so', async () => {
    await settings({ externalIdComparison: 'text' });
    const { maker, wallet } = await openWallet();
    await maker.wallets.transferAsset({ walletId: wallet.id, body });
    const reordered = { externalId: 'one', amount: '5', to: EXCHANGE, kind: 'Native' } as const;
    expect((await failure(maker.wallets.transferAsset({ walletId: wallet.id, body: reordered }))).httpStatus).toBe(409);
  });
});
