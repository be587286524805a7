// Reviews one approval: gathers, judges, records, and only then votes or stays silent. Safe for the same approval twice, two at
// a time, and after a death at any await: the record is the lock, and a repeat first looks whether the vote is there.
import type { ReviewedApproval } from '../dfns/review-custody.ts';
import { addSeconds, type Timestamp } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import type { ReviewFacts } from './facts.ts';
import type { ReviewDue } from './message.ts';
import type { Asked, Outcome, Review } from './review-record.ts';
import { isForPeopleAlone, judge, paymentsOf, type Verdict } from './rules.ts';
import { addReview, findReview, saveReview } from './store.ts';
import { outlaysOf } from './sums.ts';
import { tell } from './tell.ts';
import { gatherOrSay } from './unreadable.ts';

/** Two requests of one asset on one day race for its sum; the loser judges anew. */
const ATTEMPTS = 6;
/** So long a vote may be under way before somebody looks what became of it. */
const VOTE_SECONDS = 60;
const LOOK_AGAIN_SECONDS = 300;
/** So long after an intent its facts are read anew each minute where custody does not show them. */
const UNREADABLE_SECONDS = 300;
const REASON_CHARACTERS_MAX = 1000;

export async function reviewApproval(
  checker: Checker,
  { approvalId, receivedAt, isDecided }: Pick<ReviewDue, 'approvalId' | 'receivedAt' | 'isDecided'>,
  { isPatient }: { readonly isPatient: boolean },
): Promise<'done' | 'again'> {
  const known = await findReview(checker.database, approvalId);
  if (known !== undefined) {
    // A repeat of the question asks custody nothing: what became of the review is looked at when that is due.
    if (isDecided || known.status === 'intended') await follow(checker, known);
    return 'done';
  }
  const approval = await checker.custody.findApproval(approvalId);
  if (approval === undefined) return 'again';
  // Decided before anybody here looked: there is nothing to say any more.
  if (approval.status !== 'pending') return 'done';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { review, sums } = await draft(checker, approval, { receivedAt, isPatient });
    if ((await addReview(checker.database, review, sums)) === 'written') return carryOut(checker, review);
    if ((await findReview(checker.database, approvalId)) !== undefined) return 'done';
  }
  return 'again';
}

async function carryOut(checker: Checker, review: Review): Promise<'done'> {
  const { id, status, verdict, mode, findings } = review;
  const first = findings[0]?.code;
  checker.log.info('review.decided', { approvalId: id, status, verdict, mode, findings: findings.length, first });
  if (status === 'intended') await castVote(checker, review);
  else if (review.tellAt !== null) await tell(checker, review);
  return 'done';
}

async function draft(
  checker: Checker,
  approval: ReviewedApproval,
  { receivedAt, isPatient }: { readonly receivedAt: Timestamp; readonly isPatient: boolean },
) {
  const { config, clock } = checker;
  const { facts, sums, unreadable } = await gatherOrSay(checker, approval, { isPatient });
  const judged =
    unreadable === undefined ? judge(facts, config.terms) : { verdict: 'abstain' as const, findings: unreadable };
  const { verdict, findings } = judged;
  const at = clock.now();
  const isSpoken = verdict === 'approve';
  const payments = isSpoken ? (paymentsOf(facts, config.terms) ?? []) : [];
  const isSilent = verdict === 'abstain' && config.mode === 'live' && !isForPeopleAlone(findings);
  const review: Review = {
    id: approval.id,
    version: 1,
    status: config.mode === 'shadow' ? 'shadowed' : verdict === 'abstain' ? 'abstained' : 'intended',
    mode: config.mode,
    verdict,
    kind: facts.request?.kind ?? approval.activity,
    walletId: facts.request === null ? null : (approval.request?.walletId ?? null),
    facts,
    findings,
    outlays: outlaysOf(payments, approval.request?.walletId ?? '', at),
    asked: askedIn(facts),
    pendingAt: approval.createdAt ?? receivedAt,
    receivedAt,
    decidedAt: at,
    votedAt: null,
    expiresAt: approval.expiresAt ?? null,
    outcome: null,
    outcomeAt: null,
    byPeople: null,
    nextLookAt: addSeconds(at, verdict === 'abstain' ? LOOK_AGAIN_SECONDS : VOTE_SECONDS),
    told: 0,
    tellAt: isSilent ? at : null,
  };
  return { review, sums };
}

/** The groups of the triggered policies: first those that the checker sits in, whose people decide in its place. */
function askedIn({ policies, voter }: ReviewFacts): readonly Asked[] {
  const groups = policies.filter(({ isTriggered }) => isTriggered).flatMap((policy) => policy.groups);
  const ours = groups.filter(({ approvers }) => approvers?.includes(voter.userId));
  return [...ours, ...groups.filter((group) => !ours.includes(group))].map(({ name, approvers }) => ({
    name: name ?? 'no name',
    people: (approvers ?? []).filter((userId) => userId !== voter.userId),
  }));
}

const values = { approve: 'Approved', deny: 'Denied' } as const;

function reasonOf({ verdict, findings }: Review): string {
  const text =
    verdict === 'approve'
      ? 'Fiducia checker: every rule says yes.'
      : `Fiducia checker: ${findings
          .filter(({ isHardFact }) => isHardFact)
          .map(({ says }) => says)
          .join(' ')}`;
  return text.slice(0, REASON_CHARACTERS_MAX);
}

async function castVote(checker: Checker, review: Review): Promise<void> {
  const { custody, database, clock, log } = checker;
  if (review.verdict === 'abstain') throw new TypeError('silence is not a vote');
  const answer = await custody.vote(review.id, values[review.verdict], reasonOf(review));
  log.info('review.vote', { approvalId: review.id, answer: answer.kind });
  switch (answer.kind) {
    case 'voted':
      return recordVote(checker, review, answer.approval.status);
    case 'unknown':
    case 'limited': {
      // It may have been counted: the next look reads the decisions before anything else.
      const seconds = answer.kind === 'limited' ? answer.retryAfterSeconds : VOTE_SECONDS;
      await saveReview(database, review, { nextLookAt: addSeconds(clock.now(), seconds) });
      return;
    }
    case 'barred':
    case 'refused': {
      // A second vote of ours is refused too, and so is one that comes too late.
      const approval = await custody.findApproval(review.id);
      if (approval !== undefined && (hasVoted(checker, approval) || approval.status !== 'pending'))
        return settle(checker, review, approval);
      const says = `Custody refused the vote (${answer.status}): ${answer.message}`;
      return withdraw(checker, review, { findings: [{ rule: 'may_vote', code: 'vote_refused', says }] });
    }
  }
}

const hasVoted = ({ custody }: Checker, { decisions }: Pick<ReviewedApproval, 'decisions'>): boolean =>
  decisions.some(({ userId }) => userId === custody.userId);

async function recordVote(checker: Checker, review: Review, status: ReviewedApproval['status']): Promise<void> {
  const at = checker.clock.now();
  const voted = { status: 'voted', votedAt: at, nextLookAt: addSeconds(at, LOOK_AGAIN_SECONDS) } as const;
  const written = await saveReview(checker.database, review, voted);
  if (written === 'written' && status !== 'pending') {
    const approval = await checker.custody.findApproval(review.id);
    if (approval !== undefined) await close(checker, { ...review, ...voted, version: review.version + 1 }, approval);
  }
}

/** The intent is taken back: nothing was voted, and what was reserved is free again. People decide. */
async function withdraw(
  checker: Checker,
  review: Review,
  found: { readonly facts?: ReviewFacts; readonly findings: Review['findings'] },
): Promise<void> {
  const at = checker.clock.now();
  const silent = {
    ...found,
    status: 'abstained' as const,
    verdict: 'abstain' as Verdict,
    nextLookAt: addSeconds(at, LOOK_AGAIN_SECONDS),
    tellAt: at,
  };
  const written = await saveReview(checker.database, review, silent, { givesBack: true });
  if (written === 'written') await tell(checker, { ...review, ...silent, outlays: [], version: review.version + 1 });
}

/** Looks what became of a review: a vote that was under way, or what people decided. */
export async function follow(checker: Checker, review: Review): Promise<void> {
  if (review.status === 'closed') return;
  // Somebody votes at this moment, or died doing so: told apart when the time is up.
  if (review.status === 'intended' && review.nextLookAt > checker.clock.now()) return;
  const approval = await checker.custody.findApproval(review.id);
  if (review.status === 'intended') return resume(checker, review, approval);
  if (approval === undefined) return close(checker, review, undefined);
  if (approval.status !== 'pending') return close(checker, review, approval);
  const nextLookAt = addSeconds(checker.clock.now(), LOOK_AGAIN_SECONDS);
  await saveReview(checker.database, review, { nextLookAt });
}

async function settle(checker: Checker, review: Review, approval: ReviewedApproval): Promise<void> {
  if (hasVoted(checker, approval)) return recordVote(checker, review, approval.status);
  return close(checker, review, approval);
}

/** An intent whose vote nobody heard of: it is there, or it is judged once more before it is cast again. */
async function resume(checker: Checker, review: Review, approval: ReviewedApproval | undefined): Promise<void> {
  if (approval === undefined) return close(checker, review, undefined);
  if (hasVoted(checker, approval) || approval.status !== 'pending') return settle(checker, review, approval);
  const { config, clock, database } = checker;
  const taken = { nextLookAt: addSeconds(clock.now(), VOTE_SECONDS) };
  if ((await saveReview(database, review, taken)) === 'lost') return;
  const mine: Review = { ...review, ...taken, version: review.version + 1 };
  const isPatient = clock.now() < addSeconds(review.decidedAt, UNREADABLE_SECONDS);
  const { facts, unreadable } = await gatherOrSay(checker, approval, { isPatient });
  // The facts of the intent are kept: they say more.
  if (unreadable !== undefined) return withdraw(checker, mine, { findings: unreadable });
  // What it reserved then counts for it, not against it.
  const now: ReviewFacts = { ...facts, sums: review.facts.sums };
  const { verdict, findings } = judge(now, config.terms);
  if (config.mode === 'live' && verdict === review.verdict) return castVote(checker, mine);
  const shadow = { rule: 'may_vote', code: 'shadow_mode', says: 'The checker was put into shadow mode meanwhile.' };
  return withdraw(checker, mine, { facts: now, findings: verdict === review.verdict ? [shadow] : findings });
}

const outcomes = { approved: 'approved', denied: 'denied', expired: 'expired' } as const;

async function close(checker: Checker, review: Review, approval: ReviewedApproval | undefined): Promise<void> {
  const outcome: Outcome = approval === undefined || approval.status === 'pending' ? 'gone' : outcomes[approval.status];
  const others = (approval?.decisions ?? []).filter(({ userId }) => userId !== checker.custody.userId);
  const closed = {
    status: 'closed' as const,
    outcome,
    outcomeAt: checker.clock.now(),
    byPeople: others.length > 0,
    tellAt: null,
  };
  // What was not paid does not count against the day.
  await saveReview(checker.database, review, closed, {
    givesBack: outcome !== 'approved' && review.outlays.length > 0,
  });
}

/** One that cannot be carried out now is told in the log; the next look finds it again. */
export async function followQuietly(checker: Checker, review: Review): Promise<void> {
  try {
    await follow(checker, review);
  } catch (fault) {
    checker.log.error('review.follow_failed', { approvalId: review.id, ...faultFields(fault) });
  }
}
