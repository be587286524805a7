// Halts: whose kind they are, and who may lift whose.
import { describe, expect, it } from 'vitest';
import { type Actor, nameOf, rankOf, system } from '../../src/domain/actor.ts';
import { fenceHalt, type Halt, kindOf, lift } from '../../src/domain/halt.ts';
import { activeHalt, client, fence, idOf, staff } from '../support/build.ts';

const HALTED = '2031-03-03T09:00:00.000Z';
const LATER = '2031-03-03T10:00:00.000Z';

const people: Readonly<Record<string, Actor>> = {
  'client-1': client('client-1'),
  'client-2': client('client-2'),
  'operator-1': staff('operator-1', 'operator'),
  'operator-2': staff('operator-2', 'operator'),
  'compliance-1': staff('compliance-1', 'compliance'),
  'compliance-2': staff('compliance-2', 'compliance'),
  'admin-1': staff('admin-1', 'admin'),
};
const personOf = (name: string): Actor => {
  const person = people[name];
  if (person === undefined) throw new TypeError(`nobody is called ${name}`);
  return person;
};
const madeBy = (actor: Actor): Halt<'active'> =>
  activeHalt({ kind: kindOf(actor), madeBy: nameOf(actor), makerRank: rankOf(actor), createdAt: HALTED });
const lifted = (halt: Halt<'active'>, actor: Actor, checked = fence({ result: 'broken' })): string => {
  const result = lift(halt, { actor, at: LATER, reason: 'Looked into.', fence: checked });
  return result.ok ? result.value.status : result.refusal.code;
};

const [self, higher] = ['halt_needs_another_person', 'halt_needs_higher_role'];
const lifters = ['client-2', 'operator-2', 'compliance-2', 'admin-1'];

describe('a halt', () => {
  it.each([
    ['client-1', 'client', ['lifted', 'lifted', 'lifted', 'lifted']],
    ['operator-1', 'desk', [higher, 'lifted', 'lifted', 'lifted']],
    ['compliance-1', 'compliance', [higher, higher, 'lifted', 'lifted']],
    ['admin-1', 'desk', [higher, higher, 'lifted', self]],
  ])('of %s is of the kind %s, and is lifted by another of equal or higher role', (maker, kind, expected) => {
    const halt = madeBy(personOf(maker));
    expect(halt.kind).toBe(kind);
    expect(lifted(halt, personOf(maker))).toBe(self);
    // A broken fence is no matter of theirs: it has a halt of its own.
    expect(lifters.map((name) => lifted(halt, personOf(name)))).toEqual(expected);
  });

  it('of a person with several roles goes by the highest of them, and is compliance’s where they are of it', () => {
    const both = staff('both', 'operator', 'compliance');
    expect(kindOf(both)).toBe('compliance');
    expect(lifted(madeBy(both), personOf('operator-2'))).toBe(higher);
    expect(lifted(madeBy(personOf('compliance-1')), both)).toBe('lifted');
  });
});

describe('a halt for the fence', () => {
  const by = system('fence.check');
  const halt = fenceHalt({ id: idOf('hlt'), accountId: idOf('acc'), reason: 'The tag is gone.', by, at: HALTED });
  const checked = (result: 'intact' | 'degraded' | 'broken' | 'unknown', checkedAt: string) =>
    fence({ result, checkedAt });

  it.each([
    ['intact', LATER, 'lifted'],
    ['intact', HALTED, 'halt_needs_intact_fence'],
    ['degraded', LATER, 'halt_needs_intact_fence'],
    ['broken', LATER, 'halt_needs_intact_fence'],
    ['unknown', LATER, 'halt_needs_intact_fence'],
  ] as const)('after a check that found it %s at %s: %s', (result, at, expected) => {
    for (const name of ['operator-1', 'compliance-1', 'admin-1']) {
      expect(lifted(halt, personOf(name), checked(result, at))).toBe(expected);
    }
    expect(lifted(halt, personOf('client-1'), checked(result, at))).toBe(higher);
  });
});
