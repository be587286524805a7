import { describe, expect, it } from 'vitest';
import { type Activity, type EngineOptions, judge, type Signing } from '../../src/sandbox/engine.ts';
import type { Policy, PolicyBody } from '../../src/sandbox/entities.ts';

const LISTED = '0xabcdefabcdefabcdefabcdefabcdefabcdefabcd';
const OTHER = '0x2222222222222222222222222222222222222222';

const at = '2026-03-02T09:00:00.000Z';
const approval: Policy['action'] & { kind: 'RequestApproval' } = {
  kind: 'RequestApproval',
  approvalGroups: [{ quorum: 1, approvers: {} }],
};
let made = 0;
const policy = (body: PolicyBody, status: Policy['status'] = 'Active'): Policy => {
  made += 1;
  return { id: `plc-${made}`, status, dateCreated: at, dateUpdated: at, ...body };
};
type SigningBody = Extract<PolicyBody, { activityKind: 'Wallets:Sign' }>;
const signing = (change: Partial<SigningBody> = {}): Policy =>
  policy({
    name: 'test',
    activityKind: 'Wallets:Sign',
    rule: { kind: 'AlwaysTrigger' },
    action: { kind: 'Block' },
    ...change,
  });
const whitelist = (...addresses: string[]) =>
  signing({ rule: { kind: 'TransactionRecipientWhitelist', configuration: { addresses } } });

const transfer = (change: Partial<Signing> = {}): Signing => ({
  kind: 'Wallets:Sign',
  walletId: 'wa-1',
  walletTags: ['client:1', 'hot'],
  isEvm: true,
  recipients: [LISTED],
  usd: 100,
  earlier: () => [],
  ...change,
});
const options: EngineOptions = {
  strictAddressCase: false,
  velocityCountsCurrent: true,
  unreadableNominal: 'trigger',
  screening: [],
};
const verdict = (policies: Policy[], activity: Activity = transfer(), change: Partial<EngineOptions> = {}) =>
  judge(policies, activity, { ...options, ...change }).verdict;

describe('the policy engine', () => {
  it('allows what no policy is about', () => {
    expect(verdict([])).toBe('allowed');
    expect(verdict([policy({ ...signing(), activityKind: 'Permissions:Assign' } as PolicyBody)])).toBe('allowed');
  });

  it('ignores archived policies', () => {
    expect(verdict([{ ...signing(), status: 'Archived' }])).toBe('allowed');
  });

  it('evaluates every matching policy, lets a Block win and adds approvals up', () => {
    const approving = signing({ action: approval });
    const judgement = judge([approving, whitelist(LISTED), signing({ action: approval })], transfer(), options);
    expect(judgement.verdict).toBe('needs_approval');
    expect(judgement.evaluations.map(({ triggered }) => triggered)).toEqual([true, false, true]);
    expect(judgement.triggered).toHaveLength(2);
    expect(verdict([approving, signing(), approving])).toBe('blocked');
  });

  it('only reports what has no action', () => {
    const judgement = judge([signing({ action: { kind: 'NoAction' } })], transfer(), options);
    expect(judgement).toMatchObject({ verdict: 'allowed', triggered: [{}] });
  });

  it.each([
    ['its wallet', { walletId: { in: ['wa-1', 'wa-2'] } }, 'blocked'],
    ['another wallet', { walletId: { in: ['wa-2'] } }, 'allowed'],
    ['any of its tags', { walletTags: { hasAny: ['client:1', 'x'] } }, 'blocked'],
    ['none of its tags', { walletTags: { hasAny: ['x'] } }, 'allowed'],
    ['all of its tags', { walletTags: { hasAll: ['client:1', 'hot'] } }, 'blocked'],
    ['a tag too many', { walletTags: { hasAll: ['client:1', 'x'] } }, 'allowed'],
    ['its wallet and another tag', { walletId: { in: ['wa-1'] }, walletTags: { hasAny: ['x'] } }, 'allowed'],
    ['both parts of its tags', { walletTags: { hasAny: ['hot'], hasAll: ['client:1'] } }, 'blocked'],
    ['one part of its tags', { walletTags: { hasAny: ['x'], hasAll: ['client:1'] } }, 'allowed'],
  ])('with a filter for %s', (_case, filters, expected) => {
    expect(verdict([signing({ filters })])).toBe(expected);
  });

  it('matches changes of policies by their id', () => {
    const guard = (ids?: string[]) =>
      policy({
        name: 'guard',
        activityKind: 'Policies:Modify',
        rule: { kind: 'AlwaysTrigger' },
        action: approval,
        ...(ids && { filters: { policyId: { in: ids } } }),
      });
    const activity = { kind: 'Policies:Modify', policyId: 'plc-x' } as const;
    expect(verdict([guard()], activity)).toBe('needs_approval');
    expect(verdict([guard(['plc-x'])], activity)).toBe('needs_approval');
    expect(verdict([guard(['plc-y'])], activity)).toBe('allowed');
    expect(verdict([signing()], activity)).toBe('allowed');
  });
});

describe('a whitelist', () => {
  it('passes listed recipients only; an empty one passes nobody', () => {
    expect(verdict([whitelist(LISTED)])).toBe('allowed');
    expect(verdict([whitelist(OTHER)])).toBe('blocked');
    expect(verdict([whitelist()])).toBe('blocked');
    expect(verdict([whitelist(LISTED)], transfer({ recipients: [LISTED, OTHER] }))).toBe('blocked');
  });

  it('compares EVM addresses without case, others and the strict reading exactly', () => {
    const listed = whitelist(LISTED.toUpperCase().replace('0X', '0x'));
    expect(verdict([listed])).toBe('allowed');
    expect(verdict([listed], transfer(), { strictAddressCase: true })).toBe('blocked');
    expect(verdict([listed], transfer({ isEvm: false }))).toBe('blocked');
  });

  it('triggers when the recipient cannot be told', () => {
    expect(verdict([whitelist(LISTED)], transfer({ recipients: undefined }))).toBe('blocked');
  });
});

describe('a limit', () => {
  const limit = signing({ rule: { kind: 'TransactionAmountLimit', configuration: { limit: 100, currency: 'USD' } } });
  const count = signing({ rule: { kind: 'TransactionCountVelocity', configuration: { limit: 2, timeframe: 60 } } });
  const velocity = signing({
    rule: { kind: 'TransactionAmountVelocity', configuration: { limit: 250, currency: 'USD', timeframe: 60 } },
  });

  it('of an amount triggers above it, not at it, and without a price', () => {
    expect(verdict([limit], transfer({ usd: 100 }))).toBe('allowed');
    expect(verdict([limit], transfer({ usd: 100.01 }))).toBe('blocked');
    expect(verdict([limit], transfer({ usd: undefined }))).toBe('blocked');
  });

  it('of a count includes the current one, or not, by the setting', () => {
    const past = (length: number) => transfer({ earlier: () => Array.from({ length }, () => ({ usd: 1 })) });
    expect(verdict([count], past(1))).toBe('allowed');
    expect(verdict([count], past(2))).toBe('blocked');
    expect(verdict([count], past(2), { velocityCountsCurrent: false })).toBe('allowed');
    expect(verdict([count], past(3), { velocityCountsCurrent: false })).toBe('blocked');
  });

  it('of a velocity sums its window and fails closed on one unknown price', () => {
    const past = (...usd: (number | undefined)[]) => transfer({ earlier: () => usd.map((each) => ({ usd: each })) });
    expect(verdict([velocity], past(150))).toBe('allowed');
    expect(verdict([velocity], past(150, 1))).toBe('blocked');
    expect(verdict([velocity], past(undefined))).toBe('blocked');
  });

  it('looks back as many minutes as its timeframe says', () => {
    const asked: number[] = [];
    const earlier = (minutes: number) => {
      asked.push(minutes);
      return [];
    };
    verdict([count], transfer({ earlier }));
    expect(asked).toEqual([60]);
  });
});
