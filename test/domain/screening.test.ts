// What a sanctions list is, and what its naming an address does to a destination in every status.
import { describe, expect, it } from 'vitest';
import {
  approve,
  keepSuspended,
  type LivingDestination,
  meetSanction,
  startRemoval,
  suspend,
} from '../../src/domain/destination.ts';
import {
  activateList,
  canonicalContent,
  canonicalEntry,
  recordRescreening,
  type ScreeningList,
  screenedAgainst,
  supersedeList,
} from '../../src/domain/screening.ts';
import {
  ADDRESS,
  AT,
  accepted,
  appliedChange,
  approvedDestination,
  destinationBeingRemoved,
  destinationInReview,
  idOf,
  OTHER_ADDRESS,
  proposedDestination,
  requestedDestination,
} from '../support/build.ts';

const BY = { name: 'system:test', at: '2031-03-04T09:00:00.000Z' };
const LATER = '2031-03-04T09:00:00.000Z';
const loading: ScreeningList<'loading'> = {
  id: idOf('scl'),
  version: 1,
  status: 'loading',
  edition: '2031-03-01',
  hash: 'a'.repeat(64),
  addressCount: 2,
  loadedBy: 'admin',
  createdAt: AT,
};
const active = activateList(loading, AT);
const hit = screenedAgainst(active, LATER);
const suspendedByClient = suspend(approvedDestination(), {
  reason: 'Lost its key.',
  suspendedBy: 'client',
  suspendedByName: 'iss|client-1',
  at: AT,
});

describe('a sanctions list', () => {
  it('is in force with nothing held against it yet, and keeps how far that came when another follows', () => {
    expect(active).toMatchObject({ status: 'active', activatedAt: AT, rescreenedUpTo: null, rescreenedAt: null });
    const half = recordRescreening(active, idOf('dst', 5), LATER);
    expect(half).toMatchObject({ rescreenedUpTo: idOf('dst', 5), rescreenedAt: null, version: 3 });
    expect(recordRescreening(half, undefined, LATER)).toMatchObject({
      rescreenedUpTo: idOf('dst', 5),
      rescreenedAt: LATER,
    });
    expect(supersedeList(half, LATER)).toMatchObject({ status: 'superseded', supersededAt: LATER, activatedAt: AT });
  });

  it('has one content whatever the order, the case and the repeats of its files', () => {
    const one = { family: 'evm', address: ADDRESS } as const;
    const other = { family: 'bitcoin', address: '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i' } as const;
    expect(canonicalContent([one, other, one])).toBe(canonicalContent([other, one]));
    expect(canonicalContent([one, other])).toBe(`bitcoin ${other.address}\nevm ${ADDRESS}\n`);
    expect(canonicalContent([one])).not.toBe(canonicalContent([{ family: 'evm', address: OTHER_ADDRESS }]));
  });

  it.each([
    ['evm', '0xDE709f2102306220921060314715629080e2fB77', '0xde709f2102306220921060314715629080e2fb77'],
    ['evm', '0xde709f2102306220921060314715629080e2fb7', undefined],
    ['bitcoin', 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    ['bitcoin', 'mo9ncXisMeAoXwqcV5EWuyncbmCcQN4rVs', 'mo9ncXisMeAoXwqcV5EWuyncbmCcQN4rVs'],
    ['bitcoin', ADDRESS, undefined],
    ['solana', 'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH', 'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH'],
    ['solana', '1'.repeat(31), undefined],
  ] as const)('keeps of %s %s the form in which it is compared', (family, text, canonical) => {
    expect(canonicalEntry(family, text)).toBe(canonical);
  });
});

describe('a destination that a list names', () => {
  it.each<[string, LivingDestination, boolean, object]>([
    ['proposed', proposedDestination(), false, { status: 'proposed' }],
    ['waiting', requestedDestination(), false, { status: 'refused', reason: 'Refused by compliance screening.' }],
    ['being handed to custody', requestedDestination(), true, { status: 'requested' }],
    ['in review', destinationInReview(), true, { status: 'in_review' }],
    [
      'approved',
      approvedDestination(),
      false,
      {
        status: 'suspended',
        suspendedBy: 'screening',
        suspendedAt: LATER,
        reason: 'Suspended by compliance screening.',
      },
    ],
    ['suspended', suspendedByClient, false, { status: 'suspended', suspendedBy: 'screening', suspendedAt: AT }],
    ['being removed', destinationBeingRemoved(), false, { status: 'removing', wasSuspendedBy: 'screening' }],
  ])('while %s keeps the mark', (_, before, isWithCustody, after) => {
    const met = meetSanction(before, hit, isWithCustody);
    expect(met).toMatchObject({ ...after, sanctionsHit: hit, version: before.version + 1 });
  });

  it('and that an officer approved is shut on our side; another is open', () => {
    const named = meetSanction(destinationInReview(), hit, true);
    if (named.status !== 'in_review') throw new Error('it is in review still');
    expect(accepted(approve(named, appliedChange(), 0))).toMatchObject({
      status: 'suspended',
      suspendedBy: 'screening',
      suspendedAt: AT,
      sanctionsHit: hit,
    });
    expect(accepted(approve(destinationInReview(), appliedChange(), 0))).toMatchObject({ status: 'approved' });
  });
});

describe('a removal that was denied', () => {
  it('gives the destination back to whoever had shut it, else it was shut by the removal', () => {
    expect(keepSuspended(startRemoval(suspendedByClient, LATER), 'Denied.', BY)).toMatchObject({
      status: 'suspended',
      suspendedBy: 'client',
    });
    expect(keepSuspended(startRemoval(approvedDestination(), LATER), 'Denied.', BY)).toMatchObject({
      suspendedBy: 'client',
      suspendedAt: LATER,
      reason: 'Denied.',
    });
    const named = meetSanction(destinationBeingRemoved(), hit, false);
    if (named.status !== 'removing') throw new Error('it is being removed still');
    expect(keepSuspended(named, 'Denied.', BY)).toMatchObject({ suspendedBy: 'screening' });
  });
});
