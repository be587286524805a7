// Destinations through the real doors: an officer's no, two wishes at once, what custody does meanwhile.
import { beforeEach, describe, expect, it } from 'vitest';
import { loseAnswer } from '../support/custody.ts';
import { sdk } from '../support/outside.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

const THIRD = '0xde709f2102306220921060314715629080e2fb77';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const listAtCustody = async (policyId: string): Promise<readonly string[]> => {
  const { rule } = await (await sdk('maker')).policies.getPolicy({ policyId });
  return rule.kind === 'TransactionRecipientWhitelist' ? rule.configuration.addresses : [];
};
const restrictions = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
const incidents = async () =>
  (await world.get('admin-1', '/v1/incidents')).body.items.map(({ kind }: { kind: string }) => kind);

/** Somebody with rights at custody proposes another list. */
async function propose(policyId: string): Promise<{ approvalId: string }> {
  const setup = await sdk('setup');
  const { name, filters } = await setup.policies.getPolicy({ policyId });
  const tags = filters !== undefined && 'walletTags' in filters ? (filters.walletTags?.hasAll ?? []) : [];
  const body = {
    name,
    activityKind: 'Wallets:Sign' as const,
    rule: { kind: 'TransactionRecipientWhitelist' as const, configuration: { addresses: [THIRD] } },
    action: { kind: 'Block' as const },
    filters: { walletTags: { hasAll: tags } },
  };
  return setup.policies.updatePolicy({ policyId, body }).catch((fault) => fault.context);
}

/** And an officer approves it without looking. */
async function slipIn(policyId: string): Promise<void> {
  await world.decide((await propose(policyId)).approvalId, 'Approved');
}

async function removeGuard(): Promise<void> {
  const setup = await sdk('setup');
  const { items } = await setup.policies.listPolicies({ query: { status: 'Active' } });
  const guard = items.find(({ activityKind }) => activityKind === 'Policies:Modify');
  if (guard === undefined) return;
  const pending = await setup.policies.archivePolicy({ policyId: guard.id }).catch((fault) => fault.context);
  await world.decide(pending.approvalId, 'Approved');
}

describe('a destination', () => {
  it('is approved only after the officer approved and the list was read back', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const inReview = await world.destination('client-1', id);
    expect(inReview).toMatchObject({ status: 'in_review', approvedAt: null });
    const { custodyList } = await restrictions();
    expect(await listAtCustody(custodyList.policyId)).toEqual([]);

    await world.decide(inReview.review.approvalId, 'Approved');
    expect((await world.destination('client-1', id)).status).toBe('in_review');
    await world.settle();

    expect((await world.destination('client-1', id)).status).toBe('approved');
    expect(await listAtCustody(custodyList.policyId)).toEqual([EXCHANGE]);
    expect((await restrictions()).custodyList.addresses.map((address: string) => address.toLowerCase())).toEqual([
      EXCHANGE,
    ]);
  });

  it('is not approved while custody still returns the old list, and is as soon as it returns the new one', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const { policyId } = (await restrictions()).custodyList;
    const before = await world.app.custody.findPolicy(policyId);
    let isLagging = true;
    world.perturb('findPolicy', (call) => async (asked) => (asked === policyId && isLagging ? before : call(asked)));
    await world.decide((await world.destination('client-1', id)).review.approvalId, 'Approved');
    await world.deliverWebhooks();
    for (let round = 0; round < 4; round += 1) await world.drainOnce();
    expect((await world.destination('client-1', id)).status).toBe('in_review');
    expect((await restrictions()).pending).toMatchObject([{ status: 'submitted' }]);

    isLagging = false;
    await world.advance(600);
    await world.settle();
    expect((await world.destination('client-1', id)).status).toBe('approved');
  });

  it('is rejected with the officer’s reason when denied, and the list stays as it was', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const mandate = await world.grant('client-1', id);
    expect(mandate.status).toBe('granted');

    await world.decide(
      (await world.destination('client-1', id)).review.approvalId,
      'Denied',
      'Not an exchange we know.',
    );
    await world.settle();

    expect(await world.destination('client-1', id)).toMatchObject({
      status: 'rejected',
      reason: 'Not an exchange we know.',
    });
    expect((await world.get('client-1', `/v1/mandates/${mandate.id}`)).body.status).toBe('rejected');
    const { custodyList, fence } = await restrictions();
    expect(await listAtCustody(custodyList.policyId)).toEqual([]);
    expect(fence.result).toBe('intact');
    const again = await world.ask('client-1', EXCHANGE);
    expect(again.id).not.toBe(id);
  });

  it('asked for at once with another ends approved like the other: neither is lost', async () => {
    await world.openAccount();
    const [one, other] = await Promise.all([world.ask('client-1', EXCHANGE), world.ask('client-1', OTHER_EXCHANGE)]);
    await world.settle();
    const reviews = await Promise.all([one, other].map(({ id }) => world.destination('client-1', id)));
    expect(reviews.map(({ status }) => status).sort()).toEqual(['in_review', 'requested']);

    for (let turn = 0; turn < 2; turn += 1) {
      const asked = await Promise.all([one, other].map(({ id }) => world.destination('client-1', id)));
      const waiting = asked.find(({ status }) => status === 'in_review');
      await world.decide(waiting.review.approvalId, 'Approved');
      await world.settle();
    }

    for (const { id } of [one, other]) expect((await world.destination('client-1', id)).status).toBe('approved');
    expect([...(await listAtCustody((await restrictions()).custodyList.policyId))].sort()).toEqual(
      [EXCHANGE, OTHER_EXCHANGE].sort(),
    );
  });

  it('asked for twice at once is one destination', async () => {
    await world.openAccount();
    const wish = { network: 'EthereumSepolia', address: EXCHANGE, label: 'Exchange', kind: 'exchange' };
    const answers = await Promise.all(
      [1, 2, 3].map(() => world.post('client-1', '/v1/accounts/me/destinations', wish)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect((await world.get('client-1', '/v1/accounts/me/destinations')).body.items).toHaveLength(1);
  });

  it('is shut at once when its removal is asked for, and leaves the list when an officer approves', async () => {
    await world.openAccount();
    const { id } = await world.approved('client-1');
    await world.must('client-1', `/v1/destinations/${id}/remove`);
    expect((await world.destination('client-1', id)).status).toBe('removing');
    await world.settle();
    const { pending, custodyList } = await restrictions();
    expect(pending).toMatchObject([{ operation: 'remove', status: 'submitted' }]);

    await world.decide(pending[0].approvalId, 'Approved');
    await world.settle();

    expect((await world.destination('client-1', id)).status).toBe('removed');
    expect(await listAtCustody(custodyList.policyId)).toEqual([]);
  });

  it('stays shut on our side when its removal is denied', async () => {
    await world.openAccount();
    const { id } = await world.approved('client-1');
    await world.must('client-1', `/v1/destinations/${id}/remove`);
    await world.settle();
    await world.decide((await restrictions()).pending[0].approvalId, 'Denied', 'Ask again tomorrow.');
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'suspended' });
  });

  it('ends at once when it is withdrawn while it waits for its turn', async () => {
    await world.openAccount();
    await world.ask('client-1', EXCHANGE);
    const second = await world.ask('client-1', OTHER_EXCHANGE);
    await world.settle();
    await world.must('client-1', `/v1/destinations/${second.id}/withdraw`);
    expect((await world.destination('client-1', second.id)).status).toBe('withdrawn');
  });

  it('expires when nobody decides within the guard’s time', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    await world.advance(86_400 + 60);
    await world.settle();
    expect((await world.destination('client-1', id)).status).toBe('expired');
  });
});

describe('a change of an approved list', () => {
  it('is found again when custody’s answer was lost after the effect', async () => {
    await world.openAccount();
    await loseAnswer({ method: 'PUT', path: '/v2/policies/*' });
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    expect((await world.destination('client-1', id)).status).toBe('requested');
    await world.advance(120);
    await world.settle();
    const found = await world.destination('client-1', id);
    expect(found.status).toBe('in_review');
    const { items } = await (await sdk('maker')).policies.listApprovals({ query: { status: 'Pending' } });
    expect(items).toHaveLength(1);
    await world.decide(found.review.approvalId, 'Approved');
    await world.settle();
    expect((await world.destination('client-1', id)).status).toBe('approved');
  });

  it('waits while the fence is broken by a list that somebody else changed', async () => {
    await world.openAccount();
    const { policyId } = (await restrictions()).custodyList;
    await slipIn(policyId);
    await world.settle();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();

    expect((await world.destination('client-1', id)).status).toBe('requested');
    expect(await listAtCustody(policyId)).toEqual([THIRD]);
    expect(await incidents()).toContain('fence_broken');
    expect((await restrictions()).fence.result).toBe('broken');
  });

  it('stops at a list that somebody else changed unseen, and overwrites nothing', async () => {
    await world.openAccount();
    const { policyId } = (await restrictions()).custodyList;
    await slipIn(policyId);
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle({ webhooks: false });

    expect((await world.destination('client-1', id)).status).toBe('requested');
    expect((await restrictions()).pending).toMatchObject([{ status: 'conflict', destinationId: id }]);
    expect(await listAtCustody(policyId)).toEqual([THIRD]);
    expect(await incidents()).toContain('change_conflict');
  });

  it('whose answer was lost, and which an officer approved meanwhile, is found as approved', async () => {
    await world.openAccount();
    await loseAnswer({ method: 'PUT', path: '/v2/policies/*' });
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const { items } = await (await sdk('maker')).policies.listApprovals({ query: { status: 'Pending' } });
    await world.decide(items[0]?.id ?? '', 'Approved');
    await world.advance(120);
    await world.settle();
    expect((await world.destination('client-1', id)).status).toBe('approved');
    expect((await restrictions()).halts).toEqual([]);
  });

  it('that custody applies without an officer halts the account and puts the old list back', async () => {
    await world.openAccount();
    const { policyId } = (await restrictions()).custodyList;
    // The guard is sound when it is read, and gone at the moment of the change.
    world.perturb('replaceApprovedList', (call) => async (list) => {
      await removeGuard();
      return call(list);
    });
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();

    expect(await world.destination('client-1', id)).toMatchObject({ status: 'refused' });
    expect(await incidents()).toContain('change_was_not_guarded');
    expect((await restrictions()).halts).toMatchObject([{ kind: 'fence', level: 'account' }]);
    expect(await listAtCustody(policyId)).toEqual([]);
  });

  it('is not covered by an older approval of the same list', async () => {
    await world.openAccount();
    const { id } = await world.approved('client-1');
    await world.must('client-1', `/v1/destinations/${id}/remove`);
    await world.settle();
    await world.decide((await restrictions()).pending[0].approvalId, 'Approved');
    await world.settle();
    // The same address again; this time nobody is asked, and the answer is lost.
    let calls = 0;
    world.perturb('replaceApprovedList', (call) => async (list) => {
      calls += 1;
      if (calls > 1) return call(list);
      await removeGuard();
      await call(list);
      return { kind: 'unknown', reason: 'lost' };
    });
    const again = await world.ask('client-1', EXCHANGE);
    await world.settle({ webhooks: false });
    await world.advance(120);
    await world.settle();
    expect((await world.destination('client-1', again.id)).status).toBe('refused');
    expect(await incidents()).toContain('change_was_not_guarded');
  });

  it('put back after it was not guarded is tried until custody answers', async () => {
    await world.openAccount();
    const { policyId } = (await restrictions()).custodyList;
    let calls = 0;
    world.perturb('replaceApprovedList', (call) => async (list) => {
      calls += 1;
      if (calls === 1) await removeGuard();
      return calls === 2 || calls === 3 ? { kind: 'unknown', reason: 'lost before it arrived' } : call(list);
    });
    await world.ask('client-1', EXCHANGE);
    for (let hour = 0; hour < 3; hour += 1) {
      await world.settle();
      await world.advance(1800);
    }
    expect(await listAtCustody(policyId)).toEqual([]);
    expect(calls).toBeGreaterThan(3);
  });

  it('that met a foreign change goes on when that one is denied', async () => {
    await world.openAccount();
    const { policyId } = (await restrictions()).custodyList;
    const foreign = await propose(policyId);
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle({ webhooks: false });
    expect((await restrictions()).pending).toMatchObject([{ status: 'conflict' }]);
    await world.decide(foreign.approvalId, 'Denied', 'Nobody asked for this.');
    await world.settle();
    await world.advance(600);
    await world.settle();
    const found = await world.destination('client-1', id);
    expect(found.status).toBe('in_review');
    await world.decide(found.review.approvalId, 'Approved');
    await world.settle();
    expect(await listAtCustody(policyId)).toEqual([EXCHANGE]);
  });

  it('that met a foreign change can be withdrawn by the client', async () => {
    await world.openAccount();
    await propose((await restrictions()).custodyList.policyId);
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle({ webhooks: false });
    await world.must('client-1', `/v1/destinations/${id}/withdraw`);
    expect((await world.destination('client-1', id)).status).toBe('withdrawn');
  });

  it('is not settled by a denial before custody dropped it', async () => {
    await world.openAccount();
    const one = await world.ask('client-1', EXCHANGE);
    const other = await world.ask('client-1', OTHER_EXCHANGE);
    await world.settle();
    const { approvalId } = (await world.destination('client-1', one.id)).review;
    const { policyId } = (await restrictions()).custodyList;
    const before = await world.app.custody.findPolicy(policyId);
    let reads = 0;
    // Custody's policy lags behind its approval by a moment.
    world.perturb('findPolicy', (call) => async (asked) => {
      reads += 1;
      return asked === policyId && reads === 1 ? before : call(asked);
    });
    await world.decide(approvalId, 'Denied', 'No.');
    await world.settle();
    expect((await world.destination('client-1', one.id)).status).toBe('rejected');
    expect((await world.destination('client-1', other.id)).status).toBe('in_review');
    expect((await restrictions()).fence.result).toBe('intact');
  });

  it('is not sent when the guard is gone', async () => {
    await world.openAccount();
    await removeGuard();
    const { id } = await world.ask('client-1', EXCHANGE);
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'refused' });
    expect(await listAtCustody((await restrictions()).custodyList.policyId)).toEqual([]);
    expect(await incidents()).toContain('guard_unsound');
  });
});
