// What holds money in, and what stops it: the fence of an account and halts.
import { describe, expect, it } from 'vitest';
import type { CustodyAction, CustodyPolicy, CustodyWallet, PendingChange } from '../../src/domain/custody.ts';
import {
  checkFence,
  checkGuard,
  type Fence,
  type FoundFence,
  guardActivities,
  resultOf,
  standsAt,
  summarize,
  type WantedFence,
} from '../../src/domain/fence.ts';
import { deskSays } from '../../src/domain/fence-advice.ts';
import { lift } from '../../src/domain/halt.ts';
import type { ProofStanding } from '../../src/domain/permission-proof.ts';
import {
  ADDRESS,
  AT,
  accepted,
  activeHalt,
  amountPolicy,
  client,
  custodyWallet,
  fence,
  foundFence,
  guardPolicy,
  guards,
  limitsPolicy,
  listPolicy,
  OTHER_ADDRESS,
  officers,
  refusalOf,
  soundProof,
  staff,
  TAG,
  velocityPolicy,
  wantedFence,
} from '../support/build.ts';

const codesOf = (wanted: WantedFence, found: FoundFence) => checkFence(wanted, found).map(({ code }) => code);
const pending = (over: Partial<PendingChange> = {}): PendingChange => ({
  id: 'cr-1',
  approvalId: 'ap-1',
  addresses: [ADDRESS, OTHER_ADDRESS],
  archives: false,
  ...over,
});
const approval = (over: Partial<Extract<CustodyAction, { kind: 'approval' }>> = {}): CustodyAction => ({
  kind: 'approval',
  groups: [officers],
  autoRejectMinutes: 1440,
  ...over,
});

describe('fence', () => {
  it('that stands as wanted has no finding', () => {
    expect(checkFence(wantedFence(), foundFence())).toEqual([]);
    expect(resultOf([])).toBe('intact');
  });

  it.each<[string, FoundFence, string]>([
    ['a wallet is missing', foundFence({ wallet: undefined }), 'wallet_missing'],
    ['the tag is gone', foundFence({ wallet: custodyWallet({ tags: ['limits:standard'] }) }), 'tag_missing'],
    [
      'the tag is another client’s',
      foundFence({ wallet: custodyWallet({ tags: [`${TAG}9`, 'limits:standard'] }) }),
      'tag_missing',
    ],
    ['the limits tag is gone', foundFence({ wallet: custodyWallet({ tags: [TAG] }) }), 'limits_tag_missing'],
    ['the list is not active', foundFence({ list: listPolicy({ isActive: false }) }), 'list_missing'],
    ['the list is not there', foundFence({ list: listPolicy({ id: 'plc-9' }) }), 'list_missing'],
    [
      'the list guards another activity',
      foundFence({ list: listPolicy({ activity: 'Policies:Modify' }) }),
      'list_rule_differs',
    ],
    ['the list has another rule', foundFence({ list: listPolicy({ rule: { kind: 'always' } }) }), 'list_rule_differs'],
    [
      'the list holds one address more',
      foundFence({ list: listPolicy({ rule: { kind: 'approved_list', addresses: [ADDRESS, OTHER_ADDRESS] } }) }),
      'list_differs',
    ],
    [
      'the list holds one address less',
      foundFence({ list: listPolicy({ rule: { kind: 'approved_list', addresses: [] } }) }),
      'list_differs',
    ],
    [
      'the list is narrowed by another filter',
      foundFence({ list: listPolicy({ hasOtherFilters: true }) }),
      'list_filter_differs',
    ],
    ['the list covers no tag', foundFence({ list: listPolicy({ walletTagsAll: [] }) }), 'list_filter_differs'],
    [
      'the list asks for a second tag',
      foundFence({ list: listPolicy({ walletTagsAll: [TAG, 'x'] }) }),
      'list_filter_differs',
    ],
    ['the list only asks', foundFence({ list: listPolicy({ action: approval() }) }), 'list_action_differs'],
    ['the list does nothing', foundFence({ list: listPolicy({ action: { kind: 'none' } }) }), 'list_action_differs'],
    [
      'a change of the list waits',
      foundFence({ list: listPolicy({ pendingChange: pending() }) }),
      'foreign_change_pending',
    ],
    ['the limits are not active', foundFence({ limits: limitsPolicy({ isActive: false }) }), 'limits_missing'],
    [
      'the limits hold another tag',
      foundFence({ limits: limitsPolicy({ walletTagsAll: ['limits:x'] }) }),
      'limits_missing',
    ],
    ['the limits count nothing', foundFence({ limits: limitsPolicy({ rule: { kind: 'always' } }) }), 'limits_missing'],
    [
      'the limits do nothing',
      foundFence({ limits: limitsPolicy({ action: { kind: 'none' } }) }),
      'limits_action_differs',
    ],
    ['the limits only ask', foundFence({ limits: limitsPolicy({ action: approval() }) }), 'limits_action_differs'],
    ['the limits are filtered', foundFence({ limits: limitsPolicy({ hasOtherFilters: true }) }), 'limits_filtered'],
    [
      'the limits ask for a second tag',
      foundFence({ limits: limitsPolicy({ walletTagsAll: ['limits:standard', 'x'] }) }),
      'limits_filtered',
    ],
    [
      'the limits count further',
      foundFence({ limits: limitsPolicy({ rule: { kind: 'count', limit: 101, timeframeMinutes: 1440 } }) }),
      'limits_differ',
    ],
    [
      'the limits count over another window',
      foundFence({ limits: limitsPolicy({ rule: { kind: 'count', limit: 100, timeframeMinutes: 1439 } }) }),
      'limits_differ',
    ],
    ['the amount of one transfer is free', foundFence({ amount: amountPolicy({ isActive: false }) }), 'limits_missing'],
    [
      'the amount of one transfer is higher',
      foundFence({ amount: amountPolicy({ rule: { kind: 'amount', limit: 250_001 } }) }),
      'limits_differ',
    ],
    ['the amount in a day is free', foundFence({ velocity: velocityPolicy({ isActive: false }) }), 'limits_missing'],
    [
      'the amount in a day is higher',
      foundFence({
        velocity: velocityPolicy({ rule: { kind: 'velocity', limit: 1_000_001, timeframeMinutes: 1440 } }),
      }),
      'limits_differ',
    ],
  ])('in which %s has that one finding', (_, found, code) => {
    const findings = checkFence(wantedFence(), found);
    expect(findings.map((finding) => finding.code)).toEqual([code]);
    expect(resultOf(findings)).toBe('broken');
  });

  it('without a guard has a finding for each activity', () => {
    expect(codesOf(wantedFence(), foundFence({ guards: [] }))).toEqual([
      'guard_missing',
      'guard_missing',
      'guard_missing',
    ]);
  });

  it('names every finding at once', () => {
    const found = foundFence({
      wallet: custodyWallet({ tags: [] }),
      list: listPolicy({ hasOtherFilters: true }),
      guards: [],
    });
    expect(new Set(codesOf(wantedFence(), found))).toEqual(
      new Set(['tag_missing', 'limits_tag_missing', 'list_filter_differs', 'guard_missing']),
    );
  });

  it('checks each wallet against its own answer', () => {
    const wanted = wantedFence({ custodyWalletIds: ['wa-1', 'wa-2'] });
    const second = foundFence();
    expect(codesOf(wanted, { ...second, wallets: [custodyWallet(), custodyWallet({ id: 'wa-2' })] })).toEqual([]);
    const findings = checkFence(wanted, { ...second, wallets: [custodyWallet(), undefined] });
    expect(findings.map(({ says }) => says)).toEqual(['Custody does not return the wallet wa-2.']);
  });

  it('of an account that never had a list misses it', () => {
    expect(codesOf(wantedFence({ policyId: null }), foundFence())).toEqual(['list_missing']);
  });

  it('in which a change of the limits waits that nobody asked for here has a finding', () => {
    const found = foundFence({ limits: limitsPolicy({ pendingChange: pending({ addresses: undefined }) }) });
    expect(resultOf(checkFence(wantedFence(), found))).not.toBe('intact');
  });

  it('is degraded by findings that break nothing', () => {
    expect(resultOf([{ code: 'permission_proof_old', severity: 'degrades', says: 'The proof is old.' }])).toBe(
      'degraded',
    );
  });
});

describe('fence and the keys of its wallets', () => {
  const stray = (over: Partial<CustodyWallet> = {}) => custodyWallet({ id: 'wa-9', tags: [], ...over });
  const judged = (wallet: CustodyWallet) =>
    checkFence(wantedFence(), foundFence({ strays: [wallet] })).map(({ code, severity }) => [code, severity]);

  it('is broken by another wallet on one of them that no approved list holds', () => {
    expect(judged(stray())).toEqual([['wallet_outside', 'breaks']]);
  });

  it('is degraded by one that the list holds all the same', () => {
    expect(judged(stray({ tags: [TAG] }))).toEqual([['wallet_unknown', 'degrades']]);
  });

  it('is not concerned with one that can no longer spend', () => {
    expect(judged(stray({ isActive: false }))).toEqual([]);
  });
});

describe('what the desk reads of a finding', () => {
  it('is what the client reads and what to do about it', () => {
    const [finding] = checkFence(wantedFence(), foundFence({ wallet: custodyWallet({ tags: ['limits:standard'] }) }));
    if (finding === undefined) throw new Error('the tag is missing');
    expect(deskSays(finding)).toBe(`${finding.says} ${deskSays({ ...finding, says: '' }).trim()}`);
    expect(deskSays(finding)).toContain('Put the tag back');
  });
});

describe('fence and the limits of its template', () => {
  it('names each rule that is missing in its own words', () => {
    const found = foundFence({ limits: limitsPolicy({ isActive: false }), amount: amountPolicy({ isActive: false }) });
    expect(checkFence(wantedFence(), found).map(({ says }) => says)).toEqual([
      'The limit of at most 250,000 USD in one transfer is not in force at custody.',
      'The limit of at most 100 transfers within 1 day is not in force at custody.',
    ]);
  });

  it('says what stands where another was wanted', () => {
    const found = foundFence({ amount: amountPolicy({ rule: { kind: 'amount', limit: 9_000_000 } }) });
    expect(checkFence(wantedFence(), found)[0]?.says).toContain(
      'at most 9,000,000 USD in one transfer instead of at most 250,000 USD in one transfer',
    );
  });

  it('is not broken by a narrower rule beside the wanted one', () => {
    const found = foundFence();
    const narrower = amountPolicy({ id: 'plc-9', rule: { kind: 'amount', limit: 1 } });
    expect(codesOf(wantedFence(), { ...found, policies: [narrower, ...found.policies] })).toEqual([]);
  });

  it('of another template looks at that template’s tag', () => {
    const wallet = custodyWallet({ tags: [TAG, 'limits:small'] });
    expect(
      codesOf(wantedFence({ limitsTemplate: 'small', limitsAccepted: ['small'] }), foundFence({ wallet })),
    ).toEqual(['limits_missing', 'limits_missing', 'limits_missing']);
  });
});

describe('fence and the proof of rights', () => {
  const unsound = { provenAt: AT, findings: [{ code: 'too_many_rights', says: 'The maker may vote.' }] };

  it.each<[string, ProofStanding, string[]]>([
    ['seven days to the millisecond', soundProof({ soundAt: '2031-02-24T09:00:00.000Z' }), []],
    ['older than seven days', soundProof({ soundAt: '2031-02-24T08:59:59.999Z' }), ['permission_proof_old']],
    ['absent', soundProof({ soundAt: null }), ['permission_proof_old']],
    ['unsound since', soundProof({ unsound }), ['permission_proof_unsound']],
    [
      'unsound, and none before',
      soundProof({ soundAt: null, unsound }),
      ['permission_proof_old', 'permission_proof_unsound'],
    ],
  ])('that is %s', (_, proof, codes) => {
    const findings = checkFence(wantedFence(), foundFence({ proof }));
    expect(findings.map(({ code }) => code)).toEqual(codes);
    expect(resultOf(findings)).toBe(codes.length === 0 ? 'intact' : 'degraded');
  });

  it('says since when, and what it is about', () => {
    const [old] = checkFence(wantedFence(), foundFence({ proof: soundProof({ soundAt: '2031-01-05T08:00:00.000Z' }) }));
    expect(old?.says).toBe(
      'Who may vote, untag wallets and assign rights at custody was last proven on 2031-01-05; a proof counts for 7 days.',
    );
  });
});

describe('fence during a change of ours', () => {
  const list = [ADDRESS, OTHER_ADDRESS];
  const wanted = wantedFence({ lists: [[ADDRESS], list], ourChangeRequestId: 'cr-1', listUnderWay: list });
  const withList = (addresses: readonly string[], over: Partial<CustodyPolicy> = {}) =>
    foundFence({ list: listPolicy({ rule: { kind: 'approved_list', addresses }, ...over }) });

  it('accepts the list before and the list after, and no third', () => {
    expect(codesOf(wanted, withList([ADDRESS]))).toEqual([]);
    expect(codesOf(wanted, withList([OTHER_ADDRESS, ADDRESS]))).toEqual([]);
    expect(codesOf(wanted, withList([OTHER_ADDRESS]))).toEqual(['list_differs']);
  });

  it.each<[string, PendingChange, WantedFence, string[]]>([
    ['our request with our list', pending(), wanted, []],
    [
      'our list while its request is not known yet',
      pending({ id: 'cr-9' }),
      { ...wanted, ourChangeRequestId: undefined },
      [],
    ],
    ['our list in another order', pending({ addresses: [OTHER_ADDRESS, ADDRESS] }), wanted, []],
    ['our list under another request', pending({ id: 'cr-9' }), wanted, ['foreign_change_pending']],
    ['our request with another list', pending({ addresses: [ADDRESS] }), wanted, ['foreign_change_pending']],
    ['our request without a list', pending({ addresses: undefined }), wanted, ['foreign_change_pending']],
    ['our request, but to archive', pending({ archives: true }), wanted, ['foreign_change_pending']],
    ['a request while nothing of ours is under way', pending(), wantedFence(), ['foreign_change_pending']],
  ])('judges as pending %s', (_, pendingChange, expected, codes) => {
    expect(codesOf(expected, withList([ADDRESS], { pendingChange }))).toEqual(codes);
  });
});

describe('guard', () => {
  it('that asks officers within a day is sound', () => {
    expect(checkGuard(guards())).toEqual([]);
  });

  it.each<[string, Partial<CustodyPolicy>]>([
    ['does not always trigger', { rule: { kind: 'other', name: 'TransactionAmountLimit' } }],
    ['is filtered by a tag', { walletTagsAll: ['x'] }],
    ['is filtered otherwise', { hasOtherFilters: true }],
    ['is about to change', { pendingChange: pending({ addresses: undefined }) }],
    ['only blocks nothing', { action: { kind: 'none' } }],
    ['asks no group', { action: approval({ groups: [] }) }],
    ['waits without an end', { action: approval({ autoRejectMinutes: undefined }) }],
    ['waits longer than a day', { action: approval({ autoRejectMinutes: 1441 }) }],
    ['asks anyone', { action: approval({ groups: [{ ...officers, approvers: undefined }] }) }],
    [
      'may be answered by a service account',
      { action: approval({ groups: [{ ...officers, serviceAccountsCanApprove: true }] }) },
    ],
    [
      'has a second group that asks anyone',
      { action: approval({ groups: [officers, { ...officers, approvers: undefined }] }) },
    ],
  ])('that %s is unsound', (_, over) => {
    for (const weak of guardActivities) {
      const policies = guardActivities.map((activity) => guardPolicy(activity, activity === weak ? over : {}));
      const findings = checkGuard(policies);
      expect(findings.map(({ code }) => code)).toEqual(['guard_unsound']);
      expect(findings[0]?.says).toContain(weak);
    }
  });

  it('that is not active is missing', () => {
    expect(checkGuard(guards().map((policy) => ({ ...policy, isActive: false }))).map(({ code }) => code)).toEqual([
      'guard_missing',
      'guard_missing',
      'guard_missing',
    ]);
  });

  it('that is sound is enough beside one that is not', () => {
    expect(checkGuard([guardPolicy('Policies:Modify', { walletTagsAll: ['x'] }), ...guards()])).toEqual([]);
  });
});

describe('last fence check', () => {
  it.each([
    ['2031-03-04T09:00:00.000Z', 'intact'],
    ['2031-03-04T09:00:00.001Z', 'unknown'],
  ])('of nine o’clock the day before stands at %s as %s', (at, result) => {
    expect(standsAt(fence(), at)).toBe(result);
  });

  it('is unknown where there was none, and what it was while it is fresh', () => {
    expect(standsAt(undefined, AT)).toBe('unknown');
    expect(standsAt(fence({ result: 'broken' }), AT)).toBe('broken');
    expect(standsAt(fence({ result: 'degraded' }), AT)).toBe('degraded');
  });

  it('is summed up for the client with what custody returned', () => {
    expect(summarize(wantedFence(), foundFence())).toEqual({
      addresses: [ADDRESS],
      action: 'block',
      limits: [
        { kind: 'amount', limit: 250_000, windowMinutes: null, action: 'block' },
        { kind: 'velocity', limit: 1_000_000, windowMinutes: 1440, action: 'block' },
        { kind: 'count', limit: 100, windowMinutes: 1440, action: 'block' },
      ],
      permissionsProvenAt: '2031-03-03T08:00:00.000Z',
      guard: [{ name: 'officers', quorum: 1, approvers: 2 }],
    });
    expect(
      summarize(wantedFence(), { wallets: [], policies: [], strays: [], proof: soundProof({ soundAt: null }) }),
    ).toEqual({
      addresses: [],
      action: 'none',
      limits: [],
      permissionsProvenAt: null,
      guard: [],
    });
  });
});

describe('halt', () => {
  const by = (actor: Parameters<typeof lift>[1]['actor'], checked?: Fence) => ({
    actor,
    at: '2031-03-03T10:00:00.000Z',
    reason: 'answered',
    fence: checked,
  });

  it('is lifted by another person of the same role, with the reason', () => {
    expect(accepted(lift(activeHalt(), by(staff('operator-2', 'operator'))))).toMatchObject({
      status: 'lifted',
      liftedAt: '2031-03-03T10:00:00.000Z',
      liftedBy: 'https://issuer.test|operator-2',
      liftReason: 'answered',
      version: 2,
    });
  });

  it('is not lifted by its maker, also not under another role', () => {
    expect(refusalOf(lift(activeHalt(), by(staff('operator-1', 'operator', 'admin')))).code).toBe(
      'halt_needs_another_person',
    );
  });

  it('is lifted by the same subject of another issuer: that is another person', () => {
    const other = { kind: 'staff', issuer: 'https://other.test', subject: 'operator-1', roles: ['operator'] } as const;
    expect(lift(activeHalt(), by(other)).ok).toBe(true);
  });

  it.each([
    [1, client('client-2'), true],
    [2, client('client-2'), false],
    [2, staff('operator-2', 'operator'), true],
    [3, staff('operator-2', 'operator'), false],
    [3, staff('compliance-1', 'compliance'), true],
    [1, staff('nobody'), false],
  ])('made at rank %i is lifted by %o: %s', (makerRank, actor, isLifted) => {
    const result = lift(activeHalt({ makerRank }), by(actor));
    expect(result.ok).toBe(isLifted);
    if (!result.ok) expect(result.refusal.code).toBe('halt_needs_higher_role');
  });

  it.each([
    ['no check', undefined, false],
    ['an intact check before it', fence({ checkedAt: '2031-03-03T08:59:59.999Z' }), false],
    ['an intact check of the same instant', fence({ checkedAt: AT }), false],
    ['an intact check after it', fence({ checkedAt: '2031-03-03T09:00:00.001Z' }), true],
    [
      'a check after it that found the fence broken again',
      fence({ checkedAt: '2031-03-03T09:30:00.000Z', result: 'broken' }),
      false,
    ],
    ['a degraded check after it', fence({ checkedAt: '2031-03-03T09:30:00.000Z', result: 'degraded' }), false],
  ])('for the fence with %s', (_, checked, isLifted) => {
    const result = lift(activeHalt({ kind: 'fence' }), by(staff('compliance-1', 'compliance'), checked));
    expect(result.ok).toBe(isLifted);
    if (!result.ok) expect(result.refusal.code).toBe('halt_needs_intact_fence');
  });

  it('for the fence is not lifted on an intact check that is older than a day', () => {
    const late = {
      ...by(staff('compliance-1', 'compliance'), fence({ checkedAt: '2031-03-03T09:00:01.000Z' })),
      at: '2031-03-04T09:00:02.000Z',
    };
    expect(lift(activeHalt({ kind: 'fence' }), late).ok).toBe(false);
  });

  it('of another kind asks for no check of the fence', () => {
    expect(lift(activeHalt({ kind: 'compliance' }), by(staff('compliance-1', 'compliance'))).ok).toBe(true);
  });
});
