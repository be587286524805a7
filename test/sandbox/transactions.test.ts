import { encodeFunctionData, erc20Abi, recoverTransactionAddress, serializeTransaction } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  advance,
  approvalBy,
  control,
  decide,
  EXCHANGE,
  failure,
  fund,
  hold,
  kinds,
  openWallet,
  reset,
  STRANGER,
  sdk,
  USDC,
  userIds,
  whitelist,
} from './support.ts';

beforeEach(reset);

const payment = { kind: 'Eip1559', to: EXCHANGE, value: '5' } as const;
const call = (to: string, units: bigint) =>
  encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to as `0x${string}`, units] });

async function funded() {
  const { maker, wallet } = await openWallet();
  await fund(wallet.id);
  await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Erc20', contract: USDC, amount: '5000000' });
  const admin = await sdk('admin-1');
  const walletId = wallet.id;
  const read = (transactionId: string) => admin.wallets.getTransaction({ walletId, transactionId });
  return { maker, admin, wallet, walletId, read };
}

describe('a transaction', () => {
  it('goes from request to confirmation and moves the value', async () => {
    await hold();
    const { admin, walletId, read } = await funded();
    const body = { ...payment, externalId: 'one' };
    const asked = await admin.wallets.broadcastTransaction({ walletId, body });
    expect(asked).toMatchObject({ status: 'Pending', requestBody: body, externalId: 'one', walletId });
    expect(asked.id).toMatch(/^tx-/);
    const seen = [];
    for (const seconds of [0.35, 0.3, 0.5]) {
      await advance(seconds);
      seen.push((await read(asked.id)).status);
    }
    expect(seen).toEqual(['Executing', 'Broadcasted', 'Confirmed']);
    const done = await read(asked.id);
    expect(done).toMatchObject({ txHash: expect.stringMatching(/^0x[0-9a-f]{64}$/), fee: expect.any(String) });
    const { items } = await admin.wallets.getWalletHistory({ walletId, query: { direction: 'Out' } });
    expect(items).toMatchObject([{ kind: 'NativeTransfer', value: '5', to: EXCHANGE, txHash: done.txHash }]);
    expect((await admin.wallets.listTransactions({ walletId })).items).toEqual([done]);
    expect((await kinds()).filter((kind) => String(kind).startsWith('wallet.transaction.'))).toEqual([
      'wallet.transaction.requested',
      'wallet.transaction.broadcasted',
      'wallet.transaction.confirmed',
    ]);
  });

  it.each([
    ['fields', { kind: 'Evm', to: USDC, data: call(STRANGER, 7n) } as const],
    ['an object', { kind: 'Transaction', transaction: { to: USDC, data: call(STRANGER, 7n), chainId: 1 } } as const],
    [
      'hex',
      {
        kind: 'Transaction',
        transaction: serializeTransaction({ chainId: 1, type: 'eip1559', to: USDC, data: call(STRANGER, 7n) }),
      } as const,
    ],
  ])('moves tokens when it calls their transfer, given as %s', async (_case, body) => {
    const { admin, walletId } = await funded();
    await admin.wallets.broadcastTransaction({ walletId, body });
    await advance(2);
    const { assets } = await admin.wallets.getWalletAssets({ walletId });
    expect(assets).toMatchObject([{ kind: 'Native' }, { kind: 'Erc20', contract: USDC, balance: '4999993' }]);
    const { items } = await admin.wallets.getWalletHistory({ walletId, query: { direction: 'Out' } });
    expect(items).toMatchObject([{ kind: 'Erc20Transfer', contract: USDC, to: STRANGER, value: '7' }]);
  });

  it('fails without a hash when the wallet lacks the tokens it would move', async () => {
    const { admin, walletId, read } = await funded();
    const body = { kind: 'Evm', to: USDC, data: call(STRANGER, 6_000_000n) } as const;
    const { id } = await admin.wallets.broadcastTransaction({ walletId, body });
    await advance(2);
    const failed = await read(id);
    expect(failed).toMatchObject({ status: 'Failed', reason: expect.stringContaining('Insufficient funds') });
    expect(failed.txHash).toBeUndefined();
  });

  it('passes a list of recipients only as a plain payment, for call data cannot be read', async () => {
    const { maker, admin, walletId } = await funded();
    await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    const status = async (body: Parameters<typeof admin.wallets.broadcastTransaction>[0]['body']) =>
      (await admin.wallets.broadcastTransaction({ walletId, body })).status;
    expect(await status(payment)).toBe('Pending');
    expect(await status({ ...payment, to: STRANGER })).toBe('Rejected');
    expect(await status({ ...payment, value: '0' })).toBe('Rejected');
    expect(await status({ ...payment, data: '0x00' })).toBe('Rejected');
    expect(await status({ kind: 'Evm', to: USDC, data: call(EXCHANGE, 1n) })).toBe('Rejected');
  });

  it('waits for its approval, counts in a window with transfers, and then runs', async () => {
    const { maker, admin, walletId, read } = await funded();
    const rule = { kind: 'TransactionCountVelocity', configuration: { limit: 1, timeframe: 60 } } as const;
    const action = approvalBy(await userIds('compliance-1'));
    await maker.policies.createPolicy({ body: { name: 'one', activityKind: 'Wallets:Sign', rule, action } });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    expect((await maker.wallets.transferAsset({ walletId, body })).approvalId).toBeUndefined();
    const asked = await admin.wallets.broadcastTransaction({ walletId, body: payment });
    expect(asked).toMatchObject({ status: 'Pending', approvalId: expect.stringMatching(/^ap-/) });
    const decided = await decide('compliance-1', asked.approvalId ?? '', 'Approved');
    expect(decided.activity).toMatchObject({ transactionRequest: { id: asked.id, status: 'Executing' } });
    await advance(2);
    expect((await read(asked.id)).status).toBe('Confirmed');
  });

  it('is the first one again for the same external id, and a conflict for anything else', async () => {
    const { admin, walletId } = await funded();
    const other = (await openWallet()).wallet;
    const body = { ...payment, externalId: 'one' };
    const first = await admin.wallets.broadcastTransaction({ walletId, body });
    await advance(2);
    const again = await admin.wallets.broadcastTransaction({ walletId, body });
    expect(again).toMatchObject({ id: first.id, status: 'Confirmed' });
    for (const attempt of [
      admin.wallets.broadcastTransaction({ walletId, body: { ...body, value: '6' } }),
      admin.wallets.broadcastTransaction({ walletId: other.id, body }),
    ]) {
      const fault = await failure(attempt);
      expect(fault).toMatchObject({ httpStatus: 409, message: 'Conflicting transaction with same externalId' });
      expect(fault.context.body.error).toMatchObject({ details: { duplicate: { id: first.id, externalId: 'one' } } });
    }
  });

  it.each([
    ['nothing to do', { kind: 'Evm' }, 'to: required'],
    ['a field of another kind', { kind: 'Evm', to: EXCHANGE, maxFeePerGas: '1' }, 'maxFeePerGas'],
    ['a bad address', { kind: 'Evm', to: '0x12' }, 'to'],
    ['half a byte of data', { kind: 'Evm', to: EXCHANGE, data: '0x1' }, 'data'],
    ['a value that is no number', { kind: 'Evm', to: EXCHANGE, value: 'much' }, 'value'],
    ['a value beyond 256 bits', { kind: 'Evm', to: EXCHANGE, value: '9'.repeat(78) }, 'value'],
    ['noise', { kind: 'Transaction', transaction: '0x02ff' }, 'transaction'],
    ['a bad field inside', { kind: 'Transaction', transaction: { to: 1 } }, 'transaction.to'],
    ['a kind of another network', { kind: 'Psbt', psbt: '0x00' }, 'Psbt'],
  ])('is refused with %s, and leaves nothing', async (_case, body, field) => {
    const { admin, walletId } = await funded();
    const fault = await failure(admin.wallets.broadcastTransaction({ walletId, body: body as { kind: 'Evm' } }));
    expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining(field) });
    expect((await admin.wallets.listTransactions({ walletId })).items).toEqual([]);
  });
});

describe('a request that is under way', () => {
  const native = { kind: 'Native', to: EXCHANGE, amount: '600000000000000000' } as const;

  it('is cancelled by another transaction, which names it and takes its place', async () => {
    const { maker, admin, wallet, walletId, read } = await funded();
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body: native });
    await advance(0.7);
    const original = await admin.wallets.getTransfer({ walletId, transferId });
    const replacement = await maker.wallets.cancelTransfer({ walletId, transferId });
    expect(replacement.requestBody).toMatchObject({ kind: 'CancelTransaction', txHash: original.txHash });
    const replaced = () => admin.wallets.getTransfer({ walletId, transferId });
    expect(await replaced()).toMatchObject({ status: 'Broadcasted', replacementId: replacement.id });
    expect((await failure(admin.wallets.cancelTransfer({ walletId, transferId }))).httpStatus).toBe(409);
    await advance(2);
    expect(await read(replacement.id)).toMatchObject({ status: 'Confirmed' });
    expect(await replaced()).toMatchObject({ status: 'Failed', reason: expect.stringContaining(replacement.id) });
    expect((await admin.wallets.getWalletHistory({ walletId, query: { direction: 'Out' } })).items).toEqual([]);
    const { signedTx } = replacement.requestBody as { signedTx: `0x02${string}` };
    expect((await recoverTransactionAddress({ serializedTransaction: signedTx })).toLowerCase()).toBe(wallet.address);
  });

  it('moves the money once when it is sped up', async () => {
    const { maker, admin, walletId } = await funded();
    const body = { kind: 'Erc20', contract: USDC, to: EXCHANGE, amount: '7' } as const;
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body });
    await advance(0.7);
    const { id: transactionId } = await admin.wallets.speedUpTransfer({ walletId, transferId });
    await advance(0.1);
    const faster = await admin.wallets.speedUpTransaction({ walletId, transactionId });
    await advance(2);
    expect((await admin.wallets.getTransaction({ walletId, transactionId: faster.id })).status).toBe('Confirmed');
    expect((await admin.wallets.getTransaction({ walletId, transactionId })).status).toBe('Failed');
    expect((await admin.wallets.getTransfer({ walletId, transferId })).status).toBe('Failed');
    const { items } = await admin.wallets.getWalletHistory({ walletId, query: { direction: 'Out' } });
    expect(items).toMatchObject([{ kind: 'Erc20Transfer', value: '7', to: EXCHANGE }]);
  });

  it('is aborted only before it is signed', async () => {
    const { maker, admin, walletId } = await funded();
    await control('PUT', '/settings', {
      transferBroadcastedMilliseconds: 60_000,
      transferConfirmedMilliseconds: 120_000,
    });
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body: native });
    const abort = () => admin.wallets.abortTransfer({ walletId, transferId });
    expect((await failure(abort())).httpStatus).toBe(422);
    expect((await failure(admin.wallets.cancelTransfer({ walletId, transferId }))).httpStatus).toBe(422);
    await advance(0.35);
    expect((await failure(maker.wallets.abortTransfer({ walletId, transferId }))).httpStatus).toBe(403);
    expect(await abort()).toMatchObject({ id: transferId, status: 'Failed', reason: 'Aborted' });
    await advance(2);
    expect((await admin.wallets.getTransfer({ walletId, transferId })).status).toBe('Failed');
    const { id: transactionId } = await admin.wallets.broadcastTransaction({ walletId, body: payment });
    await advance(0.35);
    expect((await admin.wallets.abortTransaction({ walletId, transactionId })).status).toBe('Failed');
  });

  const settle = (id: string, outcome: string) => control('POST', `/requests/${id}/settle`, { outcome });

  it('can be failed by hand: before it is sent without a hash, afterwards with one, and its fee is gone', async () => {
    const { maker, admin, walletId } = await funded();
    const balance = async () => (await admin.wallets.getWalletAssets({ walletId })).assets[0];
    const before = await balance();
    const built = await maker.wallets.transferAsset({ walletId, body: native });
    await expect(settle(built.id, 'confirmed')).rejects.toThrow('422');
    expect(await settle(built.id, 'failed')).toMatchObject({ status: 'Failed', reason: 'Failed on purpose' });
    expect((await admin.wallets.getTransfer({ walletId, transferId: built.id })).txHash).toBeUndefined();
    await advance(2);
    expect(await balance()).toEqual(before);
    const sent = await maker.wallets.transferAsset({ walletId, body: native });
    await advance(0.7);
    await settle(sent.id, 'failed');
    const reverted = await admin.wallets.getTransfer({ walletId, transferId: sent.id });
    expect(reverted).toMatchObject({ status: 'Failed', txHash: expect.stringMatching(/^0x/) });
    const after = await balance();
    expect(BigInt(before?.balance ?? 0) - BigInt(after?.balance ?? 0)).toBe(BigInt(reverted.fee ?? 0));
    await expect(settle(sent.id, 'failed')).rejects.toThrow('422');
    await expect(settle('xfr-none', 'failed')).rejects.toThrow('404');
  });

  it('can be confirmed by hand in spite of its replacement, which then fails', async () => {
    const { maker, admin, walletId } = await funded();
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body: native });
    await advance(0.7);
    const { id: transactionId } = await admin.wallets.cancelTransfer({ walletId, transferId });
    await settle(transferId, 'confirmed');
    await advance(2);
    expect((await admin.wallets.getTransfer({ walletId, transferId })).status).toBe('Confirmed');
    expect((await admin.wallets.getTransaction({ walletId, transactionId })).status).toBe('Failed');
    expect((await admin.wallets.getWalletHistory({ walletId, query: { direction: 'Out' } })).items).toHaveLength(1);
  });
});
