// Rows, batches, caps and turns of payouts, at both sides of each boundary.
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOfRetry, readDecimal, readRow, writeDecimal } from '../../src/domain/payout.ts';
import { type Batch, cancelBatch, freshCheck, releaseBatch, reopen } from '../../src/domain/payout-batch.ts';
import {
  countIn,
  countsAfter,
  freshSums,
  type PayoutSum,
  poolSums,
  releaseSum,
  reserveSums,
} from '../../src/domain/payout-cap.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { interleave, turnsOf } from '../../src/domain/turns.ts';
import { ADDRESS, AT, accepted, idOf, refusalOf, USDC } from '../support/build.ts';

const row = (over: Partial<Parameters<typeof readRow>[0]> = {}) =>
  readRow({
    network: 'EthereumSepolia',
    asset: 'usdc',
    address: ADDRESS.toUpperCase().replace('0X', '0x'),
    amount: '1.5',
    reference: '',
    ...over,
  });

describe('a payout row', () => {
  it('is read to its canonical form, and canonical rows are read to themselves', () => {
    const read = row();
    expect(read).toEqual({
      text: { network: 'EthereumSepolia', asset: USDC, address: ADDRESS, amount: '1.5', reference: null },
      units: 1_500_000n,
      problems: [],
    });
    expect(readRow(read.text)).toEqual(read);
  });

  it('with what nobody can see or that is too long is named, and what is kept of it can be shown', () => {
    for (const text of ['a\u202eb', 'a\u0000b', '\ud800', 'x'.repeat(141)]) {
      const { problems, text: kept } = row({ reference: text });
      expect(problems.map(({ column }) => column)).toEqual(['reference']);
      expect(kept.reference?.isWellFormed()).toBe(true);
      expect((kept.reference ?? '').length).toBeLessThanOrEqual(141);
    }
    expect(row({ reference: 'x'.repeat(140) }).problems).toEqual([]);
  });

  it('that was read is read again to the same, with the same named, however long its cells are and whatever they hold', () => {
    const sound = fc.constantFrom('Base', 'EthereumSepolia', 'USDC', 'usdc', ADDRESS, '1.5', USDC);
    const odd = fc.string({ unit: 'binary', maxLength: 8 });
    const blank = fc.nat({ max: 150 }).map((length) => ' '.repeat(length));
    const filler = fc.tuple(fc.constantFrom('x', '\u{1f600}', '\ud83d', ' '), fc.nat({ max: 150 }));
    const cell = fc
      .tuple(
        blank,
        sound,
        fc.oneof(
          blank,
          odd,
          filler.map(([one, length]) => one.repeat(length)),
        ),
        odd,
      )
      .map((parts) => parts.join(''));
    const any = fc.oneof(sound, cell);
    const written = fc.record({ network: any, asset: any, address: any, amount: any, reference: fc.option(any) });
    fc.assert(
      fc.property(written, (text) => {
        const read = readRow(text);
        expect(readRow(read.text)).toEqual(read);
      }),
      { numRuns: Number(env.FUZZ_CASES), seed: 7 },
    );
  });

  it('has an amount of digits, with at most the decimals of its asset, above zero', () => {
    expect(readDecimal('0.000001', 6)).toBe(1n);
    expect(readDecimal('12', 6)).toBe(12_000_000n);
    for (const text of [
      '',
      '0',
      '0.0',
      '.5',
      '5.',
      '01',
      '-1',
      '+1',
      '1e3',
      '1,5',
      '0x1',
      '１',
      '1 000',
      '0.0000001',
      '9'.repeat(73),
    ])
      expect(typeof readDecimal(text, 6), text).toBe('string');
    expect(readDecimal('9'.repeat(72), 6)).toBe(BigInt('9'.repeat(72)) * 1_000_000n);
  });

  it('given in base units says the same in decimals', () => {
    const units = fc.bigInt({ min: 1n, max: 10n ** 60n });
    fc.assert(
      fc.property(units, fc.constantFrom(6, 8, 18), (value, decimals) => {
        expect(readDecimal(writeDecimal(value, decimals), decimals)).toBe(value);
      }),
    );
  });

  it('that is tried again has a name of its own each time', () => {
    expect(originOfRetry('hash|1|7')).toBe('hash|1|7|retry 1');
    expect(originOfRetry(originOfRetry('hash|1|7'))).toBe('hash|1|7|retry 2');
  });
});

const checked = (over: Partial<Batch<'checked'>> = {}): Batch<'checked'> => ({
  ...{ id: idOf('bat'), version: 3, status: 'checked', label: 'Payroll', fileHash: 'f', upload: 1, rowCount: 2 },
  ...{ uploadedBy: 'alice', editors: ['bob'], retryOf: null, createdAt: AT },
  ...{ check: { ...freshCheck(1), rowsHash: 'h' }, problems: [], checkedAt: AT, releases: [] },
  ...over,
});
const asked = { by: 'carol', rowsHash: 'h', needed: 1, at: AT };

describe('a release', () => {
  it('is given by nobody who uploaded or edited, for exactly the rows that were checked', () => {
    expect(accepted(releaseBatch(checked(), asked))).toMatchObject({ status: 'released', releases: [{ by: 'carol' }] });
    for (const by of ['alice', 'bob'])
      expect(refusalOf(releaseBatch(checked(), { ...asked, by })).code).toBe('payout_release_needs_another_person');
    expect(refusalOf(releaseBatch(checked(), { ...asked, rowsHash: 'g' })).code).toBe('payout_rows_differ');
  });

  it('is refused while anything is wrong', () => {
    const bad = { ...checked().check, invalidRows: 1 };
    expect(refusalOf(releaseBatch(checked({ check: bad }), asked)).code).toBe('payout_batch_has_errors');
    expect(refusalOf(releaseBatch(checked({ problems: ['short'] }), asked)).code).toBe('payout_batch_has_errors');
  });

  it('by two takes two different persons', () => {
    const first = accepted(releaseBatch(checked(), { ...asked, needed: 2 }));
    if (first.status !== 'checked') throw new Error('released by one');
    expect(refusalOf(releaseBatch(first, { ...asked, needed: 2 })).code).toBe('payout_release_needs_another_person');
    expect(accepted(releaseBatch(first, { ...asked, by: 'dave', needed: 2 })).status).toBe('released');
  });

  it('that was begun is void after an edit, and the editor may not give it', () => {
    const first = accepted(releaseBatch(checked(), { ...asked, needed: 2 }));
    if (first.status !== 'checked') throw new Error('released by one');
    const draft = reopen(first, 'dave');
    expect(draft).toMatchObject({
      status: 'draft',
      editors: ['bob', 'dave'],
      check: { number: 2, line: 0, rowsHash: '' },
    });
    for (const past of ['checkedAt', 'problems', 'releases']) expect(draft).not.toHaveProperty(past);
    expect(reopen(draft, 'dave').editors).toEqual(['bob', 'dave']);
    expect(cancelBatch(draft, 'no', 'erin')).toMatchObject({ status: 'canceled', canceledBy: 'erin' });
  });
});

describe('a cap of the pool', () => {
  const limits = { perRow: 10n, perBatch: 100n, perHour: 10n, perDay: 15n, twoReleasersAbove: null };
  const used = (hour: bigint, day: bigint) => ({ ...poolSums(USDC, AT, []), used: { hour, day } });
  const letOut = (at: string, units: bigint): PayoutSum[] => freshSums(USDC, at).map((sum) => countIn(sum, units));
  /** What counts at an instant, of what was let out before, as D1 picks it. */
  const countingAt = (at: string, sums: readonly PayoutSum[]) => {
    const after = countsAfter(at);
    return poolSums(
      USDC,
      at,
      sums.filter(({ period, begins }) => begins > after[period]),
    ).used;
  };

  it('is kept within the hour and within the day, to the unit', () => {
    expect(accepted(reserveSums(used(0n, 0n), 10n, limits)).map(({ reserved }) => reserved)).toEqual([10n, 10n]);
    expect(refusalOf(reserveSums(used(10n, 10n), 1n, limits))).toMatchObject({
      code: 'payout_cap_reached',
      period: 'hour',
      used: '10',
    });
    expect(accepted(reserveSums(used(0n, 10n), 5n, limits))).toHaveLength(2);
    expect(refusalOf(reserveSums(used(0n, 10n), 6n, limits))).toMatchObject({ period: 'day', used: '10' });
    const [bucket] = letOut(AT, 10n);
    if (bucket === undefined) throw new Error('no sums');
    expect(releaseSum(bucket, 4n).reserved).toBe(6n);
    expect(() => releaseSum(bucket, 11n)).toThrow(RangeError);
  });

  it('slides: nothing is free before an hour, or a day, has passed, whatever the clock shows', () => {
    const earlier = letOut('2031-03-03T09:59:58.000Z', 10n);
    expect(earlier.map(({ id }) => id)).toEqual([
      `cap:${USDC}:hour:2031-03-03T09:59`,
      `cap:${USDC}:day:2031-03-03T09:45`,
    ]);
    expect(countingAt('2031-03-03T10:00:00.000Z', earlier)).toEqual({ hour: 10n, day: 10n });
    expect(countingAt('2031-03-03T10:59:59.999Z', earlier)).toEqual({ hour: 10n, day: 10n });
    expect(countingAt('2031-03-03T11:00:00.000Z', earlier)).toEqual({ hour: 0n, day: 10n });
    expect(countingAt('2031-03-04T09:59:59.999Z', earlier)).toEqual({ hour: 0n, day: 10n });
    expect(countingAt('2031-03-04T10:00:00.000Z', earlier)).toEqual({ hour: 0n, day: 0n });
  });

  it('never hands over more than the limit within any hour, whenever payouts come', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 1800 }), fc.bigInt(1n, 7n)), { maxLength: 40 });
    fc.assert(
      fc.property(gaps, (steps) => {
        let at = AT;
        const sums = new Map<string, PayoutSum>();
        const left: { at: string; units: bigint }[] = [];
        for (const [seconds, units] of steps) {
          at = addSeconds(at, seconds);
          const after = countsAfter(at);
          const counting = [...sums.values()].filter(({ period, begins }) => begins > after[period]);
          const reserved = reserveSums(poolSums(USDC, at, counting), units, { ...limits, perDay: 1000n });
          if (!reserved.ok) continue;
          for (const sum of reserved.value) sums.set(sum.id, sum);
          left.push({ at, units });
          const within = left.filter((one) => one.at > addSeconds(at, -3600));
          expect(within.reduce((sum, one) => sum + one.units, 0n)).toBeLessThanOrEqual(limits.perHour);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('a minute of the pace', () => {
  it('is shared by payouts as one party beside the accounts whose orders wait', () => {
    const at = '2031-03-03T09:00:00.000Z';
    expect(turnsOf(['a', 'b'], { at, room: 100, parties: 0 })).toEqual(['a', 'b']);
    expect(turnsOf(['a', 'b'], { at, room: 100, parties: 3 })).toHaveLength(25);
    expect(turnsOf(['a', 'b'], { at, room: 100, parties: 500 })).toEqual(['a']);
    expect(turnsOf([], { at, room: 100, parties: 3 })).toEqual([]);
    expect(turnsOf(['a'], { at, room: 0, parties: 0 })).toEqual([]);
  });

  it('begins with another lane each time, and has no more turns for one than it can take', () => {
    const firsts = [0, 60, 120, 180].map((seconds) =>
      turnsOf(['a', 'b', 'c'], { at: addSeconds('2031-03-03T09:00:00.000Z', seconds), room: 100, parties: 40 }),
    );
    expect(firsts).toEqual([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['a', 'b'],
    ]);
    expect(turnsOf(['a'], { at: '2031-03-03T09:00:30.000Z', room: 190, parties: 1 })).toHaveLength(20);
  });

  it('has neither wait for the end of the other, and loses none', () => {
    expect(interleave([1, 2, 3, 4], [10])).toEqual([1, 2, 10, 3, 4]);
    const lists = fc.array(fc.nat(), { maxLength: 30 });
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        const both = interleave(
          one.map((n) => `one ${n}`),
          other.map((n) => `other ${n}`),
        );
        expect(both.filter((item) => item.startsWith('one'))).toEqual(one.map((n) => `one ${n}`));
        expect(both.filter((item) => item.startsWith('other'))).toEqual(other.map((n) => `other ${n}`));
      }),
    );
  });
});
