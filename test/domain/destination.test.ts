// Where money may go: addresses, destinations and the changes of approved lists.
import { describe, expect, it } from 'vitest';
import { acceptAsDestination, parseAddress, showAddress } from '../../src/domain/address.ts';
import {
  approve,
  approveUnwanted,
  askAgain,
  completeRemoval,
  confirmProposal,
  type Destination,
  expire,
  expireProposal,
  giveUpOn,
  isCoolingOff,
  keepSuspended,
  markUnwanted,
  recertify,
  reject,
  resume,
  review,
  startRemoval,
  suspend,
  withdraw,
} from '../../src/domain/destination.ts';
import {
  apply,
  expireChange,
  failChange,
  failSubmission,
  findConflict,
  isSameList,
  rejectChange,
  sortedList,
  startSubmission,
  submit,
  withdrawChange,
} from '../../src/domain/policy-change.ts';
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
  queuedChange,
  refusalOf,
  requestedDestination,
  submittedChange,
  USDC_CONTRACT,
  WALLET_ADDRESS,
} from '../support/build.ts';

// Examples of https://eips.ethereum.org/EIPS/eip-55
const CHECKSUMMED = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
const LOWER = CHECKSUMMED.toLowerCase();
const UPPER = `0x${CHECKSUMMED.slice(2).toUpperCase()}`;
const NETWORK = 'EthereumSepolia';
const precompile = (n: bigint) => `0x${n.toString(16).padStart(40, '0')}`;

describe('address', () => {
  it.each([
    ['a right checksum', CHECKSUMMED],
    ['lower case', LOWER],
    ['upper case', UPPER],
  ])('in %s is kept in lower case', (_, text) => {
    expect(accepted(parseAddress(NETWORK, text))).toBe(LOWER);
  });

  it.each([
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0xde709f2102306220921060314715629080e2fb77',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('%s of EIP-55 is right and shown as it stands there', (text) => {
    expect(showAddress(accepted(parseAddress(NETWORK, text)))).toBe(
      text === text.toLowerCase() ? '0xde709f2102306220921060314715629080e2fb77' : text,
    );
  });

  it('with one letter in the wrong case is refused as a wrong checksum', () => {
    const wrong = CHECKSUMMED.replace('Ef', 'ef');
    expect(refusalOf(parseAddress(NETWORK, wrong))).toMatchObject({ code: 'address_invalid', network: NETWORK });
    // Every single letter counts.
    for (const [index, letter] of [...CHECKSUMMED].entries()) {
      const turned = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
      if (index < 2 || turned === letter) continue;
      const text = CHECKSUMMED.slice(0, index) + turned + CHECKSUMMED.slice(index + 1);
      expect(parseAddress(NETWORK, text).ok).toBe(false);
    }
  });

  it.each([
    ['39 digits', LOWER.slice(0, -1)],
    ['41 digits', `${LOWER}0`],
    ['no prefix', LOWER.slice(2)],
    ['an upper-case prefix', `0X${LOWER.slice(2)}`],
    ['a letter that is no digit', `${LOWER.slice(0, -1)}g`],
    ['a space behind', `${LOWER} `],
    ['a line break behind', `${LOWER}\n`],
    ['a look-alike letter', LOWER.replace('a', '\u0430')],
    ['a zero-width character', `${LOWER.slice(0, 20)}\u200b${LOWER.slice(20)}`],
    ['nothing', ''],
  ])('of %s is refused', (_, text) => {
    expect(refusalOf(parseAddress(NETWORK, text)).code).toBe('address_invalid');
  });

  it.each([
    ['the zero address', precompile(0n)],
    ['the first precompile', precompile(1n)],
    ['the last reserved address', precompile(0x1ffn)],
    ['a token contract', USDC_CONTRACT],
    ['a wallet of ours', WALLET_ADDRESS],
  ])('that is %s is no destination', (_, address) => {
    expect(refusalOf(acceptAsDestination(NETWORK, address, [OTHER_ADDRESS, WALLET_ADDRESS])).code).toBe(
      'address_forbidden',
    );
  });

  it.each([
    ['just above the reserved ones', precompile(0x200n)],
    ['of an exchange', ADDRESS],
  ])('%s is accepted as it is', (_, address) => {
    expect(accepted(acceptAsDestination(NETWORK, address, [WALLET_ADDRESS]))).toBe(address);
  });

  it('that is none is shown as it is', () => {
    expect(showAddress('contract creation')).toBe('contract creation');
    expect(showAddress(LOWER)).toBe(CHECKSUMMED);
  });
});

const BY = { name: 'system:test', at: AT };
const suspendedBy = (by: 'client' | 'officer' | 'screening' | 'system', name = 'iss|someone') =>
  suspend(approvedDestination(), { reason: 'why', suspendedBy: by, suspendedByName: name, at: AT });

describe('a proposal', () => {
  it('becomes a request when the client confirms it before its end', () => {
    expect(
      accepted(confirmProposal(proposedDestination(), { screening: null, looksLike: [] }, '2031-03-10T08:59:59.999Z'))
        .status,
    ).toBe('requested');
  });

  it('cannot be confirmed at its end or later', () => {
    expect(
      refusalOf(confirmProposal(proposedDestination(), { screening: null, looksLike: [] }, '2031-03-10T09:00:00.000Z'))
        .code,
    ).toBe('proposal_expired');
    expect(expireProposal(proposedDestination())).toMatchObject({ status: 'expired', reason: expect.any(String) });
  });
});

describe('a cooling-off', () => {
  const approvedWith = (hours: number) => {
    const approved = accepted(approve(destinationInReview(), appliedChange(), hours));
    if (approved.status !== 'approved') throw new Error('no sanctions list names it');
    return approved;
  };

  it('ends as many hours after the list was read back as the deployment says', () => {
    expect(approvedWith(24).usableFrom).toBe('2031-03-04T09:00:00.000Z');
    expect(approvedWith(0).usableFrom).toBe(AT);
  });

  it('lasts until its end, and not at it', () => {
    expect(isCoolingOff(approvedWith(24), '2031-03-04T08:59:59.999Z')).toBe(true);
    expect(isCoolingOff(approvedWith(24), '2031-03-04T09:00:00.000Z')).toBe(false);
  });
});

describe('a suspended destination', () => {
  const client = { role: 'client', name: 'iss|client-1' } as const;
  const officer = { role: 'officer', name: 'iss|officer-2' } as const;

  it.each(['client', 'system'] as const)('shut by %s is opened by the client, who thereby confirms it', (by) => {
    const at = '2031-04-01T00:00:00.000Z';
    expect(accepted(resume(suspendedBy(by), client, null, at))).toMatchObject({ status: 'approved', confirmedAt: at });
  });

  it.each(['officer', 'screening'] as const)('shut by %s is not opened by the client', (by) => {
    expect(refusalOf(resume(suspendedBy(by), client, null, AT)).code).toBe('resume_needs_officer');
    expect(accepted(resume(suspendedBy(by), officer, null, AT)).status).toBe('approved');
  });

  it('is not opened by the officer who shut it', () => {
    const own = suspendedBy('officer', officer.name);
    expect(refusalOf(resume(own, officer, null, AT)).code).toBe('resume_needs_another_person');
  });
});

describe('a wish withdrawn while an officer decides', () => {
  it('ends shut, not approved, when the list was changed all the same', () => {
    const unwanted = markUnwanted(destinationInReview(), AT);
    expect(unwanted).toMatchObject({ status: 'in_review', unwantedAt: AT, version: 2 });
    expect(accepted(approveUnwanted(unwanted, appliedChange(), 'system:test'))).toMatchObject({
      status: 'suspended',
      suspendedBy: 'client',
    });
  });

  it('is not shut as if applied while the list read back lacks it', () => {
    const change = appliedChange({ addressesRead: [] });
    expect(refusalOf(approveUnwanted(destinationInReview(), change, 'x')).code).toBe('list_does_not_match');
  });
});

describe('an approved destination', () => {
  it('is asked about until a time, and the answer ends the question', () => {
    const asked = askAgain(approvedDestination(), '2031-05-01T00:00:00.000Z');
    expect(asked.confirmUntil).toBe('2031-05-01T00:00:00.000Z');
    const at = '2031-04-20T00:00:00.000Z';
    expect(recertify(asked, at)).toMatchObject({ status: 'approved', confirmUntil: null, confirmedAt: at, version: 3 });
  });
});

describe('destination', () => {
  it('comes into review with the change that custody took', () => {
    expect(review(requestedDestination(), submittedChange())).toMatchObject({
      status: 'in_review',
      changeId: idOf('chg'),
      approvalId: 'ap-1',
      version: 2,
    });
  });

  it('is approved when the list read back holds its address', () => {
    const change = appliedChange({ addressesRead: [OTHER_ADDRESS, ADDRESS], appliedAt: '2031-03-03T09:05:00.000Z' });
    expect(accepted(approve(destinationInReview(), change, 0))).toMatchObject({
      status: 'approved',
      changeId: idOf('chg'),
      approvedAt: '2031-03-03T09:05:00.000Z',
      version: 2,
    });
  });

  it.each([
    ['is empty', []],
    ['holds another address', [OTHER_ADDRESS]],
    ['holds it in another spelling', [ADDRESS.toUpperCase()]],
  ])('is not approved while the list read back %s', (_, addressesRead) => {
    expect(refusalOf(approve(destinationInReview(), appliedChange({ addressesRead }), 0))).toEqual({
      code: 'list_does_not_match',
      policyId: 'plc-1',
    });
  });

  it('is approved by no change of another destination', () => {
    expect(() => approve(destinationInReview(), appliedChange({ destinationId: idOf('dst', 2) }), 0)).toThrow(
      TypeError,
    );
  });

  it('is removed when the list read back no longer holds its address', () => {
    const left = { addressesWanted: [OTHER_ADDRESS], addressesRead: [OTHER_ADDRESS] };
    const change = appliedChange({ operation: 'remove', ...left });
    expect(accepted(completeRemoval(destinationBeingRemoved(), change))).toMatchObject({
      status: 'removed',
      removedAt: AT,
    });
  });

  it('is not removed while the list read back still holds its address', () => {
    const change = appliedChange({ operation: 'remove', addressesWanted: [], addressesRead: [ADDRESS] });
    expect(refusalOf(completeRemoval(destinationBeingRemoved(), change)).code).toBe('list_does_not_match');
  });

  it('is removed though the list keeps the address for another network, which wants it there', () => {
    const change = appliedChange({
      operation: 'remove',
      addressesBefore: [ADDRESS],
      addressesWanted: [ADDRESS],
      addressesRead: [ADDRESS],
    });
    expect(completeRemoval(destinationBeingRemoved(), change).ok).toBe(true);
  });

  it('is removed by no change of another destination', () => {
    const change = appliedChange({ operation: 'remove', destinationId: idOf('dst', 2), addressesRead: [] });
    expect(() => completeRemoval(destinationBeingRemoved(), change)).toThrow(TypeError);
  });

  it('is shut on our side by the wish to remove it, and stays shut when that is denied', () => {
    const removing = startRemoval(approvedDestination(), AT);
    expect(removing).toMatchObject({ status: 'removing', removalAskedAt: AT, approvedAt: AT });
    expect(keepSuspended(removing, 'denied', BY)).toMatchObject({ status: 'suspended', reason: 'denied' });
  });

  it('keeps the reason why it ended', () => {
    expect(reject(destinationInReview(), 'unknown venue')).toMatchObject({
      status: 'rejected',
      reason: 'unknown venue',
    });
    expect(expire(destinationInReview(), 'nobody decided')).toMatchObject({ status: 'expired' });
    expect(withdraw(requestedDestination(), AT)).toMatchObject({ status: 'withdrawn', withdrawnAt: AT });
  });

  it.each<[Destination, string | undefined]>([
    [requestedDestination(), 'refused'],
    [destinationInReview(), 'failed'],
    [destinationBeingRemoved(), 'suspended'],
    [approvedDestination(), undefined],
    [withdraw(requestedDestination(), AT), undefined],
  ])('in $status whose change ended without a decision becomes %s', (destination, status) => {
    expect(giveUpOn(destination, 'custody refused', BY)?.status).toBe(status);
  });
});

describe('approved list', () => {
  it('is a set: order and repetition make no difference, one address does', () => {
    expect(sortedList(['b', 'a', 'b'])).toEqual(['a', 'b']);
    expect(isSameList(['b', 'a'], ['a', 'b', 'b'])).toBe(true);
    expect(isSameList([], [])).toBe(true);
    expect(isSameList(['a'], [])).toBe(false);
    expect(isSameList(['a'], ['b'])).toBe(false);
  });
});

describe('policy change', () => {
  const add = (listed: readonly string[]) => startSubmission(queuedChange(), listed);
  const remove = (listed: readonly string[]) => startSubmission(queuedChange({ operation: 'remove' }), listed);

  it('adds its address to the list before it', () => {
    expect(add([OTHER_ADDRESS])).toMatchObject({
      status: 'submitting',
      addressesBefore: [OTHER_ADDRESS],
      addressesWanted: [ADDRESS, OTHER_ADDRESS],
      version: 2,
    });
  });

  it('takes its address, and only that, off the list', () => {
    expect(remove([OTHER_ADDRESS, ADDRESS])).toMatchObject({
      addressesBefore: [ADDRESS, OTHER_ADDRESS],
      addressesWanted: [OTHER_ADDRESS],
    });
    expect(remove([ADDRESS]).addressesWanted).toEqual([]);
  });

  it('for a second pair with a listed address leaves the list as it is', () => {
    expect(add([ADDRESS])).toMatchObject({ addressesBefore: [ADDRESS], addressesWanted: [ADDRESS] });
  });

  it('takes an address off only with the last pair that needs it', () => {
    expect(remove([ADDRESS, ADDRESS])).toMatchObject({ addressesBefore: [ADDRESS], addressesWanted: [ADDRESS] });
  });

  it('that removes what is not listed changes nothing', () => {
    expect(remove([OTHER_ADDRESS])).toMatchObject({
      addressesBefore: [OTHER_ADDRESS],
      addressesWanted: [OTHER_ADDRESS],
    });
  });

  it('keeps what custody asked, and the list that was read back', () => {
    const submitted = submit(add([]), { changeRequestId: 'cr-7', approvalId: 'ap-7', at: AT });
    expect(submitted).toMatchObject({
      status: 'submitted',
      changeRequestId: 'cr-7',
      approvalId: 'ap-7',
      submittedAt: AT,
      addressesWanted: [ADDRESS],
    });
    expect(apply(submitted, [OTHER_ADDRESS, ADDRESS], AT)).toMatchObject({
      status: 'applied',
      addressesRead: [ADDRESS, OTHER_ADDRESS],
      appliedAt: AT,
      version: 4,
    });
  });

  it('that ends otherwise keeps its reason', () => {
    expect(rejectChange(submittedChange(), 'no')).toMatchObject({ status: 'rejected', reason: 'no' });
    expect(expireChange(submittedChange(), 'late')).toMatchObject({ status: 'expired', reason: 'late' });
    expect(failChange(submittedChange(), 'gone')).toMatchObject({ status: 'failed', reason: 'gone' });
    expect(failSubmission(add([]), 'guard')).toMatchObject({ status: 'failed', reason: 'guard' });
    expect(findConflict(add([]), 'another list', [OTHER_ADDRESS, ADDRESS])).toMatchObject({
      status: 'conflict',
      addressesFound: [ADDRESS, OTHER_ADDRESS],
    });
    expect(withdrawChange(queuedChange(), AT)).toMatchObject({ status: 'withdrawn', withdrawnAt: AT });
  });
});
