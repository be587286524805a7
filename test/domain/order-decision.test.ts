// How much an order moves and what stays, at both sides of each boundary.
import { describe, expect, it } from 'vitest';
import { findAsset } from '../../src/domain/asset.ts';
import { feeReserveOf } from '../../src/domain/fee.ts';
import type { HowMuch, OrderAmount } from '../../src/domain/order-amount.ts';
import { endBy, type Funds, isWait, judgeFunds } from '../../src/domain/order-decision.ts';
import type { Refusal } from '../../src/domain/refusal.ts';
import { addSeconds, secondsBetween } from '../../src/domain/time.ts';
import { nextLookAt } from '../../src/domain/wait.ts';
import { releasedOrder } from '../support/build.ts';

const assetOf = (id: string) => {
  const asset = findAsset(id);
  if (asset === undefined) throw new TypeError(`no asset ${id}`);
  return asset;
};
const coin = assetOf('EthereumSepolia/native');
const token = assetOf('EthereumSepolia/0x1c7d4b196cb0c7b01d743fbc6116a902379c7238');
const RESERVE = feeReserveOf('EthereumSepolia');
const idOf = (letter: string) => `xfr_${letter.repeat(26)}` as const;

const fixed = (units: bigint) => ({ amount: { kind: 'fixed' } as const, units });
const found = (amount: OrderAmount) => ({ amount, units: null });
const tokens = (held: bigint, over: Partial<Funds> = {}): Funds => ({
  held,
  coinHeld: RESERVE,
  isSponsored: false,
  inFlight: [],
  ...over,
});
const coins = (held: bigint, over: Partial<Funds> = {}): Funds => ({
  held,
  coinHeld: held,
  isSponsored: false,
  inFlight: [],
  ...over,
});
const said = (order: HowMuch, asset: typeof coin, funds: Funds): bigint | string => {
  const judged = judgeFunds(order, asset, funds);
  return judged.ok ? judged.value : judged.refusal.code;
};

describe('what is available', () => {
  it('of a token is the balance less what is under way', () => {
    expect(said(fixed(10n), token, tokens(10n))).toBe(10n);
    expect(said(fixed(11n), token, tokens(10n))).toBe('balance_too_low');
    const inFlight = [{ id: idOf('A'), asset: token.id, units: 4n }];
    expect(said(fixed(6n), token, tokens(10n, { inFlight }))).toBe(6n);
    expect(said(fixed(7n), token, tokens(10n, { inFlight }))).toBe('balance_too_low');
  });

  it('of the coin is less the fee of this transfer', () => {
    expect(said(fixed(5n), coin, coins(RESERVE + 5n))).toBe(5n);
    expect(said(fixed(6n), coin, coins(RESERVE + 5n))).toBe('balance_too_low');
    expect(said(fixed(1n), coin, coins(RESERVE - 1n))).toBe('balance_too_low');
  });

  it('of a token is nothing where the coin for the fee is missing, or is on its way out', () => {
    expect(said(fixed(1n), token, tokens(10n, { coinHeld: RESERVE - 1n }))).toBe('no_fee_coin');
    const inFlight = [{ id: idOf('A'), asset: coin.id, units: 1n }];
    expect(said(fixed(1n), token, tokens(10n, { inFlight }))).toBe('no_fee_coin');
    expect(said(fixed(1n), token, tokens(10n, { inFlight, coinHeld: RESERVE + 1n }))).toBe(1n);
  });
});

describe('with a fee sponsor', () => {
  const isSponsored = true;
  it('a token moves without any coin, and of the coin nothing stays behind', () => {
    expect(said(fixed(10n), token, tokens(10n, { isSponsored, coinHeld: 0n }))).toBe(10n);
    expect(said(fixed(11n), token, tokens(10n, { isSponsored, coinHeld: 0n }))).toBe('balance_too_low');
    expect(said(fixed(RESERVE), coin, coins(RESERVE, { isSponsored }))).toBe(RESERVE);
    expect(said(fixed(RESERVE + 1n), coin, coins(RESERVE, { isSponsored }))).toBe('balance_too_low');
    expect(said(found({ kind: 'share', basisPoints: 10_000 }), coin, coins(7n, { isSponsored }))).toBe(7n);
  });
});

describe('a share', () => {
  const share = (basisPoints: number) => found({ kind: 'share', basisPoints });

  it('is rounded down, and nothing is no order', () => {
    expect(said(share(5_000), token, tokens(9n))).toBe(4n);
    expect(said(share(10_000), token, tokens(9n))).toBe(9n);
    expect(said(share(1), token, tokens(9_999n))).toBe('nothing_available');
    expect(said(share(1), token, tokens(10_000n))).toBe(1n);
  });

  it('and a sweep wait while anything of the wallet is under way; a fixed amount does not', () => {
    const inFlight = [{ id: idOf('A'), asset: coin.id, units: 1n }];
    const funds = tokens(10n, { inFlight, coinHeld: RESERVE + 1n });
    expect(said(share(5_000), token, funds)).toBe('wallet_busy');
    expect(said(found({ kind: 'above', floor: 0n }), token, funds)).toBe('wallet_busy');
    expect(said(fixed(10n), token, funds)).toBe(10n);
  });

  it('of a sweep is what lies above the floor', () => {
    const above = (floor: bigint) => said(found({ kind: 'above', floor }), token, tokens(10n));
    expect([above(0n), above(9n), above(10n), above(11n)]).toEqual([10n, 1n, 'nothing_available', 'nothing_available']);
  });
});

describe('a no', () => {
  const nothing = { code: 'nothing_available', asset: token.id, held: '0', inFlight: '0', feeReserve: '0' } as const;
  const late = { code: 'order_too_late', notAfter: '2031-03-03T10:00:00.000Z' } as const;
  it.each([
    ['nothing above the floor of a sweep that recurs', { kind: 'sweep' }, { ...nothing, floor: '5' }, 'skipped'],
    [
      'nothing above the floor of a sweep of a person',
      { kind: 'sweep', scheduleId: null, slot: null },
      { ...nothing, floor: '5' },
      'blocked',
    ],
    ['nothing to take a share of', { kind: 'trade_funding' }, { ...nothing, floor: '0' }, 'blocked'],
    ['too late', { kind: 'trade_funding' }, late, 'skipped'],
    ['a halt over a sweep', { kind: 'sweep' }, { code: 'halted', level: 'all', reason: 'x' }, 'blocked'],
  ] as const)('of %s ends the order by its rule', (_, over, refusal, status) => {
    expect(endBy(releasedOrder(over), refusal, 'why')).toMatchObject({ status, rule: refusal.code, reason: 'why' });
  });

  it('is waited for only where it is not known yet', () => {
    const fence = (result: string): Refusal => ({ code: 'fence_not_proven', result, checkedAt: null });
    expect([fence('unknown'), fence('broken')].map(isWait)).toEqual([true, false]);
    expect(isWait({ code: 'wallet_busy', transferIds: [] })).toBe(true);
    expect(isWait({ code: 'halted', level: 'all', reason: 'x' })).toBe(false);
  });

  it('that is waited for is looked at again more and more rarely, shortly before its time is over, and after it', () => {
    const since = '2031-03-03T09:00:00.000Z';
    const looksUntil = (notAfter: string): number[] => {
      const looks = [since];
      for (let at = since; at <= notAfter; looks.push(at)) at = nextLookAt({ since, notAfter }, at);
      return looks.map((at) => secondsBetween(since, at));
    };
    expect(looksUntil(addSeconds(since, 3_600))).toEqual([
      ...[0, 50, 100, 200, 400, 800, 1_600, 2_500, 3_400],
      ...[3_480, 3_530, 3_580, 3_630],
    ]);
    expect(looksUntil(addSeconds(since, 60))).toEqual([0, 50, 100]);
  });
});
