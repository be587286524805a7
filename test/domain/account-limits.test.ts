// Limits of an account: what lowers and what raises, who has to say yes, and which tags at custody are right meanwhile.
import { describe, expect, it } from 'vitest';
import {
  approve,
  askToRaise,
  bindLimits,
  confirm,
  isTaggedFor,
  type LimitsChange,
  lowerTemplate,
  overtake,
  reject,
  splitWish,
  templatesAccepted,
} from '../../src/domain/account-limits.ts';
import { reserveOfAccount } from '../../src/domain/limit.ts';
import { isLower, limitsTemplateNames, limitsTemplates } from '../../src/domain/limits-template.ts';
import {
  AT,
  accepted,
  client,
  idOf,
  limitDay,
  NATIVE,
  openingAccount,
  refusalOf,
  staff,
  USDC,
} from '../support/build.ts';

const OTHER = 'PolygonAmoy/native';
const account = openingAccount({
  limitsTemplate: 'small',
  dailyLimits: [
    { asset: NATIVE, units: 5n },
    { asset: USDC, units: 10n },
  ],
});
const raise = (actor = client(), template: 'standard' | null = null) =>
  askToRaise({
    id: idOf('lim'),
    accountId: idOf('acc'),
    raised: { template, dailyChanges: [{ asset: USDC, units: '20' }] },
    actor,
    at: AT,
  });
const confirmed = (template: 'standard' | null = null): LimitsChange<'confirmed'> => {
  const change = raise(client(), template);
  if (change.status !== 'confirmed') throw new TypeError('a client confirms by asking');
  return change;
};
const officer = staff('compliance-1', 'compliance');

describe('a wish', () => {
  it('is split into what lowers, what raises and what is as it was', () => {
    const dailyLimits = [
      { asset: USDC, units: 11n },
      { asset: OTHER, units: 1n },
    ];
    expect(splitWish(account, { template: 'standard', dailyLimits })).toEqual({
      lowered: { template: null, dailyChanges: [{ asset: OTHER, units: '1' }] },
      raised: {
        template: 'standard',
        dailyChanges: [
          { asset: NATIVE, units: null },
          { asset: USDC, units: '11' },
        ],
      },
    });
  });

  it('lowers by one unit, and says nothing of what it leaves out', () => {
    const lowered = splitWish(account, {
      dailyLimits: [
        { asset: NATIVE, units: 5n },
        { asset: USDC, units: 9n },
      ],
    });
    expect(lowered.lowered).toEqual({ template: null, dailyChanges: [{ asset: USDC, units: '9' }] });
    expect(lowered.raised.dailyChanges).toEqual([]);
    expect(splitWish(account, {}).raised).toEqual({ template: null, dailyChanges: [] });
    expect(splitWish({ ...account, limitsTemplate: 'standard' }, { template: 'small' }).lowered.template).toBe('small');
  });

  it('binds asset by asset: limits that it does not name stay', () => {
    const dailyChanges = [
      { asset: USDC, units: '9' },
      { asset: NATIVE, units: null },
    ];
    expect(bindLimits(account, { template: null, dailyChanges })).toMatchObject({
      version: 2,
      limitsTemplate: 'small',
      dailyLimits: [{ asset: USDC, units: 9n }],
    });
  });
});

describe('a raise', () => {
  it('by the client carries its word; by others it waits for it', () => {
    expect(raise()).toMatchObject({ status: 'confirmed', version: 1, approvedBy: null });
    expect(raise(staff('operator-1', 'operator'))).toMatchObject({ status: 'proposed', version: 1 });
  });

  it('is applied by an officer who neither asked nor confirmed', () => {
    expect(accepted(approve(confirmed(), officer, AT))).toMatchObject({ status: 'applied', appliedAt: AT });
    const asked = raise(officer);
    if (asked.status !== 'proposed') throw new TypeError('an officer proposes');
    const ofOfficer = confirm(asked, client(), AT);
    expect(refusalOf(approve(ofOfficer, officer, AT)).code).toBe('limits_change_needs_another_person');
    expect(refusalOf(reject(ofOfficer, officer, 'x', AT)).code).toBe('limits_change_needs_another_person');
    expect(approve(ofOfficer, staff('compliance-2', 'compliance'), AT).ok).toBe(true);
  });

  it('of the template stays confirmed until custody shows it, and is approved once', () => {
    const approved = accepted(approve(confirmed('standard'), officer, AT));
    expect(approved).toMatchObject({ status: 'confirmed', approvedBy: 'https://issuer.test|compliance-1' });
    if (approved.status !== 'confirmed') throw new TypeError('custody has not shown it');
    expect(refusalOf(approve(approved, staff('compliance-2', 'compliance'), AT)).code).toBe('wrong_status');
  });

  it('that a lowering overtakes is withdrawn before the client spoke, and rejected after', () => {
    expect(overtake(confirmed(), AT)).toMatchObject({ status: 'rejected' });
    const proposed = raise(staff('operator-1', 'operator'));
    if (proposed.status !== 'proposed') throw new TypeError('the desk proposes');
    expect(overtake(proposed, AT).status).toBe('withdrawn');
  });
});

describe('tags at custody', () => {
  const lowering = lowerTemplate({
    id: idOf('lim'),
    accountId: idOf('acc'),
    template: 'small',
    actor: client(),
    at: AT,
  });
  const approved = { ...confirmed('standard'), approvedBy: 'x' };
  const has =
    (...names: string[]) =>
    (name: string) =>
      names.includes(name);

  it('are those of the template, and while a change is under way those of both', () => {
    expect(templatesAccepted(account, [])).toEqual(['small']);
    expect(templatesAccepted(account, [confirmed('standard')])).toEqual(['small']);
    expect(templatesAccepted(account, [approved])).toEqual(['small', 'standard']);
    expect(templatesAccepted(account, [lowering])).toEqual(['small', 'standard']);
    expect(templatesAccepted({ limitsTemplate: 'standard' }, [])).toEqual(['standard']);
  });

  it('show a lowering beside the old tag, and a raise only without the lower one', () => {
    expect(isTaggedFor(lowering, has('standard', 'small'))).toBe(true);
    expect(isTaggedFor(lowering, has('standard'))).toBe(false);
    expect(isTaggedFor(approved, has('standard', 'small'))).toBe(false);
    expect(isTaggedFor(approved, has('standard'))).toBe(true);
    expect(isTaggedFor(approved, has('small'))).toBe(false);
  });

  it('stand in the order of the table', () => {
    expect(limitsTemplateNames).toEqual(Object.keys(limitsTemplates));
    expect([isLower('small', 'standard'), isLower('standard', 'small'), isLower('small', 'small')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the day of an account', () => {
  const day = limitDay({ reserved: 7n, version: 3 });

  it('lets go up to its limit, refuses one unit more, and counts without one', () => {
    expect(accepted(reserveOfAccount(day, 3n, { asset: USDC, units: 10n }))).toMatchObject({
      reserved: 10n,
      version: 4,
    });
    expect(refusalOf(reserveOfAccount(day, 4n, { asset: USDC, units: 10n }))).toEqual({
      code: 'account_limit_exceeded',
      asset: USDC,
      limit: '10',
      used: '7',
      requested: '4',
    });
    expect(accepted(reserveOfAccount(day, 400n, undefined)).reserved).toBe(407n);
  });
});
