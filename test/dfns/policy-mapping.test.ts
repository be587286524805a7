// A policy of custody in our words: what cannot be read of it is said to be so, and never left out.
import { describe, expect, it } from 'vitest';
import { toPolicy } from '../../src/dfns/policy-mapping.ts';

const answer = (over: object) => ({
  id: 'plc-1',
  name: 'A policy',
  status: 'Active',
  activityKind: 'Wallets:Sign',
  rule: { kind: 'AlwaysTrigger' },
  action: { kind: 'Block' },
  ...over,
});
const filtered = (filters: object) => toPolicy(answer({ filters }));

describe('a policy of custody', () => {
  it.each([
    [{}, undefined],
    [{ walletTags: { hasAll: ['client:1'], hasAny: [] }, walletId: null }, undefined],
    [{ walletTags: { hasAny: ['a'] } }, { walletIds: undefined, walletTagsAny: ['a'], isWhole: true }],
    [{ walletId: { in: ['wa-1'] } }, { walletIds: ['wa-1'], walletTagsAny: undefined, isWhole: true }],
    [{ walletId: { in: [] } }, { walletIds: undefined, walletTagsAny: undefined, isWhole: false }],
    [{ walletId: { notIn: ['wa-1'] } }, { walletIds: undefined, walletTagsAny: undefined, isWhole: false }],
    [{ walletTags: { hasNone: ['a'] } }, { walletIds: undefined, walletTagsAny: undefined, isWhole: false }],
    [
      { network: ['Bitcoin'], walletId: { in: ['wa-1'] } },
      { walletIds: ['wa-1'], walletTagsAny: undefined, isWhole: false },
    ],
  ])('has the filters %j beside its tags as far as they can be read', (filters, otherFilters) => {
    const read = filtered(filters);
    expect(read.otherFilters).toEqual(otherFilters);
    expect(read.hasOtherFilters).toBe(otherFilters !== undefined);
  });

  it('of a rule or an action that is not known keeps its name', () => {
    const rule = { kind: 'TransactionCountVelocity', configuration: { limit: 'many' } };
    expect(toPolicy(answer({ rule })).rule).toEqual({ kind: 'other', name: 'TransactionCountVelocity' });
    expect(toPolicy(answer({ action: { kind: 'Quarantine' } })).action).toEqual({ kind: 'other', name: 'Quarantine' });
    expect(toPolicy(answer({ action: { kind: 'NoAction' } })).action).toEqual({ kind: 'none' });
  });
});
