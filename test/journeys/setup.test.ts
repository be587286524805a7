// Setting up an organisation: what is found, what is made, what is refused, and that it may be done again at any time.
import { type DfnsApiClient, PolicyPendingError } from '@dfns/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { applySetup, exitCodeOfApplied, planSetup } from '../../scripts/setup/apply.ts';
import { forChecker, organization, type Wanted } from '../../scripts/setup/organization.ts';
import { exitCodeOf, type KeptWebhook, type Step, showPlan } from '../../scripts/setup/plan.ts';
import { type PolicyBody, wantedPolicies } from '../../scripts/setup/policies.ts';
import { makeKey } from '../../scripts/setup/rotate-key.ts';
import { accessOf, wantedForChecker, wantedFrom } from '../../scripts/setup/settings.ts';
import { control, sdk, wantedForTests } from '../support/outside.ts';

let wanted: Wanted;
let setup: DfnsApiClient;
let kept: KeptWebhook | undefined;

beforeEach(async () => {
  await control('POST', '/reset', {});
  await control('PUT', '/webhooks/mode', { mode: 'drop' });
  wanted = await wantedForTests();
  setup = await sdk('setup');
  kept = undefined;
});

const plan = (of: Wanted = wanted) => planSetup(setup, of, kept);
async function apply(of: Wanted = wanted) {
  const applied = await applySetup(setup, of, kept);
  kept = applied.webhook;
  return applied;
}
const statesOf = (steps: readonly Step[]) => steps.map(({ state, what }) => `${state} ${what}`);
const notRight = (steps: readonly Step[]) => steps.filter(({ state }) => state !== 'right');
const unsafe = (steps: readonly Step[]) => steps.filter(({ state }) => state === 'unsafe').map(({ what }) => what);
const policies = async () => (await setup.policies.listPolicies({ query: { status: 'Active', limit: '100' } })).items;

/** By somebody's hand, past the guard: an officer approves what it asks for. */
async function byHand(change: Promise<unknown>): Promise<void> {
  const approvalId = await change.then(
    () => undefined,
    (fault) => {
      if (!(fault instanceof PolicyPendingError)) throw fault;
      return (fault.context as { approvalId: string }).approvalId; // the body of a 202 of the sandbox
    },
  );
  if (approvalId !== undefined) await decide(approvalId);
}
const decide = (approvalId: string, value = 'Approved', user = 'compliance-1') =>
  control('POST', `/approvals/${approvalId}/decide`, { user, value });

async function rewrite(name: string, over: Partial<PolicyBody>): Promise<void> {
  const body = wantedPolicies(wanted).find((policy) => policy.name === name);
  const found = (await policies()).find((policy) => policy.name === name);
  if (body === undefined || found === undefined) throw new Error(`no policy ${name}`);
  await byHand(setup.policies.updatePolicy({ policyId: found.id, body: { ...body, ...over } as PolicyBody }));
}

const GUARD = 'Fiducia guard of Policies:Modify';
const COUNT = 'Fiducia limits standard: number of transfers';
const asking = (over: object = {}, group: object = {}) => ({
  action: {
    kind: 'RequestApproval' as const,
    autoRejectTimeout: 1440,
    approvalGroups: [{ quorum: 1, approvers: { userId: { in: [...wanted.officers] } }, ...group }],
    ...over,
  },
});

/** What the maker makes for an account: from here on there is something to guard. */
const openList = async (over: object = {}) =>
  setup.policies.createPolicy({
    body: {
      name: 'Fiducia approved list of client:cli_1',
      activityKind: 'Wallets:Sign',
      rule: { kind: 'TransactionRecipientWhitelist', configuration: { addresses: [] } },
      action: { kind: 'Block' },
      filters: { walletTags: { hasAll: ['client:cli_1'] } },
      ...over,
    },
  });

describe('the plan of an organisation', () => {
  it('that is empty creates three guards, three limits of each template and the webhook', async () => {
    const steps = await plan();
    expect(statesOf(notRight(steps))).toEqual([
      'create policy "Fiducia guard of Policies:Modify"',
      'create policy "Fiducia guard of Permissions:Assign"',
      'create policy "Fiducia guard of Permissions:Modify"',
      'create policy "Fiducia limits small: value of a transfer"',
      'create policy "Fiducia limits small: value in all"',
      'create policy "Fiducia limits small: number of transfers"',
      'create policy "Fiducia limits standard: value of a transfer"',
      'create policy "Fiducia limits standard: value in all"',
      'create policy "Fiducia limits standard: number of transfers"',
      'create webhook to http://fiducia.test/webhooks/dfns',
    ]);
    expect(exitCodeOf(steps)).toBe(1);
    expect(await policies()).toEqual([]);
  });

  it('reads in words, with the units of Dfns and what they are beside them', async () => {
    const text = showPlan(await plan());
    expect(text).toContain(
      '+ beyond: at most 1,000,000 USD in all within 1 day from each wallet (TransactionAmountVelocity, limit 1000000 = 1,000,000 USD, timeframe 1440 minutes = 1 day)',
    );
    expect(text).toContain('+ then: undecided it is rejected after 1 day (autoRejectTimeout 1440 minutes)');
    expect(text).toMatch(/\+ then: 1 of 3: compliance-1 \(us-[^)]+\), .* must approve/);
    expect(text).toContain('10 create, 2 right');
  });

  it('that is right has nothing to do, under the older names of operations too', async () => {
    await apply();
    const steps = await plan();
    expect(notRight(steps)).toEqual([]);
    expect(exitCodeOf(steps)).toBe(0);
  });

  it('that drifted shows what stands and what is wanted', async () => {
    await apply();
    await rewrite(COUNT, {
      rule: { kind: 'TransactionCountVelocity', configuration: { limit: 500, timeframe: 60 } },
    } as Partial<PolicyBody>);
    await setup.webhooks.updateWebhook({
      webhookId: kept?.id ?? '',
      body: { status: 'Disabled', events: ['wallet.created'] },
    });
    const steps = notRight(await plan());
    expect(steps.map(({ state }) => state)).toEqual(['change', 'change']);
    expect(steps[0]?.lines).toEqual([
      '- beyond: at most 500 transfers within 1 hour from each wallet (TransactionCountVelocity, limit 500 = 500, timeframe 60 minutes = 1 hour)',
      '+ beyond: at most 100 transfers within 1 day from each wallet (TransactionCountVelocity, limit 100 = 100, timeframe 1440 minutes = 1 day)',
    ]);
    expect(steps[1]?.lines).toEqual(expect.arrayContaining(['+ it is enabled', '+ policy.approval.resolved']));
    expect(exitCodeOf(steps)).toBe(1);
  });

  it('adopts a policy of equal meaning under another name and another order of its officers', async () => {
    const body = wantedPolicies(wanted).find(({ name }) => name === GUARD);
    if (body === undefined) throw new Error('no guard');
    const group = { name: 'People', quorum: 1, approvers: { userId: { in: [...wanted.officers].reverse() } } };
    const { id } = await setup.policies.createPolicy({
      body: { ...body, name: 'Guard of ours', ...asking({ approvalGroups: [group] }) } as PolicyBody,
    });
    const step = (await plan()).find(({ what }) => what.includes(GUARD));
    expect(step).toMatchObject({ state: 'right', lines: [`found under the name "Guard of ours" (${id})`] });
    await apply();
    expect((await policies()).filter(({ activityKind }) => activityKind === 'Policies:Modify')).toHaveLength(1);
  });

  it.each([
    ['policies', { path: '/v2/policies' }],
    ['service accounts', { path: '/auth/service-accounts' }],
    ['people', { path: '/auth/users' }],
    ['roles', { path: '/permissions' }],
    ['webhooks', { path: '/webhooks' }],
    ['wallets', { path: '/wallets' }],
  ])('whose %s cannot be read is unknown, and nothing is done', async (part, { path }) => {
    await control('POST', '/faults', { method: 'GET', path, kind: 'status', status: 500, times: 2 });
    const steps = await plan();
    expect(steps.find(({ state }) => state === 'unknown')?.what).toContain(part);
    expect(exitCodeOf(steps)).toBe(4);
    const applied = await apply();
    expect(applied).toMatchObject({ isRefused: true, done: [] });
    expect(exitCodeOfApplied(applied)).toBe(4);
    expect(await policies()).toEqual([]);
  });
});

describe('an organisation that is unsafe', () => {
  /** Said, with exit code 3, and left as it is. */
  async function isRefused(says: RegExp, of: Wanted = wanted): Promise<void> {
    const before = JSON.stringify(await policies());
    const steps = await plan(of);
    expect(unsafe(steps)).toEqual(expect.arrayContaining([expect.stringMatching(says)]));
    expect(exitCodeOf(steps)).toBe(3);
    const applied = await apply(of);
    expect(applied).toMatchObject({ isRefused: true, done: [] });
    expect(exitCodeOfApplied(applied)).toBe(3);
    expect(JSON.stringify(await policies())).toBe(before);
  }

  it.each<[string, () => object, RegExp]>([
    [
      'a service account decides',
      () => asking({}, { approvers: { userId: { in: [...wanted.officers, wanted.makerId] } } }),
      /service account maker .* may decide/,
    ],
    [
      'service accounts may approve',
      () => asking({}, { serviceAccountsCanApprove: true }),
      /service accounts may approve/,
    ],
    ['whoever asks may approve', () => asking({}, { initiatorCanApprove: true }), /whoever asks may approve/],
    ['anyone may approve', () => asking({}, { approvers: {} }), /anyone in the organisation may approve/],
    [
      'requests wait longer than a week',
      () => asking({ autoRejectTimeout: 86_400 }),
      /60 days \(autoRejectTimeout 86400 minutes\), longer than a week/,
    ],
    ['requests wait for ever', () => asking({ autoRejectTimeout: null }), /wait for ever/],
    ['it is filtered', () => ({ filters: { policyId: { in: ['plc-1'] } } }), /is filtered/],
  ])('in whose guard %s is left alone', async (_, over, says) => {
    await apply();
    await rewrite(GUARD, over());
    await isRefused(says);
  });

  it('because fewer must approve than are wanted is left alone', async () => {
    await apply();
    const stricter = { ...wanted, guard: { ...wanted.guard, quorum: 2 } };
    await isRefused(/1 must approve where 2 are wanted/, stricter);
  });

  it('without a guard while there are accounts is left alone until an officer makes one', async () => {
    await openList();
    await isRefused(/Nothing makes Policies:Modify wait for an officer, and there are accounts already/);
    for (const body of wantedPolicies(wanted).slice(0, 3)) await setup.policies.createPolicy({ body });
    expect(unsafe(await plan())).toEqual([]);
  });

  it('whose guard was archived while there are wallets of clients is left alone', async () => {
    await apply();
    await (await sdk('maker')).wallets.createWallet({ body: { network: 'EthereumSepolia', tags: ['client:cli_1'] } });
    const guard = (await policies()).find(({ name }) => name === GUARD);
    await byHand(setup.policies.archivePolicy({ policyId: guard?.id ?? '' }));
    await isRefused(/Nothing makes Policies:Modify wait/);
  });

  it('in which a service account decides about an approved list is left alone', async () => {
    await openList(
      asking({}, { approvers: { userId: { in: [wanted.checkerId ?? ''] } }, serviceAccountsCanApprove: true }),
    );
    await isRefused(/service account checker .* may decide under "Fiducia approved list of client:cli_1"/);
  });

  it('in which an approved list does not block is left alone', async () => {
    await openList({ action: { kind: 'NoAction' } });
    await isRefused(/does not block other addresses \(NoAction\)/);
  });

  it.each([
    ['Policies:Approvals:Approve', 'Policies:Evaluations:Vote'],
    ['Wallets:Tags:Delete', 'Wallets:Tags:Remove'],
    ['Policies:Archive', 'Policies:Delete'],
    ['Permissions:Assign', 'Permissions:Assign'],
    ['Permissions:Update', 'Permissions:Update'],
    ['Auth:ServiceAccounts:Create', 'Auth:ServiceAccounts:Create'],
    ['Wallets:Transactions:Create', 'Wallets:Transactions:Create'],
  ] as const)('in which the maker may %s is left alone', async (operation, today) => {
    await granted(wanted.makerId, operation);
    await isRefused(new RegExp(`service account maker .* may do what it should not: ${today}`));
  });

  it('in which an account that nobody knows here may untag is left alone', async () => {
    const { userInfo } = await newAccount('bot');
    await granted(userInfo.userId, 'Wallets:Tags:Delete');
    await isRefused(/service account bot .* may do what it should not: Wallets:Tags:Remove/);
  });

  it('in which an officer is a machine, or nobody, is left alone', async () => {
    await isRefused(/is no active person at Dfns/, { ...wanted, officers: [...wanted.officers, wanted.makerId] });
    await isRefused(/0 of 1 needed officers can decide/, { ...wanted, officers: ['us-nobod-yyyyy-00000000000000'] });
  });

  it('in which somebody else’s change of a guard waits is left alone', async () => {
    await apply();
    const guard = (await policies()).find(({ name }) => name === GUARD);
    await setup.policies.archivePolicy({ policyId: guard?.id ?? '' }).catch(() => undefined);
    await isRefused(/change of "Fiducia guard of Policies:Modify" that was not asked for here waits for approval ap-/);
  });
});

const newAccount = async (name: string) => {
  const key = makeKey('');
  return { ...(await setup.auth.createServiceAccount({ body: { name, publicKey: key.publicKey } })), key };
};

type Operation = Parameters<DfnsApiClient['permissions']['createPermission']>[0]['body']['operations'][number];
/** A role beside those that an account has. */
async function granted(identityId: string, ...operations: Operation[]): Promise<string> {
  const { id } = await setup.permissions.createPermission({ body: { name: 'extra', operations } });
  await byHand(setup.permissions.createAssignment({ permissionId: id, body: { identityId } }));
  return id;
}

describe('applying', () => {
  it('twice makes no change the second time', async () => {
    const first = await apply();
    expect(first.done).toHaveLength(10);
    expect(exitCodeOfApplied(first)).toBe(0);
    const before = JSON.stringify([await policies(), (await setup.webhooks.listWebhooks({})).items]);
    const second = await apply();
    expect(second.done).toEqual([]);
    expect(exitCodeOfApplied(second)).toBe(0);
    expect(JSON.stringify([await policies(), (await setup.webhooks.listWebhooks({})).items])).toBe(before);
  });

  it('gives the checker a webhook of its own, for approvals alone, and leaves that of the product as it is', async () => {
    const { webhook } = await apply();
    const ofProduct = JSON.stringify((await setup.webhooks.listWebhooks({})).items);
    const ofChecker = forChecker(wanted, 'http://checker.test/webhooks/dfns');
    kept = undefined;
    const { done, webhook: made } = await apply(ofChecker);
    expect(done.map(({ what }) => what)).toEqual(['webhook to http://checker.test/webhooks/dfns']);
    expect(made?.secret).not.toBe(webhook?.secret);
    expect((await apply(ofChecker)).done).toEqual([]);
    const { items } = await setup.webhooks.listWebhooks({});
    expect(items.find(({ id }) => id === made?.id)?.events).toEqual([
      'policy.approval.pending',
      'policy.approval.resolved',
    ]);
    expect(JSON.stringify(items.filter(({ id }) => id !== made?.id))).toBe(ofProduct);
    const env = { CHECKER_URL: 'https://checker.example/' };
    expect(() => wantedForChecker(env)).toThrow(/SETUP_CHECKER/);
  });

  it('leaves a change that waits for an officer alone, and is done when it is approved', async () => {
    await apply();
    await rewrite(COUNT, {
      rule: { kind: 'TransactionCountVelocity', configuration: { limit: 500, timeframe: 1440 } },
    } as Partial<PolicyBody>);
    const first = await apply();
    expect(first.done).toEqual([{ what: expect.stringContaining(COUNT), approvalId: expect.stringMatching(/^ap-/) }]);
    expect(exitCodeOfApplied(first)).toBe(1);

    const approvals = async () => (await setup.policies.listApprovals({ query: { status: 'Pending' } })).items;
    expect(await approvals()).toHaveLength(1);
    const second = await apply();
    expect(second.done).toEqual([]);
    expect(notRight(second.steps)).toMatchObject([{ state: 'waits', approvalId: first.done[0]?.approvalId }]);
    expect(exitCodeOfApplied(second)).toBe(1);
    expect(showPlan(second.steps)).toContain(`waits for approval ${first.done[0]?.approvalId}`);
    expect(await approvals()).toHaveLength(1);

    await decide(first.done[0]?.approvalId ?? '');
    const third = await apply();
    expect(third).toMatchObject({ isRefused: false, done: [] });
    expect(exitCodeOfApplied(third)).toBe(0);
  });

  it('asks again for a change that an officer denied', async () => {
    await apply();
    await rewrite(COUNT, {
      rule: { kind: 'TransactionCountVelocity', configuration: { limit: 500, timeframe: 1440 } },
    } as Partial<PolicyBody>);
    const { done } = await apply();
    await decide(done[0]?.approvalId ?? '', 'Denied');
    expect((await apply()).done[0]?.approvalId).not.toBe(done[0]?.approvalId);
  });

  it('recognises what it asked for when the answer was lost', async () => {
    await apply();
    await rewrite(COUNT, {
      rule: { kind: 'TransactionCountVelocity', configuration: { limit: 500, timeframe: 1440 } },
    } as Partial<PolicyBody>);
    const { id } = (await policies()).find(({ name }) => name === COUNT) ?? { id: '' };
    await control('POST', '/faults', {
      method: 'PUT',
      path: `/v2/policies/${id}`,
      kind: 'status',
      status: 502,
      afterEffect: true,
      times: 1,
    });
    await expect(apply()).rejects.toMatchObject({ httpStatus: 502 });
    expect(notRight((await apply()).steps)).toMatchObject([{ state: 'waits' }]);
  });

  it('goes on where it broke off, without doubling anything', async () => {
    await control('POST', '/faults', {
      method: 'POST',
      path: '/v2/policies',
      kind: 'status',
      status: 502,
      afterEffect: true,
      times: 1,
    });
    await expect(apply()).rejects.toMatchObject({ httpStatus: 502 });
    await apply();
    expect(await policies()).toHaveLength(9);
    expect(notRight(await plan())).toEqual([]);
  });

  it('gives a new maker its role, once, through the guard', async () => {
    await apply();
    const { userInfo } = await newAccount('maker-2');
    const of = { ...wanted, makerId: userInfo.userId };
    // The old maker is now an account that nobody knows; it holds nothing dangerous.
    const first = await apply(of);
    expect(first.done).toEqual([
      { what: expect.stringContaining('maker-2'), approvalId: expect.stringMatching(/^ap-/) },
    ]);
    expect(notRight((await apply(of)).steps)).toMatchObject([
      { state: 'waits', approvalId: first.done[0]?.approvalId },
    ]);
    await decide(first.done[0]?.approvalId ?? '');
    const last = await apply(of);
    expect(notRight(last.steps)).toEqual([]);
  });

  it('makes a role where none fits, and changes its own when it does not', async () => {
    const { userInfo } = await newAccount('maker-2');
    const maker = { ...wanted.roles.maker, operations: [...wanted.roles.maker.operations, 'Payouts:Read' as const] };
    const of: Wanted = { ...wanted, makerId: userInfo.userId, roles: { ...wanted.roles, maker } };
    const first = await apply(of);
    const waiting = first.done.flatMap(({ approvalId }) => (approvalId === undefined ? [] : [approvalId]));
    expect(waiting).toHaveLength(1);
    await decide(waiting[0] ?? '');
    expect(notRight(await plan(of))).toEqual([]);

    const more = { ...maker, operations: [...maker.operations, 'Exchanges:Deposits:Create' as const] };
    const wider: Wanted = { ...of, roles: { ...of.roles, maker: more } };
    const { done } = await apply(wider);
    expect(done).toEqual([{ what: expect.stringContaining('maker-2'), approvalId: expect.stringMatching(/^ap-/) }]);
    expect(notRight(await plan(wider))).toMatchObject([{ state: 'waits' }]);
    await decide(done[0]?.approvalId ?? '');
    expect(notRight(await plan(wider))).toEqual([]);
    const roles = (await setup.permissions.listPermissions({})).items.filter(({ name }) => name === 'Fiducia maker');
    expect(roles).toHaveLength(1);
  });

  it('asks officers where a template says so instead of blocking', async () => {
    const limits = organization.limits.map(({ template, rules }) => ({
      template,
      rules: rules.map((rule) => ({ ...rule, action: { kind: 'approval' as const, quorum: 2 } })),
    }));
    const of: Wanted = { ...wanted, limits };
    await apply(of);
    const count = (await policies()).find(({ name }) => name === COUNT);
    expect(count?.action).toMatchObject({
      kind: 'RequestApproval',
      approvalGroups: [{ quorum: 2, approvers: { userId: { in: wanted.officers } } }],
    });
    expect(notRight(await plan(of))).toEqual([]);
  });

  it('replaces a webhook whose secret is lost, and takes one for ours that is known by its id only', async () => {
    const { webhook: known } = await apply();
    const id = known?.id ?? '';
    expect(notRight(await planSetup(setup, wanted, { id, url: wanted.webhookUrl }))).toEqual([]);
    const lost = notRight(await planSetup(setup, wanted, undefined));
    expect(lost).toMatchObject([{ state: 'create', lines: expect.arrayContaining([expect.stringContaining(id)]) }]);
    const { webhook: fresh } = await applySetup(setup, wanted, undefined);
    const { items } = await setup.webhooks.listWebhooks({});
    expect(items.map((webhook) => webhook.id)).toEqual([fresh?.id]);
    expect(fresh?.id).not.toBe(id);
  });
});

describe('the settings of the set-up', () => {
  const given = { SETUP_MAKER: 'us-maker', PUBLIC_URL: 'https://fiducia.test/' };

  it('are asked for all at once, by name', () => {
    expect(() => wantedFrom(given)).toThrow(/missing:\n {2}SETUP_AUTH_TOKEN\n {2}SETUP_OFFICERS: user ids/);
    expect(() => accessOf({ DFNS_ORG_ID: 'or-1' }, 'maker')).toThrow(
      /DFNS_API_URL\n {2}MAKER_AUTH_TOKEN\n {2}MAKER_CREDENTIAL_ID\n {2}MAKER_PRIVATE_KEY/,
    );
  });

  it('name the set-up account by its token, which is never shown', async () => {
    const { serviceAccounts } = await control('GET', '/organization');
    const env = { ...given, SETUP_OFFICERS: 'us-1, us-2', SETUP_AUTH_TOKEN: serviceAccounts.setup.authToken };
    expect(wantedFrom(env)).toMatchObject({
      setupId: serviceAccounts.setup.userId,
      officers: ['us-1', 'us-2'],
      checkerId: undefined,
      webhookUrl: 'https://fiducia.test/webhooks/dfns',
    });
    for (const token of ['secret-token', 'secret.token.x', `x.${btoa('{}')}.x`]) {
      const complaint = () => wantedFrom({ ...env, SETUP_AUTH_TOKEN: token });
      expect(complaint).toThrow('SETUP_AUTH_TOKEN is no token of Dfns');
      expect(complaint).not.toThrow(token);
    }
  });
});
