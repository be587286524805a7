// Approvals at custody, explained through the real doors: ours in words, and those that nobody asked for here.
import { beforeEach, describe, expect, it } from 'vitest';
import { loseAnswer } from '../support/custody.ts';
import { control, sdk } from '../support/outside.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

const THIRD = '0xde709f2102306220921060314715629080e2fb77';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const list = async (query = '') => (await world.get('compliance-1', `/v1/approvals${query}`)).body.items;
const one = async (id: string) => (await world.get('compliance-1', `/v1/approvals/${id}`)).body;
const userIdOf = async (name: string): Promise<string> => (await control('GET', '/organization')).users[name].userId;

/** Somebody with rights at custody changes a policy, past us; the approval that this asks for. */
async function changePast(policyId: string, addresses: readonly string[]): Promise<string> {
  const setup = await sdk('setup');
  const { name, filters } = await setup.policies.getPolicy({ policyId });
  const tags = filters !== undefined && 'walletTags' in filters ? (filters.walletTags?.hasAll ?? []) : [];
  const body = {
    name,
    activityKind: 'Wallets:Sign' as const,
    rule: { kind: 'TransactionRecipientWhitelist' as const, configuration: { addresses: [...addresses] } },
    action: { kind: 'Block' as const },
    filters: { walletTags: { hasAll: tags } },
  };
  const pending = await setup.policies.updatePolicy({ policyId, body }).catch((fault) => fault.context);
  return pending.approvalId;
}
const policyIdOf = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body.custodyList.policyId;

async function letPeopleLookAtTransfers(): Promise<void> {
  await (await sdk('setup')).policies.createPolicy({
    body: {
      name: 'A person looks at each transfer',
      activityKind: 'Wallets:Sign',
      rule: { kind: 'AlwaysTrigger' },
      action: {
        kind: 'RequestApproval',
        autoRejectTimeout: 60,
        approvalGroups: [
          { name: 'Desk', quorum: 1, approvers: { userId: { in: [await userIdOf('compliance-1')] } } },
          {
            name: 'Officers',
            quorum: 2,
            approvers: { userId: { in: await Promise.all(['compliance-2', 'compliance-3'].map(userIdOf)) } },
          },
        ],
      },
    },
  });
}

describe('an approval that we asked for', () => {
  it('says what changes, who asked, how long it waits and what follows, without a secret', async () => {
    const account = await world.openAccount();
    await world.approved('client-1');
    const destination = await world.ask('client-1', OTHER_EXCHANGE, 'Second exchange');
    await world.settle();
    const asked = world.at;
    await world.advance(3600);
    const items = await list();

    expect(items).toHaveLength(1);
    const [item] = items;
    expect(item).toMatchObject({
      status: 'pending',
      atCustody: 'listed',
      isAskedForHere: true,
      severity: 'none',
      activity: 'Policies:Modify',
      accountId: account.id,
      list: { policyId: await policyIdOf(), removed: [], countBefore: 1, countAfter: 2 },
      destination: {
        id: destination.id,
        address: destination.address,
        status: 'in_review',
        screening: null,
        looksLike: [],
      },
      transfer: null,
      askedBy: { role: 'client', id: account.clientId },
      proposedBy: null,
      decisions: [],
      votes: null,
      decideAt: 'http://localhost:8788',
    });
    expect(item.list.added).toEqual([destination.address]);
    expect(item.says).toBe(
      `Adds Second exchange on EthereumSepolia, for account ${account.id}. The approved list: adds 1, removes 0, 1 -> 2 addresses.`,
    );
    expect(item.onApprove).toContain('money of the account may go to the address');
    expect(item.onDeny).toContain('stays as it is');
    expect(item.waitingSeconds).toBeGreaterThanOrEqual(3600);
    expect(Date.parse(item.rejectsItselfAt) - Date.parse(item.since)).toBe(86_400_000);
    expect(Date.parse(item.since)).toBeLessThanOrEqual(Date.parse(asked));
    expect(JSON.stringify(items)).not.toMatch(/_sandbox\/identity|client-1/);
  });

  it('read alone says whose votes are missing, and afterwards how it was decided', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const { approvalId } = (await world.destination('client-1', id)).review;
    expect(await one(approvalId)).toMatchObject({
      id: approvalId,
      isAskedForHere: true,
      votes: [{ group: 'Compliance officers', quorum: 1, approved: 0, missing: 1, of: 3 }],
    });
    await world.decide(approvalId, 'Denied', 'Not known to us.');
    await world.settle();
    expect(await one(approvalId)).toMatchObject({
      status: 'denied',
      atCustody: 'not_listed',
      isAskedForHere: true,
      decisions: [{ value: 'denied', reason: 'Not known to us.' }],
      destination: { id, status: 'rejected' },
    });
    expect(await list()).toEqual([]);
  });

  it('to remove an address says so', async () => {
    await world.openAccount();
    const { id, address } = await world.approved('client-1');
    await world.must('client-1', `/v1/destinations/${id}/remove`);
    await world.settle();
    const [item] = await list();
    expect(item).toMatchObject({
      list: { added: [], removed: [address], countBefore: 1, countAfter: 0 },
      destination: { status: 'removing' },
    });
    expect(item.says).toContain('Removes Exchange');
    expect(item.says).toContain('adds 0, removes 1, 1 -> 0 addresses');
    expect(item.onDeny).toContain('stays shut');
  });

  it('of a transfer names the order and counts the votes of every group', async () => {
    const { account, schedule } = await world.readyToTrade();
    await letPeopleLookAtTransfers();
    await world.tick();
    await world.settle();
    const order = await world.order(schedule.id);
    const [item] = await list();
    expect(item).toMatchObject({
      activity: 'Wallets:Sign',
      isAskedForHere: true,
      severity: 'none',
      accountId: account.id,
      list: null,
      transfer: { id: order.transferId, orderId: order.id, amount: { units: '3000000', formatted: '3 USDC' } },
    });
    expect(item.askedBy).toEqual({ role: 'operator', id: expect.stringMatching(/operator-1$/) });
    expect(item.says).toBe(`Sends 3 USDC of account ${account.id} to Exchange on EthereumSepolia.`);
    const missing = async () =>
      (await one(item.id)).votes.map(({ group, missing }: { group: string; missing: number }) => [group, missing]);
    expect(await missing()).toEqual([
      ['Desk', 1],
      ['Officers', 2],
    ]);
    await control('POST', `/approvals/${item.id}/decide`, { user: 'compliance-2', value: 'Approved' });
    expect(await missing()).toEqual([
      ['Desk', 1],
      ['Officers', 1],
    ]);
    await control('POST', `/approvals/${item.id}/decide`, { user: 'compliance-1', value: 'Approved' });
    expect(await missing()).toEqual([
      ['Desk', 0],
      ['Officers', 1],
    ]);
  });

  it('is known as ours also when custody’s answer to it was lost', async () => {
    await world.openAccount();
    await loseAnswer({ method: 'PUT', path: '/v2/policies/*' });
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.drainOnce();
    expect((await world.destination('client-1', id)).status).toBe('requested');
    expect(await list()).toMatchObject([{ isAskedForHere: true, severity: 'none', destination: { id } }]);
  });
});

describe('an approval that nobody asked for here', () => {
  it('on an approved list is an alarm, and in words', async () => {
    const account = await world.openAccount();
    await world.approved('client-1');
    const id = await changePast(await policyIdOf(), [THIRD, OTHER_EXCHANGE]);
    const [item] = await list();
    expect(item).toMatchObject({
      id,
      isAskedForHere: false,
      severity: 'alarm',
      accountId: account.id,
      destination: null,
      askedBy: { role: 'custody', id: expect.stringMatching(/^us-/) },
      says: `Not asked for here: sets an approved list to 2 addresses of account ${account.id}.`,
    });
    expect(await one(id)).toMatchObject({
      severity: 'alarm',
      list: { countBefore: 1, countAfter: 2 },
      says: `Not asked for here: changes an approved list (adds 2, removes 1, 1 -> 2 addresses) of account ${account.id}.`,
      onApprove: expect.stringContaining('nobody asked for it here'),
    });
  });

  it('in place of ours, with another list, is not taken for ours', async () => {
    await world.openAccount();
    const policyId = await policyIdOf();
    const foreign = await changePast(policyId, [THIRD]);
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle({ webhooks: false });
    expect(await list()).toMatchObject([{ id: foreign, isAskedForHere: false, severity: 'alarm' }]);
    expect((await world.destination('client-1', id)).status).toBe('requested');
  });

  it('is not taken for one of ours whose answer was lost', async () => {
    await world.openAccount();
    world.perturb('replaceApprovedList', () => async () => ({ kind: 'unknown', reason: 'lost before it arrived' }));
    await world.ask('client-1', EXCHANGE);
    await world.drainOnce();
    const { pending } = (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
    expect(pending).toMatchObject([{ status: 'submitting' }]);
    const foreign = await changePast(await policyIdOf(), [THIRD]);
    expect(await list()).toMatchObject([{ id: foreign, isAskedForHere: false, severity: 'alarm' }]);
  });

  it('on the guard or the limits is an alarm, on a policy that touches no account a notice', async () => {
    await world.openAccount();
    const setup = await sdk('setup');
    const { id: elsewhere } = await setup.policies.createPolicy({
      body: {
        name: 'Treasury',
        activityKind: 'Wallets:Sign',
        rule: { kind: 'AlwaysTrigger' },
        action: { kind: 'Block' },
        filters: { walletTags: { hasAll: ['treasury'] } },
      },
    });
    const { items } = await setup.policies.listPolicies({ query: { status: 'Active' } });
    const guard = items.find(({ activityKind }) => activityKind === 'Permissions:Assign')?.id ?? '';
    const limits = items.find(({ rule }) => rule.kind === 'TransactionCountVelocity')?.id ?? '';
    for (const policyId of [elsewhere, guard, limits]) await setup.policies.archivePolicy({ policyId }).catch(() => {});
    const severities = new Map(
      (await list()).map((item: { says: string; severity: string }) => [item.says, item.severity]),
    );
    expect(Object.fromEntries(severities)).toEqual({
      'Not asked for here: archives the policy "Treasury".': 'notice',
      'Not asked for here: archives the policy "Fiducia guard of Permissions:Assign".': 'alarm',
      'Not asked for here: archives the policy "Fiducia limits standard: number of transfers".': 'alarm',
    });
  });

  it('to move money of a wallet of ours is an alarm', async () => {
    const { account } = await world.readyToTrade();
    await letPeopleLookAtTransfers();
    const { walletId } = { walletId: account.wallets[0].custodyId };
    await (await sdk('maker')).wallets.transferAsset({ walletId, body: { kind: 'Native', to: EXCHANGE, amount: '1' } });
    expect(await list()).toMatchObject([
      { isAskedForHere: false, severity: 'alarm', accountId: account.id, transfer: null, destination: null },
    ]);
  });
});

describe('the list of approvals', () => {
  it('costs custody one call, however many wait', async () => {
    await world.openAccount();
    await world.openAccount('client-2');
    await world.ask('client-1', EXCHANGE);
    await world.ask('client-2', EXCHANGE);
    await world.settle();
    let calls = 0;
    const { custody } = world.app;
    const counted = Object.fromEntries(
      Object.entries(custody).map(([name, call]) => [
        name,
        (...given: unknown[]) => {
          calls += 1;
          return Reflect.apply(call, custody, given);
        },
      ]),
    );
    Object.defineProperty(world.app, 'custody', { value: counted, configurable: true });
    expect(await list()).toHaveLength(2);
    expect(calls).toBe(1);
  });

  it('shows ours from our own records while custody does not answer', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    await control('POST', '/faults', {
      method: 'GET',
      path: '/v2/policy-approvals',
      kind: 'status',
      status: 503,
      times: 1,
    });
    expect(await list()).toMatchObject([
      { atCustody: 'unavailable', isAskedForHere: true, destination: { id }, list: { countBefore: 0, countAfter: 1 } },
    ]);
    await control('POST', '/faults', {
      method: 'GET',
      path: '/v2/policy-approvals',
      kind: 'status',
      status: 503,
      times: 1,
    });
    expect((await world.get('compliance-1', '/v1/approvals?cursor=next')).status).toBe(503);
  });

  it('shows ours that custody decided meanwhile, until the outcome is read', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    await world.decide((await world.destination('client-1', id)).review.approvalId, 'Approved');
    expect(await list()).toMatchObject([{ atCustody: 'not_listed', isAskedForHere: true, destination: { id } }]);
    await world.settle();
    expect(await list()).toEqual([]);
  });

  it('goes on by custody’s own cursor, each approval once', async () => {
    await world.openAccount();
    await world.openAccount('client-2');
    for (const client of ['client-1', 'client-2']) await world.ask(client, EXCHANGE);
    await world.settle();
    // Custody's pages are of a hundred; here one each.
    world.perturb('listPendingApprovals', () => async (after) => {
      const { items, nextPageToken } = await (await sdk('maker')).policies.listApprovals({
        query: { status: 'Pending', limit: '1', ...(after === undefined ? {} : { paginationToken: after }) },
      });
      const found = await Promise.all(items.map(({ id }) => world.app.custody.findApprovalInFull(id)));
      return { items: found.filter((approval) => approval !== undefined), next: nextPageToken };
    });
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const { body } = await world.get('compliance-1', `/v1/approvals${query}`);
      ids.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    }
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it('is for staff; an unknown or malformed id is not found or refused', async () => {
    await world.openAccount();
    expect((await world.get('client-1', '/v1/approvals')).status).toBe(403);
    expect((await world.get('client-1', '/v1/approvals/ap-1')).status).toBe(403);
    for (const name of ['operator-1', 'compliance-1', 'auditor-1', 'admin-1']) {
      expect((await world.get(name, '/v1/approvals')).status, name).toBe(200);
    }
    expect((await world.get('compliance-1', '/v1/approvals/ap-00000-00000-00000000000000')).status).toBe(404);
    expect((await world.get('compliance-1', '/v1/approvals/..%2Fpolicies')).status).toBe(400);
    expect((await world.get('compliance-1', '/v1/approvals?status=Pending')).status).toBe(400);
  });
});

describe('policies', () => {
  it('in force are listed in words, each approved list with its account', async () => {
    const account = await world.openAccount();
    const { address } = await world.approved('client-1');
    const { items } = (await world.get('auditor-1', '/v1/policies')).body;
    const listed = items.find(({ accountId }: { accountId: string | null }) => accountId === account.id);
    expect(listed).toMatchObject({
      activity: 'Wallets:Sign',
      walletTags: [account.tag],
      hasOtherFilters: false,
      addresses: [address],
      rule: 'Applies to every payment to another address than the 1 on the list.',
      action: 'Blocks it.',
      pendingApprovalId: null,
    });
    const guard = items.find(({ activity }: { activity: string }) => activity === 'Policies:Modify');
    expect(guard).toMatchObject({ accountId: null, rule: 'Applies to every activity of its kind.' });
    expect(guard.action).toBe('Asks for approval: 1 of 3 (Compliance officers); rejected by itself after 1 day.');
    const limits = items.find(({ name }: { name: string }) => name.startsWith('Fiducia limits'));
    expect(limits.rule).toBe('Applies to every transfer beyond 100 within 1 day from one wallet.');
    expect((await world.get('auditor-1', `/v1/policies?accountId=${account.id}`)).body.items).toEqual([listed]);
    const nobody = `acc_${'0'.repeat(26)}`;
    expect((await world.get('auditor-1', `/v1/policies?accountId=${nobody}`)).status).toBe(404);
  });

  it('are for the officer and the auditor', async () => {
    await world.openAccount();
    for (const name of ['client-1', 'operator-1', 'admin-1']) {
      expect((await world.get(name, '/v1/policies')).status, name).toBe(403);
    }
    expect((await world.get('compliance-1', '/v1/policies')).status).toBe(200);
  });
});

describe('an approval of an address that should not be approved', () => {
  it('warns of a wish that was taken back and of a known address that it is made to look like', async () => {
    const account = await world.openAccount();
    const own: string = account.wallets[0].address.toLowerCase();
    const { id } = await world.ask('client-1', `${own.slice(0, 8)}${'7'.repeat(28)}${own.slice(-6)}`);
    await world.settle();
    await world.must('client-1', `/v1/destinations/${id}/withdraw`);
    const { items } = (await world.get('compliance-1', '/v1/approvals')).body;
    expect(items[0].destination.warnings).toEqual([
      expect.stringMatching(/^Deny it: the client took the wish back/),
      expect.stringMatching(/^Compare every character/),
    ]);
  });
});
