// Amounts, and the rules that bound them: limits, mandates, orders, statements.
import { describe, expect, it } from 'vitest';
import { parseUnits, showAmount } from '../../src/domain/amount.ts';
import { assetIdOf, findAsset } from '../../src/domain/asset.ts';
import { freshLimitDay, limitDayId, release, reserve } from '../../src/domain/limit.ts';
import {
  activateMandate,
  allowOrder,
  expireMandate,
  followDestination,
  holdsAt,
  type Mandate,
  revoke,
} from '../../src/domain/mandate.ts';
import { block, cancel, complete, execute, failOrder, notAfterOf, rejectOrder, skip } from '../../src/domain/order.ts';
import { makeStatement } from '../../src/domain/statement.ts';
import { utcDay } from '../../src/domain/time.ts';
import {
  AT,
  accepted,
  activeMandate,
  grantedMandate,
  idOf,
  limitDay,
  movement,
  NATIVE,
  refusalOf,
  releasedOrder,
  USDC,
  USDC_CONTRACT,
} from '../support/build.ts';

describe('units', () => {
  it.each([
    ['0', 0n],
    ['1', 1n],
    ['9007199254740993', 9007199254740993n],
    [(2n ** 256n - 1n).toString(), 2n ** 256n - 1n],
  ])('%s are whole base units', (text, units) => {
    expect(parseUnits(text)).toBe(units);
  });

  it.each([
    ['blank', ''],
    ['a space', ' 1'],
    ['a trailing line break', '1\n'],
    ['a sign', '+1'],
    ['a negative', '-1'],
    ['an exponent', '1e6'],
    ['a fraction', '1.0'],
    ['a separator', '1,000'],
    ['an underscore', '1_000'],
    ['a leading zero', '01'],
    ['two zeros', '00'],
    ['hexadecimal', '0x10'],
    ['digits of another script', '\u0661'],
    ['more than uint256', (2n ** 256n).toString()],
    ['79 digits', `1${'0'.repeat(78)}`],
  ])('refuse %s', (_, text) => {
    expect(parseUnits(text)).toBeUndefined();
  });

  it.each([
    [USDC, 1_500_000n, '1.5 USDC'],
    [USDC, 1n, '0.000001 USDC'],
    [USDC, 999_999n, '0.999999 USDC'],
    [USDC, 1_000_000n, '1 USDC'],
    [USDC, 10_000_000n, '10 USDC'],
    [USDC, 0n, '0 USDC'],
    [USDC, -1_500_000n, '-1.5 USDC'],
    [USDC, -1n, '-0.000001 USDC'],
    [NATIVE, 2n ** 64n, '18.446744073709551616 ETH'],
    ['EthereumSepolia/0xdead', 7n, '7 base units'],
  ])('of %s: %s are shown as %s', (asset, units, text) => {
    expect(showAmount(asset, units)).toBe(text);
  });
});

describe('asset', () => {
  it('is named by its network and its contract in lower case', () => {
    expect(assetIdOf('EthereumSepolia', undefined)).toBe(NATIVE);
    expect(assetIdOf('EthereumSepolia', `0x${USDC_CONTRACT.slice(2).toUpperCase()}`)).toBe(USDC);
    expect(findAsset(USDC)?.symbol).toBe('USDC');
    expect(findAsset('EthereumSepolia/0xdead')).toBeUndefined();
  });
});

describe('daily limit', () => {
  const limit = { asset: USDC, perOrder: 5n, perDay: 10n };

  it('is reserved up to the limit itself', () => {
    expect(accepted(reserve(limitDay({ reserved: 7n, version: 3 }), 3n, limit))).toMatchObject({
      reserved: 10n,
      version: 4,
    });
  });

  it('is refused one unit above the limit, with the numbers', () => {
    expect(refusalOf(reserve(limitDay({ reserved: 7n, version: 3 }), 4n, limit))).toEqual({
      code: 'daily_limit_exceeded',
      asset: USDC,
      limit: '10',
      used: '7',
      requested: '4',
    });
  });

  it('is exact beyond what a float can count', () => {
    const large = { ...limit, perDay: 2n ** 53n + 1n };
    expect(reserve(limitDay({ reserved: 2n ** 53n }), 1n, large).ok).toBe(true);
    expect(reserve(limitDay({ reserved: 2n ** 53n }), 2n, large).ok).toBe(false);
  });

  it('is given back down to nothing and never below', () => {
    expect(release(limitDay({ reserved: 7n, version: 3 }), 7n)).toMatchObject({ reserved: 0n, version: 4 });
    expect(() => release(limitDay({ reserved: 7n }), 8n)).toThrow(RangeError);
  });

  it('is a subject of its own for each mandate, asset and UTC day', () => {
    const of = { accountId: idOf('acc'), holder: idOf('mnd'), asset: USDC, day: utcDay('2031-03-03T23:59:59.999Z') };
    expect(freshLimitDay(of)).toMatchObject({ reserved: 0n, version: 0, day: '2031-03-03' });
    const ids = [
      limitDayId(idOf('mnd'), USDC, '2031-03-03'),
      limitDayId(idOf('mnd', 2), USDC, '2031-03-03'),
      limitDayId(idOf('mnd'), NATIVE, '2031-03-03'),
      limitDayId(idOf('mnd'), USDC, utcDay('2031-03-04T00:00:00.000Z')),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(freshLimitDay(of).id).toBe(ids[0]);
  });
});

describe('mandate', () => {
  const mandate = activeMandate();

  it('allows an order up to its limit and refuses one unit more', () => {
    expect(accepted(allowOrder(mandate, { asset: USDC, units: 5_000_000n })).perDay).toBe(8_000_000n);
    expect(refusalOf(allowOrder(mandate, { asset: USDC, units: 5_000_001n }))).toEqual({
      code: 'order_limit_exceeded',
      asset: USDC,
      limit: '5000000',
      requested: '5000001',
    });
  });

  it('refuses an asset that it does not name', () => {
    expect(refusalOf(allowOrder(mandate, { asset: NATIVE, units: 1n }))).toEqual({
      code: 'asset_not_in_mandate',
      asset: NATIVE,
    });
  });

  it.each([
    ['2031-02-28T23:59:59.999Z', false],
    ['2031-03-01T00:00:00.000Z', true],
    ['2031-03-31T23:59:59.999Z', true],
    ['2031-04-01T00:00:00.000Z', false],
  ])('at %s holds: %s', (at, holds) => {
    const result = holdsAt(mandate, at);
    expect(result.ok).toBe(holds);
    if (!result.ok) expect(result.refusal.code).toBe('mandate_not_valid_now');
  });

  it.each<[string, Mandate]>([
    ['granted', grantedMandate()],
    ['revoked', revoke(mandate, AT)],
    ['rejected', followDestination(grantedMandate(), 'rejected', AT) ?? mandate],
    ['expired', expireMandate(mandate, AT)],
  ])('that is %s does not hold', (status, other) => {
    expect(refusalOf(holdsAt(other, AT))).toEqual({ code: 'mandate_not_active', found: status });
  });

  it.each([
    ['proposed', undefined],
    ['requested', undefined],
    ['in_review', undefined],
    ['approved', 'active'],
    ['refused', 'rejected'],
    ['withdrawn', 'rejected'],
    ['rejected', 'rejected'],
    ['expired', 'rejected'],
    ['failed', 'rejected'],
    ['removed', 'rejected'],
  ] as const)('granted on a destination that is %s becomes %s', (status, becomes) => {
    expect(followDestination(grantedMandate(), status, AT)?.status).toBe(becomes);
  });

  it('becomes active, and every step raises its version by one and keeps what was agreed', () => {
    const active = activateMandate(grantedMandate(), AT);
    expect(active).toMatchObject({ status: 'active', activeSince: AT, version: 2, limits: mandate.limits });
    expect(revoke(active, AT)).toMatchObject({ status: 'revoked', revokedAt: AT, activeSince: AT, version: 3 });
  });
});

describe('order', () => {
  it('may start until an hour after it was due, or after it was caught up with', () => {
    expect(notAfterOf(AT, AT)).toBe('2031-03-03T10:00:00.000Z');
    expect(notAfterOf(AT, '2031-03-03T12:00:00.000Z')).toBe('2031-03-03T13:00:00.000Z');
    expect(notAfterOf('2031-03-03T12:00:00.000Z', AT)).toBe('2031-03-03T13:00:00.000Z');
  });

  it('is executed by one transfer, and ends as the transfer does', () => {
    const executing = execute(releasedOrder(), idOf('xfr'));
    expect(executing).toMatchObject({ status: 'executing', transferId: idOf('xfr'), version: 2 });
    expect(complete(executing, '0xhash', AT)).toMatchObject({
      status: 'executed',
      transactionHash: '0xhash',
      executedAt: AT,
      version: 3,
    });
    expect(failOrder(executing, 'reverted')).toMatchObject({ status: 'failed', reason: 'reverted' });
    expect(rejectOrder(executing, 'denied')).toMatchObject({ status: 'rejected', reason: 'denied' });
  });

  it('that never started says why', () => {
    expect(block(releasedOrder(), 'halted', 'a halt')).toMatchObject({
      status: 'blocked',
      rule: 'halted',
      reason: 'a halt',
    });
    expect(skip(releasedOrder(), 'too late')).toMatchObject({ status: 'skipped', reason: 'too late' });
    expect(cancel(releasedOrder(), 'revoked')).toMatchObject({ status: 'canceled', reason: 'revoked' });
  });
});

describe('statement', () => {
  const period = { from: '2031-03-01T00:00:00.000Z', to: '2031-04-01T00:00:00.000Z' };
  const line = (n: number, over: Parameters<typeof movement>[0] = {}) =>
    movement({ id: idOf('mov', n), transactionHash: `0x${n}`, ...over });
  const stated = (asset: string, movements: readonly ReturnType<typeof movement>[]) =>
    makeStatement(movements, period).assets.find((row) => row.asset === asset);

  it('adds up: opening and received, less sent and fees, are the closing', () => {
    const movements = [
      line(1, { asset: NATIVE, units: 100n, at: '2031-02-01T00:00:00.000Z' }),
      line(2, { asset: NATIVE, units: 30n, direction: 'out', feeUnits: 5n, at: '2031-02-02T00:00:00.000Z' }),
      line(3, { asset: NATIVE, units: 50n }),
      line(4, { asset: NATIVE, units: 20n, direction: 'out', feeUnits: 7n }),
    ];
    expect(stated(NATIVE, movements)).toEqual({
      asset: NATIVE,
      opening: 65n,
      received: 50n,
      sent: 20n,
      fees: 7n,
      closing: 88n,
    });
  });

  it('opens the next period with what it closed', () => {
    const movements = [
      line(1, { units: 10n, at: '2031-02-28T23:59:59.999Z' }),
      line(2, { units: 4n, direction: 'out', at: '2031-03-31T23:59:59.999Z' }),
    ];
    const next = makeStatement(movements, { from: period.to, to: '2031-05-01T00:00:00.000Z' });
    expect(stated(USDC, movements)?.closing).toBe(6n);
    expect(next.assets.find(({ asset }) => asset === USDC)).toMatchObject({ opening: 6n, closing: 6n, received: 0n });
    expect(next.lines).toEqual([]);
  });

  it('takes in the first instant of its period and leaves out the last', () => {
    const { lines, assets } = makeStatement(
      [
        line(1, { units: 1n, at: '2031-02-28T23:59:59.999Z' }),
        line(2, { units: 2n, at: period.from }),
        line(3, { units: 4n, at: '2031-03-31T23:59:59.999Z' }),
        line(4, { units: 8n, at: period.to }),
      ],
      period,
    );
    expect(lines.map(({ units }) => units)).toEqual([2n, 4n]);
    expect(assets).toEqual([{ asset: USDC, opening: 1n, received: 6n, sent: 0n, fees: 0n, closing: 7n }]);
  });

  it('books the fee of a token payment to the native coin', () => {
    const movements = [line(1, { units: 9n }), line(2, { units: 4n, direction: 'out', feeUnits: 3n })];
    expect(stated(USDC, movements)).toMatchObject({ received: 9n, sent: 4n, fees: 0n, closing: 5n });
    expect(stated(NATIVE, movements)).toEqual({
      asset: NATIVE,
      opening: 0n,
      received: 0n,
      sent: 0n,
      fees: 3n,
      closing: -3n,
    });
  });

  it('carries the fee of a token payment of before in the opening', () => {
    const movements = [line(1, { units: 4n, direction: 'out', feeUnits: 3n, at: '2031-02-01T00:00:00.000Z' })];
    expect(stated(NATIVE, movements)).toMatchObject({ opening: -3n, fees: 0n, closing: -3n });
  });

  it('shows a payment to oneself in and out, and only its fee is gone', () => {
    const twice = { asset: NATIVE, units: 40n, transactionHash: '0xself' };
    const movements = [
      line(1, { asset: NATIVE, units: 100n }),
      line(2, { ...twice, direction: 'out', feeUnits: 2n }),
      line(3, { ...twice, direction: 'in' }),
    ];
    expect(stated(NATIVE, movements)).toMatchObject({ received: 140n, sent: 40n, fees: 2n, closing: 98n });
  });

  it('charges the receiver no fee, in the period and before it', () => {
    const received = { asset: NATIVE, units: 10n, feeUnits: 3n };
    const movements = [line(1, { ...received, at: '2031-02-01T00:00:00.000Z' }), line(2, received)];
    expect(stated(NATIVE, movements)).toMatchObject({ opening: 10n, fees: 0n, closing: 20n });
  });

  it('lists its lines by time, then by id, whatever their order', () => {
    const { lines } = makeStatement(
      [line(3), line(2), line(1, { at: '2031-03-05T00:00:00.000Z' }), line(4, { at: '2031-03-02T00:00:00.000Z' })],
      period,
    );
    expect(lines.map(({ id }) => id)).toEqual([4, 2, 3, 1].map((n) => idOf('mov', n)));
  });

  it('is exact beyond what a float can count', () => {
    const movements = [line(1, { units: 2n ** 200n }), line(2, { units: 1n, direction: 'out' })];
    expect(stated(USDC, movements)?.closing).toBe(2n ** 200n - 1n);
  });
});
