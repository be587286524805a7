// The arithmetic of the pace: no minute holds more calls than custody allows, wherever it begins, and shares do not mix.
import { describe, expect, it } from 'vitest';
import { budgetOf, costOf, type Share, shareNames, transfersPerMinute, waitOf } from '../../src/dfns/pace.ts';
import { closedBreaker, hearBreaker, probing, stateOf } from '../../src/domain/breaker.ts';

const PER_MINUTE = 1000;
const MINUTE = 60_000;

/** When each call of a share that never rests is made, with `calls` a turn. */
function timesOf(share: Share, calls: number, until: number): number[] {
  const budget = budgetOf(share, PER_MINUTE);
  const times: number[] = [];
  let freeAt = 0;
  for (let now = 0; now < until; ) {
    freeAt = Math.max(freeAt, now) + costOf(budget, calls);
    now += waitOf(budget, calls, freeAt, now);
    for (let call = 0; call < calls; call += 1) times.push(now);
  }
  return times;
}

const mostIn = (times: readonly number[]): number =>
  Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + MINUTE).length));

describe('the pace', () => {
  it('keeps every minute of all shares together within the limit, after a pause too', () => {
    const all = shareNames.flatMap((share) => timesOf(share, share === 'reads' ? 1 : 3, 2.5 * MINUTE));
    expect(mostIn(all.sort((one, other) => one - other))).toBeLessThanOrEqual(PER_MINUTE);
  });

  it('lets money use at least 95 % of its share', () => {
    const calls = timesOf('money', 3, 10 * MINUTE).filter((time) => time >= MINUTE).length / 9;
    expect(calls).toBeGreaterThanOrEqual(0.95 * 0.52 * PER_MINUTE);
    expect(transfersPerMinute(PER_MINUTE)).toBe(173);
  });

  it('has room for a mutation of each share at once', () => {
    for (const share of shareNames) {
      const budget = budgetOf(share, PER_MINUTE);
      expect(waitOf(budget, 3, costOf(budget, 3), 0)).toBe(0);
    }
  });
});

describe('the breaker', () => {
  const seconds = (count: number) => count * 1000;

  it('opens at once when the credential is refused, and after five silences', () => {
    expect(stateOf(hearBreaker(closedBreaker, 'barred', 0), 1)).toBe('wait');
    let breaker = closedBreaker;
    for (let silence = 1; silence <= 4; silence += 1) breaker = hearBreaker(breaker, 'unknown', 0);
    expect(stateOf(breaker, 1)).toBe('go');
    expect(stateOf(hearBreaker(breaker, 'unknown', 0), 1)).toBe('wait');
  });

  it('lets one go first when its time is over; its silence opens it for longer, its answer closes it', () => {
    const open = hearBreaker(closedBreaker, 'barred', 0);
    expect(stateOf(open, seconds(60))).toBe('probe');
    const first = probing(open, seconds(60));
    expect(stateOf(first, seconds(61))).toBe('wait');
    const again = hearBreaker(first, 'unknown', seconds(62));
    expect(stateOf(again, seconds(62 + 119))).toBe('wait');
    expect(stateOf(again, seconds(62 + 120))).toBe('probe');
    expect(hearBreaker(first, 'answered', seconds(62))).toEqual(closedBreaker);
  });

  it('never stays open longer than a quarter of an hour', () => {
    let breaker = closedBreaker;
    for (let opening = 0; opening < 20; opening += 1) breaker = hearBreaker(breaker, 'barred', 0);
    expect(breaker.openUntil).toBe(seconds(900));
  });
});
