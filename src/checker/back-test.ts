// Replays the rules of this checkout over recorded facts, and says which decisions would differ and why. The sums of a day are
// made anew from what the replay approves, since a tightened rule leaves more room for those that come after.
import type { SumFacts } from './facts.ts';
import type { Review } from './review-record.ts';
import { type Finding, judge, paymentsOf, type Rule, rules, type Verdict } from './rules.ts';
import { outlaysOf, sumIdsOf } from './sums.ts';
import type { Terms } from './terms.ts';

export interface Difference {
  readonly approvalId: string;
  readonly decidedAt: string;
  readonly was: Verdict;
  readonly would: Verdict;
  /** What speaks against it now and did not then, and the other way round. */
  readonly added: readonly Finding[];
  readonly gone: readonly Finding[];
}

/** A vote that custody refused was no judgement of a rule, and neither is what was left to people without all facts. */
const notOfRules: readonly string[] = ['vote_refused', 'shadow_mode', 'too_many_policies', 'facts_unreadable'];
const isReplayable = ({ findings }: Review): boolean => !findings.some(({ code }) => notOfRules.includes(code));

/** @param reviews in the order in which they were decided, from the beginning of a UTC day */
export function backTest(
  reviews: readonly Review[],
  terms: Terms,
  by: readonly Rule[] = rules,
): { readonly replayed: number; readonly differences: readonly Difference[] } {
  const sums = new Map<string, bigint>();
  const reserved: { readonly id: string; readonly units: bigint; readonly freeAt: string }[] = [];
  const differences: Difference[] = [];
  const replayable = reviews.filter(isReplayable);
  for (const review of replayable) {
    for (const { id, units } of reserved.filter(({ freeAt }) => freeAt <= review.decidedAt))
      sums.set(id, (sums.get(id) ?? 0n) - units);
    reserved.splice(0, reserved.length, ...reserved.filter(({ freeAt }) => freeAt > review.decidedAt));
    const walletId = review.walletId ?? '';
    const facts = {
      ...review.facts,
      sums: review.facts.sums.map((sum) => replayed(sum, sums, walletId, review.decidedAt)),
    };
    const judged = judge(facts, terms, by);
    if (judged.verdict !== review.verdict) differences.push(differenceOf(review, judged));
    if (judged.verdict !== 'approve') continue;
    for (const outlay of outlaysOf(paymentsOf(facts, terms) ?? [], walletId, review.decidedAt)) {
      for (const id of Object.values(sumIdsOf(outlay))) {
        const units = BigInt(outlay.units);
        sums.set(id, (sums.get(id) ?? 0n) + units);
        if (review.outcome !== null && review.outcome !== 'approved' && review.outcomeAt !== null)
          reserved.push({ id, units, freeAt: review.outcomeAt });
      }
    }
  }
  return { replayed: replayable.length, differences };
}

function replayed({ asset }: SumFacts, sums: ReadonlyMap<string, bigint>, walletId: string, at: string): SumFacts {
  const { ofWallet, ofAll } = sumIdsOf({ asset, walletId, day: at.slice(0, 10) });
  return { asset, ofWallet: (sums.get(ofWallet) ?? 0n).toString(), ofAll: (sums.get(ofAll) ?? 0n).toString() };
}

function differenceOf(review: Review, judged: ReturnType<typeof judge>): Difference {
  const named = (findings: readonly Finding[]) => new Set(findings.map(({ rule, code }) => `${rule} ${code}`));
  const [before, after] = [named(review.findings), named(judged.findings)];
  return {
    approvalId: review.id,
    decidedAt: review.decidedAt,
    was: review.verdict,
    would: judged.verdict,
    added: judged.findings.filter(({ rule, code }) => !before.has(`${rule} ${code}`)),
    gone: review.findings.filter(({ rule, code }) => !after.has(`${rule} ${code}`)),
  };
}

/** As people read it. */
export const showDifferences = ({ replayed: many, differences }: ReturnType<typeof backTest>): string =>
  [
    `${many} decisions replayed, ${differences.length} would differ.`,
    ...differences.flatMap(({ approvalId, decidedAt, was, would, added, gone }) => [
      `${decidedAt} ${approvalId}: ${was} -> ${would}`,
      ...added.map(({ rule, says }) => `  + ${rule}: ${says}`),
      ...gone.map(({ rule, says }) => `  - ${rule}: ${says}`),
    ]),
  ].join('\n');
