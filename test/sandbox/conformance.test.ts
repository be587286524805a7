import { beforeEach, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/sandbox/api.ts';
import { compared, complaintsAbout, complaintsAboutEvent, operationOf } from '../support/conformance/compare.ts';
import { complain, takeComplaints, watch } from '../support/conformance/watch.ts';
import { memberWith, newKey, newMember, newRole, registration, revoke } from './members.ts';
import {
  account,
  advance,
  approvalBy,
  control,
  decide,
  deliveries,
  ETHER,
  EXCHANGE,
  fund,
  hold,
  type Json,
  openWallet,
  pending,
  raw,
  reset,
  STRANGER,
  sdk,
  settings,
  USDC,
  userIds,
  waitingChange,
  whitelist,
} from './support.ts';

beforeEach(reset);

const payment = { kind: 'Native', to: EXCHANGE, amount: '5' } as const;
const HASH = `0x${'12'.repeat(32)}`;

/** Each calls all operations of a part of the sandbox, and each answer is compared on its way. */
const stories: Record<string, () => Promise<unknown>> = {
  'accounts and their credentials': async () => {
    const admin = await sdk('admin-1');
    const { publicKey } = await newKey();
    const created = await admin.auth.createServiceAccount({ body: { name: 'one', publicKey, externalId: 'e' } });
    const { userId: serviceAccountId } = created.userInfo;
    await admin.auth.listServiceAccounts();
    await admin.auth.getServiceAccount({ serviceAccountId });
    await admin.auth.updateServiceAccount({ serviceAccountId, body: { name: 'two' } });
    await admin.auth.deactivateServiceAccount({ serviceAccountId, body: {} });
    await admin.auth.activateServiceAccount({ serviceAccountId });
    await admin.auth.archiveServiceAccount({ serviceAccountId });
    await admin.auth.listUsers();
    const { userId } = await account('compliance-3');
    await admin.auth.getUser({ userId });
    await admin.auth.deactivateUser({ userId });
    await admin.auth.activateUser({ userId });

    const member = await memberWith('Wallets:Create');
    const { credentialUuid } = await member.client.auth.createCredential({
      body: await registration(member, await newKey('P-256')),
    });
    await member.client.auth.listCredentials();
    await member.client.auth.deactivateCredential({ body: { credentialUuid } });
    await member.client.auth.activateCredential({ body: { credentialUuid } });
  },

  'the audit log': async () => {
    const { authToken: token } = await account('auditor-1');
    await openWallet();
    const day = 86_400_000;
    const [startTime, endTime] = [Date.now() - day, Date.now() + day].map((at) => new Date(at).toISOString());
    // By hand: the SDK takes the text for JSON.
    const query = new URLSearchParams({ startTime: startTime ?? '', endTime: endTime ?? '' });
    const answer = await fetch(`http://sandbox.test/auth/action/logs?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const [, row = ''] = (await answer.text()).split('\n');
    await (await sdk('auditor-1')).auth.getAuditLog({ id: row.split(',')[1] ?? '' });
  },

  'permissions and changes of them that wait': async () => {
    const admin = await sdk('admin-1');
    const { id: permissionId } = await newRole('Wallets:Read');
    const { userId: identityId } = await newMember();
    const { id } = await admin.permissions.createAssignment({ permissionId, body: { identityId } });
    await revoke(permissionId, id);
    await admin.permissions.updatePermission({ permissionId, body: { name: 'other' } });
    await admin.permissions.archivePermission({ permissionId, body: { isArchived: true } });
    await admin.permissions.archivePermission({ permissionId, body: { isArchived: false } });

    const action = approvalBy(await userIds('compliance-1'));
    const rule = { kind: 'AlwaysTrigger' } as const;
    for (const activityKind of ['Permissions:Modify', 'Permissions:Assign'] as const) {
      await admin.policies.createPolicy({ body: { name: 'guard', activityKind, rule, action } });
    }
    const [grant, change] = [
      await pending(admin.permissions.createAssignment({ permissionId, body: { identityId } })),
      await pending(admin.permissions.updatePermission({ permissionId, body: { name: 'third' } })),
    ];
    await admin.permissions.getPermission({ permissionId });
    await admin.permissions.listPermissions();
    await admin.permissions.listAssignments({ permissionId });
    for (const { approvalId } of [grant, change]) await decide('compliance-1', approvalId, 'Approved', 'known');
    await admin.policies.listApprovals();
  },

  'policies, approvals and changes that wait': async () => {
    const { maker, policy, change } = await waitingChange(approvalBy(await userIds('compliance-1', 'compliance-2'), 2));
    const admin = await sdk('admin-1');
    await admin.policies.getPolicy({ policyId: policy.id });
    await admin.policies.listPolicies();
    await admin.policies.listApprovals({ query: { status: 'Pending' } });
    await decide('compliance-1', change.approvalId, 'Approved');
    await decide('compliance-2', change.approvalId, 'Denied', 'not known');
    await maker.policies.getApproval({ approvalId: change.approvalId });
    const other = await admin.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    await pending(admin.policies.archivePolicy({ policyId: other.id }));
    await reset();
    const free = await admin.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    await admin.policies.updatePolicy({ policyId: free.id, body: whitelist([STRANGER]) });
    await admin.policies.archivePolicy({ policyId: free.id });
  },

  'what is newer than the SDK': async () => {
    const assets = [{ network: 'EthereumSepolia', tid: 'native:eth', limit: '1' }];
    const rule = { kind: 'TransactionAmountLimitNominal', configuration: { assets } };
    const body = { name: 'limit', activityKind: 'Wallets:Sign', rule, action: { kind: 'Block' } };
    const admin = await sdk('admin-1');
    await admin.policies.createPolicy({ body: body as unknown as ReturnType<typeof whitelist> });
    await admin.policies.listPolicies();
    const events = ['policy.activity.resolved'] as unknown as ['*'];
    await admin.webhooks.createWebhook({ body: { url: 'http://receiver.test/', events } });
  },

  'wallets and transfers': async () => {
    const { maker, wallet } = await openWallet();
    const { id: walletId } = wallet;
    const admin = await sdk('admin-1');
    await admin.wallets.listWallets();
    await admin.wallets.getWallet({ walletId });
    await admin.wallets.updateWallet({ walletId, body: { name: 'one', externalId: 'e' } });
    await admin.wallets.tagWallet({ walletId, body: { tags: ['more'] } });
    await admin.wallets.untagWallet({ walletId, body: { tags: ['more'] } });
    await fund(walletId);
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Erc20', contract: USDC, amount: '5000000' });
    const transferred = await maker.wallets.transferAsset({ walletId, body: { ...payment, externalId: 't-1' } });
    await maker.wallets.transferAsset({ walletId, body: { kind: 'Erc20', contract: USDC, to: EXCHANGE, amount: '7' } });
    await maker.wallets.transferAsset({ walletId, body: { ...payment, amount: `${ETHER}0` } });
    await advance(10);
    await admin.wallets.getTransfer({ walletId, transferId: transferred.id });
    await admin.wallets.listTransfers({ walletId });
    await admin.wallets.getWalletAssets({ walletId, query: { netWorth: 'true' } });
    await admin.wallets.getWalletNfts({ walletId });
    await admin.wallets.getWalletHistory({ walletId });

    await admin.policies.createPolicy({ body: whitelist([STRANGER]) });
    await maker.wallets.transferAsset({ walletId, body: payment });
    await admin.wallets.broadcastTransaction({ walletId, body: { kind: 'Evm', to: EXCHANGE, value: '5' } });
    await admin.wallets.generateSignature({ walletId, body: { kind: 'Hash', hash: HASH } });
  },

  'transactions, and requests that are stopped or replaced': async () => {
    const { wallet } = await openWallet();
    const { id: walletId } = wallet;
    await fund(walletId);
    const admin = await sdk('admin-1');
    const transfer = async () => (await admin.wallets.transferAsset({ walletId, body: payment })).id;
    const transaction = async (value = '5') =>
      (await admin.wallets.broadcastTransaction({ walletId, body: { kind: 'Eip1559', to: EXCHANGE, value } })).id;

    const done = await transaction();
    await admin.wallets.broadcastTransaction({
      walletId,
      body: { kind: 'Transaction', transaction: { to: EXCHANGE, value: '5', chainId: 1 } },
    });
    await transaction(`${ETHER}0`);
    await advance(10);
    await admin.wallets.getTransaction({ walletId, transactionId: done });

    const slow = { transferBroadcastedMilliseconds: 5000, transferConfirmedMilliseconds: 60_000 };
    await settings(slow);
    const [early, earlier] = [await transfer(), await transaction()];
    await advance(1);
    await admin.wallets.abortTransfer({ walletId, transferId: early });
    await admin.wallets.abortTransaction({ walletId, transactionId: earlier });
    const sent = [await transfer(), await transfer()];
    const broadcast = [await transaction(), await transaction()];
    await advance(10);
    await admin.wallets.cancelTransfer({ walletId, transferId: sent[0] ?? '' });
    await admin.wallets.speedUpTransfer({ walletId, transferId: sent[1] ?? '' });
    await admin.wallets.cancelTransaction({ walletId, transactionId: broadcast[0] ?? '' });
    await admin.wallets.speedUpTransaction({ walletId, transactionId: broadcast[1] ?? '' });
    await advance(120);
    await admin.wallets.listTransactions({ walletId });
    await admin.wallets.listTransfers({ walletId });
  },

  'a transfer, a transaction and a signature that wait for approval, and their approvals': async () => {
    const { wallet } = await openWallet();
    const { id: walletId } = wallet;
    const admin = await sdk('admin-1');
    const action = approvalBy(await userIds('compliance-1'));
    await admin.policies.createPolicy({ body: whitelist([], 'client:1', action) });
    const transfer = await admin.wallets.transferAsset({ walletId, body: payment });
    const transaction = await admin.wallets.broadcastTransaction({ walletId, body: { kind: 'Evm', to: EXCHANGE } });
    const signature = await admin.wallets.generateSignature({ walletId, body: { kind: 'Hash', hash: HASH } });
    for (const { approvalId = '' } of [transfer, transaction, signature]) {
      await admin.policies.getApproval({ approvalId });
      await decide('compliance-1', approvalId, 'Denied');
    }
    await settings({ pendingTransferStatus: 202 });
    await pending(admin.wallets.transferAsset({ walletId, body: payment }));
  },

  'keys and signatures': async () => {
    const admin = await sdk('admin-1');
    const { id: keyId } = await admin.keys.createKey({ body: { scheme: 'ECDSA', curve: 'secp256k1', name: 'k' } });
    await admin.keys.listKeys();
    await admin.keys.updateKey({ keyId, body: { name: 'l' } });
    const { id: walletId } = await admin.wallets.createWallet({ body: { network: 'Base', signingKey: { id: keyId } } });
    await admin.keys.getKey({ keyId });
    const body = { kind: 'Hash', hash: HASH } as const;
    const ofWallet = await admin.wallets.generateSignature({ walletId, body });
    const ofKey = await admin.keys.generateSignature({ keyId, body });
    await admin.wallets.getSignature({ walletId, signatureId: ofWallet.id });
    await admin.wallets.listSignatures({ walletId });
    await admin.keys.getSignature({ keyId, signatureId: ofKey.id });
    await admin.keys.listSignatures({ keyId });
    await settings({ signatureSignedMilliseconds: 1000 });
    await admin.keys.generateSignature({ keyId, body });
    await admin.keys.deleteKey({ keyId });
    await advance(2);
  },

  'webhooks and their events': async () => {
    await settings({ webhookEventDetails: true });
    await control('PUT', '/webhooks/mode', { mode: 'drop' });
    const setup = await sdk('setup');
    const body = { url: 'http://receiver.test/', events: ['wallet.created' as const], description: 'mine' };
    const { id: webhookId } = await setup.webhooks.createWebhook({ body });
    await openWallet();
    const { items } = await setup.webhooks.listWebhookEvents({ webhookId });
    await setup.webhooks.getWebhookEvent({ webhookId, webhookEventId: items[0]?.id ?? '' });
    await setup.webhooks.getWebhook({ webhookId });
    await setup.webhooks.listWebhooks();
    await setup.webhooks.updateWebhook({ webhookId, body: { status: 'Disabled' } });
    await setup.webhooks.pingWebhook({ webhookId });
    await setup.webhooks.deleteWebhook({ webhookId });
  },

  'exchanges and networks': async () => {
    const admin = await sdk('admin-1');
    const { wallet } = await openWallet();
    await fund(wallet.id);
    const keys = { publicApiKey: 'public', privateApiKey: 'private' };
    const connection = { readConfiguration: keys, writeConfiguration: keys };
    const { id: exchangeId } = await admin.exchanges.createExchange({ body: { kind: 'Kraken', ...connection } });
    await admin.exchanges.listExchanges();
    await admin.exchanges.getExchange({ exchangeId });
    await admin.exchanges.listAccounts({ exchangeId });
    const at = { exchangeId, accountId: 'spot' };
    await admin.exchanges.listAssetWithdrawalNetworks({ ...at, asset: 'ETH' });
    const body = { kind: 'Native', walletId: wallet.id, amount: '5' } as const;
    await admin.exchanges.createDeposit({ ...at, body });
    await advance(10);
    await admin.exchanges.listAccountAssets(at);
    await admin.exchanges.createWithdrawal({ ...at, body });
    await admin.exchanges.deleteExchange({ exchangeId });
    for (const network of ['EthereumSepolia', 'BitcoinSignet', 'SolanaDevnet'] as const) {
      await admin.networks.getFees({ query: { network } });
    }
    await admin.networks.listCantonValidators({ network: 'canton' });
    const decimals = { type: 'function', name: 'decimals', stateMutability: 'view', inputs: [] };
    const abi = { ...decimals, outputs: [{ name: '', type: 'uint8' }] };
    await admin.networks.callFunction({ network: 'ethereum-sepolia', body: { contract: USDC, abi, calldata: {} } });
  },

  'personal access tokens': async () => {
    const owner = await sdk('admin-1');
    const { publicKey } = await newKey();
    const { tokenId } = await owner.auth.createPersonalAccessToken({ body: { name: 'laptop', publicKey } });
    await owner.auth.listPersonalAccessTokens();
    await owner.auth.getPersonalAccessToken({ tokenId });
    await owner.auth.updatePersonalAccessToken({ tokenId, body: { name: 'phone' } });
    await owner.auth.deactivatePersonalAccessToken({ tokenId });
    await owner.auth.activatePersonalAccessToken({ tokenId });
    await owner.auth.archivePersonalAccessToken({ tokenId });
  },

  'fee sponsors and the history of all wallets': async () => {
    const admin = await sdk('admin-1');
    const [{ wallet: sponsor }, { wallet }] = [await openWallet(['sponsor']), await openWallet()];
    await fund(sponsor.id);
    await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Erc20', contract: USDC, amount: '900' });
    const { id: feeSponsorId } = await admin.feeSponsors.createFeeSponsor({
      body: { walletId: sponsor.id, name: 'gas' },
    });
    await admin.wallets.transferAsset({
      walletId: wallet.id,
      body: { kind: 'Erc20', contract: USDC, to: EXCHANGE, amount: '5', feeSponsorId },
    });
    await advance(10);
    await admin.feeSponsors.listFeeSponsors();
    await admin.feeSponsors.getFeeSponsor({ feeSponsorId });
    await admin.feeSponsors.listSponsoredFees({ feeSponsorId });
    await admin.feeSponsors.deactivateFeeSponsor({ feeSponsorId });
    await admin.feeSponsors.activateFeeSponsor({ feeSponsorId });
    await admin.feeSponsors.deleteFeeSponsor({ feeSponsorId });
    await admin.wallets.listOrgWalletHistory({ query: { startTime: '2026-01-01', endTime: '2200-01-01' } });
  },
};

/** Served, so that it says no in the right form, and never anything else. */
const ALWAYS_REFUSED = ['networks.getCantonValidator'];

const life = (subject: string, ...ends: string[]) => ends.map((end) => `wallet.${subject}.${end}`);
const ALL_ENDS = ['requested', 'broadcasted', 'confirmed', 'failed', 'rejected'];
/** What the sandbox raises. */
const EVENTS = [
  ...life('transfer', ...ALL_ENDS),
  ...life('transaction', ...ALL_ENDS),
  ...life('signature', 'requested', 'signed', 'failed', 'rejected'),
  ...['wallet.created', 'wallet.tags.modified', 'wallet.blockchainevent.detected', 'key.created', 'key.deleted'],
  ...['policy.triggered', 'policy.approval.pending', 'policy.approval.resolved'],
];

describe('the sandbox', () => {
  it('answers every operation that it serves as the types of the SDK say', { timeout: 120_000 }, async () => {
    for (const [what, tell] of Object.entries(stories)) {
      await reset();
      await hold();
      await tell();
      await deliveries();
      expect(takeComplaints(), what).toEqual([]);
    }
    const served = apiRoutes.map(({ method, path }) => operationOf(method, path)?.name ?? `${method} ${path}`);
    expect(served.filter((name) => !compared.has(name))).toEqual(ALWAYS_REFUSED);
    expect(EVENTS.filter((kind) => !compared.has(kind))).toEqual([]);
    console.log(`${served.length - ALWAYS_REFUSED.length} of ${served.length} operations, ${EVENTS.length} events`);
  });
});

const withKey =
  (extra: Json) =>
  (wallet: Json): Json => ({ ...wallet, signingKey: { ...(wallet.signingKey as Json), ...extra } });

/** Real answers, each spoilt in one place. */
describe('an answer', () => {
  const GET_WALLETS = { method: 'GET', path: '/wallets', status: 200 };
  const about = (change: (item: Json) => Json, items: Json[]) =>
    complaintsAbout({ ...GET_WALLETS, text: JSON.stringify({ items: items.map(change) }) });

  it.each<[string, (wallet: Json) => Json, string]>([
    ['an extra field', (wallet) => ({ ...wallet, colour: 'red' }), 'items[].colour: not in the type'],
    ['a missing field', ({ network: _network, ...wallet }) => wallet, 'items[].network: required, but missing'],
    ['a literal of another type', (wallet) => ({ ...wallet, status: 'Frozen' }), 'items[].status: expected one of'],
    ['a text that is a number', (wallet) => ({ ...wallet, id: 5 }), 'items[].id: expected a string'],
    ['null for an optional text', (wallet) => ({ ...wallet, name: null }), 'items[].name: expected a string'],
    ['an item that is no text', (wallet) => ({ ...wallet, tags: [1] }), 'items[].tags[]: expected a string'],
    ['an extra field further in', withKey({ owner: 'me' }), 'items[].signingKey.owner: not in the type'],
  ])('is noticed with %s', async (_case, spoil, complaint) => {
    await openWallet();
    const { items } = (await raw('GET', '/wallets', { token: (await account('maker')).authToken })).body;
    const wallets = items as Json[];
    expect(about((wallet) => wallet, wallets)).toEqual([]);
    const found = about(spoil, wallets);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`GET /wallets 200 (wallets.listWallets) ${complaint}`);
  });

  it('is compared with the member of a union that it means', async () => {
    const admin = await sdk('admin-1');
    const { id } = await admin.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    const { body } = await raw('GET', `/v2/policies/${id}`, { token: (await account('admin-1')).authToken });
    const text = JSON.stringify({ ...body, rule: { ...(body.rule as Json), configuration: { limit: 1 } } });
    expect(complaintsAbout({ method: 'GET', path: `/v2/policies/${id}`, status: 200, text })).toEqual([
      expect.stringContaining('rule.configuration.addresses: required, but missing'),
      expect.stringContaining('rule.configuration.limit: not in the type'),
    ]);
  });

  it('to a call that the SDK does not know is noticed, and so are an error and a 202 of another form', () => {
    const of = (method: string, path: string, status: number, body: unknown) =>
      complaintsAbout({ method, path, status, text: JSON.stringify(body) });
    expect(of('GET', '/colours', 200, {})).toHaveLength(1);
    expect(of('DELETE', '/wallets/wa-1/tags', 200, { tags: [] })).toHaveLength(1);
    const error = { id: 'x', status: 404, message: 'Not found.' };
    expect(of('GET', '/wallets/wa-1', 404, { error })).toEqual([]);
    expect(of('GET', '/wallets/wa-1', 404, { error, code: 5 })).toHaveLength(1);
    expect(of('GET', '/wallets/wa-1', 400, { error })).toHaveLength(1);
    expect(of('GET', '/wallets/wa-1', 404, { message: 'Not found.' })).toHaveLength(3);
    expect(of('PUT', '/v2/policies/plc-1', 202, { id: 'plc-1' })).not.toEqual([]);
  });

  it('is noticed in a webhook', async () => {
    await hold();
    await openWallet();
    const [{ body } = { body: '' }] = await deliveries();
    const event = JSON.parse(body);
    expect(complaintsAboutEvent(body)).toEqual([]);
    expect(complaintsAboutEvent(JSON.stringify({ ...event, deliveryId: 'd' }))).toHaveLength(1);
    expect(complaintsAboutEvent(JSON.stringify({ ...event, kind: 'wallet.exploded' }))).toHaveLength(1);
    const { id: _id, ...wallet } = event.data.wallet;
    expect(complaintsAboutEvent(JSON.stringify({ ...event, data: { wallet } }))).toEqual([
      'event wallet.created data.wallet.id: required, but missing',
    ]);
  });

  it('is noticed wherever it was received, and by nobody else', async () => {
    const ask = watch(async () => Response.json({ items: [], total: 0 }));
    await ask('http://elsewhere.test/wallets');
    expect(takeComplaints()).toEqual([]);
    await ask(new Request('http://sandbox.test/wallets'));
    await ask('http://sandbox.test/wallets', { method: 'GET' });
    await ask('http://sandbox.test/_sandbox/wallets');
    // What ends every test: it fails, says why, and leaves nothing to the next one.
    expect(complain).toThrow('GET /wallets 200 (wallets.listWallets) total: not in the type');
    expect(complain).not.toThrow();
  });
});
