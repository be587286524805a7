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
  eventOf,
  failure,
  type Json,
  openWallet,
  pending,
  raw,
  reset,
  SANDBOX,
  STRANGER,
  sdk,
  settings,
  userAction,
  userIds,
  waitingChange,
  whitelist,
} from './support.ts';

beforeEach(reset);

describe('a policy', () => {
  it('is created, read, listed, replaced and archived at once while nothing guards policies', async () => {
    const setup = await sdk('setup');
    const created = await setup.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    expect(created).toMatchObject({ ...whitelist([EXCHANGE]), status: 'Active', id: expect.stringMatching(/^plc-/) });
    expect(await setup.policies.getPolicy({ policyId: created.id })).toEqual(created);

    const { filters: _filters, ...unfiltered } = whitelist([STRANGER]);
    const updated = await setup.policies.updatePolicy({ policyId: created.id, body: unfiltered });
    expect(updated).toMatchObject({ ...unfiltered, id: created.id });
    expect(updated).not.toHaveProperty('filters');

    expect(await setup.policies.archivePolicy({ policyId: created.id })).toMatchObject({ status: 'Archived' });
    const listed = async (status: 'Active' | 'Archived') =>
      (await setup.policies.listPolicies({ query: { status, limit: '10' } })).items.length;
    expect([await listed('Active'), await listed('Archived')]).toEqual([0, 1]);
    const again = await failure(setup.policies.updatePolicy({ policyId: created.id, body: whitelist([]) }));
    expect(again.httpStatus).toBe(422);
  });

  it.each([
    ['no activity kind', { activityKind: undefined }, 'activityKind'],
    ['an unknown activity kind', { activityKind: 'Wallets:Eat' }, 'activityKind'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a status other than Active', { status: 'Archived' }, 'status'],
    ['no addresses', { rule: { kind: 'TransactionRecipientWhitelist', configuration: {} } }, 'addresses'],
    [
      'a limit as text',
      { rule: { kind: 'TransactionCountVelocity', configuration: { limit: '2', timeframe: 1 } } },
      'limit',
    ],
    ['no timeframe', { rule: { kind: 'TransactionCountVelocity', configuration: { limit: 2 } } }, 'timeframe'],
    [
      'a window of 0',
      { rule: { kind: 'TransactionCountVelocity', configuration: { limit: 2, timeframe: 0 } } },
      'timeframe',
    ],
    [
      'a window too long',
      { rule: { kind: 'TransactionCountVelocity', configuration: { limit: 2, timeframe: 43_201 } } },
      'timeframe',
    ],
    ['an empty filter', { filters: { walletId: { in: [] } } }, 'filters'],
    ['a filter of 101', { filters: { walletId: { in: Array.from({ length: 101 }, (_, n) => `wa-${n}`) } } }, 'filters'],
    [
      'a quorum of 0',
      { action: { kind: 'RequestApproval', approvalGroups: [{ quorum: 0, approvers: {} }] } },
      'quorum',
    ],
    ['no groups', { action: { kind: 'RequestApproval', approvalGroups: [] } }, 'approvalGroups'],
    [
      'a Block of policy changes',
      { activityKind: 'Policies:Modify', rule: { kind: 'AlwaysTrigger' }, filters: undefined },
      'action',
    ],
  ])('is refused with %s', async (_case, change, field) => {
    const text = JSON.stringify({ ...whitelist([EXCHANGE]), ...change });
    const action = await userAction('setup', { method: 'POST', path: '/v2/policies', text });
    const { authToken: token } = await account('setup');
    const answer = await raw('POST', '/v2/policies', { token, text, headers: { 'x-dfns-useraction': action } });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(field);
  });

  it('bears the Active status of the guides, or refuses it by the setting', async () => {
    const setup = await sdk('setup');
    const body = { ...whitelist([EXCHANGE]), status: 'Active' };
    expect((await setup.policies.createPolicy({ body })).status).toBe('Active');
    await settings({ policyStatusInBody: 'refuse' });
    expect((await failure(setup.policies.createPolicy({ body }))).httpStatus).toBe(400);
  });

  it.each([
    'Permissions:Assign',
    'Permissions:Modify',
    'Registry:Addresses:Modify',
    'Registry:ContractSchemas:Modify',
  ] as const)('on %s asks or blocks, and cannot merely report', async (activityKind) => {
    const setup = await sdk('setup');
    const body = { name: 'always', activityKind, rule: { kind: 'AlwaysTrigger' }, action: { kind: 'Block' } } as const;
    const create = (change: object) => setup.policies.createPolicy({ body: { ...body, ...change } });
    expect((await create({})).activityKind).toBe(activityKind);
    expect((await create({ action: approvalBy(await userIds('compliance-1')) })).action.kind).toBe('RequestApproval');
    for (const change of [
      { action: { kind: 'NoAction' } },
      { rule: { kind: 'TransactionRecipientWhitelist', configuration: { addresses: [] } } },
      { filters: { walletId: { in: ['wa-1'] } } },
    ]) {
      expect((await failure(create(change))).httpStatus).toBe(400);
    }
  });

  it('waits at most until the end of the calendar', async () => {
    const setup = await sdk('setup');
    const action = { ...approvalBy(await userIds('compliance-1')), autoRejectTimeout: Number.MAX_SAFE_INTEGER };
    const { approvalId } = await waitingChange(action);
    expect((await setup.policies.getApproval({ approvalId })).expirationDate).toBe('9999-12-31T00:00:00.000Z');
  });
});

describe('a guarded policy', () => {
  it('stays as it is until the change is approved, and shows what is pending', async () => {
    const { maker, policy, change, addresses, approvalId } = await waitingChange(
      approvalBy(await userIds('compliance-1')),
    );
    expect(change).toMatchObject({
      id: expect.stringMatching(/^cr-/),
      kind: 'Policy',
      operationKind: 'Update',
      status: 'Pending',
      entityId: policy.id,
      body: { id: policy.id, status: 'Active', ...whitelist([STRANGER]) },
      requester: { userId: (await account('maker')).userId },
    });
    expect(await addresses()).toEqual([EXCHANGE]);
    expect((await maker.policies.getPolicy({ policyId: policy.id })).pendingChangeRequest).toEqual(change);

    const approved = await decide('compliance-1', approvalId, 'Approved', 'seen the letter');
    expect(approved).toMatchObject({
      status: 'Approved',
      activity: { kind: 'Policies:Modify', changeRequest: { id: change.id, status: 'Applied' } },
      decisions: [{ value: 'Approved', reason: 'seen the letter' }],
    });
    expect(approved.dateResolved).toBeDefined();
    expect(await addresses()).toEqual([STRANGER]);
    expect(await maker.policies.getPolicy({ policyId: policy.id })).not.toHaveProperty('pendingChangeRequest');
  });

  it('stays as it is when the change is denied', async () => {
    const { addresses, approvalId } = await waitingChange(approvalBy(await userIds('compliance-1', 'compliance-2'), 2));
    await decide('compliance-1', approvalId, 'Approved');
    const denied = await decide('compliance-2', approvalId, 'Denied');
    expect(denied).toMatchObject({ status: 'Denied', activity: { changeRequest: { status: 'Rejected' } } });
    expect(await addresses()).toEqual([EXCHANGE]);
    expect((await failure(decide('compliance-1', approvalId, 'Approved'))).httpStatus).toBe(422);
  });

  it.each(['Expired', 'Denied'] as const)('stays as it is when time runs out, which reads as %s', async (expired) => {
    await settings({ expiredApproval: expired });
    const action = { ...approvalBy(await userIds('compliance-1')), autoRejectTimeout: 10 };
    const { maker, addresses, approvalId } = await waitingChange(action);
    const before = await maker.policies.getApproval({ approvalId });
    const minutes = (Date.parse(before.expirationDate ?? '') - Date.parse(before.dateCreated ?? '')) / 60_000;
    expect(minutes).toBe(10);
    await advance(599);
    expect((await maker.policies.getApproval({ approvalId })).status).toBe('Pending');
    await advance(2);
    const after = await maker.policies.getApproval({ approvalId });
    expect(after).toMatchObject({ status: expired, activity: { changeRequest: { status: 'Rejected' } } });
    expect(after.dateResolved).toBe(before.expirationDate);
    expect(await addresses()).toEqual([EXCHANGE]);
  });

  it('waits no longer than the shortest of the policies that hold it up', async () => {
    const officers = await userIds('compliance-1');
    await createGuard({ ...approvalBy(officers), autoRejectTimeout: 20 });
    await createGuard(approvalBy(officers));
    const { maker, approvalId } = await waitingChange({ ...approvalBy(officers), autoRejectTimeout: 10 });
    const {
      expirationDate = '',
      dateCreated = '',
      policyEvaluations,
    } = await maker.policies.getApproval({ approvalId });
    expect(Date.parse(expirationDate) - Date.parse(dateCreated)).toBe(600_000);
    expect(policyEvaluations).toHaveLength(3);
  });

  it('takes one change at a time, or queues them by the setting', async () => {
    const { maker, policy, addresses, approvalId } = await waitingChange(approvalBy(await userIds('compliance-1')));
    const second = () => maker.policies.updatePolicy({ policyId: policy.id, body: whitelist([EXCHANGE, STRANGER]) });
    expect((await failure(second())).httpStatus).toBe(409);
    await settings({ secondPendingChange: 'queue' });
    const queued = await pending(second());
    await decide('compliance-1', approvalId, 'Approved');
    await decide('compliance-1', queued.approvalId, 'Approved');
    expect(await addresses()).toEqual([EXCHANGE, STRANGER]);
  });

  it('is archived by the same way, as is the guard itself; creation is free', async () => {
    const officers = await userIds('compliance-1');
    const guard = await createGuard(approvalBy(officers));
    const setup = await sdk('setup');
    const change = await pending(setup.policies.archivePolicy({ policyId: guard.id }));
    expect(change).toMatchObject({ operationKind: 'Update', body: { status: 'Archived' } });
    await decide('compliance-1', change.approvalId, 'Approved');
    expect((await setup.policies.getPolicy({ policyId: guard.id })).status).toBe('Archived');
    const other = await setup.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    expect(await setup.policies.archivePolicy({ policyId: other.id })).toMatchObject({ status: 'Archived' });
  });

  it('may be about vaults, which are not here to trigger it', async () => {
    const admin = await sdk('admin-1');
    const rule = { kind: 'AlwaysTrigger' };
    const filters = { vaultTags: { hasAny: ['cold'] } };
    // The kinds are newer than the types of the SDK.
    const create = (body: Json) =>
      admin.policies.createPolicy({ body: body as Parameters<typeof admin.policies.createPolicy>[0]['body'] });
    for (const activityKind of ['Vaults:ReleaseQuarantine', 'Vaults:CreateLock']) {
      const body = { name: 'vaults', activityKind, rule, action: { kind: 'Block' }, filters };
      const policy = await create(body);
      expect(await admin.policies.getPolicy({ policyId: policy.id })).toMatchObject({ ...body, status: 'Active' });
      for (const wrong of [{ action: { kind: 'NoAction' } }, { filters: { walletTags: { hasAny: ['cold'] } } }]) {
        expect((await failure(create({ ...body, ...wrong }))).httpStatus).toBe(400);
      }
    }
    const { wallet } = await openWallet(['cold']);
    expect(
      (await admin.wallets.transferAsset({ walletId: wallet.id, body: { kind: 'Native', to: EXCHANGE, amount: '1' } }))
        .status,
    ).toBe('Pending');
  });

  it('tells the webhooks what was triggered, asked and resolved', async () => {
    await control('PUT', '/webhooks/mode', { mode: 'hold' });
    const events = ['policy.triggered', 'policy.approval.pending', 'policy.approval.resolved'] as const;
    const setup = await sdk('setup');
    await setup.webhooks.createWebhook({ body: { url: `${SANDBOX}/hook`, events: [...events] } });
    const { approvalId, change } = await waitingChange(approvalBy(await userIds('compliance-1')));
    await decide('compliance-1', approvalId, 'Approved');
    const seen = (await deliveries()).map(eventOf);
    expect(seen.map(({ kind }) => kind)).toEqual([...events]);
    expect(seen[0]?.data.policyEvaluation).toMatchObject({ triggered: true, policy: { name: 'guard' } });
    expect(seen[1]?.data.approval).toMatchObject({ id: approvalId, status: 'Pending', decisions: [] });
    expect(seen[2]?.data.approval).toMatchObject({
      status: 'Approved',
      activity: { changeRequest: { id: change.id, status: 'Applied' } },
    });
  });
});
