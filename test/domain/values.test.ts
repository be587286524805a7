// The small tools that rules stand on: one text for one value, ids, instants, machine steps, actors.
import { describe, expect, it } from 'vitest';
import { activate, fail, reopen, tagOf } from '../../src/domain/account.ts';
import { nameOf, rankOf, rolesOf, system } from '../../src/domain/actor.ts';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { isId } from '../../src/domain/id.ts';
import { acknowledge } from '../../src/domain/incident.ts';
import { amend, inStatus, isIn } from '../../src/domain/machine.ts';
import type { Mandate } from '../../src/domain/mandate.ts';
import { addSeconds, isNewestFirst, secondsBetween, utcDay } from '../../src/domain/time.ts';
import { activateWallet } from '../../src/domain/wallet.ts';
import {
  AT,
  accepted,
  activeMandate,
  activeWallet,
  client,
  grantedMandate,
  idOf,
  openIncident,
  openingAccount,
  refusalOf,
  staff,
} from '../support/build.ts';

describe('canonical JSON', () => {
  it('is the same text whatever the order of keys, at any depth', () => {
    const one = { b: 1, a: { d: [1, { f: 1, e: 2 }], c: 'x' } };
    const other = { a: { c: 'x', d: [1, { e: 2, f: 1 }] }, b: 1 };
    expect(canonicalJson(one)).toBe('{"a":{"c":"x","d":[1,{"e":2,"f":1}]},"b":1}');
    expect(canonicalJson(other)).toBe(canonicalJson(one));
  });

  it('keeps the order of lists', () => {
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
  });

  it('writes a bigint as its decimal text, exactly', () => {
    expect(canonicalJson({ units: 2n ** 53n + 1n })).toBe('{"units":"9007199254740993"}');
  });

  it('leaves out undefined members and writes undefined items as null', () => {
    expect(canonicalJson({ a: undefined, b: null })).toBe('{"b":null}');
    expect(canonicalJson([undefined, 1])).toBe('[null,1]');
    expect(canonicalJson(undefined)).toBe('null');
  });

  it('reads back as the value, with quotes and controls escaped', () => {
    const value = { 'a"b': 'line\nbreak \u2028', empty: {}, list: [], no: false };
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
  });
});

describe('id', () => {
  it('is its prefix and 26 characters of a ULID', () => {
    expect(isId('acc', 'acc_01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe(true);
    expect(isId('acc', idOf('acc'))).toBe(true);
  });

  it.each([
    ['another prefix', 'ord_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['no prefix', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['25 characters', 'acc_01ARZ3NDEKTSV4RRFFQ69G5FA'],
    ['27 characters', 'acc_01ARZ3NDEKTSV4RRFFQ69G5FAVX'],
    ['a letter that ULIDs leave out', 'acc_01ARZ3NDEKTSV4RRFFQ69G5FAU'],
    ['lower case', 'acc_01arz3ndektsv4rrffq69g5fav'],
    ['a line break behind', 'acc_01ARZ3NDEKTSV4RRFFQ69G5FAV\n'],
  ])('with %s is none', (_, text) => {
    expect(isId('acc', text)).toBe(false);
  });
});

describe('instants', () => {
  it('add and subtract over days and years, to the millisecond', () => {
    expect(addSeconds('2031-12-31T23:59:59.500Z', 1)).toBe('2032-01-01T00:00:00.500Z');
    expect(secondsBetween('2031-12-31T23:59:59.500Z', '2032-01-01T00:00:00.500Z')).toBe(1);
    expect(secondsBetween('2032-01-01T00:00:00.000Z', '2031-12-31T23:59:59.000Z')).toBe(-1);
  });

  it('fall on a UTC day', () => {
    expect(utcDay('2031-03-03T23:59:59.999Z')).toBe('2031-03-03');
    expect(utcDay('2031-03-04T00:00:00.000Z')).toBe('2031-03-04');
  });
});

describe('machine', () => {
  it('narrows a record in an allowed status and refuses another with its words', () => {
    const load = (): Mandate => grantedMandate();
    const mandate = load();
    expect(accepted(inStatus('mandate', mandate, 'granted', 'active'))).toBe(mandate);
    expect(refusalOf(inStatus('mandate', mandate, 'active', 'revoked'))).toEqual({
      code: 'wrong_status',
      subject: 'mandate',
      found: 'granted',
      needed: 'active or revoked',
    });
    expect(isIn(mandate, ['granted'])).toBe(true);
    expect(isIn(mandate, [])).toBe(false);
  });

  it('amends facts with the status kept and the version raised by one', () => {
    const before = activeMandate({ version: 4 });
    expect(amend(before, { venue: 'Bitstamp' })).toEqual({ ...before, venue: 'Bitstamp', version: 5 });
    expect(before.version).toBe(4);
  });
});

describe('account', () => {
  it('is active only with an approved list', () => {
    expect(activate(openingAccount(), AT)).toMatchObject({ status: 'active', openedAt: AT, version: 2 });
    expect(() => activate(openingAccount({ policyId: null }), AT)).toThrow(TypeError);
  });

  it('that failed opens again, and knows still that custody may have been asked', () => {
    const failed = fail(openingAccount({ attemptedAt: AT }), 'no guard');
    expect(failed).toMatchObject({ status: 'failed', reason: 'no guard' });
    expect(reopen(failed)).toMatchObject({ status: 'opening', attemptedAt: AT, version: 3 });
  });

  it('is tagged by its client', () => {
    expect(tagOf(idOf('cli'))).toBe(`client:${idOf('cli')}`);
  });
});

describe('wallet and incident', () => {
  it('keep the facts of their step', () => {
    const { status: _, ...core } = activeWallet();
    const creating = { ...core, status: 'creating', custodyId: null, address: null, attemptedAt: AT } as const;
    expect(activateWallet(creating, 'wa-9', '0xa')).toMatchObject({
      status: 'active',
      custodyId: 'wa-9',
      address: '0xa',
      version: 2,
    });
    expect(acknowledge(openIncident(), 'officer', AT)).toMatchObject({
      status: 'acknowledged',
      acknowledgedBy: 'officer',
      version: 2,
    });
  });
});

describe('a list of instants', () => {
  it.each([
    [['3', '2', '2', '1'], true],
    [['1', '2'], false],
    [['3', '1', '2'], false],
    [['2', '2'], false],
    [['2'], false],
    [[], false],
  ])('%j goes back in time: %s', (instants, isSo) => {
    expect(isNewestFirst(instants)).toBe(isSo);
  });
});

describe('actor', () => {
  it('is named by issuer and subject, so that no two issuers share a name', () => {
    expect(nameOf(client('a'))).toBe('https://issuer.test|a');
    expect(nameOf({ kind: 'client', issuer: 'https://other.test', subject: 'a' })).not.toBe(nameOf(client('a')));
    expect(nameOf(system('cron'))).toBe('system:cron');
  });

  it('ranks by the highest of its roles', () => {
    expect([client(), staff('o', 'operator'), staff('c', 'compliance'), system('cron')].map(rankOf)).toEqual([
      1, 2, 3, 3,
    ]);
    expect(rankOf(staff('both', 'operator', 'admin'))).toBe(3);
    expect(rankOf(staff('none'))).toBeLessThan(1);
    expect(rolesOf(system('cron'))).toEqual([]);
  });
});
