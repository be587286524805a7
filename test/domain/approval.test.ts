// What an officer reads of an approval: what a list gains and loses, whose votes are missing, how bad a foreign one is.
import { describe, expect, it } from 'vitest';
import { compareLists, missingVotes, sayAction, severityOfForeign } from '../../src/domain/approval.ts';
import type { CustodyAction, CustodyApprovalInFull } from '../../src/domain/custody.ts';
import { guardPolicy, officers } from '../support/build.ts';

const asking = (groups: Extract<CustodyAction, { kind: 'approval' }>['groups']) =>
  guardPolicy('Policies:Modify', { action: { kind: 'approval', groups, autoRejectMinutes: 60 } });
const vote = (userId: string, value: 'approved' | 'denied' = 'approved') => ({ userId, value, reason: null });
const missing = (groups: Parameters<typeof asking>[0], ...decisions: ReturnType<typeof vote>[]) =>
  missingVotes([asking(groups)], { decisions, initiatorId: 'us-maker' }).map((group) => group.missing);

describe('a change of a list', () => {
  it('is counted without regard to order and repetition', () => {
    expect(compareLists(['b', 'a', 'a'], ['a', 'c', 'b']).says).toBe('adds 1, removes 0, 2 -> 3 addresses');
    expect(compareLists(['a', 'b'], ['c'])).toMatchObject({
      added: ['c'],
      removed: ['a', 'b'],
      says: 'adds 1, removes 2, 2 -> 1 addresses',
    });
    expect(compareLists(['a'], ['a']).says).toBe('leaves the list as it is, 1 -> 1 addresses');
  });
});

describe('missing votes', () => {
  it('count down to none, and never below', () => {
    const two = [{ ...officers, quorum: 2, approvers: ['us-1', 'us-2', 'us-3'] }];
    expect(missing(two)).toEqual([2]);
    expect(missing(two, vote('us-1'))).toEqual([1]);
    expect(missing(two, vote('us-1'), vote('us-2'))).toEqual([0]);
    expect(missing(two, vote('us-1'), vote('us-2'), vote('us-3'))).toEqual([0]);
  });

  it('are not made good by a no, by somebody outside the group, or by who asked', () => {
    expect(missing([officers], vote('us-1', 'denied'))).toEqual([1]);
    expect(missing([officers], vote('us-9'))).toEqual([1]);
    const anyone = { ...officers, approvers: undefined };
    expect(missing([anyone], vote('us-maker'))).toEqual([1]);
    expect(missing([{ ...anyone, initiatorCanApprove: true }], vote('us-maker'))).toEqual([0]);
    expect(missing([anyone], vote('us-9'))).toEqual([0]);
  });

  it('are counted for each group of each policy', () => {
    const groups = [officers, { ...officers, approvers: ['us-3'] }];
    expect(missing(groups, vote('us-1'))).toEqual([0, 1]);
    const none = guardPolicy('Policies:Modify', { action: { kind: 'block' } });
    expect(missingVotes([none], { decisions: [], initiatorId: 'us-maker' })).toEqual([]);
  });
});

describe('a foreign approval', () => {
  const change = (over: Partial<NonNullable<CustodyApprovalInFull['change']>> = {}) => ({
    activity: 'Policies:Modify',
    change: {
      changeRequestId: 'cr-1',
      policyId: 'plc-9',
      policyName: 'x',
      activity: 'Wallets:Sign',
      walletTags: ['treasury'],
      archives: false,
      addresses: undefined,
      ...over,
    },
  });

  it('is an alarm where it touches an account, a fence or the guard, else a notice', () => {
    expect(severityOfForeign(change(), false)).toBe('notice');
    expect(severityOfForeign(change(), true)).toBe('alarm');
    expect(severityOfForeign(change({ walletTags: ['client:cli_1'] }), false)).toBe('alarm');
    expect(severityOfForeign(change({ walletTags: ['limits:standard'] }), false)).toBe('alarm');
    expect(severityOfForeign(change({ activity: 'Policies:Modify', walletTags: [] }), false)).toBe('alarm');
    expect(severityOfForeign({ activity: 'Permissions:Assign', change: undefined }, false)).toBe('alarm');
    expect(severityOfForeign({ activity: 'Wallets:Sign', change: undefined }, false)).toBe('notice');
  });
});

describe('an action', () => {
  it('says who decides, and when silence is a no', () => {
    const groups = [officers, { ...officers, name: undefined, quorum: 2, approvers: undefined }];
    expect(sayAction({ kind: 'approval', groups, autoRejectMinutes: undefined })).toBe(
      'Asks for approval: 1 of 2 (officers) and 2 of anyone (no name).',
    );
    expect(sayAction({ kind: 'none' })).toContain('Lets it pass');
  });
});
