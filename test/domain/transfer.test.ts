// Transfers: an answer that was lost is never a failure, the same request is never sent as another, and states only move
// forward.
import { describe, expect, it } from 'vitest';
import type { CustodyTransferStatus } from '../../src/domain/custody.ts';
import {
  attemptAgain,
  cancel,
  isWithoutEffect,
  submit,
  type Transfer,
  transferMachine,
} from '../../src/domain/transfer.ts';
import { adopt, type Hearing, hear, observe } from '../../src/domain/transfer-answer.ts';
import {
  AT,
  broadcastTransfer,
  custodyTransfer,
  preparedTransfer,
  requestBody,
  submittedTransfer,
  submittingTransfer,
  transferAwaitingApproval,
  transferInReview,
} from '../support/build.ts';

const refused: Hearing = { kind: 'refused', status: 400, message: 'amount too small' };
const lost: Hearing = { kind: 'unknown', reason: 'timeout' };
const limited = (retryAfterSeconds = 7): Hearing => ({ kind: 'limited', retryAfterSeconds });
const barred: Hearing = { kind: 'barred', status: 401, message: 'token expired' };
const HASH = '0xhash';

/** What a submitting transfer becomes by these answers, each to an attempt of its own. */
function hearAll(...answers: readonly Hearing[]): Transfer {
  return answers.reduce<Transfer>((transfer, answer, index) => {
    if (transfer.status !== 'submitting') throw new Error(`it ended after ${index} answers: ${transfer.status}`);
    return hear(index === 0 ? transfer : attemptAgain(transfer, AT), answer, AT, 0);
  }, submittingTransfer());
}
const waits = (answer: Hearing, jitter = 0, transfer = submittingTransfer()) =>
  (Date.parse(hear(transfer, answer, AT, jitter).nextAttemptAt) - Date.parse(AT)) / 1000;

describe('transfer', () => {
  it('is submitted with its first attempt counted before the call', () => {
    expect(submit(preparedTransfer(), { limitDayId: 'limit:1', accountLimitDayId: 'limit:2' }, AT)).toMatchObject({
      status: 'submitting',
      attempts: 1,
      answered: 0,
      limitDayId: 'limit:1',
      nextAttemptAt: '2031-03-03T09:01:00.000Z',
      version: 2,
    });
  });

  it('is tried again with the same bytes, counted before the call', () => {
    const before = submittingTransfer();
    expect(attemptAgain(before, AT)).toEqual({
      ...before,
      attempts: 2,
      nextAttemptAt: '2031-03-03T09:01:00.000Z',
      version: 2,
    });
  });

  it('is canceled only before custody hears of it', () => {
    expect(cancel(preparedTransfer(), 'halted')).toMatchObject({ status: 'canceled', reason: 'halted' });
    const canCancel = Object.entries(transferMachine).filter(([, next]) =>
      next.some((status) => status === 'canceled'),
    );
    expect(canCancel.map(([status]) => status)).toEqual(['prepared']);
  });
});

describe('answer to an attempt', () => {
  it.each<[CustodyTransferStatus, Transfer['status']]>([
    ['submitted', 'submitted'],
    ['awaiting_approval', 'awaiting_approval'],
    ['broadcast', 'broadcast'],
    ['confirmed', 'confirmed'],
    ['failed', 'failed'],
    ['rejected', 'rejected'],
  ])('accepted as %s', (status, becomes) => {
    const transfer = custodyTransfer({ status, approvalId: 'ap-2', transactionHash: HASH });
    const heard = hear(submittingTransfer(), { kind: 'accepted', transfer }, AT, 0);
    expect(heard).toMatchObject({ status: becomes, custodyId: 'xfr-1', version: 2 });
  });

  it('refused at the first attempt ends the transfer, and nothing left', () => {
    const failed = hearAll(refused);
    expect(failed).toMatchObject({ status: 'failed', reason: 'amount too small', answered: 1, custodyId: null });
    expect(isWithoutEffect(failed)).toBe(true);
  });

  it('refused after an attempt without an answer needs a person: that one may have landed', () => {
    const review = hearAll(lost, refused);
    expect(review).toMatchObject({ status: 'needs_review' });
    expect(isWithoutEffect(review)).toBe(false);
  });

  it('refused after a crash between the call and its answer needs a person too', () => {
    const repeated = attemptAgain(submittingTransfer(), AT);
    expect(hear(repeated, refused, AT, 0).status).toBe('needs_review');
  });

  it.each([
    ['limited', [limited()]],
    ['barred', [barred]],
    ['limited and barred, in turn', [limited(), barred, limited()]],
  ])('refused after answers that were %s ends the transfer: nothing is unaccounted for', (_, before) => {
    expect(hearAll(...before, refused).status).toBe('failed');
  });

  it.each([
    ['before', [lost, limited()]],
    ['after', [limited(), lost]],
    ['between', [barred, lost, limited()]],
  ])('refused with a lost answer %s others needs a person', (_, before) => {
    expect(hearAll(...before, refused).status).toBe('needs_review');
  });

  it('that was lost keeps the transfer submitting and unanswered', () => {
    expect(hearAll(lost)).toMatchObject({ status: 'submitting', attempts: 1, answered: 0, version: 2 });
  });

  it('barred keeps it submitting for five minutes: it is not its fault', () => {
    expect(hearAll(barred)).toMatchObject({ status: 'submitting', answered: 1 });
    expect(waits(barred)).toBe(300);
  });

  it.each([
    [0, 1],
    [1, 1],
    [7, 7],
    [3600, 3600],
  ])('limited for %i s waits %i s', (retryAfterSeconds, seconds) => {
    expect(waits(limited(retryAfterSeconds))).toBe(seconds);
  });

  it.each([
    [1, 1, 2],
    [2, 2, 4],
    [5, 16, 32],
    [9, 256, 512],
    [10, 450, 900],
    [1000, 450, 900],
  ])('lost at attempt %i waits %i to %i s, by the jitter', (attempts, least, most) => {
    const transfer = submittingTransfer({ attempts });
    expect([waits(lost, 0, transfer), waits(lost, 1, transfer)]).toEqual([least, most]);
    const between = waits(lost, 0.5, transfer);
    expect(between >= least && between <= most).toBe(true);
  });
});

describe('conflict', () => {
  it.each<[string, Parameters<typeof custodyTransfer>[0], Transfer['status']]>([
    ['the same request', {}, 'submitted'],
    [
      'the same request with members that custody adds',
      { body: { ...requestBody, priority: 'Standard' } },
      'submitted',
    ],
    ['the same request, already broadcast', { status: 'broadcast', transactionHash: HASH }, 'broadcast'],
    ['another amount', { body: { ...requestBody, amount: '3000001' } }, 'needs_review'],
    ['another recipient', { body: { ...requestBody, to: '0x0' } }, 'needs_review'],
    ['an amount as a number', { body: { ...requestBody, amount: 3000000 } }, 'needs_review'],
    ['a body without the amount', { body: { kind: 'Erc20' } }, 'needs_review'],
    ['no body', { body: undefined }, 'needs_review'],
    ['another wallet', { walletId: 'wa-2' }, 'needs_review'],
    ['another external id', { externalId: 'f1-other' }, 'needs_review'],
    ['no external id', { externalId: undefined }, 'needs_review'],
  ])('with %s', (_, over, status) => {
    const adopted = adopt(submittingTransfer(), custodyTransfer(over), AT);
    expect(adopted.status).toBe(status);
    if (status !== 'needs_review') expect(adopted.custodyId).toBe('xfr-1');
  });

  it('with a duplicate that cannot be read needs a person', () => {
    expect(adopt(submittingTransfer(), undefined, AT).status).toBe('needs_review');
  });
});

describe('observation', () => {
  const sources = {
    submitting: submittingTransfer(),
    submitted: submittedTransfer(),
    awaiting_approval: transferAwaitingApproval(),
    broadcast: broadcastTransfer(),
    needs_review: transferInReview(),
  };
  // What each status becomes when custody reports the row's; a dash where it says nothing new.
  const expected: Readonly<Record<keyof typeof sources, Readonly<Record<CustodyTransferStatus, string>>>> = {
    submitting: {
      submitted: 'submitted',
      awaiting_approval: 'awaiting_approval',
      broadcast: 'broadcast',
      confirmed: 'confirmed',
      failed: 'failed',
      rejected: 'rejected',
    },
    submitted: {
      submitted: '-',
      awaiting_approval: 'awaiting_approval',
      broadcast: 'broadcast',
      confirmed: 'confirmed',
      failed: 'failed',
      rejected: 'rejected',
    },
    awaiting_approval: {
      submitted: '-',
      awaiting_approval: '-',
      broadcast: 'broadcast',
      confirmed: 'confirmed',
      failed: 'failed',
      rejected: 'rejected',
    },
    broadcast: {
      submitted: '-',
      awaiting_approval: '-',
      broadcast: '-',
      confirmed: 'confirmed',
      failed: 'failed',
      rejected: 'needs_review',
    },
    needs_review: {
      submitted: 'submitted',
      awaiting_approval: 'awaiting_approval',
      broadcast: 'broadcast',
      confirmed: 'confirmed',
      failed: 'failed',
      rejected: 'rejected',
    },
  };

  it('only moves forward, from every status by every report', () => {
    const found = Object.fromEntries(
      Object.entries(sources).map(([status, transfer]) => [
        status,
        Object.fromEntries(
          Object.keys(expected[transfer.status]).map((reported) => {
            const seen = custodyTransfer({
              status: reported as CustodyTransferStatus, // the keys of a record of these
              approvalId: 'ap-2',
              transactionHash: HASH,
            });
            return [reported, observe(transfer, seen, AT)?.status ?? '-'];
          }),
        ),
      ]),
    );
    expect(found).toEqual(expected);
  });

  it('makes only steps of the machine, and each raises the version by one', () => {
    for (const transfer of Object.values(sources)) {
      for (const status of [
        'submitted',
        'awaiting_approval',
        'broadcast',
        'confirmed',
        'failed',
        'rejected',
      ] as const) {
        const next = observe(transfer, custodyTransfer({ status, transactionHash: HASH }), AT);
        if (next === undefined) continue;
        expect(transferMachine[transfer.status]).toContain(next.status);
        expect(next.version).toBe(transfer.version + 1);
      }
    }
  });

  it.each([
    ['broadcast', 'submitting', 'submitted'],
    ['confirmed', 'needs_review', 'submitted'],
    ['broadcast', 'submitted', undefined],
    ['confirmed', 'awaiting_approval', undefined],
  ] as const)('of a transfer %s without a hash, from %s', (reported, from, becomes) => {
    const seen = custodyTransfer({ status: reported, transactionHash: undefined });
    expect(observe(sources[from], seen, AT)?.status).toBe(becomes);
  });

  it('keeps hash, approval, id and time of what it saw', () => {
    const later = '2031-03-03T09:01:00.000Z';
    expect(
      observe(submittedTransfer(), custodyTransfer({ status: 'confirmed', transactionHash: HASH }), AT),
    ).toMatchObject({
      transactionHash: HASH,
      confirmedAt: AT,
      nextAttemptAt: later,
    });
    const asked = custodyTransfer({ id: 'xfr-7', status: 'awaiting_approval', approvalId: 'ap-7' });
    expect(observe(submittingTransfer(), asked, AT)).toMatchObject({ custodyId: 'xfr-7', approvalId: 'ap-7' });
  });

  it('of a failure keeps its hash: a reverted transaction cost a fee', () => {
    const reverted = custodyTransfer({ status: 'failed', transactionHash: HASH, reason: 'reverted' });
    expect(observe(submittedTransfer(), reverted, AT)).toMatchObject({ status: 'failed', transactionHash: HASH });
  });

  it('of a rejection keeps its reason', () => {
    const seen = custodyTransfer({ status: 'rejected', reason: 'denied by compliance-1' });
    expect(observe(transferAwaitingApproval(), seen, AT)).toMatchObject({ reason: 'denied by compliance-1' });
  });
});

describe('effect', () => {
  const seen = (status: CustodyTransferStatus) => custodyTransfer({ status, transactionHash: HASH });

  it.each<[string, Transfer | undefined, boolean]>([
    ['canceled', cancel(preparedTransfer(), 'halted'), true],
    ['rejected', observe(transferAwaitingApproval(), seen('rejected'), AT), true],
    ['refused before custody knew it', hear(submittingTransfer(), refused, AT, 0), true],
    ['failed at custody', observe(submittedTransfer(), seen('failed'), AT), false],
    ['failed at the very answer', observe(submittingTransfer(), seen('failed'), AT), false],
    ['rejected after the broadcast', observe(broadcastTransfer(), seen('rejected'), AT), false],
    ['confirmed', observe(broadcastTransfer(), seen('confirmed'), AT), false],
    ['prepared', preparedTransfer(), false],
    ['submitting', submittingTransfer(), false],
    ['submitted', submittedTransfer(), false],
    ['in review', transferInReview(), false],
  ])('of a transfer %s: proven to be none is %s', (_, transfer, isNone) => {
    expect(transfer && isWithoutEffect(transfer)).toBe(isNone);
  });

  it('is not proven away by a rejection that follows a broadcast in review', () => {
    const review = observe(broadcastTransfer(), seen('rejected'), AT);
    if (review?.status !== 'needs_review') throw new Error('it is not in review');
    const again = observe(review, seen('rejected'), AT);
    expect(again === undefined || !isWithoutEffect(again)).toBe(true);
  });
});
