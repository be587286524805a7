// What the documents leave open: the likely reading by default, and the other one by its setting.
import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  advance,
  approvalBy,
  control,
  createGuard,
  decide,
  deliveries,
  EXCHANGE,
  failure,
  fund,
  hold,
  kinds,
  openWallet,
  pending,
  raw,
  reset,
  STRANGER,
  sdk,
  settings,
  userAction,
  userIds,
  waitingChange,
  whitelist,
} from './support.ts';

beforeEach(reset);

const statusOf = async (call: Promise<unknown>) => (await failure(call)).httpStatus;
const WALLET = { network: 'EthereumSepolia' } as const;
const officer = async () => approvalBy(await userIds('compliance-1', 'compliance-2'), 2);

describe('a list', () => {
  it.each([
    ['newest', ['c', 'b', 'a']],
    ['oldest', ['a', 'b', 'c']],
  ])('begins with the %s', async (listOrder, names) => {
    await settings({ listOrder });
    const maker = await sdk('maker');
    for (const name of ['a', 'b', 'c']) await maker.wallets.createWallet({ body: { ...WALLET, name } });
    const first = await maker.wallets.listWallets({ query: { limit: 2 } });
    const rest = await maker.wallets.listWallets({
      query: { limit: 2, ...(first.nextPageToken && { paginationToken: first.nextPageToken }) },
    });
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(names);
    expect(rest.nextPageToken).toBeUndefined();
  });

  it.each([
    ['newest', -1],
    ['oldest', 1],
  ])('that has no pages of the ordinary kind begins with the %s too', async (listOrder, sign) => {
    await settings({ listOrder });
    const voters = await userIds('compliance-1');
    const { maker, policy, approvalId } = await waitingChange(approvalBy(voters));
    await decide('compliance-1', approvalId, 'Denied');
    await advance(1);
    await pending(maker.policies.updatePolicy({ policyId: policy.id, body: whitelist([]) }));
    const compliance = await sdk('compliance-1');
    const { items } = await compliance.policies.listApprovals({ query: { approverId: voters[0] ?? '' } });
    const [one = 0, other = 0] = items.map(({ dateCreated = '' }) => Date.parse(dateCreated));
    expect(Math.sign(other - one)).toBe(sign);
  });
});

describe('a change of a policy', () => {
  it.each([409, 412, 422])('while one waits is refused with %i', async (secondPendingChangeStatus) => {
    await settings({ secondPendingChangeStatus });
    const { maker, policy } = await waitingChange(await officer());
    const second = maker.policies.updatePolicy({ policyId: policy.id, body: whitelist([]) });
    expect(await statusOf(second)).toBe(secondPendingChangeStatus);
  });

  it.each(['Rejected', 'Failed'])('that was denied is %s', async (deniedChange) => {
    await settings({ deniedChange });
    const { approvalId, addresses } = await waitingChange(await officer());
    const { activity } = await decide('compliance-1', approvalId, 'Denied');
    expect(activity).toMatchObject({ changeRequest: { status: deniedChange } });
    expect(await addresses()).toEqual([EXCHANGE]);
  });

  it.each(['Update', 'Delete'])('that archives it is called %s', async (archiveOperation) => {
    await settings({ archiveOperation });
    const { id: policyId } = await createGuard(await officer());
    const setup = await sdk('setup');
    const change = await pending(setup.policies.archivePolicy({ policyId }));
    expect(change).toMatchObject({ operationKind: archiveOperation, body: { status: 'Archived' } });
  });

  it('may name as many addresses as it likes, or as the setting lets it', async () => {
    const maker = await sdk('maker');
    const body = whitelist([EXCHANGE, STRANGER]);
    const { id: policyId } = await maker.policies.createPolicy({ body });
    await settings({ whitelistAddressesMax: 1 });
    expect(await statusOf(maker.policies.updatePolicy({ policyId, body }))).toBe(400);
    expect(await maker.policies.updatePolicy({ policyId, body: whitelist([EXCHANGE]) })).toMatchObject({
      id: policyId,
    });
  });
});

describe('a vote', () => {
  it.each([
    [{}, [409, 403, 422]],
    [{ voteRepeatedStatus: 422, voteNotAllowedStatus: 400, voteTooLateStatus: 409 }, [422, 400, 409]],
  ])('under %o that is repeated, not allowed or too late gets %o', async (change, statuses) => {
    await settings(change);
    const { approvalId } = await waitingChange(await officer());
    await decide('compliance-1', approvalId, 'Approved');
    const repeated = await statusOf(decide('compliance-1', approvalId, 'Approved'));
    const notAllowed = await statusOf(decide('compliance-3', approvalId, 'Approved'));
    await decide('compliance-2', approvalId, 'Approved');
    const tooLate = await statusOf(decide('compliance-1', approvalId, 'Denied'));
    expect([repeated, notAllowed, tooLate]).toEqual(statuses);
  });

  it.each([
    ['frozen', 'compliance-1', 'compliance-2'],
    ['live', 'compliance-2', 'compliance-1'],
  ])('is cast in %s groups when the policy changed meanwhile', async (approvalGroups, may, mayNot) => {
    await settings({ approvalGroups });
    const { maker, wallet } = await openWallet();
    const ask = async (name: string) => ({
      name: 'a person looks',
      activityKind: 'Wallets:Sign' as const,
      rule: { kind: 'AlwaysTrigger' as const },
      action: approvalBy(await userIds(name)),
    });
    const policy = await maker.policies.createPolicy({ body: await ask('compliance-1') });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const { approvalId = '' } = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await maker.policies.updatePolicy({ policyId: policy.id, body: await ask('compliance-2') });
    expect(await statusOf(decide(mayNot, approvalId, 'Approved'))).toBe(403);
    expect(await decide(may, approvalId, 'Approved')).toMatchObject({ status: 'Approved' });
  });
});

describe('a transfer', () => {
  it.each([
    ['Expired', 'Rejected'],
    ['Expired', 'Failed'],
    ['Denied', 'Failed'],
  ])('whose approval ended as %s for want of time is %s', async (expiredApproval, expiredRequest) => {
    await settings({ expiredApproval, expiredRequest });
    await hold();
    const { maker, wallet } = await openWallet();
    const action = { ...approvalBy(await userIds('compliance-1')), autoRejectTimeout: 1 };
    await maker.policies.createPolicy({ body: whitelist([], 'client:1', action) });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const { id: transferId } = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await advance(61);
    const transfer = await maker.wallets.getTransfer({ walletId: wallet.id, transferId });
    expect(transfer).toMatchObject({ status: expiredRequest, reason: 'The approval expired' });
    expect(await kinds()).toContain(`wallet.transfer.${expiredRequest.toLowerCase()}`);
  });

  it('that an officer denied is rejected under either reading of one whose time ran out', async () => {
    await settings({ expiredRequest: 'Failed' });
    const { maker, wallet } = await openWallet();
    const action = approvalBy(await userIds('compliance-1'));
    await maker.policies.createPolicy({ body: whitelist([], 'client:1', action) });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const { id: transferId, approvalId = '' } = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    await decide('compliance-1', approvalId, 'Denied');
    const transfer = await maker.wallets.getTransfer({ walletId: wallet.id, transferId });
    expect(transfer).toMatchObject({ status: 'Rejected', reason: 'Denied by an approver' });
  });
});

describe('a wallet', () => {
  const body = { ...WALLET, externalId: 'label' };

  it('with the external id of another one is a second one, or the first one, or refused', async () => {
    const maker = await sdk('maker');
    const create = () => maker.wallets.createWallet({ body });
    const first = await create();
    await settings({ repeatedWallet: 'first' });
    expect(await create()).toEqual(first);
    await settings({ repeatedWallet: 'refuse' });
    expect(await statusOf(create())).toBe(409);
    expect(await maker.wallets.createWallet({ body: WALLET })).toMatchObject({ tags: [] });
    await settings({ repeatedWallet: 'second' });
    expect((await create()).id).not.toBe(first.id);
  });

  it('bears a tag that it has already, or refuses it', async () => {
    const { maker, wallet } = await openWallet();
    const tag = () => maker.wallets.tagWallet({ walletId: wallet.id, body: { tags: ['client:1'] } });
    expect(await tag()).toEqual({});
    await settings({ unchangedTags: 'refuse' });
    expect(await statusOf(tag())).toBe(409);
    await maker.wallets.tagWallet({ walletId: wallet.id, body: { tags: ['client:1', 'new'] } });
    expect((await maker.wallets.getWallet({ walletId: wallet.id })).tags).toEqual(['client:1', 'new']);
  });
});

describe('a user action', () => {
  const text = JSON.stringify(WALLET);
  const send = async (signed: string, sent = text) => {
    const action = await userAction('maker', { method: 'POST', path: '/wallets', text: signed });
    const { authToken: token } = await account('maker');
    return (await raw('POST', '/wallets', { token, text: sent, headers: { 'x-dfns-useraction': action } })).status;
  };

  it.each([403, 400])('signed for another request gets %i', async (userActionMismatchStatus) => {
    await settings({ userActionMismatchStatus });
    expect(await send('{}')).toBe(userActionMismatchStatus);
  });

  it('lives as long as its challenge, or shorter', async () => {
    expect(await send(text)).toBe(200);
    await settings({ userActionTokenSeconds: 0 });
    expect(await send(text)).toBe(403);
  });

  it('is for everybody, or for those who hold its operation', async () => {
    expect(await send(text)).toBe(200);
    await settings({ signingNeedsOperation: true });
    const refused = await failure((await sdk('maker')).wallets.createWallet({ body: WALLET }));
    expect(refused.message).toContain('Auth:Action:Sign');
    await settings({ signingNeedsOperation: false });
    const setup = await sdk('setup');
    const body = { name: 'signs', operations: ['Auth:Action:Sign' as const] };
    const { id: permissionId } = await setup.permissions.createPermission({ body });
    const { userId: identityId } = await account('maker');
    await setup.permissions.createAssignment({ permissionId, body: { identityId } });
    await settings({ signingNeedsOperation: true });
    expect(await (await sdk('maker')).wallets.createWallet({ body: WALLET })).toMatchObject(WALLET);
  });

  it('counts against the rate limit with its signing, or alone', async () => {
    const maker = await sdk('maker');
    const create = () => maker.wallets.createWallet({ body: WALLET });
    await settings({ rateLimitPerMinute: 3 });
    await create();
    expect(await statusOf(create())).toBe(429);
    await settings({ rateLimitPerMinute: null });
    await maker.wallets.listWallets({});
    await settings({ rateLimitPerMinute: 3, rateLimitCountsSigning: false });
    for (let made = 0; made < 3; made += 1) await create();
    expect(await statusOf(create())).toBe(429);
  });
});

describe('a role', () => {
  it('may hold the names of 2026, or only those from before', async () => {
    const setup = await sdk('setup');
    const create = (...operations: string[]) =>
      setup.permissions.createPermission({ body: { name: 'role', operations: operations as ['Wallets:Read'] } });
    const { id: permissionId } = await create('Policies:Evaluations:Read');
    await settings({ operationNames: 'older' });
    expect(await statusOf(create('Policies:Evaluations:Read'))).toBe(400);
    const body = { operations: ['Wallets:Tags:Remove' as 'Wallets:Read'] };
    expect(await statusOf(setup.permissions.updatePermission({ permissionId, body }))).toBe(400);
    expect(await create('Policies:Approvals:Read', 'Wallets:Read')).toMatchObject({ name: 'role' });
  });
});

describe('a webhook', () => {
  it.each([
    ['sent', true],
    ['rewritten', false],
  ])('signs the bytes as %s', async (signedWebhookBytes, isRaw) => {
    await settings({ signedWebhookBytes });
    await control('PUT', '/webhooks/mode', { mode: 'hold' });
    const setup = await sdk('setup');
    const { secret = '' } = await setup.webhooks.createWebhook({
      body: { url: 'http://receiver.test/', events: ['*'] },
    });
    await openWallet();
    const [delivery] = await deliveries();
    const { body = '', headers } = delivery ?? {};
    const signed = (text: string) => `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`;
    const signature = headers?.['X-DFNS-WEBHOOK-SIGNATURE'];
    expect(signed(body) === signature).toBe(isRaw);
    expect(signed(JSON.stringify(JSON.parse(body)))).toBe(signature);
  });

  it.each([
    [5000, '502'],
    [100, '0'],
  ])('waits %i ms for its receiver', async (webhookTimeoutMilliseconds, status) => {
    await settings({ webhookTimeoutMilliseconds });
    const setup = await sdk('setup');
    const { id } = await setup.webhooks.createWebhook({ body: { url: 'http://receiver.test/slow', events: ['*'] } });
    expect(await setup.webhooks.pingWebhook({ webhookId: id })).toMatchObject({ status });
  });
});

describe('an exchange', () => {
  async function venue() {
    const admin = await sdk('admin-1');
    const keys = { publicApiKey: 'public', privateApiKey: 'private' };
    const body = { kind: 'Kraken', readConfiguration: keys, writeConfiguration: keys } as const;
    const { id: exchangeId } = await admin.exchanges.createExchange({ body });
    const { wallet } = await openWallet();
    await fund(wallet.id);
    return { admin, at: { exchangeId, accountId: 'spot' }, walletId: wallet.id };
  }

  it.each([
    ['address', 'Pending'],
    ['unknown', 'Rejected'],
  ])('shows policies the recipient of a deposit as %s', async (exchangeDepositRecipient, status) => {
    await settings({ exchangeDepositRecipient });
    const { admin, at, walletId } = await venue();
    const path = `/exchanges/${at.exchangeId}/accounts/spot/deposit-addresses`;
    const { items } = await control<{ items: { address: string }[] }>('GET', path);
    await admin.policies.createPolicy({ body: whitelist(items.map(({ address }) => address)) });
    const body = { kind: 'Native', walletId, amount: '1' } as const;
    const { transferId = '' } = await admin.exchanges.createDeposit({ ...at, body });
    expect((await admin.wallets.getTransfer({ walletId, transferId })).status).toBe(status);
  });

  it.each([412, 400])('refuses a withdrawal above the balance with %i', async (withdrawalAboveBalanceStatus) => {
    await settings({ withdrawalAboveBalanceStatus });
    const { admin, at, walletId } = await venue();
    const body = { kind: 'Native', walletId, amount: '1' } as const;
    expect(await statusOf(admin.exchanges.createWithdrawal({ ...at, body }))).toBe(withdrawalAboveBalanceStatus);
  });
});

describe('a nominal limit', () => {
  it.each([
    ['trigger', 'Rejected'],
    ['pass', 'Executing'],
  ])('that cannot read what moves makes it %s', async (unreadableNominal, status) => {
    await settings({ unreadableNominal, signatureSignedMilliseconds: 1000 });
    const { wallet } = await openWallet();
    const admin = await sdk('admin-1');
    const limit = { network: 'EthereumSepolia', tid: 'native:eth', limit: '1' };
    const rule = { kind: 'TransactionAmountLimitNominal', configuration: { assets: [limit] } };
    const body = { ...whitelist([]), rule };
    // The rule is documented, and absent from the types of this SDK.
    await admin.policies.createPolicy({ body: body as unknown as ReturnType<typeof whitelist> });
    const asked = await admin.wallets.generateSignature({
      walletId: wallet.id,
      body: { kind: 'Hash', hash: `0x${'ab'.repeat(32)}` },
    });
    expect(asked.status === 'Rejected' ? 'Rejected' : 'Executing').toBe(status);
  });
});
