// What custody's policies would do, at both sides of each boundary.
import { describe, expect, it } from 'vitest';
import type { CustodyPolicy, CustodyRule, OtherFilters } from '../../src/domain/custody.ts';
import { type Forecast, forecast, type Intended, outcomeOf } from '../../src/domain/custody-forecast.ts';

const policyOf = (rule: CustodyRule, over: Partial<CustodyPolicy> = {}): CustodyPolicy => ({
  id: 'plc-1',
  name: 'A policy',
  isActive: true,
  activity: 'Wallets:Sign',
  rule,
  action: { kind: 'block' },
  walletTagsAll: ['limits:standard'],
  hasOtherFilters: false,
  pendingChange: undefined,
  ...over,
});
const intended: Intended = {
  walletId: 'wa-1',
  to: '0xa',
  usd: 100,
  walletTags: ['client:1', 'limits:standard'],
  sent: [],
};
const judged = (rule: CustodyRule, over: Partial<Intended> = {}): Forecast['triggers'] | undefined =>
  forecast([policyOf(rule)], { ...intended, ...over })[0]?.triggers;

describe('a policy', () => {
  it('bears on the wallet only when it is active, about signing, and all its tags are on the wallet', () => {
    const always = { kind: 'always' } as const;
    const over: Partial<CustodyPolicy>[] = [
      { isActive: false },
      { activity: 'Policies:Modify' },
      { walletTagsAll: ['limits:standard', 'client:2'] },
    ];
    for (const other of over) expect(forecast([policyOf(always, other)], intended)).toEqual([]);
    expect(judged(always)).toBe('yes');
  });

  it('with other filters bears on the wallet unless one of them leaves it out', () => {
    const by = (over: Partial<OtherFilters>, tags: readonly string[] = []) =>
      forecast(
        [
          policyOf(
            { kind: 'always' },
            {
              walletTagsAll: tags,
              hasOtherFilters: true,
              otherFilters: { walletIds: undefined, walletTagsAny: undefined, isWhole: true, ...over },
            },
          ),
        ],
        intended,
      )[0]?.triggers;
    expect(by({ walletIds: ['wa-2', 'wa-1'] })).toBe('yes');
    expect(by({ walletIds: ['wa-2'] })).toBeUndefined();
    expect(by({ walletTagsAny: ['client:2', 'client:1'] })).toBe('yes');
    expect(by({ walletTagsAny: ['client:2'] })).toBeUndefined();
    expect(by({ walletIds: ['wa-1'], walletTagsAny: ['client:2'] })).toBeUndefined();
    expect(by({ walletIds: ['wa-1'] }, ['client:2'])).toBeUndefined();
    expect(by({ walletIds: ['wa-1'], isWhole: false })).toBe('unknown');
    expect(by({ walletIds: ['wa-2'], isWhole: false })).toBeUndefined();
  });

  it('with filters or of a kind that is not known is unknown', () => {
    const [filtered] = forecast([policyOf({ kind: 'always' }, { hasOtherFilters: true })], intended);
    expect(filtered?.triggers).toBe('unknown');
    expect(judged({ kind: 'other', name: 'ChainalysisTransactionPrescreening' })).toBe('unknown');
  });

  it('of approved addresses triggers for any other, and for all when the list is empty', () => {
    expect(judged({ kind: 'approved_list', addresses: ['0xb', '0xa'] })).toBe('no');
    expect(judged({ kind: 'approved_list', addresses: ['0xb'] })).toBe('yes');
    expect(judged({ kind: 'approved_list', addresses: [] })).toBe('yes');
    expect(judged({ kind: 'approved_list', addresses: ['0xA'] })).toBe('unknown');
  });

  it('of a value triggers above it, and within two percent of it nobody can tell', () => {
    const amount = { kind: 'amount', limit: 1_000 } as const;
    const by = (usd: number | undefined) => judged(amount, { usd });
    expect([by(979), by(980), by(1_000), by(1_020), by(1_021), by(undefined)]).toEqual([
      'no',
      'unknown',
      'unknown',
      'unknown',
      'yes',
      'unknown',
    ]);
  });

  it('of a velocity counts what left within the window, and is unknown where one had no price', () => {
    const velocity = { kind: 'velocity', limit: 1_000, timeframeMinutes: 60 } as const;
    const sent = (minutesAgo: number, usd: number | undefined) => ({ sent: [{ minutesAgo, usd }] });
    expect(judged(velocity, sent(60, 950))).toBe('yes');
    expect(judged(velocity, sent(61, 950))).toBe('no');
    expect(judged(velocity, sent(5, undefined))).toBe('unknown');
    expect(judged(velocity, sent(61, undefined))).toBe('no');
  });

  it('of a count counts this transfer too', () => {
    const count = { kind: 'count', limit: 2, timeframeMinutes: 60 } as const;
    const sent = (...minutes: number[]) => ({ sent: minutes.map((minutesAgo) => ({ minutesAgo, usd: 1 })) });
    expect(judged(count, sent(1))).toBe('no');
    expect(judged(count, sent(1, 2))).toBe('yes');
    expect(judged(count, sent(1, 61))).toBe('no');
  });
});

describe('all of them together', () => {
  const of = (triggers: Forecast['triggers'], action: Forecast['action']): Forecast => ({
    policyId: 'plc-1',
    name: 'A policy',
    rule: 'always',
    triggers,
    action,
    says: '',
  });

  it('block when one blocks, else are unknown when one is, else wait for who has to approve', () => {
    const outcome = (...forecasts: Forecast[]) => outcomeOf(forecasts, []);
    expect(outcome()).toBe('passes');
    expect(outcome(of('no', 'block'), of('yes', 'none'), of('unknown', 'none'))).toBe('passes');
    expect(outcome(of('yes', 'approval'), of('no', 'block'))).toBe('waits_for_approval');
    expect(outcome(of('yes', 'approval'), of('unknown', 'block'))).toBe('unknown');
    expect(outcome(of('unknown', 'approval'))).toBe('unknown');
    expect(outcome(of('unknown', 'block'), of('yes', 'block'))).toBe('blocked');
  });

  it('are unknown where custody does something else, or where something besides them is not known', () => {
    expect(outcomeOf([of('no', 'other')], [])).toBe('passes');
    expect(outcomeOf([of('yes', 'other')], [])).toBe('unknown');
    expect(outcomeOf([of('unknown', 'other')], [])).toBe('unknown');
    expect(outcomeOf([of('yes', 'approval')], ['Not all were read.'])).toBe('unknown');
    expect(outcomeOf([of('yes', 'block')], ['Not all were read.'])).toBe('blocked');
  });
});
