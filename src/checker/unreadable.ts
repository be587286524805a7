// What cannot be read is asked for again for a while, and then left to people like everything else that is not understood, with
// what is known: a review that never ends would tell nobody.
import { isUnreadable } from '../dfns/answers.ts';
import type { ReviewedApproval } from '../dfns/review-custody.ts';
import type { Checker } from './checker.ts';
import type { ReviewFacts } from './facts.ts';
import { type Gathered, gather, type Reads, requestFacts, TooManyPolicies } from './gather.ts';
import { aboutVoting, type Finding, judge, rules } from './rules.ts';

/** So many of what cannot be read are named. */
const NAMED_MAX = 3;

export interface GatheredOrSaid extends Gathered {
  /** Why the rest of the facts is not there: then nothing is judged by them. */
  readonly unreadable?: readonly Finding[];
}

/** @param isPatient whether it is asked again later where custody cannot be read now: then that is thrown */
export async function gatherOrSay(
  checker: Checker,
  approval: ReviewedApproval,
  { isPatient }: { readonly isPatient: boolean },
): Promise<GatheredOrSaid> {
  const missed = new Map<string, string>();
  try {
    if (isPatient) return await gather(checker, approval);
    const gathered = await gather(checker, approval, forgiving(checker.custody, missed));
    if (missed.size === 0) return gathered;
    return { ...gathered, unreadable: findingsWithout(missed, approval, gathered.facts, checker) };
  } catch (fault) {
    if (!(fault instanceof TooManyPolicies)) throw fault;
    const says = `More policies bear on it than one review may read: ${fault.message}.`;
    const unreadable = [{ rule: 'readable', code: 'too_many_policies', says }];
    return { facts: bareFacts(checker, approval), sums: [], unreadable };
  }
}

const policyNamed = (id: string): string => `the policy ${id}`;

/** What cannot be read is nothing, and is noted. To be asked to wait is no such answer: that is asked again in any case. */
function forgiving(custody: Reads, missed: Map<string, string>): Reads {
  const orNothing = async <T, N>(what: string, nothing: N, reading: Promise<T>): Promise<T | N> => {
    try {
      return await reading;
    } catch (fault) {
      if (!isUnreadable(fault)) throw fault;
      missed.set(what, fault.message);
      return nothing;
    }
  };
  return {
    findWallet: (id) => orNothing(`the wallet ${id}`, undefined, custody.findWallet(id)),
    findPolicy: (id) => orNothing(policyNamed(id), undefined, custody.findPolicy(id)),
    listPolicies: () => orNothing('the list of policies', [], custody.listPolicies()),
  };
}

/** Beside it only what the approval and the groups that it asks say, so that nobody is told of what is not the checker's. */
function findingsWithout(
  missed: ReadonlyMap<string, string>,
  { policyIds }: ReviewedApproval,
  facts: ReviewFacts,
  { config }: Checker,
): readonly Finding[] {
  const named = [...missed].slice(0, NAMED_MAX).map(([what, why]) => `${what} (${why})`);
  const others = missed.size > NAMED_MAX ? [`${missed.size - NAMED_MAX} more`] : [];
  const says = `Custody does not let the checker read what it needs: ${[...named, ...others].join(', ')}.`;
  const areGroupsKnown = !policyIds.some((id) => missed.has(policyNamed(id)));
  const knowable = rules.filter(({ name }) => aboutVoting.includes(name) && (areGroupsKnown || name !== 'may_vote'));
  return [{ rule: 'readable', code: 'facts_unreadable', says }, ...judge(facts, config.terms, knowable).findings];
}

const bareFacts = (
  { custody }: Checker,
  { id, status, activity, initiatorId, request }: ReviewedApproval,
): ReviewFacts => ({
  approval: { id, status, activity, initiatorId },
  voter: { userId: custody.userId, unfit: [] },
  request: request === undefined ? null : requestFacts(request),
  wallet: null,
  policies: [],
  known: null,
  stops: [],
  sanctions: { edition: null, screened: [], hits: [] },
  sums: [],
});
