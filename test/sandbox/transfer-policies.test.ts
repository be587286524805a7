import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  advance,
  approvalBy,
  EXCHANGE,
  failure,
  fund,
  hold,
  kinds,
  openWallet,
  reset,
  STRANGER,
  sdk,
  settings,
  whitelist,
} from './support.ts';

beforeEach(reset);

describe('a transfer under a policy', () => {
  const native = (to: string) => ({ kind: 'Native', to, amount: '5' }) as const;

  it('is rejected with a reason when a policy blocks it, whoever asks', async () => {
    await hold();
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    const blocked = await maker.wallets.transferAsset({ walletId: wallet.id, body: native(STRANGER) });
    expect(blocked).toMatchObject({
      status: 'Rejected',
      reason: expect.stringContaining('TransactionRecipientWhitelist'),
    });
    const admin = await sdk('admin-1');
    expect((await admin.wallets.transferAsset({ walletId: wallet.id, body: native(STRANGER) })).status).toBe(
      'Rejected',
    );
    expect((await maker.wallets.transferAsset({ walletId: wallet.id, body: native(EXCHANGE) })).status).toBe('Pending');
    expect(await kinds()).toContain('wallet.transfer.rejected');
    expect(await kinds()).toContain('policy.triggered');
  });

  it('is refused outright under the other reading of a block', async () => {
    await settings({ blockedTransfer: 'refuse' });
    const { maker, wallet } = await openWallet();
    await maker.policies.createPolicy({ body: whitelist([]) });
    const fault = await failure(maker.wallets.transferAsset({ walletId: wallet.id, body: native(EXCHANGE) }));
    expect(fault.httpStatus).toBe(403);
    expect((await maker.wallets.listTransfers({ walletId: wallet.id })).items).toEqual([]);
  });

  it('waits for its approval and then runs', async () => {
    const officer = await account('compliance-1');
    const { maker, wallet } = await openWallet();
    await fund(wallet.id);
    await maker.policies.createPolicy({ body: whitelist([], 'client:1', approvalBy([officer.userId])) });
    const asked = await maker.wallets.transferAsset({ walletId: wallet.id, body: native(EXCHANGE) });
    expect(asked).toMatchObject({ status: 'Pending', approvalId: expect.stringMatching(/^ap-/) });
    await advance(10);
    const read = () => maker.wallets.getTransfer({ walletId: wallet.id, transferId: asked.id });
    expect((await read()).status).toBe('Pending');

    const compliance = await sdk('compliance-1');
    const approvalId = asked.approvalId ?? '';
    const seen = await compliance.policies.getApproval({ approvalId });
    expect(seen.activity).toMatchObject({
      kind: 'Wallets:Sign',
      transferRequest: { id: asked.id, walletId: wallet.id },
    });
    await compliance.policies.createApprovalDecision({ approvalId, body: { value: 'Approved' } });
    expect(await read()).toMatchObject({ status: 'Executing', datePolicyResolved: expect.any(String) });
    await advance(2);
    expect((await read()).status).toBe('Confirmed');
  });

  it('answers 202 under the other reading of a pending approval', async () => {
    await settings({ pendingTransferStatus: 202 });
    const officer = await account('compliance-1');
    const { maker, wallet } = await openWallet();
    await maker.policies.createPolicy({ body: whitelist([], 'client:1', approvalBy([officer.userId])) });
    const fault = await failure(maker.wallets.transferAsset({ walletId: wallet.id, body: native(EXCHANGE) }));
    expect(fault.httpStatus).toBe(202);
  });

  it('counts in a velocity window that empties with time', async () => {
    const { maker, wallet } = await openWallet();
    const other = (await openWallet()).wallet;
    await maker.policies.createPolicy({
      body: {
        name: 'at most two an hour',
        activityKind: 'Wallets:Sign',
        rule: { kind: 'TransactionCountVelocity', configuration: { limit: 2, timeframe: 60 } },
        action: { kind: 'Block' },
      },
    });
    const send = async (walletId: string) =>
      (await maker.wallets.transferAsset({ walletId, body: native(EXCHANGE) })).status;
    expect([await send(wallet.id), await send(wallet.id), await send(wallet.id)]).toEqual([
      'Pending',
      'Pending',
      'Rejected',
    ]);
    expect(await send(other.id)).toBe('Pending'); // The window is one wallet's.
    await advance(3601);
    expect(await send(wallet.id)).toBe('Pending');
  });

  it('does not count in the window when it was rejected', async () => {
    const { maker, wallet } = await openWallet();
    const rule = { kind: 'TransactionCountVelocity', configuration: { limit: 1, timeframe: 60 } } as const;
    await maker.policies.createPolicy({
      body: { name: 'one an hour', activityKind: 'Wallets:Sign', rule, action: { kind: 'Block' } },
    });
    await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    const statuses = [];
    for (const to of [STRANGER, EXCHANGE, EXCHANGE]) {
      statuses.push((await maker.wallets.transferAsset({ walletId: wallet.id, body: native(to) })).status);
    }
    expect(statuses).toEqual(['Rejected', 'Pending', 'Rejected']);
  });
});
