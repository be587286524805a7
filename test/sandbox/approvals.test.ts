import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Action,
  account,
  approvalBy,
  createGuard,
  decide,
  EXCHANGE,
  failure,
  type Json,
  pending,
  reset,
  SANDBOX,
  STRANGER,
  sdk,
  settings,
  userIds,
  waitingChange,
  whitelist,
} from './support.ts';

beforeEach(reset);

describe('a vote', () => {
  it('needs the quorum of every group, and counts in each group of its voter', async () => {
    const [one, two, three] = await userIds('compliance-1', 'compliance-2', 'compliance-3');
    const group = (quorum: number, ...ids: (string | undefined)[]) => ({
      quorum,
      approvers: { userId: { in: ids.map((id) => id ?? '') } },
    });
    const groups = [group(1, one), group(2, one, two), group(1, two, three)];
    const { approvalId } = await waitingChange({ kind: 'RequestApproval', approvalGroups: groups });
    expect((await decide('compliance-1', approvalId, 'Approved')).status).toBe('Pending');
    expect((await decide('compliance-3', approvalId, 'Approved')).status).toBe('Pending');
    expect((await decide('compliance-2', approvalId, 'Approved')).status).toBe('Approved');
  });

  it('is cast once, by members only', async () => {
    const { approvalId } = await waitingChange(approvalBy(await userIds('compliance-1', 'compliance-2'), 2));
    await decide('compliance-1', approvalId, 'Approved');
    expect((await failure(decide('compliance-1', approvalId, 'Denied'))).httpStatus).toBe(409);
    expect((await failure(decide('compliance-3', approvalId, 'Denied'))).httpStatus).toBe(403);
    expect((await failure(decide('compliance-2', 'ap-none', 'Denied'))).httpStatus).toBe(404);
    const strange = { value: 'Rejected' as 'Denied' };
    const officer = await sdk('compliance-2');
    expect((await failure(officer.policies.createApprovalDecision({ approvalId, body: strange }))).httpStatus).toBe(
      400,
    );
  });

  it('of the initiator may deny but not approve, unless the group says so', async () => {
    for (const initiatorCanApprove of [false, true]) {
      await reset();
      const officers = await userIds('compliance-1', 'compliance-2');
      await createGuard(approvalBy(officers, 1, { initiatorCanApprove }));
      const officer = await sdk('compliance-1');
      const policy = await (await sdk('maker')).policies.createPolicy({ body: whitelist([]) });
      const ask = async () =>
        (await pending(officer.policies.updatePolicy({ policyId: policy.id, body: whitelist([EXCHANGE]) }))).approvalId;
      const approvalId = await ask();
      if (initiatorCanApprove) {
        expect((await decide('compliance-1', approvalId, 'Approved')).status).toBe('Approved');
      } else {
        expect((await failure(decide('compliance-1', approvalId, 'Approved'))).httpStatus).toBe(403);
        expect((await decide('compliance-1', approvalId, 'Denied')).status).toBe('Denied');
      }
    }
  });

  it('of the initiator counts only in the groups that allow it', async () => {
    const [one, two] = await userIds('compliance-1', 'compliance-2');
    const approvers = { userId: { in: [one ?? '', two ?? ''] } };
    const groups = [
      { quorum: 1, approvers, initiatorCanApprove: true },
      { quorum: 1, approvers },
    ];
    await createGuard({ kind: 'RequestApproval', approvalGroups: groups });
    const policy = await (await sdk('maker')).policies.createPolicy({ body: whitelist([]) });
    const officer = await sdk('compliance-1');
    const change = await pending(officer.policies.updatePolicy({ policyId: policy.id, body: whitelist([EXCHANGE]) }));
    expect((await decide('compliance-1', change.approvalId, 'Approved')).status).toBe('Pending');
    expect((await decide('compliance-2', change.approvalId, 'Approved')).status).toBe('Approved');
  });

  it('of a service account needs the setting, the group and its name on the list', async () => {
    const [checker, officer] = await userIds('checker', 'compliance-1');
    const listed = [checker ?? '', officer ?? ''];
    const attempt = async (votes: boolean, action: Action) => {
      await reset();
      await settings({ serviceAccountVotes: votes });
      const { approvalId } = await waitingChange(action);
      return decide('checker', approvalId, 'Approved').then(
        ({ status }) => status,
        ({ httpStatus }: { httpStatus: number }) => httpStatus,
      );
    };
    const open = { kind: 'RequestApproval' as const, approvalGroups: [{ quorum: 1, approvers: {} }] };
    const openToMachines = { ...open, approvalGroups: [{ quorum: 1, approvers: {}, serviceAccountsCanApprove: true }] };
    expect(await attempt(false, approvalBy(listed, 1, { serviceAccountsCanApprove: true }))).toBe(403);
    expect(await attempt(true, approvalBy(listed))).toBe(403);
    expect(await attempt(true, openToMachines as unknown as Action)).toBe(403);
    expect(await attempt(true, approvalBy(listed, 1, { serviceAccountsCanApprove: true }))).toBe('Approved');
  });

  it('counts in the groups as they were when the approval was asked for', async () => {
    const officers = await userIds('compliance-1');
    const guard = await createGuard(approvalBy(officers));
    const maker = await sdk('maker');
    const policy = await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    const first = await pending(maker.policies.updatePolicy({ policyId: policy.id, body: whitelist([STRANGER]) }));
    const rule = { kind: 'AlwaysTrigger' } as const;
    const action = approvalBy(await userIds('compliance-2'));
    const body = { name: 'guard', activityKind: 'Policies:Modify', rule, action } as const;
    const second = await pending(maker.policies.updatePolicy({ policyId: guard.id, body }));
    await decide('compliance-1', second.approvalId, 'Approved');
    expect((await failure(decide('compliance-2', first.approvalId, 'Approved'))).httpStatus).toBe(403);
    expect((await decide('compliance-1', first.approvalId, 'Approved')).status).toBe('Approved');
  });

  it('can be cast by a control, with the same rules', async () => {
    const { approvalId, addresses } = await waitingChange(approvalBy(await userIds('compliance-1')));
    const [second] = await userIds('compliance-2');
    const answer = (body: Json) =>
      fetch(`${SANDBOX}/_sandbox/approvals/${approvalId}/decide`, { method: 'POST', body: JSON.stringify(body) });
    expect((await answer({ user: second, value: 'Approved' })).status).toBe(403);
    expect((await answer({ user: 'nobody', value: 'Approved' })).status).toBe(400);
    expect((await answer({ user: 'compliance-1', value: 'Maybe' })).status).toBe(400);
    expect((await answer({ user: 'compliance-1', value: 'Approved', reason: 'fine' })).status).toBe(200);
    expect(await addresses()).toEqual([STRANGER]);
  });
});

describe('the list of approvals', () => {
  it('filters by status, initiator and approver', async () => {
    const [one, two] = await userIds('compliance-1', 'compliance-2');
    const { maker, policy, approvalId } = await waitingChange(approvalBy([one ?? '']));
    await decide('compliance-1', approvalId, 'Denied');
    const next = await pending(maker.policies.updatePolicy({ policyId: policy.id, body: whitelist([]) }));
    const initiatorId = (await account('maker')).userId;
    const ids = async (query: Json) => (await maker.policies.listApprovals({ query })).items.map(({ id }) => id);
    expect(await ids({})).toEqual([next.approvalId, approvalId]);
    expect(await ids({ status: 'Pending' })).toEqual([next.approvalId]);
    expect(await ids({ status: 'Denied' })).toEqual([approvalId]);
    expect(await ids({ initiatorId })).toEqual([next.approvalId, approvalId]);
    expect(await ids({ initiatorId: one })).toEqual([]);
    expect(await ids({ approverId: one, status: 'Pending' })).toEqual([next.approvalId]);
    expect(await ids({ approverId: two })).toEqual([]);
    const first = await maker.policies.listApprovals({ query: { limit: '1', approverId: one ?? '' } });
    expect(first.items.map(({ id }) => id)).toEqual([next.approvalId]);
    expect(await ids({ approverId: one, limit: '1', paginationToken: first.nextPageToken })).toEqual([approvalId]);
    expect((await failure(maker.policies.listApprovals({ query: { status: 'Open' as 'Denied' } }))).httpStatus).toBe(
      400,
    );
  });
});
