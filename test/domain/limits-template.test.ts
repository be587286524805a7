// Limit templates: their order, and numbers in words.
import { describe, expect, it } from 'vitest';
import {
  boundOf,
  inDigits,
  isLower,
  limitsTemplateNames,
  limitsTemplates,
  minutesInWords,
  rulesOf,
  saysBound,
} from '../../src/domain/limits-template.ts';

describe('limits template', () => {
  it('stands in an order that holds every template once', () => {
    expect([...limitsTemplateNames].sort()).toEqual(Object.keys(limitsTemplates).sort());
  });

  it('that is lower bounds each thing at most as widely, over the same window or a longer one', () => {
    for (const [index, lower] of limitsTemplateNames.entries()) {
      for (const higher of limitsTemplateNames.slice(index + 1)) {
        expect(isLower(lower, higher)).toBe(true);
        expect(isLower(higher, lower)).toBe(false);
        const wider = rulesOf(higher).map(boundOf);
        for (const [at, narrow] of rulesOf(lower).map(boundOf).entries()) {
          expect(narrow.kind).toBe(wider[at]?.kind);
          expect(narrow.limit).toBeLessThan(wider[at]?.limit ?? 0);
          expect(narrow.windowMinutes ?? 0).toBeGreaterThanOrEqual(wider[at]?.windowMinutes ?? 0);
        }
      }
      expect(isLower(lower, lower)).toBe(false);
    }
  });

  it.each([
    [1, '1 minute'],
    [59, '59 minutes'],
    [60, '1 hour'],
    [90, '90 minutes'],
    [1440, '1 day'],
    [2880, '2 days'],
    [10_080, '1 week'],
    [86_400, '60 days'],
  ])('writes %i minutes as %s', (minutes, words) => {
    expect(minutesInWords(minutes)).toBe(words);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('writes %i as %s', (number, digits) => {
    expect(inDigits(number)).toBe(digits);
  });

  it('says each rule as a bound', () => {
    expect(rulesOf('small').map(boundOf).map(saysBound)).toEqual([
      'at most 5,000 USD in one transfer',
      'at most 20,000 USD in all within 1 day',
      'at most 20 transfers within 1 day',
    ]);
  });
});
